// Processes die under load: nothing that was acknowledged is lost, nothing runs twice, and no node
// shows less than it has shown before.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Load } from "./lib/load.mjs";
import { installCounter, makeClient } from "./lib/clients.mjs";
import { Network, eventually } from "./lib/network.mjs";

const kLibrary = "@icp-sdk/core";
const network = new Network();
let canister;

before(async () => {
  await network.start();
  canister = await installCounter(network);
});
after(() => network.remove());

const get = async (node) => (await makeClient(kLibrary, network, node)).counter(canister).get();

/** Exactly the calls that were made have run, each once. */
async function settle(load, before) {
  await load.finish();
  assert.deepEqual(load.faults, []);
  const values = load.values().map((value) => value - before).sort((a, b) => Number(a - b));
  assert.deepEqual(values, values.map((_, i) => BigInt(i + 1)), "each call saw its own number");
  for (const node of [0, 1, 2, 3]) {
    await eventually(`node ${node} agrees`, 60_000, async () => {
      return (await get(node)) === before + BigInt(values.length);
    });
  }
}

test("kill -9 of one node under load: calls go on, it restarts and catches up", async () => {
  const before = await get(0);
  const load = new Load(network, canister, 12);
  await load.reaches(40);
  await network.killNode(1);
  await load.reaches(100);
  await network.control("node", "1", "start");
  await load.reaches(160);
  await settle(load, before);
});

test("kill -9 of all four under load, again and again: nothing acknowledged is lost", async () => {
  const before = await get(0);
  const load = new Load(network, canister, 12);
  for (const calls of [40, 80, 120]) {
    await load.reaches(calls);
    const shown = load.shownByNode();
    await network.killAll();
    const ports = network.ready.nodes.map((node) => node.api_port);
    const first = Promise.all(ports.map((port) => load.firstQuery(port)));
    await network.start();
    (await first).forEach((value, node) =>
      assert.ok(value >= shown[node], `node ${node} showed ${shown[node]}, now ${value}`));
  }
  await settle(load, before);
});
