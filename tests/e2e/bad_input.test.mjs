// What users, canisters, machines and operators do wrong, against real processes: each gets a clear
// error or a quick recovery, and no acknowledged increment is lost.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";
import zlib from "node:zlib";

import { CountingNetwork, kRecoveryDeadlineMs } from "./lib/counting.mjs";
import { Network, eventually, icpd } from "./lib/network.mjs";
import { call, cbor, content, envelope, inSeconds, isReplied, newKey, post, principalText }
  from "./lib/raw.mjs";

const network = new CountingNetwork();
process.env.ICPD_HOME = path.join(network.directory, "home");
process.env.ICPD_NETWORK = network.directory;
const wasmFile = network.wasmFile;
let counter;
const cli = (...args) => network.cli(...args);
const increment = (node) => network.increment(node);
const valueAt = (node) => network.valueAt(node);
const goesOn = () => network.goesOn();

before(async () => {
  await network.start();
  await network.deploy();
  counter = network.counter;
});
after(() => network.remove());

// ---------------------------------------------------------------------------------- requests

test("bytes that are no request are refused with 400", async () => {
  const good = envelope(content("call", counter, "increment"));
  const bodies = {
    nothing: Buffer.alloc(0),
    noise: crypto.randomBytes(1000),
    "the first half of a request": good.subarray(0, good.length / 2),
    "a megabyte of open arrays": Buffer.alloc(1 << 20, 0x81),
    "a byte string of 2^63 bytes": Buffer.from("5b7fffffffffffffff00", "hex"),
    "an array of 2^32 elements": Buffer.from("9affffffff", "hex"),
    "no map": cbor([1, 2, 3]),
    "no content": envelope("content"),
    "a field of another type": envelope({ ...content("call", counter, "increment"), arg: 7 }),
    "an unknown field": envelope({ ...content("call", counter, "increment"), colour: "red" }),
    "a query where a call belongs": envelope(content("query", counter, "get")),
  };
  for (const [what, body] of Object.entries(bodies)) {
    for (const version of ["v2", "v3"]) {
      const answer = await post(network.url(0), `/api/${version}/canister/${counter}/call`, body);
      assert.equal(answer.status, 400, `${what}: ${answer.text}`);
      assert.ok(answer.text.length > 10, `${what} says what is wrong`);
    }
  }
  await goesOn();
});

test("a signature that doesn't verify is refused with 400", async () => {
  const { der, sender } = newKey();
  const beside = { sender_pubkey: der, sender_sig: crypto.randomBytes(64) };
  const requests = {
    call: content("call", counter, "increment", undefined, { sender }),
    query: content("query", counter, "get", undefined, { sender }),
    read_state: { request_type: "read_state", sender, ingress_expiry: inSeconds(240),
      paths: [[Buffer.from("time")]] },
  };
  for (const [endpoint, request] of Object.entries(requests)) {
    const answer = await post(network.url(1), `/api/v2/canister/${counter}/${endpoint}`,
      envelope(request, beside));
    assert.equal(answer.status, 400, answer.text);
    assert.match(answer.text, /signature/i);
  }
  const others = { ...requests.call, sender: newKey().sender };
  const answer = await post(network.url(1), `/api/v2/canister/${counter}/call`,
    envelope(others, beside));
  assert.equal(answer.status, 400, answer.text);
});

test("a request that expired or lives too long is refused with 400", async () => {
  for (const seconds of [-60, 3600]) {
    const answer = await call(network.url(2), counter, "increment", undefined,
      { ingress_expiry: inSeconds(seconds) });
    assert.equal(answer.status, 400);
    assert.match(answer.text, /ingress_expiry not within expected range/);
  }
});

test("a request that is sent twelve times through four nodes is executed once", async () => {
  const before = await valueAt(0);
  const body = envelope(content("call", counter, "increment"));
  ++network.sent;
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => {
    return post(network.url(i % 4), `/api/v3/canister/${counter}/call`, body);
  }));
  for (const answer of answers) assert.ok([200, 202].includes(answer.status), answer.text);
  assert.ok(answers.some(isReplied));
  ++network.acknowledged;
  const later = await post(network.url(3), `/api/v3/canister/${counter}/call`, body);
  assert.ok(isReplied(later), "and once more, when it is over");
  await goesOn();
  assert.equal(await valueAt(0), before + 2n);
});

