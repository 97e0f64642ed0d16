// An agent from elsewhere: it knows npm @icp-sdk/core and ready.json, and nothing of this project.
// Everything that the library checks by default stays checked: certificates against the root key,
// canister ranges, and the signatures of queries.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { after, before, test } from "node:test";

import * as agents from "@icp-sdk/core/agent";
import { IDL } from "@icp-sdk/core/candid";
import {
  DelegationChain, DelegationIdentity, ECDSAKeyIdentity, Ed25519KeyIdentity,
} from "@icp-sdk/core/identity";
import { Secp256k1KeyIdentity } from "@icp-sdk/core/identity/secp256k1";
import { Principal } from "@icp-sdk/core/principal";

import { Network, repository } from "./lib/network.mjs";

const { Actor, AnonymousIdentity, CanisterStatus, HttpAgent } = agents;
const network = new Network();
before(() => network.start());
after(() => network.remove());

const motoko = fs.readFileSync(path.join(repository, "build/canisters/counter_motoko.wasm"));
const empty = Uint8Array.from(Buffer.from("DIDL\0\0"));
const counterInterface = ({ IDL: types }) =>
  types.Service({
    increment: types.Func([], [types.Nat64], []),
    get: types.Func([], [types.Nat64], ["query"]),
  });

/** As a stranger reads ready.json. */
const nodeUrl = (node) => `http://127.0.0.1:${network.ready.nodes[node].api_port}`;
const rootKey = () => Uint8Array.from(Buffer.from(network.ready.root_key, "hex"));
const rootSubnet = () => network.ready.subnets[0];
const firstCanisterId = () => Principal.fromText(rootSubnet().canister_ranges[0][0]);

const makeAgent = (node, identity = Ed25519KeyIdentity.generate(), more = {}) =>
  HttpAgent.create({ host: nodeUrl(node), identity, rootKey: rootKey(), ...more });

function management(agent, effectiveCanisterId) {
  const settings = IDL.Record({ controllers: IDL.Opt(IDL.Vec(IDL.Principal)) });
  const target = IDL.Record({ canister_id: IDL.Principal });
  const hash = IDL.Record({ hash: IDL.Vec(IDL.Nat8) });
  const mode = IDL.Variant({ install: IDL.Null, reinstall: IDL.Null });
  const service = IDL.Service({
    provisional_create_canister_with_cycles: IDL.Func(
      [IDL.Record({ amount: IDL.Opt(IDL.Nat), settings: IDL.Opt(settings) })], [target], []),
    install_code: IDL.Func(
      [IDL.Record({
        mode, canister_id: IDL.Principal, wasm_module: IDL.Vec(IDL.Nat8), arg: IDL.Vec(IDL.Nat8),
      })], [], []),
    upload_chunk: IDL.Func(
      [IDL.Record({ canister_id: IDL.Principal, chunk: IDL.Vec(IDL.Nat8) })], [hash], []),
    install_chunked_code: IDL.Func(
      [IDL.Record({
        mode, target_canister: IDL.Principal, store_canister: IDL.Opt(IDL.Principal),
        chunk_hashes_list: IDL.Vec(hash), wasm_module_hash: IDL.Vec(IDL.Nat8),
        arg: IDL.Vec(IDL.Nat8),
      })], [], []),
    canister_status: IDL.Func(
      [target],
      [IDL.Record({
        status: IDL.Variant({ running: IDL.Null, stopping: IDL.Null, stopped: IDL.Null }),
        module_hash: IDL.Opt(IDL.Vec(IDL.Nat8)),
        cycles: IDL.Nat,
      })],
      []),
  });
  return Actor.createActor(() => service, {
    agent, canisterId: Principal.managementCanister(), callTransform: () => ({ effectiveCanisterId }),
  });
}

async function createCanister(agent) {
  const made = await management(agent, firstCanisterId()).provisional_create_canister_with_cycles({
    amount: [10_000_000_000_000n], settings: [],
  });
  return made.canister_id;
}

async function deploy(agent, wasm) {
  const id = await createCanister(agent);
  await management(agent, id).install_code({
    mode: { install: null }, canister_id: id, wasm_module: wasm, arg: empty,
  });
  return Actor.createActor(counterInterface, { agent, canisterId: id });
}

const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));

