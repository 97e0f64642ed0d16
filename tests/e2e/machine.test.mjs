// What machines and operators do to a network of real processes: clocks that jump, disks that are
// full or damaged, ports that are taken, nodes that are missing. Each is told in words, whoever can
// goes on, and no acknowledged increment is lost. And what an operator sees: logs, and what canisters
// say.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";

import { NodeClock } from "./lib/clock.mjs";
import { CountingNetwork, kRecoveryDeadlineMs } from "./lib/counting.mjs";
import { Network, binary, eventually, icpd } from "./lib/network.mjs";
import { call, isReplied } from "./lib/raw.mjs";

const network = new CountingNetwork();
process.env.ICPD_HOME = path.join(network.directory, "home");
const nodeDirectory = (node) => path.join(network.directory, "nodes", String(node));
const logOf = (node) => fs.readFileSync(path.join(network.directory, `logs/node-${node}.log`), "utf8");
const count = (text, part) => text.split(part).length - 1;
let clock;

// Two networks on which time passes while the tests run.
const keptPort = new Network();
const stuck = new CountingNetwork();
let refusal;
let stuckCall;

/** A network that stopped, while somebody else has the port that its node keeps. */
async function beginKeptPort() {
  await keptPort.start(["--nodes", "1"]);
  await keptPort.stop();
  const port = keptPort.ready.nodes[0].api_port;
  const server = net.createServer().listen(port, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const started = await icpd(["local", "--dir", keptPort.directory]);
  server.close();
  return { port, ...started };
}

/** A call on a network that has lost two of its four nodes. */
async function beginStuckCall() {
  await stuck.start();
  await stuck.deploy();
  for (const node of ["2", "3"]) await stuck.control("node", node, "kill");
  const child = spawn(binary,
    ["canister", "call", "counter", "increment", "--network", stuck.directory],
    { stdio: ["ignore", "pipe", "pipe"] });
  const said = { child, stdout: "", stderr: "", ended: once(child, "close") };
  child.stdout.on("data", (data) => (said.stdout += data));
  child.stderr.on("data", (data) => (said.stderr += data));
  return said;
}

before(async () => {
  clock = new NodeClock("nodes/3");
  network.environment = { ...clock.environment, ICPD_DIRTY_PAGES: "pagemap" };
  await network.start();
  await network.deploy();
  refusal = beginKeptPort();
  stuckCall = beginStuckCall();
  for (const promise of [refusal, stuckCall]) promise.catch(() => {});
});
after(async () => {
  const [, call] = await Promise.allSettled([refusal, stuckCall]);
  call.value?.child.kill();
  await Promise.all([network, keptPort, stuck].map((one) => one.remove()));
  clock?.remove();
});

// -------------------------------------------------------------------------------- what is seen

const kLine = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning|error) [a-z]+ .+$/;

test("the logs of nodes are lines of time, level, component, message and fields", async () => {
  for (const line of logOf(1).trim().split("\n")) assert.match(line, kLine);
  assert.match(logOf(1), /Z info node started id=[a-z0-9-]+ version=\S+ links=127\.0\.0\.1:\d+ /);
  const shown = await network.control("logs", "--node", "1");
  assert.match(shown, /Z info node started /);
});

test("the backend that ICPD_DIRTY_PAGES names is used, and another name is refused", async () => {
  assert.match(logOf(0), / dirty_pages=pagemap$/m);
  const version = await icpd(["version", "--json"], { env: { ICPD_DIRTY_PAGES: "pagemap" } });
  assert.equal(JSON.parse(version.stdout).dirty_pages, "pagemap");
  const refused = await icpd(["version"], { env: { ICPD_DIRTY_PAGES: "softdirty" } });
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /ICPD_DIRTY_PAGES: no backend 'softdirty': it is one of .*pagemap/);
});