test("a body over the limit is refused with 413", async () => {
  const large = content("call", counter, "increment", Buffer.alloc(6 << 20));
  const answer = await post(network.url(0), `/api/v3/canister/${counter}/call`, envelope(large));
  assert.equal(answer.status, 413);
  assert.match(answer.text, /larger than 5242880 bytes/);
  await goesOn();
});

test("a head over the limit is refused with 431, a wrong method with 405 and those that are right", async () => {
  const path = `/api/v3/canister/${counter}/call`;
  const long = await fetch(network.url(0) + path, { method: "POST", headers: { x: "x".repeat(40_000) } });
  assert.equal(long.status, 431);
  assert.match(await long.text(), /head is larger than 32768 bytes/);
  for (const [where, allowed] of [[path, "POST, OPTIONS"], ["/api/v2/status", "GET, HEAD, OPTIONS"],
    ["/health", "GET, HEAD"]]) {
    const wrong = await fetch(network.url(0) + where, { method: "DELETE" });
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.get("allow"), allowed);
    assert.ok((await wrong.text()).length > 5);
  }
});

test("slow senders keep nobody else from being served", async () => {
  const { hostname, port } = new URL(network.url(0));
  const head = "POST /api/v3/canister/aaaaa-aa/call HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n";
  const slow = Array.from({ length: 500 }, (_, i) => {
    const socket = net.connect(Number(port), hostname);
    socket.on("error", () => {});
    socket.write(head.slice(0, 1 + (i % head.length)));
    return socket;
  });
  const drip = setInterval(() => slow.forEach((socket) => socket.write("a")), 20);
  try {
    await goesOn();
    assert.ok(isReplied(await increment(0)), "through the very node that they hold on to");
  } finally {
    clearInterval(drip);
    slow.forEach((socket) => socket.destroy());
  }
});

test("a canister or method that isn't there is named", async () => {
  const nobody = principalText(Uint8Array.from([0, 0, 0, 0, 0, 0, 99, 99, 1, 1]));
  const answer = await call(network.url(0), nobody, "increment");
  assert.match(answer.text, /IC0301/);
  assert.ok(answer.text.includes(nobody), answer.text);
  const asked = await post(network.url(0), `/api/v2/canister/${nobody}/query`,
    envelope(content("query", nobody, "get")));
  assert.match(asked.text, /IC0301/);
  const method = await call(network.url(0), counter, "decrement");
  assert.match(method.text, /IC0536/);
  assert.match(method.text, /decrement/);
  const elsewhere = await call(network.url(0), counter, "increment", undefined, {}, nobody);
  assert.equal(elsewhere.status, 400, "another effective canister id");
  const foreign = "uxrrr-q7777-77774-qaaaq-cai";
  const refused = await call(network.url(0), foreign, "increment");
  assert.equal(refused.status, 400);
  assert.ok(refused.text.includes(`${foreign} isn't hosted by this subnet`), refused.text);
  const hostile = await post(network.url(0), "/api/v3/canister/..%2f..%2fetc/call",
    envelope(content("call", counter, "increment")));
  assert.equal(hostile.status, 400);
});

test("Candid bombs are refused at once", async () => {
  const leb = (value) => {
    const bytes = [];
    for (let rest = BigInt(value); ; rest >>= 7n) {
      if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
      bytes.push(Number(rest & 127n) | 128);
    }
  };
  const didl = Buffer.from("DIDL");
  const bombs = {
    "a vector of 2^60 nulls": Buffer.concat([didl, Buffer.from([1, 0x6d, 0x7f, 1, 0]), leb(1n << 60n)]),
    "a vector of 2^30 empty records": Buffer.concat(
      [didl, Buffer.from([2, 0x6d, 1, 0x6c, 0, 1, 0]), leb(1n << 30n)]),
    "a record that holds itself": Buffer.concat([didl, Buffer.from([1, 0x6c, 1, 0, 0, 1, 0])]),
    "a million options": Buffer.concat(
      [didl, Buffer.from([1, 0x6e, 0, 1, 0]), Buffer.alloc(1_000_000, 1), Buffer.from([0])]),
    "two billion types": Buffer.concat([didl, leb(2n ** 31n)]),
    "two billion arguments": Buffer.concat([didl, Buffer.from([0]), leb(2n ** 31n)]),
    "a type with a million fields": Buffer.concat([didl, Buffer.from([1, 0x6c]), leb(1_000_000)]),
    noise: crypto.randomBytes(100),
  };
  for (const [what, arg] of Object.entries(bombs)) {
    for (const method of ["install_code", "provisional_create_canister_with_cycles"]) {
      const answer = await call(network.url(0), "aaaaa-aa", method, arg, {}, counter);
      assert.ok([200, 400].includes(answer.status), `${what}: ${answer.status} ${answer.text}`);
      assert.ok(!isReplied(answer), `${what} is accepted by ${method}: ${answer.text}`);
    }
  }
  await goesOn();
});

