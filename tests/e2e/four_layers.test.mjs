// The five experiments of docs/four-layers.md, as a reader would do them.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";

import { installCounter, libraries, makeClient } from "./lib/clients.mjs";
import { Network, eventually } from "./lib/network.mjs";

const kLibrary = "@icp-sdk/core";

const network = new Network();
let canister;

before(async () => {
  await network.start();
  canister = await installCounter(network);
});
after(() => network.remove());

const counterAt = async (node) => (await makeClient(kLibrary, network, node)).counter(canister);

test("load balancer: with one node killed, calls go on", async () => {
  const counter = await counterAt();
  const before = await counter.increment();
  await network.control("node", "3", "kill");
  for (let i = 1n; i <= 5n; ++i) assert.equal(await counter.increment(), before + i);
  await network.control("node", "3", "start");
  const fourth = await counterAt(3);
  await eventually("the killed node has caught up", 60_000, async () => {
    return (await fourth.get()) === before + 5n;
  });
});

test("finality: with two of four stopped, updates wait and nothing forks", async () => {
  const counter = await counterAt(0);
  const before = await counter.get();
  await network.control("node", "2", "pause");
  await network.control("node", "3", "pause");
  const pending = counter.increment();
  let answered = false;
  pending.then(() => (answered = true), () => (answered = true));
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  assert.equal(answered, false, "two of four must not be able to agree");
  await network.control("node", "2", "start");
  assert.equal(await pending, before + 1n);
  await network.control("node", "3", "start");
  for (const node of [0, 1, 2, 3]) {
    await eventually(`node ${node} agrees`, 60_000, async () => {
      return (await (await counterAt(node)).get()) === before + 1n;
    });
  }
});

test("database: after a power cut of all nodes the counter is there", async () => {
  const before = await (await counterAt(0)).increment();
  await network.killAll();
  await network.start();
  assert.equal(await (await counterAt(0)).get(), before);
  assert.equal(await (await counterAt(1)).increment(), before + 1n);
});

test("trust: a reply with one byte changed is refused by the client", async () => {
  const target = new URL(network.url(0));
  let tamper = false;
  const proxy = http.createServer((request, response) => {
    const forwarded = http.request(
      { host: target.hostname, port: target.port, path: request.url, method: request.method,
        headers: request.headers },
      (answer) => {
        const parts = [];
        answer.on("data", (part) => parts.push(part));
        answer.on("end", () => {
          const body = Buffer.concat(parts);
          // The last byte of the first reply in the body: "DIDL", no types, one nat64.
          const reply = body.indexOf(Buffer.from("DIDL\x00\x01\x78", "latin1"));
          if (tamper && reply >= 0) body[reply + 7] ^= 1;
          response.writeHead(answer.statusCode, answer.headers).end(body);
        });
      },
    );
    request.pipe(forwarded);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  try {
    const through = { ...network, url: () => `http://127.0.0.1:${proxy.address().port}`,
      rootKey: network.rootKey };
    const counter = (await makeClient(kLibrary, through)).counter(canister);
    await counter.increment();
    await counter.get();
    tamper = true;
    await assert.rejects(counter.increment(), "a forged update answer");
    await assert.rejects(counter.get(), "a forged query answer");
  } finally {
    proxy.close();
  }
});

test("locks: 1,000 concurrent increments through four nodes give exactly 1,000", async () => {
  // A signature takes JavaScript 50 ms to verify; every tenth is enough here.
  let seen = 0;
  const blsVerify = (...signed) =>
    seen++ % 10 === 0 ? libraries[kLibrary].blsVerify(...signed) : Promise.resolve(true);
  const counters = await Promise.all([0, 1, 2, 3].map(async (node) =>
    (await makeClient(kLibrary, network, node)).counter(canister, "service", { blsVerify })));
  const before = await counters[0].get();
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => counters[i % counters.length].increment()),
  );
  assert.equal(new Set(answers).size, 1000, "every call saw its own number");
  assert.equal(await counters[0].get(), before + 1000n);
});