test("what a canister says is shown once, with its name and the function's", async () => {
  const source = path.join(network.directory, "talker.wat");
  const module = path.join(network.directory, "talker.wasm");
  fs.writeFileSync(source, `(module
    (import "ic0" "debug_print" (func $print (param i32 i32)))
    (import "ic0" "msg_reply" (func $reply))
    (import "ic0" "trap" (func $trap (param i32 i32)))
    (memory 1)
    (data (i32.const 0) "first line\\nsecond\\1b[31m line")
    (data (i32.const 100) "no more")
    (func (export "canister_init") (call $print (i32.const 0) (i32.const 5)))
    (func (export "canister_update say") (call $print (i32.const 0) (i32.const 27)) (call $reply))
    (func (export "canister_update fail") (call $trap (i32.const 100) (i32.const 7))))`);
  await network.cli("wat", source, module);
  const talker = await network.cli("canister", "deploy", "talker", "--wasm", module,
    "--network", network.directory);
  assert.ok(isReplied(await call(network.url(2), talker, "say")));
  await call(network.url(3), talker, "fail");

  const shown = [
    `[${talker}] canister_init: first\n`,
    "[talker] say: first line\n    second\\x1b[31m line\n",
    "[talker] fail trapped: no more\n",
  ];
  // The name is given once the module is in, so init may speak for either.
  const isThere = (text, line) => text.includes(line) ||
    text.includes(line.replace(`[${talker}]`, "[talker]"));
  await eventually("all three are shown", kRecoveryDeadlineMs, () => {
    return shown.every((line) => isThere(network.log, line));
  });
  const logged = () => fs.readFileSync(path.join(network.directory, "logs/canisters.log"), "utf8");
  assert.match(logged(), new RegExp(
    `Z warning canister \\[TRAP\\]: no more canister=talker id=${talker} function=fail height=\\d+ index=0\n`));
  for (const line of logged().trim().split("\n")) assert.match(line, kLine);
  const all = await network.control("logs");
  assert.equal(count(all, "no more"), 1);

  // What is executed again after a start isn't said again.
  await network.stop();
  await network.start();
  assert.ok(isReplied(await call(network.url(1), talker, "say")));
  await eventually("the second call is shown", kRecoveryDeadlineMs, () => {
    return count(network.log, "say: first line") >= 2;
  });
  assert.equal(count(network.log, "say: first line"), 2);
  assert.equal(count(network.log, "fail trapped"), 1);
  assert.equal(count(logged(), "function=say"), 2);
  assert.equal(count(logged(), "function=fail"), 1);
});

// -------------------------------------------------------------------------------------- clocks

for (const [what, seconds, said] of [
  ["an hour ahead", 3600, /^400 .*ingress_expiry not within expected range/s],
  ["an hour behind", -3600, /^503 /],
]) {
  test(`a node whose clock jumps ${what} holds nobody up, and is back when it is put right`, async () => {
    clock.set(seconds);
    // By its own clock a request that others take has expired, or lives too long.
    let answer;
    await eventually("its clock is another one", kRecoveryDeadlineMs, async () => {
      answer = await network.increment(3);
      return answer.status >= 400;
    });
    assert.match(`${answer.status} ${answer.text}`, said);
    await network.goesOn([0, 1, 2]);
    clock.set(0);
    await network.goesOn();
    assert.ok(isReplied(await network.increment(3)));
  });
}

// --------------------------------------------------------------------------------------- disks

test("a node on a file system without space stops and says so, and goes on once there is room", async (t) => {
  await network.stop();
  const directory = nodeDirectory(3);
  const aside = `${directory}.aside`;
  fs.cpSync(directory, aside, { recursive: true, preserveTimestamps: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m,mode=700", "tmpfs", directory],
      { stdio: "ignore" });
  } catch {
    fs.rmSync(aside, { recursive: true });
    await network.start();
    return t.diagnostic("NOT TRIED: mounting a tmpfs isn't allowed here");
  }
  try {
    execFileSync("cp", ["-a", `${aside}/.`, directory]);
    await network.start();
    const filler = path.join(directory, "filler");
    assert.throws(() => fs.writeFileSync(filler, Buffer.alloc(65 << 20)), /ENOSPC/);
    await eventually("node 3 stops", kRecoveryDeadlineMs, async () => {
      await network.increment(0);
      return /node 3 ended with status 1/.test(network.log);
    });
    assert.match(network.log, /stopped: .*No space left on device/);
    await network.goesOn([0, 1, 2]);
    fs.rmSync(filler);
    await network.control("node", "3", "start");
    await network.goesOn();
  } finally {
    await network.stop();
    fs.rmSync(aside, { recursive: true });
    execFileSync("cp", ["-a", directory, aside]);
    execFileSync("umount", [directory]);
    execFileSync("cp", ["-a", `${aside}/.`, directory]);
    fs.rmSync(aside, { recursive: true });
    await network.start();
  }
  await network.goesOn();
});

