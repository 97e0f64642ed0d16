// A network with the counter of examples/counter_wat on it, and a memory of every increment, so that
// a test can do what it likes to the network and then ask whether anything was lost or ran twice.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";

import { Network, eventually, icpd, repository } from "./network.mjs";
import { call, content, envelope, isReplied, post } from "./raw.mjs";

export const kRecoveryDeadlineMs = 60_000;
const kNodes = [0, 1, 2, 3];

export class CountingNetwork extends Network {
  /** Increments whose certificate was seen, and those that may also have happened. */
  acknowledged = 0n;
  sent = 0n;

  get wasmFile() {
    return path.join(this.directory, "counter.wasm");
  }

  /** Installs the counter. */
  async deploy() {
    await this.cli("wat", path.join(repository, "examples/counter_wat/counter.wat"), this.wasmFile);
    this.counter = await this.cli("canister", "deploy", "counter", "--wasm", this.wasmFile,
      "--network", this.directory);
  }

  async cli(...args) {
    const result = await icpd(args);
    assert.equal(result.status, 0, result.stderr);
    return result.stdout.trim();
  }

  async increment(node) {
    ++this.sent;
    const answer = await call(this.url(node), this.counter, "increment");
    if (isReplied(answer)) ++this.acknowledged;
    return answer;
  }
  async valueAt(node) {
    const answer = await post(this.url(node), `/api/v2/canister/${this.counter}/query`,
      envelope(content("query", this.counter, "get")));
    const at = answer.body.indexOf(Buffer.from("DIDL\x00\x01\x78", "latin1"));
    assert.ok(at >= 0, answer.text);
    return answer.body.readBigUInt64LE(at + 7);
  }

  /** Process ids of the nodes, as they are now. All must run: 0 would be this test itself. */
  pids() {
    const ready = JSON.parse(fs.readFileSync(path.join(this.directory, "ready.json"), "utf8"));
    ready.nodes.forEach(({ pid }, node) => assert.ok(pid > 0, `node ${node} is dead`));
    return ready.nodes.map(({ pid }) => pid);
  }

  async isHealthy(node) {
    return (await fetch(`${this.url(node)}/health`)).status === 200;
  }

  /** The network counts on, and every one of these nodes has every acknowledged increment. */
  async goesOn(nodes = kNodes) {
    await eventually("an increment is certified", kRecoveryDeadlineMs, async () => {
      return isReplied(await this.increment());
    });
    await Promise.all(nodes.map((node) => eventually(`node ${node} is healthy`,
      kRecoveryDeadlineMs, () => this.isHealthy(node))));
    for (const node of nodes) {
      const least = this.acknowledged;
      await eventually(`node ${node} has all increments`, kRecoveryDeadlineMs, async () => {
        return (await this.valueAt(node)) >= least;
      });
      assert.ok((await this.valueAt(node)) <= this.sent, "nothing was counted twice");
    }
  }
}
