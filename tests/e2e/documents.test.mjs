// docs/four-layers.md as a reader pastes it: its commands run in one shell, in their order.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { binary, icpd, repository, temporaryDirectory } from "./lib/network.mjs";

const directory = temporaryDirectory();
/** What each block of the page printed. */
let printed;

before(async () => {
  const page = fs.readFileSync(path.join(repository, "docs/four-layers.md"), "utf8");
  const blocks = [...page.matchAll(/```sh\n(.*?)```/gs)].map((match) => match[1]);
  const script = blocks
    .map((block) => `echo "=== block"\n${block}`)
    .join("")
    .replaceAll("/tmp/", `${directory}/`)
    .replaceAll("build/icpd", binary)
    .replaceAll("seq 250", "seq 25"); // a process for each call: fewer of them
  const shell = spawn("bash", ["-c", script], {
    cwd: repository, stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  shell.stdout.on("data", (data) => (output += data));
  shell.stderr.on("data", (data) => (output += data));
  await once(shell, "close");
  printed = output.split("=== block\n").slice(1);
  assert.equal(printed.length, blocks.length, output);
});
after(async () => {
  await icpd(["local", "stop", "--dir", path.join(directory, "four")]);
  fs.rmSync(directory, { recursive: true, force: true });
});

const numbers = (text) => [...text.matchAll(/\((\d+) : nat64\)/g)].map((match) => Number(match[1]));

test("the first call is shown on its way through the four layers", () => {
  for (const words of ["peer-to-peer", "consensus", "message routing", "execution", "verified"])
    assert.match(printed[0], new RegExp(words));
  assert.deepEqual(numbers(printed[0]), [1]);
});
test("no load balancer: five calls with a node killed", () => {
  assert.deepEqual(numbers(printed[1]), [2, 3, 4, 5, 6]);
  assert.match(printed[1], /node 3 .* dead/);
});
test("finality at once: the call ends when a third node is back", () => {
  const [waiting, finished] = printed[2].split("node 2 goes on");
  assert.deepEqual(numbers(waiting), []);
  assert.deepEqual(numbers(finished), [7]);
});
test("no database: the counter is there after everything was killed", () => {
  assert.deepEqual(numbers(printed[3]), [8, 8]);
});
test("no trust in the server: both forged answers are refused", () => {
  assert.deepEqual(numbers(printed[4]), []);
  assert.match(printed[4], /invalid certificate/);
  assert.match(printed[4], /signature of the query's answer is not valid/);
});
test("no locks: every concurrent increment counts", () => {
  // The forged call of the experiment before was executed; only its answer was refused.
  assert.deepEqual(numbers(printed[5]), [9, 109]);
});