test("Motoko modules count on each node, with one killed half-way", async () => {
  const identity = Ed25519KeyIdentity.generate();
  const counter = await deploy(await makeAgent(0, identity), motoko);
  const id = Actor.canisterIdOf(counter);
  const at = async (node) =>
    Actor.createActor(counterInterface, { agent: await makeAgent(node, identity), canisterId: id });
  let expected = 0n;
  for (const node of [0, 1, 2, 3]) {
    assert.equal(await (await at(node)).increment(), ++expected);
    assert.equal(await (await at(node)).get(), expected, "a node sees what it answered");
  }
  await network.control("node", "2", "kill");
  for (const node of [0, 1, 3]) {
    assert.equal(await (await at(node)).increment(), ++expected);
    assert.equal(await (await at(node)).get(), expected);
  }
  await network.control("node", "2", "start");
});

test("the root key and the time come from the network itself", async () => {
  const agent = await HttpAgent.create({
    host: nodeUrl(1), shouldFetchRootKey: true, shouldSyncTime: true,
  });
  assert.deepEqual(Buffer.from(agent.rootKey), Buffer.from(rootKey()));
  assert.ok(agent.hasSyncedTime());
  assert.ok(Math.abs(agent.getTimeDiffMsecs()) < 60_000);
  const status = await agent.status();
  assert.equal(status.replica_health_status, "healthy");
});

test("every kind of identity is known by its own principal", async () => {
  const probe = fs.readFileSync(path.join(repository, "build/canisters/probe_rust.wasm"));
  const agent = await makeAgent(0);
  const id = Actor.canisterIdOf(await deploy(agent, probe));
  const service = ({ IDL: types }) =>
    types.Service({
      guarded: types.Func([], [types.Principal], []),
      whoami: types.Func([], [types.Principal], ["query"]),
    });
  const user = Ed25519KeyIdentity.generate();
  const session = await ECDSAKeyIdentity.generate();
  const chain = await DelegationChain.create(
    user, session.getPublicKey(), new Date(Date.now() + 600_000));
  const identities = [
    user,
    Secp256k1KeyIdentity.generate(),
    session,
    DelegationIdentity.fromDelegation(session, chain),
  ];
  for (const identity of identities) {
    const actor = Actor.createActor(service, {
      agent: await makeAgent(3, identity), canisterId: id,
    });
    const own = identity.getPrincipal().toText();
    assert.equal((await actor.whoami()).toText(), own);
    assert.equal((await actor.guarded()).toText(), own);
  }
  const nobody = Actor.createActor(service, {
    agent: await makeAgent(3, new AnonymousIdentity()), canisterId: id,
  });
  assert.equal((await nobody.whoami()).toText(), "2vxsx-fae");
});

test("a delegation that has expired or names another canister is refused", async () => {
  const agent = await makeAgent(0);
  const counter = await deploy(agent, motoko);
  const canisterId = Actor.canisterIdOf(counter);
  const user = Ed25519KeyIdentity.generate();
  const session = Ed25519KeyIdentity.generate();
  const attempt = async (end, targets) => {
    const chain = await DelegationChain.create(user, session.getPublicKey(), end, { targets });
    const identity = DelegationIdentity.fromDelegation(session, chain);
    const actor = Actor.createActor(counterInterface, {
      agent: await makeAgent(0, identity, { retryTimes: 0 }), canisterId,
    });
    return actor.increment();
  };
  const later = new Date(Date.now() + 600_000);
  assert.equal(await attempt(later, [canisterId]), 1n);
  await assert.rejects(attempt(new Date(Date.now() - 60_000), [canisterId]), /expired/i);
  await assert.rejects(attempt(later, [Principal.fromText("aaaaa-aa")]), /target|delegation/i);
});

test("canister status and metadata are read with certificates", async () => {
  const identity = Ed25519KeyIdentity.generate();
  const agent = await makeAgent(1, identity);
  const canisterId = Actor.canisterIdOf(await deploy(agent, motoko));
  const status = await CanisterStatus.request({
    canisterId, agent, paths: ["time", "controllers", "module_hash", "candid", "subnet"],
  });
  assert.ok(Math.abs(status.get("time").getTime() - Date.now()) < 60_000);
  assert.deepEqual(status.get("controllers").map(String), [identity.getPrincipal().toText()]);
  assert.equal(status.get("module_hash"), Buffer.from(await sha256(motoko)).toString("hex"));
  assert.match(status.get("candid"), /increment *: *\(\) *-> *\(nat64\)/);
  const subnet = status.get("subnet");
  assert.equal(subnet.subnetId, rootSubnet().id);
  assert.deepEqual(
    [...subnet.nodeKeys.keys()].sort(), network.ready.nodes.map((node) => node.id).sort());
  const id = await agent.getSubnetIdFromCanister(canisterId);
  assert.equal(id.toText(), rootSubnet().id);

  const reported = await management(agent, canisterId).canister_status({ canister_id: canisterId });
  assert.deepEqual(Object.keys(reported.status), ["running"]);
  assert.ok(reported.cycles > 0n);
});

