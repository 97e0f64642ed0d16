// What canisters may do, in each language and memory model: calls with cycles, timers, heartbeats,
// inspect_message, certified data, HTTP methods, logs, randomness, making canisters, large messages,
// and upgrades that keep what must be kept.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { libraries, makeClient } from "./lib/clients.mjs";
import { Network, eventually } from "./lib/network.mjs";
import { gateway, probeAt, probes, probeWasm } from "./lib/probes.mjs";

const kLibrary = "@icp-sdk/core";
const { Actor, AnonymousIdentity, Certificate } = libraries[kLibrary];
const kTimerMs = 60_000;

const network = new Network();
let client, nobody;
before(async () => {
  await network.start();
  client = await makeClient(kLibrary, network);
  nobody = await makeClient(kLibrary, network, undefined, new AnonymousIdentity());
});
after(() => network.remove());

const text = (bytes) => Buffer.from(bytes).toString();
const bytesOf = (string) => Uint8Array.from(Buffer.from(string));

// Each waits for timers most of the time, so two of them at once.
describe("canisters", { concurrency: 2 }, () => {
  for (const [name, upgrade] of Object.entries(probes)) describeProbe(name, upgrade);
});

function describeProbe(name, upgrade) {
  describe(name, { concurrency: false }, () => {
    let id, probe, otherId, other;
    before(async () => {
      [id, otherId] = await Promise.all([client.create(), client.create()]);
      await client.install(id, probeWasm(name));
      await client.install(otherId, probeWasm(name));
      probe = probeAt(id, client.agent);
      other = probeAt(otherId, client.agent);
    });

    test("a call carries cycles; what isn't accepted comes back", async () => {
      const [paid, got] = await Promise.all([probe.balance(), other.balance()]);
      assert.equal(await probe.pay(otherId, 5_000_000_000n, 2_000_000_000n), 3_000_000_000n);
      const [left, now] = await Promise.all([probe.balance(), other.balance()]);
      assert.ok(left < paid - 2_000_000_000n + 1n && left > paid - 4_000_000_000n, `${paid - left}`);
      assert.ok(now > got + 1_000_000_000n && now <= got + 2_000_000_000n, `${now - got}`);
    });

    test("heartbeats, a timer that goes on, and one that fires once", async () => {
      const beats = await probe.beats();
      await probe.ring();
      await eventually("the timer fires", kTimerMs, async () => (await probe.rings()) > 0n);
      const ticks = await probe.ticks();
      await eventually("more ticks", kTimerMs, async () => (await probe.ticks()) > ticks + 1n);
      assert.equal(await probe.rings(), 1n, "what is to fire once doesn't fire again");
      await eventually("heartbeats", kTimerMs, async () => (await probe.beats()) > beats + 1n);
    });

    test("inspect_message keeps callers without a key out, before consensus", async () => {
      const sender = await probe.guarded();
      assert.equal(sender.toText(), (await client.agent.getPrincipal()).toText());
      // Most leave without accepting; Motoko traps with a text of its own.
      await assert.rejects(probeAt(id, nobody.agent).guarded(), /IC0406|explicitly refused/);
      assert.equal((await probeAt(id, nobody.agent).whoami()).toText(), "2vxsx-fae");
    });

    test("certified data comes with a certificate that the root key verifies", async () => {
      const data = Uint8Array.from([1, 2, 3, 4]);
      await probe.certify(data);
      const [bytes] = await probe.certificate();
      assert.deepEqual(await certifiedDataIn(bytes, id), Buffer.from(data));
      const replicated = probeAt(id, client.agent, { queryStrategy: "update" });
      assert.deepEqual(await replicated.certificate(), [], "a replicated query has no certificate");
    });

    test("a gateway's query is answered, with a certificate for what it says", async () => {
      const visitor = probeAt(id, nobody.agent);
      const number = await gateway(visitor, "GET", "/visitors");
      assert.deepEqual(
        [number.status_code, number.headers, text(number.body)],
        [200, [["content-type", "text/plain"]], "0"]);
      const missing = await gateway(visitor, "GET", "/nowhere");
      assert.deepEqual([missing.status_code, text(missing.body)], [404, "no /nowhere"]);

      await probe.certify(bytesOf("a page"));
      const certified = await gateway(visitor, "GET", "/certificate");
      assert.equal(text(await certifiedDataIn(certified.body, id)), "a page");
    });

    test("a query that asks for it is repeated as an update", async () => {
      const visitor = probeAt(id, nobody.agent);
      const headers = [["host", "example.org"], ["x-twice", "1"], ["x-twice", "2"]];
      const answer = await gateway(visitor, "POST", "/visitors", headers, bytesOf("hello"));
      assert.deepEqual(
        [answer.status_code, answer.headers, text(answer.body), answer.upgrade],
        [201, [["x-method", "POST"], ...headers], "hello", []]);
      assert.equal(text((await gateway(visitor, "GET", "/visitors")).body), "1");
    });

    test("its controller reads what it prints and why it traps", async () => {
      await probe.log("all is well");
      await assert.rejects(probe.boom(), /IC0503/);
      const lines = await logOf(id);
      assert.ok(lines.some((line) => line.includes("all is well")), lines.join("\n"));
      assert.match(lines.at(-1), /as it was told|assertion failed/);
      await assert.rejects(logOf(id, nobody.agent), /IC0406/);
    });

    test("randomness has 32 bytes and isn't repeated", async () => {
      const [one, two] = await Promise.all([probe.random(), probe.random()]);
      assert.equal(one.length, 32);
      assert.notDeepEqual(one, two);
    });

    test("a canister makes a canister and controls it", async () => {
      const child = await probe.spawn();
      assert.equal(await controllersOf(child), id.toText());
    });

    test("messages of nearly two megabytes pass in both directions", async () => {
      const many = 1_900_000;
      assert.equal(await probe.size(new Uint8Array(many)), BigInt(many));
      assert.equal((await probe.bytes(BigInt(many))).length, many);
    });

    test("an upgrade keeps what was put, and timers go on", async () => {
      const inPages = 65_536n * 3n - 2n;
      await probe.put(7n, "seven");
      await probe.remember(inPages, bytesOf("across a page"));
      await probe.certify(bytesOf("certified"));
      await client.install(id, probeWasm(name), upgrade);
      assert.deepEqual([await probe.lookup(7n), await probe.lookup(8n)], [["seven"], []]);
      assert.equal(text(await probe.recall(inPages, 13n)), "across a page");
      assert.equal(text((await gateway(probe, "GET", "/visitors")).body), "1");
      assert.equal(text(await certifiedDataIn((await probe.certificate())[0], id)), "certified");

      assert.equal(await probe.rings(), 0n, "what isn't kept begins anew");
      await probe.ring();
      await eventually("a tick after the upgrade", kTimerMs, async () => (await probe.ticks()) > 0n);
      await eventually("a ring after it", kTimerMs, async () => (await probe.rings()) === 1n);
    });

    test("a reinstallation keeps nothing", async () => {
      await other.put(7n, "seven");
      await client.install(otherId, probeWasm(name), { reinstall: null });
      assert.deepEqual(await other.lookup(7n), []);
      assert.equal(text((await gateway(other, "GET", "/visitors")).body), "0");
    });
  });
}

