// Unmodified agents deploy and use canisters of every language: update, query with a verified node
// signature, read_state, calls between canisters, upgrade, timers.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { libraries, makeClient } from "./lib/clients.mjs";
import { Network, eventually, repository } from "./lib/network.mjs";

const wasm = (name) => fs.readFileSync(path.join(repository, "build/canisters", `${name}.wasm`));

/** What each canister can do beyond increment and get, and how it wants to be upgraded. */
const upgradeKeepingMemory = {
  upgrade: [{ skip_pre_upgrade: [], wasm_memory_persistence: [{ keep: null }] }],
};
const plainUpgrade = { upgrade: [] };
const canisters = {
  counter_motoko: { later: "incrementLater", relay: "service", upgrade: upgradeKeepingMemory },
  counter_motoko_32: { later: "incrementLater", relay: "service", upgrade: plainUpgrade },
  counter_motoko_classic: { later: "incrementLater", relay: "service", upgrade: plainUpgrade },
  counter_rust: { later: "increment_later", relay: "principal", upgrade: plainUpgrade },
  counter_cpp: { later: "increment_later", relay: "principal", upgrade: plainUpgrade },
};

const network = new Network();
before(() => network.start());
after(() => network.remove());

for (const libraryName of Object.keys(libraries)) {
  describe(libraryName, { concurrency: false }, () => {
    for (const [name, traits] of Object.entries(canisters)) {
      test(`${name}: deploys, counts, relays, upgrades and runs timers`, async () => {
        const client = await makeClient(libraryName, network);
        const id = await client.create();
        await client.install(id, wasm(name));
        const counter = client.counter(id, traits.relay);

        assert.equal(await counter.increment(), 1n);
        assert.equal(await counter.increment(), 2n);
        assert.equal(await counter.get(), 2n, "a query sees what was acknowledged");

        const other = await client.create();
        await client.install(other, wasm("counter_cpp"));
        assert.equal(await counter.relay(other), 1n);
        assert.equal(await client.counter(other).get(), 1n);

        await client.install(id, wasm(name), traits.upgrade);
        assert.equal(await counter.get(), 2n, "an upgrade keeps the counter");

        await counter[traits.later]();
        await eventually("the timer fires", 30_000, async () => (await counter.get()) === 3n);
      });
    }

    test("read_state gives module hash and controllers with a certificate", async () => {
      const client = await makeClient(libraryName, network);
      const id = await client.create();
      const module = wasm("counter_cpp");
      await client.install(id, module);
      const { CanisterStatus } = client.library;
      const status = await CanisterStatus.request({
        canisterId: id,
        agent: client.agent,
        paths: ["time", "controllers", "module_hash"],
      });
      const expected = Buffer.from(await crypto.subtle.digest("SHA-256", module)).toString("hex");
      const found = status.get("module_hash");
      const hex = typeof found === "string" ? found : Buffer.from(found).toString("hex");
      assert.equal(hex.replace(/^0x/, ""), expected);
      const controllers = status.get("controllers").map((p) => p.toText());
      assert.deepEqual(controllers, [(await client.agent.getPrincipal()).toText()]);
    });

    test("each node gives the same answers", async () => {
      const first = await makeClient(libraryName, network, 0);
      const id = await first.create();
      await first.install(id, wasm("counter_cpp"));
      for (let node = 0; node < network.ready.nodes.length; ++node) {
        const client = await makeClient(libraryName, network, node);
        assert.equal(await client.counter(id).increment(), BigInt(node + 1));
      }
    });

    test("a trap is rejected with code, text and error code", async () => {
      const client = await makeClient(libraryName, network);
      const id = await client.create();
      await assert.rejects(client.counter(id).increment(), (error) => {
        assert.match(String(error), /IC0537/);
        return true;
      });
    });
  });
}
