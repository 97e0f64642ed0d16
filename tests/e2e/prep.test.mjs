// A network laid out for several machines, as its operator would start it: by hand, node by node.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";

import { binary, eventually, icpd, temporaryDirectory } from "./lib/network.mjs";
import { call, isReplied } from "./lib/raw.mjs";

const kNodes = 4;
const kUpDeadlineMs = 60_000;
const root = temporaryDirectory();
const network = path.join(root, "network");
const nodes = [];

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

function start(node) {
  node.log = "";
  node.child = spawn(binary, ["node", "--dir", node.directory], { stdio: ["ignore", "pipe", "pipe"] });
  node.child.stderr.on("data", (data) => (node.log += data));
  node.exited = once(node.child, "exit");
}
async function stop(node) {
  node.child.kill("SIGTERM");
  const [status] = await node.exited;
  return status;
}
const isHealthy = async (node) => (await fetch(`${node.url}/health`)).status === 200;
const metric = async (node, name) => {
  const text = await (await fetch(`${node.url}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\d+)`, "m").exec(text)[1]);
};
const certified = (node) => metric(node, "state_manager_latest_certified_height");

before(async () => {
  const ports = await freePorts(2 * kNodes);
  const addresses = [];
  for (let i = 0; i < kNodes; ++i) {
    const [link, api] = ports.slice(2 * i);
    addresses.push("--node", `127.0.0.1:${link},127.0.0.1:${api}`);
    nodes.push({ directory: path.join(network, "nodes", String(i)), url: `http://127.0.0.1:${api}` });
  }
  const prepared = await icpd(["prep", "--dir", network, ...addresses]);
  assert.equal(prepared.status, 0, prepared.stderr);
  assert.match(prepared.stderr, /NOT FOR REAL USE/);
});
after(async () => {
  for (const node of nodes) node.child?.kill("SIGKILL");
  fs.rmSync(root, { recursive: true, force: true });
});

test("the network is marked and its nodes are ready to be copied to their machines", async () => {
  assert.match(fs.readFileSync(path.join(network, "NOT_FOR_REAL_USE"), "utf8"), /dealt on one machine/);
  for (const node of nodes) {
    const checked = await icpd(["node", "--dir", node.directory, "--check-config"]);
    assert.equal(checked.status, 0, checked.stderr);
    assert.equal(fs.statSync(path.join(node.directory, "keys")).mode & 0o777, 0o700);
    assert.ok(fs.existsSync(path.join(node.directory, "NOT_FOR_REAL_USE")));
  }
});

test("nodes that are started by hand find each other and agree", async () => {
  nodes.forEach(start);
  for (const node of nodes) {
    await eventually(`${node.url} is healthy`, kUpDeadlineMs, () => isHealthy(node));
  }
  for (const node of nodes) assert.match(node.log, /NOT FOR REAL USE/);
  const status = await (await fetch(`${nodes[0].url}/api/v2/status`)).arrayBuffer();
  const key = fs.readFileSync(path.join(network, "root_key.der"));
  assert.ok(Buffer.from(status).includes(key), "the status has the network's root key");
  const from = Math.max(...(await Promise.all(nodes.map(certified))));
  for (const node of nodes) {
    await eventually(`${node.url} certifies`, kUpDeadlineMs, async () => (await certified(node)) > from);
  }
});

test("nobody makes canisters out of nothing on it", async () => {
  const answer = await call(nodes[0].url, "aaaaa-aa", "provisional_create_canister_with_cycles",
    Buffer.from("DIDL\x01\x6c\x00\x01\x00", "latin1"), {}, "rwlgt-iiaaa-aaaaa-aaaaa-cai");
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.text, /provisional_create_canister_with_cycles/);
  assert.ok(!isReplied(answer));
});

test("a node that is stopped ends with status 0, the others go on, and it comes back", async () => {
  assert.equal(await stop(nodes[3]), 0, nodes[3].log);
  const from = await certified(nodes[0]);
  await eventually("three go on", kUpDeadlineMs, async () => (await certified(nodes[0])) > from + 1);
  start(nodes[3]);
  await eventually("the fourth is back", kUpDeadlineMs, () => isHealthy(nodes[3]));
});

test("a second process on the same directory is refused", async () => {
  const second = await icpd(["node", "--dir", nodes[0].directory]);
  assert.equal(second.status, 1);
  assert.match(second.stderr, /lock: another process holds this lock/);
});

test("a port in use is named", async () => {
  await stop(nodes[2]);
  const config = path.join(nodes[2].directory, "node.toml");
  const good = fs.readFileSync(config, "utf8");
  const taken = new URL(nodes[1].url).host;
  fs.writeFileSync(config, good.replace(new URL(nodes[2].url).host, taken));
  const refused = await icpd(["node", "--dir", nodes[2].directory]);
  fs.writeFileSync(config, good);
  assert.equal(refused.status, 1);
  assert.ok(refused.stderr.includes(taken), refused.stderr);
  start(nodes[2]);
  await eventually("it starts once the port is its own", kUpDeadlineMs, () => isHealthy(nodes[2]));
});

test("a wrong configuration is refused with file, line and key, before and at the start", async () => {
  await stop(nodes[1]);
  const config = path.join(nodes[1].directory, "node.toml");
  const good = fs.readFileSync(config, "utf8");
  fs.writeFileSync(config, `${good}threads = "many"\nfoo = 1\n`);
  const line = good.split("\n").length;
  for (const check of [["--check-config"], []]) {
    const refused = await icpd(["node", "--dir", nodes[1].directory, ...check]);
    assert.equal(refused.status, 1);
    assert.ok(refused.stderr.includes(`${config}:${line}: execution.threads: must be an integer`),
      refused.stderr);
    assert.ok(refused.stderr.includes(`${config}:${line + 1}: execution.foo: unknown key`),
      refused.stderr);
  }
  fs.writeFileSync(config, good);
  start(nodes[1]);
  await eventually("it starts once that is put right", kUpDeadlineMs, () => isHealthy(nodes[1]));
});

test("all stop on SIGTERM with status 0", async () => {
  const statuses = await Promise.all(nodes.map(stop));
  assert.deepEqual(statuses, [0, 0, 0, 0], nodes.map((node) => node.log).join("\n"));
});
