// The command line used wrongly: each message says what was wrong, where, and what to do.
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { Network, icpd, repository, temporaryDirectory } from "./lib/network.mjs";

const network = new Network();
const scratch = temporaryDirectory();
const wasm = path.join(repository, "build/canisters/counter_wat.wasm");
before(async () => {
  await network.start();
  await succeeds("canister", "deploy", "counter", "--wasm", wasm, "--network", network.directory);
});
after(async () => {
  await network.remove();
  fs.rmSync(scratch, { recursive: true, force: true });
});

async function succeeds(...args) {
  const { status, stdout, stderr } = await icpd(args);
  assert.equal(status, 0, stderr);
  return stdout;
}
const named = (word) => (typeof word === "function" ? "DIR" : path.basename(word));
const fails = (status, message, ...args) =>
  test(`icpd ${args.map(named).join(" ")}`, async () => {
    const given = args.map((word) => (typeof word === "function" ? word() : word));
    const result = await icpd(given);
    assert.match(result.stderr, message);
    assert.equal(result.status, status, result.stderr);
  });
const here = () => network.directory;
const nowhere = () => path.join(scratch, "nothing");

fails(2, /no command 'icpd frobnicate'/, "frobnicate");
fails(2, /--nodes can't be 'many'/, "local", "--nodes", "many");
fails(2, /--bogus/, "local", "--bogus");
fails(2, /CANISTER is required/, "canister", "call");
fails(2, /64 hexadecimal digits/, "trace", "abc");
fails(1, /no local network in .*nothing; start one with: icpd local/,
  "local", "status", "--dir", nowhere);
fails(1, /no network answers in .*nothing; start it with: icpd local/,
  "canister", "list", "--network", nowhere);
fails(1, /doesn't answer/, "canister", "call", "a", "b", "--network", "http://127.0.0.1:1");
fails(1, /holds something else than a local network; choose another with --dir/,
  "local", "--dir", repository);
fails(1, /a network runs in .* already.*Stop it: icpd local stop/, "local", "--dir", here);
fails(1, /no canister 'other' here \(known: counter\)/,
  "canister", "call", "other", "get", "--network", here);
fails(1, /IC0536/, "canister", "call", "counter", "missing", "--network", here);
fails(2, /not Candid text/, "canister", "call", "counter", "increment", "(1", "--network", here);
fails(1, /nothing.*No such file/,
  "canister", "deploy", "new", "--wasm", nowhere, "--network", here);
fails(1, /IC0505/,
  "canister", "install", "counter", "--yes", "--wasm", fileURLToPath(import.meta.url), "--network", here);
fails(2, /no mode 'bogus': it is one of/,
  "canister", "install", "counter", "--mode", "bogus", "--wasm", wasm, "--network", here);
fails(1, /this network has nodes 0 to 3/, "local", "node", "9", "kill", "--dir", here);

test("a node that is dead can't be killed again", async () => {
  await network.control("node", "3", "kill");
  const again = await icpd(["local", "node", "3", "kill", "--dir", network.directory]);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /node 3: it is dead already/);
  await network.control("node", "3", "start");
});

test("a port that is taken is named with its holder", async () => {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const port = String(server.address().port);
  const { status, stderr } = await icpd(["local", "--dir", path.join(scratch, "taken"), "--port", port]);
  server.close();
  assert.equal(status, 1);
  assert.match(stderr, new RegExp(`port ${port} is taken by process ${process.pid}`));
});
