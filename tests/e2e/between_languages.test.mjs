// Canisters of every language call those of every other: replies, rejects and cycles arrive as they
// were sent, whoever compiled either side.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { libraries, makeClient } from "./lib/clients.mjs";
import { Network } from "./lib/network.mjs";
import { probeAt, probes, probeWasm } from "./lib/probes.mjs";

const kLibrary = "@icp-sdk/core";
const { Principal } = libraries[kLibrary];

const network = new Network();
const canisters = [];
before(async () => {
  await network.start();
  const client = await makeClient(kLibrary, network);
  canisters.push(...await Promise.all(Object.keys(probes).map(async (name) => {
    const id = await client.create();
    await client.install(id, probeWasm(name));
    const probe = probeAt(id, client.agent);
    await probe.put(1n, name);
    return { name, id, probe };
  })));
});
after(() => network.remove());

/** Does the same for ordered pairs of canisters, all at once. */
const forPairs = (isPair, act) =>
  Promise.all(canisters.flatMap((from, i) =>
    canisters.filter((_, k) => k !== i && isPair(i, k)).map((to) =>
      act(from, to, `${from.name} calls ${to.name}`))));
const every = () => true;
/** Each with the next in a ring, in both directions: enough where the pair doesn't matter. */
const neighbours = (i, k) => [1, canisters.length - 1].includes(Math.abs(i - k));

test("a reply arrives with what is in it", async () => {
  await forPairs(every, async (from, to, what) => {
    assert.deepEqual(await from.probe.ask(to.id, 1n), [to.name], what);
  });
});

test("cycles go with a call, and what isn't accepted comes back", async () => {
  const kSent = 1_000_000_000n;
  const kept = (from, to) => BigInt(canisters.indexOf(from) * 10 + canisters.indexOf(to));
  await forPairs(neighbours, async (from, to, what) => {
    assert.equal(await from.probe.pay(to.id, kSent, kept(from, to)), kSent - kept(from, to), what);
  });
});

/** Reject codes of the interface specification. */
const kDestinationInvalid = 3, kCanisterReject = 4, kCanisterError = 5;

test("a reject arrives with code and text: refused, trapped, no such method", async () => {
  await forPairs(neighbours, async (from, to, what) => {
    const [refused, trapped, absent] = await Promise.all(
      ["refuse", "boom", "absent"].map((method) => from.probe.caught(to.id, method)));
    assert.deepEqual(refused, { code: kCanisterReject, text: "not today" }, what);
    assert.equal(trapped.code, kCanisterError, what);
    assert.match(trapped.text, /ic0\.trap. with message: .*(assertion failed|as it was told)/, what);
    assert.equal(absent.code, kCanisterError, what);
    assert.match(absent.text, /Canister has no update method 'absent'/, what);
  });
});

test("a canister that isn't there is an invalid destination", async () => {
  const nobody = Principal.fromUint8Array(Uint8Array.from([0, 0, 0, 0, 0, 0x0f, 0xff, 0xff, 1, 1]));
  await Promise.all(canisters.map(async ({ name, probe }) => {
    const { code, text } = await probe.caught(nobody, "refuse");
    assert.equal(code, kDestinationInvalid, `${name}: ${text}`);
  }));
});
