// The command line: what wrong commands are told (what was wrong, where, what to do), several
// commands at once, and what programs and people read.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { Network, binary, eventually, icpd, repository, temporaryDirectory } from "./lib/network.mjs";

const network = new Network();
const scratch = temporaryDirectory();
const kDeadlineMs = 60_000;
/** Says what would colour a terminal, and answers what isn't Candid. */
const kTalker = `(module
  (import "ic0" "debug_print" (func $print (param i32 i32)))
  (import "ic0" "trap" (func $trap (param i32 i32)))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "msg_reply" (func $reply))
  (memory 1)
  (data (i32.const 0) "red \\1b[31m alert")
  (func (export "canister_update say") (call $print (i32.const 0) (i32.const 15)) (call $reply))
  (func (export "canister_update fall") (call $trap (i32.const 0) (i32.const 15)))
  (func (export "canister_query raw")
    (call $append (i32.const 0) (i32.const 1000)) (call $reply)))`;
const wasm = path.join(repository, "build/canisters/counter_wat.wasm");
before(async () => {
  await network.start();
  await succeeds("canister", "deploy", "counter", "--wasm", wasm, ...at());
  const text = path.join(scratch, "talker.wat");
  fs.writeFileSync(text, kTalker);
  await succeeds("wat", text, path.join(scratch, "talker.wasm"));
  await succeeds("canister", "deploy", "talker", "--wasm", path.join(scratch, "talker.wasm"), ...at());
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
const at = () => ["--network", network.directory];
const json = async (...args) => JSON.parse(await succeeds(...args, "--json", ...at()));
const together = (runs) => Promise.all(runs.map((args) => icpd(args)));
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
fails(1, /no canister 'other' here \(known: counter, talker\)/,
  "canister", "call", "other", "get", "--network", here);
fails(1, /IC0536/, "canister", "call", "counter", "missing", "--network", here);
fails(2, /not Candid text/, "canister", "call", "counter", "increment", "(1", "--network", here);
fails(1, /nothing.*No such file/,
  "canister", "deploy", "new", "--wasm", nowhere, "--network", here);
fails(1, /IC0505/,
  "canister", "install", "counter", "--yes", "--wasm", fileURLToPath(import.meta.url), "--network", here);
fails(2, /no mode 'bogus': it is one of/,
  "canister", "install", "counter", "--mode", "bogus", "--wasm", wasm, "--network", here);
fails(2, /this network has nodes 0 to 3/, "local", "node", "9", "kill", "--dir", here);
fails(2, /this network has nodes 0 to 3/, "local", "logs", "--node", "9", "--dir", here);
fails(2, /NUMBER can't be 'x'/, "local", "node", "x", "kill", "--dir", here);
fails(1, /^icpd: Deleting counter drops all.* Nothing was done; to do it, add --yes$/m,
  "canister", "delete", "counter", "--network", here);
fails(1, /^icpd: You \(.*\) will not be a controller of counter any more. Nothing was done/m,
  "canister", "settings", "counter", "--controller", "anonymous", "--network", here);
fails(2, /--controller 'nobody': no identity or canister of that name, and no principal/,
  "canister", "settings", "counter", "--controller", "nobody", "--network", here);
fails(2, /'a b' can't be a name/, "canister", "deploy", "a b", "--wasm", wasm, "--network", here);
fails(2, /--json and --trace exclude each other/,
  "canister", "call", "counter", "increment", "--json", "--trace", "--network", here);
fails(1, /'htp:\/\/foo' is no network/, "canister", "list", "--network", "htp://foo");

test("a node that is dead can't be killed again", async () => {
  await network.control("node", "3", "kill");
  const again = await icpd(["local", "node", "3", "kill", "--dir", network.directory]);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /node 3: it is dead already/);
  await network.control("node", "3", "start");
});

test("a port that is taken is named with its holder, before anything is made", async () => {
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const port = String(server.address().port);
  const directory = path.join(scratch, "taken");
  const { status, stderr } = await icpd(["local", "--dir", directory, "--port", port]);
  server.close();
  assert.equal(status, 1);
  assert.match(stderr, new RegExp(`port ${port} is taken by process ${process.pid}`));
  assert.ok(!fs.existsSync(path.join(directory, "nodes")), "no keys are dealt");
});

test("several first uses of identities make one", async () => {
  const env = { ICPD_HOME: path.join(scratch, "home") };
  const runs = await Promise.all(
    Array.from({ length: 4 }, () => icpd(["identity", "principal"], { env })));
  for (const { status, stderr } of runs) assert.equal(status, 0, stderr);
  const principals = new Set(runs.map(({ stdout }) => stdout.trim()));
  const list = JSON.parse((await icpd(["identity", "list", "--json"], { env })).stdout);
  assert.deepEqual([...principals], [list.find(({ name }) => name === "default").principal]);
});

test("canisters that are made at once all keep their names", async () => {
  const names = Array.from({ length: 6 }, (_, i) => `made-${i}`);
  const runs = await together(names.map((name) => ["canister", "create", name, ...at()]));
  for (const { status, stderr } of runs) assert.equal(status, 0, stderr);
  const known = await json("canister", "list");
  assert.deepEqual(names.map((name) => known[name]), runs.map(({ stdout }) => stdout.trim()));
});

test("of several commands that make one name at once, one does", async () => {
  const runs = await together(Array(3).fill(["canister", "create", "single", ...at()]));
  assert.deepEqual(runs.map(({ status }) => status).sort(), [0, 1, 1]);
  for (const { status, stderr } of runs)
    if (status !== 0) assert.match(stderr, /there is a canister 'single' already/);
});

test("two deploys of one name at once make one canister", async () => {
  const runs = await together(
    Array(2).fill(["canister", "deploy", "twice", "--wasm", wasm, "--yes", ...at()]));
  for (const { status, stderr } of runs) assert.equal(status, 0, stderr);
  assert.equal(runs[0].stdout, runs[1].stdout);
});

test("a call says its request, by which anybody may trace it and its sender verify it", async () => {
  const out = await succeeds("canister", "call", "counter", "increment", "--trace", ...at());
  const [, request] = /^call increment of canister \S+, request ([0-9a-f]{64})$/m.exec(out);
  assert.match(out, /batch \d+, put 1 call into canisters' queues, state root/);
  const own = await succeeds("trace", request, ...at());
  assert.match(own, /verified with the root key [0-9a-f]{16}/);
  const other = await succeeds("trace", request, "--identity", "anonymous", ...at());
  assert.match(other, /to be verified with the root key [0-9a-f]{16}.*not done here: /);
  const trace = await json("trace", request);
  assert.equal(trace.certificate.verified, true);
  assert.equal(trace.certificate.root_key, network.ready.root_key);
});

test("programs read objects", async () => {
  const { canister, request, reply, reply_hex } = await json("canister", "call", "counter", "increment");
  assert.match(request, /^[0-9a-f]{64}$/);
  assert.match(reply, /^\(\d+ : nat64\)$/);
  assert.match(reply_hex, /^4449444c/);
  assert.equal((await json("canister", "query", "counter", "get")).reply_hex, reply_hex);
  const info = await json("canister", "info", "counter");
  assert.equal(info.canister, canister);
  const status = await json("canister", "status", "counter");
  assert.equal(status.status, "running");
  assert.equal(status.module_hash, info.module_hash);
  assert.deepEqual(status.settings.controllers, info.controllers);
  const made = await json("canister", "create");
  assert.equal((await json("canister", "info", made.canister)).module_hash, null);
  const deployed = await json("canister", "deploy", "counter", "--wasm", wasm);
  assert.deepEqual(deployed, { canister, done: "upgraded" });
});

test("settings are all there, and people go by their names", async () => {
  const env = { ICPD_HOME: path.join(scratch, "home") };
  const run = async (...args) => {
    const { status, stdout, stderr } = await icpd([...args, ...at()], { env });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const principal = (name) => icpd(["identity", "principal", name], { env });
  await icpd(["identity", "new", "alice"], { env });
  const [me, alice] = (await Promise.all(["default", "alice"].map(principal))).map(
    ({ stdout }) => stdout.trim());
  await run("canister", "create", "settled");
  await run("canister", "settings", "settled", "--controller", "alice", "--controller", me,
    "--reserved-cycles-limit", "1_000", "--wasm-memory-limit", "2000", "--wasm-memory-threshold", "10",
    "--log-visibility", "public", "--status-visibility", "alice,counter",
    "--environment", "MODE=test", "--environment", "EMPTY=");
  const { settings } = JSON.parse(await run("canister", "status", "settled", "--json"));
  assert.deepEqual(settings.controllers.sort(), [me, alice].sort());
  assert.equal(settings.reserved_cycles_limit, "1000");
  assert.equal(settings.wasm_memory_limit, "2000");
  assert.equal(settings.wasm_memory_threshold, "10");
  assert.equal(settings.log_visibility, "public");
  assert.deepEqual(settings.status_visibility.sort(),
    [alice, (await json("canister", "list")).counter].sort());
  assert.deepEqual(settings.environment_variables, { MODE: "test", EMPTY: "" });
  await run("canister", "settings", "settled", "--no-environment");
  const after = JSON.parse(await run("canister", "status", "settled", "--json"));
  assert.deepEqual(after.settings.environment_variables, {});
});

test("the management canister is called like any other", async () => {
  const { canister } = await json("canister", "info", "counter");
  const about = `(record { canister_id = principal "${canister}" })`;
  assert.match(await succeeds("canister", "call", "aaaaa-aa", "canister_status", about, ...at()),
    /idle_cycles_burned_per_day = /);
  assert.match(await succeeds("canister", "query", "aaaaa-aa", "canister_status", about, ...at()),
    /status = variant \{ running \}/);
  assert.match(
    await succeeds("canister", "call", "aaaaa-aa", "provisional_create_canister_with_cycles",
      "(record { amount = opt 5_000_000_000_000 })", ...at()),
    /canister_id = principal "/);
  const none = await icpd(["canister", "call", "aaaaa-aa", "start_canister", "()", ...at()]);
  assert.notEqual(none.status, 0);
});

test("a canister's log has times, can be followed, and never reaches a terminal raw", async () => {
  const follower = spawn(binary, ["canister", "logs", "talker", "-f", ...at()]);
  let followed = "";
  follower.stdout.on("data", (data) => (followed += data));
  const has = (count) => () => followed.split("\n").length > count;
  await succeeds("canister", "call", "talker", "say", ...at());
  await eventually("the first record", kDeadlineMs, has(1));
  const fall = await icpd(["canister", "call", "talker", "fall", ...at()]);
  assert.equal(fall.status, 1);
  assert.match(fall.stderr, /^icpd: failed: .*red \\x1b\[31m alert/m);
  await eventually("the second record", kDeadlineMs, has(2));
  follower.kill("SIGINT");
  await once(follower, "exit");
  const lines = followed.trim().split("\n");
  assert.match(lines[0], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[0\] talker: red \\x1b\[31m alert$/);
  assert.match(lines[1], /\[1\] talker: .*red \\x1b\[31m alert/);
  assert.equal(await succeeds("canister", "logs", "talker", ...at()), followed);
  const records = (await succeeds("canister", "logs", "talker", "--json", ...at())).trim().split("\n");
  assert.equal(JSON.parse(records[0]).text, "red \x1b[31m alert");
});

test("long arguments and answers that aren't Candid are cut", async () => {
  const long = await icpd(["canister", "call", "counter", "increment", "1".repeat(100_000), ...at()]);
  assert.equal(long.status, 2);
  assert.match(long.stderr, /argument 1+\.\.\. \(100,000 bytes\): /);
  assert.ok(long.stderr.length < 1000, long.stderr);
  const raw = await icpd(["canister", "query", "talker", "raw", ...at()]);
  assert.equal(raw.status, 0);
  assert.match(raw.stdout, /^726564201b[0-9a-f]{246}\.\.\.\n$/);
  assert.match(raw.stderr, /isn't Candid.*first 128 of its 1,000 bytes. All of it: --hex/);
  assert.equal((await succeeds("canister", "query", "talker", "raw", "--hex", ...at())).length, 2001);
});

test("a canister that can't pay for being topped up: what helps is said", async () => {
  const poor = ["canister", "create", "poor", "--cycles", "0", ...at()];
  await succeeds(...poor);
  const { status, stderr } = await icpd(["canister", "top-up", "poor", "1_000", ...at()]);
  assert.equal(status, 1);
  assert.match(stderr, /IC0207/);
  assert.match(stderr, /deposit_cycles/);
});

test("a network is found by HOST:PORT, and its directory in the environment", async () => {
  const { canister } = await json("canister", "info", "counter");
  const place = `127.0.0.1:${network.ready.gateway_port}`;
  await succeeds("canister", "query", canister, "get", "--network", place);
  const env = { ICPD_NETWORK: network.directory };
  const status = await icpd(["local", "status", "--json"], { env });
  assert.equal(JSON.parse(status.stdout).directory, network.directory);
  const paused = await icpd(["local", "node", "3", "pause"], { env });
  assert.ok(paused.stdout.includes(
    `node 3 is paused; it goes on with: icpd local node 3 start --dir ${network.directory}`),
  paused.stdout);
  await network.control("node", "3", "start");
});

test("a network's directory stays out of repositories, and stopping it is said", async () => {
  assert.equal(fs.readFileSync(path.join(network.directory, ".gitignore"), "utf8"), "*\n");
  await network.stop();
  assert.match(network.log, /Stopping \.\.\.\nStopped; the next start goes on from the same state\.\n$/);
});