const checkpointsOf = (node) => {
  const directory = path.join(nodeDirectory(node), "state/checkpoints");
  if (!fs.existsSync(directory)) return [];
  return fs.readdirSync(directory).filter((name) => name.endsWith(".state")).sort()
    .map((name) => path.join(directory, name));
};
function damageNewestCheckpoint(node) {
  const file = checkpointsOf(node).at(-1);
  const bytes = fs.readFileSync(file);
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  fs.writeFileSync(file, bytes);
}

test("a damaged checkpoint is passed over, on one node and on all", async () => {
  let counting = true;
  const clients = [0, 1, 2, 3].map(async (node) => {
    while (counting) await network.increment(node);
  });
  await eventually("every node has a checkpoint", 3 * kRecoveryDeadlineMs, () => {
    return [0, 1, 2, 3].every((node) => checkpointsOf(node).length > 0);
  });
  counting = false;
  await Promise.all(clients);

  await network.stop();
  const before = [0, 1, 2, 3].map((node) => logOf(node).length);
  damageNewestCheckpoint(3);
  await network.start();
  await network.goesOn();
  const said = [0, 1, 2, 3].map((node) => logOf(node).slice(before[node]));
  said.forEach((text, node) => {
    assert.equal(/warning state passed over a damaged checkpoint which=/.test(text), node === 3, text);
  });

  await network.stop();
  for (const node of [0, 1, 2, 3]) damageNewestCheckpoint(node);
  await network.start();
  await network.goesOn();
  for (const node of [0, 1, 2]) {
    assert.match(logOf(node).slice(before[node]), /passed over a damaged checkpoint which=/);
  }
});

// --------------------------------------------------------------------------------------- ports

test("a port that a network keeps, taken at its next start, is waited for", async () => {
  await network.stop();
  const port = network.ready.nodes[2].api_port;
  const server = net.createServer().listen(port, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const started = network.start();
  await eventually("it says what it waits for", kRecoveryDeadlineMs, () => {
    return network.log.includes(
      `Waiting for port ${port} of node 2, which is taken by process ${process.pid}`);
  });
  server.close();
  await started;
  await network.goesOn();
});

test("a port that a network keeps and doesn't get is named with its holder", async () => {
  const { port, status, stderr } = await refusal;
  assert.equal(status, 1, stderr);
  assert.match(stderr, new RegExp(
    `port ${port}, which node 0 of this network keeps, is taken by process ${process.pid}`));
  assert.match(stderr, /icpd local --clean/);
});

// --------------------------------------------------------------------------------- missing nodes

test("a network without a quorum says what it lacks, to status, health and who waits", async () => {
  const lacks = /2 of 4 nodes in reach, 3 needed to certify/;
  await eventually("a node says so", kRecoveryDeadlineMs, async () => {
    const answer = await fetch(`${stuck.url(0)}/health`);
    return answer.status === 503 && lacks.test(await answer.text());
  });
  await eventually("status says so", kRecoveryDeadlineMs, async () => {
    return /node 0 .* starting +certified_state_behind: 2 of 4 nodes in reach/.test(
      await stuck.control("status"));
  });
  const said = await stuckCall;
  await eventually("who waits is told", kRecoveryDeadlineMs, () => {
    return /The network doesn't certify: 2 of 4 nodes in reach, 3 needed/.test(said.stderr);
  });
  for (const node of ["2", "3"]) await stuck.control("node", node, "start");
  const [status] = await said.ended;
  assert.equal(status, 0, said.stderr);
  assert.match(said.stdout, /\(1/, "its call is answered when the nodes are back");
});