// ---------------------------------------------------------------------------------- canisters

const leb = (value) => {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
};
const section = (id, body) => Buffer.concat([Buffer.from([id]), leb(body.length), body]);
/** A module with one function, exported as a method. */
function moduleOf(code) {
  const name = Buffer.from("canister_update run");
  return Buffer.concat([
    Buffer.from("\0asm\x01\0\0\0", "latin1"),
    section(1, Buffer.from([1, 0x60, 0, 0])),
    section(3, Buffer.from([1, 0])),
    section(7, Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([0, 0])])),
    section(10, Buffer.concat([Buffer.from([1]), leb(code.length), code])),
  ]);
}
async function assemble(text) {
  const file = path.join(network.directory, "assembled");
  fs.writeFileSync(`${file}.wat`, text);
  await cli("wat", `${file}.wat`, `${file}.wasm`);
  return fs.readFileSync(`${file}.wasm`);
}
async function install(module, ...args) {
  const file = path.join(network.directory, "hostile.wasm");
  fs.writeFileSync(file, module);
  return icpd(["canister", "install", "victim", "--wasm", file, "--mode", "reinstall", "--yes", ...args]);
}

test("hostile modules are refused with their reason, and nobody else notices", async () => {
  await cli("canister", "create", "victim");
  const nest = (depth) => Buffer.concat(
    [Buffer.from([0]), Buffer.alloc(2 * depth, Buffer.from([0x02, 0x40])), Buffer.alloc(depth + 1, 0x0b)]);
  const modules = {
    "no WebAssembly": crypto.randomBytes(1000),
    "the first half of a module": fs.readFileSync(wasmFile).subarray(0, 200),
    "a hundred thousand nested blocks": moduleOf(nest(100_000)),
    "four billion locals": moduleOf(Buffer.from([1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b])),
    "a table of four billion": await assemble("(module (table 4294967295 funcref))"),
    "a heap of 64 TiB": await assemble("(module (memory i64 1073741824))"),
    "data beside the heap": await assemble('(module (memory 1) (data (i32.const 65536) "x"))'),
    "an import of a file": await assemble('(module (import "wasi" "open" (func)))'),
    "200 MiB of zeros in a gzip": zlib.gzipSync(Buffer.alloc(200 << 20)),
    "a trap in its start": await assemble("(module (func $f unreachable) (start $f))"),
  };
  const code = { "a trap in its start": "IC0502" };
  for (const [what, module] of Object.entries(modules)) {
    const result = await install(module);
    assert.equal(result.status, 1, `${what} is installed`);
    assert.match(result.stderr, new RegExp(code[what] ?? "IC0505"), `${what}: ${result.stderr}`);
  }
  await goesOn();
});

const victim = () =>
  JSON.parse(fs.readFileSync(path.join(network.directory, "canisters.json"), "utf8")).victim;

test("endless queries, endless recursion and memory bombs end, and nobody else notices", async () => {
  const installed = await install(await assemble(`(module
    (import "ic0" "msg_reply" (func $reply))
    (memory 1)
    (func (export "canister_update loop") (loop $again (br $again)))
    (func (export "canister_query ask") (loop $again (br $again)))
    (func $deeper (export "canister_update recurse") (call $deeper))
    (func (export "canister_update grow")
      (loop $again (br_if $again (i32.ne (memory.grow (i32.const 64)) (i32.const -1))))
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x4000000))
      (call $reply)))`));
  assert.equal(installed.status, 0, installed.stderr);
  const query = await post(network.url(1), `/api/v2/canister/${victim()}/query`,
    envelope(content("query", victim(), "ask")));
  assert.match(query.text, /IC0522/, query.text);
  const deep = await call(network.url(2), victim(), "recurse");
  assert.equal(deep.status, 200, deep.text);
  assert.match(deep.text, /IC0502.*stack overflow|stack overflow.*IC0502/s, deep.text);
  const large = await call(network.url(3), victim(), "grow");
  assert.equal(large.status, 200);
  assert.match(large.text, /replied/, "a heap that can't grow any more is the canister's matter");
  await goesOn();
});