/** The certified data in a certificate that the network's key has signed. */
async function certifiedDataIn(bytes, canisterId) {
  const certificate = await Certificate.create({
    certificate: Uint8Array.from(bytes), rootKey: network.rootKey, principal: { canisterId },
  });
  const found = certificate.lookup_path(["canister", canisterId.toUint8Array(), "certified_data"]);
  return Buffer.from(found.value);
}

async function logOf(canisterId, agent = client.agent) {
  const management = Actor.createActor(
    ({ IDL }) => {
      const record = { idx: IDL.Nat64, timestamp_nanos: IDL.Nat64, content: IDL.Vec(IDL.Nat8) };
      return IDL.Service({
        fetch_canister_logs: IDL.Func(
          [IDL.Record({ canister_id: IDL.Principal })],
          [IDL.Record({ canister_log_records: IDL.Vec(IDL.Record(record)) })], ["query"]),
      });
    },
    { agent, canisterId: "aaaaa-aa", effectiveCanisterId: canisterId });
  const { canister_log_records: records } =
    await management.fetch_canister_logs({ canister_id: canisterId });
  return records.map(({ content }) => text(content));
}

async function controllersOf(canister) {
  const { CanisterStatus } = client.library;
  const status = await CanisterStatus.request({
    canisterId: canister, agent: client.agent, paths: ["controllers"],
  });
  return status.get("controllers").map((principal) => principal.toText()).join();
}