test("the subnet's own state is read, ranges in both forms", async () => {
  const agent = await makeAgent(2);
  const subnetId = Principal.fromText(rootSubnet().id);
  const label = (text) => new TextEncoder().encode(text);
  const flat = [label("subnet"), subnetId.toUint8Array(), label("canister_ranges")];
  const tree = [label("canister_ranges"), subnetId.toUint8Array()];
  const state = await agent.readState({ subnetId }, { paths: [flat, tree, [label("time")]] });
  const decoded = state.verifiedCertificate;
  assert.equal(agents.lookupResultToBuffer(decoded.lookup_path([label("time")])).length > 0, true);
  const ranges = agents.Cbor.decode(agents.lookupResultToBuffer(decoded.lookup_path(flat)));
  const first = Principal.fromUint8Array(new Uint8Array(ranges[0][0])).toText();
  assert.equal(first, rootSubnet().canister_ranges[0][0]);
  assert.equal(decoded.lookup_subtree(tree).status, "Found");
});

test("a module comes gzipped, and in chunks", async () => {
  const agent = await makeAgent(0);
  const packed = zlib.gzipSync(motoko);
  assert.equal(await (await deploy(agent, packed)).increment(), 1n);

  const id = await createCanister(agent);
  const at = management(agent, id);
  const hashes = [];
  for (let from = 0; from < motoko.length; from += 100_000)
    hashes.push(await at.upload_chunk({
      canister_id: id, chunk: motoko.subarray(from, from + 100_000),
    }));
  await at.install_chunked_code({
    mode: { install: null }, target_canister: id, store_canister: [], chunk_hashes_list: hashes,
    wasm_module_hash: await sha256(motoko), arg: empty,
  });
  const counter = Actor.createActor(counterInterface, { agent, canisterId: id });
  assert.equal(await counter.increment(), 1n);
});

test("calls go in by the asynchronous endpoint too, and a request sent twice runs once", async () => {
  const agent = await makeAgent(0);
  const counter = await deploy(agent, motoko);
  const canisterId = Actor.canisterIdOf(counter);
  const sent = await agent.call(canisterId, {
    methodName: "increment", arg: empty, callSync: false,
  });
  assert.equal(sent.response.status, 202);
  const { reply } = await agents.polling.pollForResponse(agent, { canisterId }, sent.requestId);
  assert.deepEqual(IDL.decode([IDL.Nat64], reply), [1n]);

  const bodies = [];
  const recording = await makeAgent(0, undefined, {
    fetch: (url, init) => {
      if (String(url).endsWith("/call")) bodies.push([url, init]);
      return fetch(url, init);
    },
  });
  await Actor.createActor(counterInterface, { agent: recording, canisterId }).increment();
  for (const node of [0, 1, 3]) {
    const [url, init] = bodies[0];
    const again = await fetch(new URL(new URL(url).pathname, nodeUrl(node)), init);
    assert.equal(again.status, 200, "the answer of a finished call is given again");
  }
  assert.equal(await counter.get(), 2n);
});

test("what a stranger gets wrong is refused with a reason", async () => {
  const agent = await makeAgent(0, undefined, { retryTimes: 0 });
  const absent = Principal.fromText(rootSubnet().canister_ranges[0][1]);
  const nobody = Actor.createActor(counterInterface, { agent, canisterId: absent });
  await assert.rejects(nobody.increment(), /IC0301/);
  await assert.rejects(nobody.get(), /IC0301/);
  const foreign = Actor.createActor(counterInterface, {
    agent, canisterId: Principal.fromText("rdmx6-jaaaa-aaaaa-aaadq-cai"),
  });
  await assert.rejects(foreign.increment(), /IC0301|hosted/);
  const counter = await deploy(agent, motoko);
  const wrong = Actor.createActor(
    ({ IDL: types }) => types.Service({ missing: types.Func([], [], []) }),
    { agent, canisterId: Actor.canisterIdOf(counter) });
  await assert.rejects(wrong.missing(), /IC0536/);
  const late = await makeAgent(0, undefined, { retryTimes: 0, rootKey: new Uint8Array(133) });
  await assert.rejects(
    Actor.createActor(counterInterface, {
      agent: late, canisterId: Actor.canisterIdOf(counter),
    }).increment(), "a wrong root key verifies nothing");
});