// ------------------------------------------------------------------------- machines, operators

test("a port in use is an error that names its holder", async () => {
  const other = new Network();
  const server = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address();
  const refused = await icpd(["local", "--dir", other.directory, "--port", String(port)]);
  server.close();
  fs.rmSync(other.directory, { recursive: true, force: true });
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, new RegExp(`port ${port} is taken by process ${process.pid}`));
});

/** Whether the node's writes fail, as on a full disk. A node that is started again has room. */
const setDisk = (pid, size) =>
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${size}:`]);

test("a node whose disk is full stops and says so, and goes on once there is room", async () => {
  setDisk(network.pids()[3], 4096);
  await eventually("node 3 stops", kRecoveryDeadlineMs, async () => {
    await increment(0);
    return /node 3 ended with status 1/.test(network.log);
  });
  assert.match(network.log, /stopped: writing the artifact log: .*File too large/);
  assert.match(network.log, /icpd local node 3 start/);
  assert.ok(isReplied(await increment()), "three nodes go on");
  await network.control("node", "3", "start");
  await goesOn();
});

test("when all disks are full the network stops, and goes on once there is room", async () => {
  const all = network.pids();
  all.forEach((pid) => setDisk(pid, 4096));
  const states = async () => JSON.parse(await network.control("status", "--json")).nodes;
  // With two nodes gone the others agree on nothing more that they could write.
  await eventually("two nodes stop", kRecoveryDeadlineMs, async () => {
    increment().catch(() => {});
    return (await states()).filter(({ state }) => state === "dead").length >= 2;
  });
  for (const { node, state, reason } of await states()) {
    if (state !== "dead") {
      setDisk(all[node], "unlimited");
      continue;
    }
    assert.match(reason, /File too large.*start the node again/);
    await network.control("node", String(node), "start");
  }
  await goesOn();
});

test("all nodes sleep, as a laptop does, and go on when it wakes", async () => {
  const all = [network.child.pid, ...network.pids()];
  all.forEach((pid) => process.kill(pid, "SIGSTOP"));
  // Longer than a link may be silent.
  await new Promise((resolve) => setTimeout(resolve, 8_000));
  all.forEach((pid) => process.kill(pid, "SIGCONT"));
  await goesOn();
});

test("killed at any moment while it counts, the network loses nothing", async () => {
  for (let round = 0; round < 3; ++round) {
    let counting = true;
    const clients = [0, 1, 2, 3].map(async (node) => {
      while (counting) await increment(node).catch(() => {});
    });
    await new Promise((resolve) => setTimeout(resolve, 200 + Math.random() * 800));
    await network.killAll();
    counting = false;
    await Promise.all(clients);
    await network.start();
    await goesOn();
  }
});

test("a log that is damaged in its middle is told, and the others go on without that node", async () => {
  await network.stop();
  const pool = path.join(network.directory, "nodes/3/pool");
  const segment = path.join(pool, fs.readdirSync(pool).sort()[0]);
  const bytes = fs.readFileSync(segment);
  const whole = Buffer.from(bytes);
  bytes[Math.floor(bytes.length / 2)] ^= 1;
  fs.writeFileSync(segment, bytes);
  await network.start();
  const log = fs.readFileSync(path.join(network.directory, "logs/node-3.log"), "utf8");
  assert.match(log, /segment is damaged at byte \d+; restore it, or give this node new keys/);
  assert.ok(isReplied(await increment()));
  fs.writeFileSync(segment, whole);
  await network.control("node", "3", "start");
  await goesOn();
});

// The last one: until a checkpoint, each restart would run the loop again.
test("an endless update holds up no other canister, nor the end of the network", async () => {
  const endless = await post(network.url(0), `/api/v2/canister/${victim()}/call`,
    envelope(content("call", victim(), "loop")));
  assert.equal(endless.status, 202);
  await goesOn();
  await goesOn();
  await network.stop();
});
