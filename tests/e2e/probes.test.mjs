// What canisters may do, in each language and memory mode: calls with cycles, rejects that are
// caught, timers, heartbeats, inspect_message, certified data, randomness, making canisters, large
// messages, and upgrades that keep what must be kept.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { libraries, makeClient } from "./lib/clients.mjs";
import { Network, eventually, repository } from "./lib/network.mjs";

const wasm = (name) => fs.readFileSync(path.join(repository, "build/canisters", `${name}.wasm`));

const keep = { upgrade: [{ skip_pre_upgrade: [], wasm_memory_persistence: [{ keep: null }] }] };
const plain = { upgrade: [] };
const probes = {
  probe_motoko: keep,
  probe_motoko_32: plain,
  probe_motoko_classic: plain,
  probe_rust: plain,
};

const kLibrary = "@icp-sdk/core";
const { Actor, AnonymousIdentity, Certificate, IDL } = libraries[kLibrary];
const probeInterface = ({ IDL }) =>
  IDL.Service({
    guarded: IDL.Func([], [IDL.Principal], []),
    put: IDL.Func([IDL.Nat64, IDL.Text], [], []),
    lookup: IDL.Func([IDL.Nat64], [IDL.Opt(IDL.Text)], ["query"]),
    beats: IDL.Func([], [IDL.Nat64], ["query"]),
    ticks: IDL.Func([], [IDL.Nat64], ["query"]),
    whoami: IDL.Func([], [IDL.Principal], ["query"]),
    balance: IDL.Func([], [IDL.Nat], ["query"]),
    pay: IDL.Func([IDL.Principal, IDL.Nat64, IDL.Nat64], [IDL.Nat64], []),
    boom: IDL.Func([], [], []),
    caught: IDL.Func([IDL.Principal], [IDL.Text], []),
    certify: IDL.Func([IDL.Vec(IDL.Nat8)], [], []),
    certificate: IDL.Func([], [IDL.Opt(IDL.Vec(IDL.Nat8))], ["query"]),
    random: IDL.Func([], [IDL.Vec(IDL.Nat8)], []),
    spawn: IDL.Func([], [IDL.Principal], []),
    size: IDL.Func([IDL.Vec(IDL.Nat8)], [IDL.Nat64], []),
    bytes: IDL.Func([IDL.Nat64], [IDL.Vec(IDL.Nat8)], ["query"]),
  });

const network = new Network();
let client;
before(async () => {
  await network.start();
  client = await makeClient(kLibrary, network);
});
after(() => network.remove());

const probeAt = (id, agent = client.agent) =>
  Actor.createActor(probeInterface, { agent, canisterId: id });

for (const [name, upgrade] of Object.entries(probes)) {
  describe(name, { concurrency: false }, () => {
    let id, probe, otherId, other;
    before(async () => {
      id = await client.create();
      otherId = await client.create();
      await client.install(id, wasm(name));
      await client.install(otherId, wasm(name));
      probe = probeAt(id);
      other = probeAt(otherId);
    });

    test("a call carries cycles; what isn't accepted comes back", async () => {
      const [paid, got] = await Promise.all([probe.balance(), other.balance()]);
      assert.equal(await probe.pay(otherId, 5_000_000_000n, 2_000_000_000n), 3_000_000_000n);
      const [left, now] = await Promise.all([probe.balance(), other.balance()]);
      assert.ok(left < paid - 2_000_000_000n + 1n && left > paid - 4_000_000_000n, `${paid - left}`);
      assert.ok(now > got + 1_000_000_000n && now <= got + 2_000_000_000n, `${now - got}`);
    });

    test("a trap of the other canister is caught", async () => {
      const text = await probe.caught(otherId);
      assert.match(text, /ic0\.trap. with message: (assertion failed|as it was told)/);
    });

    test("heartbeats and timers run by themselves", async () => {
      const [beats, ticks] = await Promise.all([probe.beats(), probe.ticks()]);
      await eventually("more heartbeats", 60_000, async () => (await probe.beats()) > beats + 1n);
      await eventually("more ticks", 60_000, async () => (await probe.ticks()) > ticks + 1n);
    });

    test("inspect_message keeps callers without a key out, before consensus", async () => {
      const sender = await probe.guarded();
      assert.equal(sender.toText(), (await client.agent.getPrincipal()).toText());
      const nobody = await makeClient(kLibrary, network, undefined, new AnonymousIdentity());
      // Rust leaves without accepting; Motoko traps with a text of its own.
      await assert.rejects(probeAt(id, nobody.agent).guarded(), /IC0406|explicitly refused/);
      assert.equal((await probeAt(id, nobody.agent).whoami()).toText(), "2vxsx-fae");
    });

    test("certified data comes with a certificate that the root key verifies", async () => {
      const data = Uint8Array.from([1, 2, 3, 4]);
      await probe.certify(data);
      const [bytes] = await probe.certificate();
      const certificate = await Certificate.create({
        certificate: Uint8Array.from(bytes), rootKey: network.rootKey, principal: { canisterId: id },
      });
      const found = certificate.lookup_path(["canister", id.toUint8Array(), "certified_data"]);
      assert.deepEqual(Buffer.from(found.value), Buffer.from(data));
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
      await assert.rejects(probe.size(new Uint8Array(2_200_000)), /413/);
    });

    test("an upgrade keeps what was put, and timers go on", async () => {
      await probe.put(7n, "seven");
      await client.install(id, wasm(name), upgrade);
      assert.deepEqual(await probe.lookup(7n), ["seven"]);
      assert.deepEqual(await probe.lookup(8n), []);
      await eventually("ticks after the upgrade", 60_000, async () => (await probe.ticks()) > 0n);
      await client.install(id, wasm(name), { reinstall: null });
      assert.deepEqual(await probe.lookup(7n), [], "a reinstallation keeps nothing");
    });
  });
}

async function controllersOf(canister) {
  const { CanisterStatus } = client.library;
  const status = await CanisterStatus.request({
    canisterId: canister, agent: client.agent, paths: ["controllers"],
  });
  return status.get("controllers").map((principal) => principal.toText()).join();
}
