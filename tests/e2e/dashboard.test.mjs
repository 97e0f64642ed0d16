// The dashboard of every node, in a real browser.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";

import { openPage, startBrowser } from "./lib/browser.mjs";
import { makeClient } from "./lib/clients.mjs";
import { Network, binary, eventually, icpd, repository } from "./lib/network.mjs";

const kDeadlineMs = 60_000;
const kNodes = [0, 1, 2, 3];
/** Whatever shows it as markup runs it. */
const kName = "<img src=x onerror=alert(1)>";

const network = new Network();
let browser;
let views;
let canister;

const dashboard = (node) => `${network.url(node)}/_/dashboard`;
const on = (node) => views[node].page;
const text = (page, selector) => page.locator(selector).first().innerText();
const number = async (page, selector) =>
  Number((await text(page, selector)).replaceAll(",", ""));
const trace = async (node, request) => fetch(`${network.url(node)}/_/trace/${request}`);

async function run(...args) {
  const result = await icpd([...args]);
  assert.equal(result.status, 0, result.stderr);
  return result.stdout;
}

/** Ports that nobody listened on a moment ago. */
async function freePorts(count) {
  const servers = Array.from({ length: count }, () => net.createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

before(async () => {
  await network.start();
  process.env.ICPD_HOME = path.join(network.directory, "home");
  process.env.ICPD_NETWORK = network.directory;
  const wasm = path.join(network.directory, "counter.wasm");
  await run("wat", path.join(repository, "examples/counter_wat/counter.wat"), wasm);
  await run("canister", "deploy", "counter", "--wasm", wasm, "--yes");
  // No command gives such a name; who writes the file can.
  const names = path.join(network.directory, "canisters.json");
  const { counter } = JSON.parse(fs.readFileSync(names, "utf8"));
  fs.writeFileSync(names, JSON.stringify({ [kName]: counter }));
  canister = JSON.parse(await (await fetch(`${network.url(0)}/_/status.json`)).text())
    .execution.canisters[0].id;
  browser = await startBrowser();
  views = await Promise.all(kNodes.map((node) => openPage(browser, dashboard(node))));
});
after(async () => {
  await browser?.close();
  await network.remove();
});

test("each node shows the four layers at work", async () => {
  for (const node of kNodes) {
    const page = on(node);
    await eventually("it is healthy", kDeadlineMs, async () =>
      (await text(page, "#health-text")) === "healthy");
    assert.equal(await text(page, "h1"), `icpd node ${node}`);
    await eventually("its links are up", kDeadlineMs, async () =>
      (await text(page, "#p2p-links")) === "3/3");
    for (const layer of ["finalized", "certified", "canisters-total"])
      assert.ok((await number(page, `#${layer}`)) > 0, layer);
    const height = await number(page, "#finalized");
    await eventually("heights grow by themselves", kDeadlineMs, async () =>
      (await number(page, "#finalized")) > height);
    await eventually("final blocks show who signed", kDeadlineMs, async () =>
      (await page.locator("#blocks .signers .yes").count()) >= 3);
  }
});

test("a call is seen on every node, with its path through the layers", async () => {
  const client = await makeClient("@icp-sdk/core", network, 1);
  const { requestId } = await client.agent.call(canister, {
    methodName: "increment", arg: Buffer.from("DIDL\0\0", "latin1"), effectiveCanisterId: canister,
  });
  const request = Buffer.from(requestId).toString("hex");
  for (const node of kNodes) {
    const page = on(node);
    const call = page.locator(`#calls [data-request="${request}"]`);
    await call.waitFor({ timeout: kDeadlineMs });
    await eventually("it is replied", kDeadlineMs, async () =>
      (await call.getAttribute("data-status")) === "replied");
    assert.match(await call.innerText(), /increment/);
    assert.equal(await text(page, `#calls [data-request="${request}"] .via`),
      node === 1 ? "from its client" : "from a peer");
    assert.match(await call.locator(".path").getAttribute("aria-label"),
      /consensus .* ms.*execution .* ms.*certification .* ms/);
    await call.locator("button").click();
    await eventually("its trace", kDeadlineMs, async () =>
      (await page.locator("#trace-path > li").count()) === 5);
    const path = await text(page, "#trace-path");
    for (const words of ["Peer-to-peer", "3 of 4 signed", "state root", "instructions", "Certificate"])
      assert.ok(path.includes(words), `${words} in ${path}`);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#trace").isVisible(), false);
    assert.equal((await trace(node, request)).status, 200);
  }
  const all = JSON.parse(await run("trace", request, "--json"));
  assert.equal(all.nodes.length, 4);
  assert.equal(all.peer_to_peer.from_client, true);
  assert.match(await run("trace", request), /3 other nodes had it/);
});

test("texts that users chose are shown as text", async () => {
  const client = await makeClient("@icp-sdk/core", network, 0);
  const method = "<b onmouseover=alert(2)>no</b>";
  const { requestId } = await client.agent.call(canister, {
    methodName: method, arg: new Uint8Array(), effectiveCanisterId: canister,
  });
  const request = Buffer.from(requestId).toString("hex");
  const page = on(2);
  const call = page.locator(`#calls [data-request="${request}"]`);
  await call.waitFor({ timeout: kDeadlineMs });
  assert.equal(await call.locator(".method").innerText(), method);
  await eventually("the canister's name", kDeadlineMs, async () =>
    (await text(page, "#canisters .name")) === kName);
  await call.locator("button").click();
  await eventually("its rejection", kDeadlineMs, async () =>
    (await text(page, "#trace-sub")).includes("rejected, IC0536"));
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("main img, main b[onmouseover]").count(), 0);
});

test("a call is found by its id from the keyboard, and an unknown one is said to be unknown", async () => {
  const page = on(3);
  const request = await page.locator("#calls > li").first().getAttribute("data-request");
  await page.locator("#find-id").focus();
  await page.keyboard.type(request);
  await page.keyboard.press("Enter");
  await eventually("its trace", kDeadlineMs, async () =>
    (await page.locator("#trace-path > li").count()) === 5);
  assert.ok(page.url().endsWith(`#trace=${request}`));
  await page.keyboard.press("Escape");
  const answer = await trace(3, "0".repeat(64));
  assert.equal(answer.status, 404);
  assert.equal((await trace(3, "12")).status, 400);
});

test("it fits a phone, in light and dark", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { page, seen } = await openPage(browser, dashboard(0), {
      viewport: { width: 390, height: 844 }, colorScheme,
    });
    await eventually("it is healthy", kDeadlineMs, async () =>
      (await text(page, "#health-text")) === "healthy");
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    assert.deepEqual(seen, { outside: [], errors: [] });
    await page.context().close();
  }
});

test("nothing left the nodes' origins and nothing went wrong in the pages", () => {
  for (const { seen } of views) assert.deepEqual(seen, { outside: [], errors: [] });
});

test("other origins can't frame or read it", async () => {
  for (const page of ["/_/dashboard", "/_/status.json", "/metrics"]) {
    const { headers } = await fetch(network.url(0) + page, { headers: { origin: "http://elsewhere" } });
    assert.equal(headers.get("access-control-allow-origin"), null);
    assert.match(headers.get("content-security-policy"), /default-src 'none'.*frame-ancestors 'none'/);
    assert.equal(headers.get("cross-origin-resource-policy"), "same-origin");
  }
});

test("a killed node: its link is down elsewhere, its page says so and recovers by itself", async () => {
  const link = () => on(0).locator("#peers [data-node='3']").getAttribute("data-up");
  const health = () => text(on(3), "#health-text");
  assert.equal(await link(), "true");
  await network.control("node", "3", "kill");
  await eventually("its link is down", kDeadlineMs, async () => (await link()) === "false");
  assert.equal(await text(on(0), "#p2p-links"), "2/3");
  await eventually("its page says so", kDeadlineMs, async () => (await health()) === "connection lost");
  assert.match(await text(on(3), "#banner"), /^Connection lost/);
  const height = await number(on(0), "#finalized");
  await eventually("the others go on", kDeadlineMs, async () =>
    (await number(on(0), "#finalized")) > height + 1);

  await network.control("node", "3", "start");
  await eventually("its link is up", kDeadlineMs, async () => (await link()) === "true");
  await eventually("its page is live again", kDeadlineMs, async () => (await health()) === "healthy");
  assert.equal(await on(3).locator("#banner").isVisible(), false);
});

test("metrics and dashboard can have an address of their own", async () => {
  const [link, api, pages] = await freePorts(3);
  const directory = path.join(network.directory, "apart");
  await run("prep", "--dir", directory, "--node", `127.0.0.1:${link},127.0.0.1:${api}`);
  const node = spawn(
    binary, ["node", "--dir", path.join(directory, "nodes/0"), "--pages", `127.0.0.1:${pages}`],
    { stdio: "ignore" },
  );
  try {
    const status = async (port, page) => (await fetch(`http://127.0.0.1:${port}${page}`)).status;
    await eventually("it is healthy", kDeadlineMs, async () => (await status(api, "/health")) === 200);
    for (const page of ["/metrics", "/_/dashboard", "/_/status.json"]) {
      assert.equal(await status(pages, page), 200, page);
      assert.equal(await status(api, page), 404, page);
    }
    assert.equal(await status(pages, "/api/v2/status"), 404);
  } finally {
    node.kill("SIGTERM");
    await once(node, "exit");
  }
});

test("/health says what a node that can't certify waits for", async () => {
  for (const node of ["1", "2", "3"]) await network.control("node", node, "kill");
  const answer = await eventually("it is unhealthy", kDeadlineMs, async () => {
    const health = await fetch(`${network.url(0)}/health`);
    return health.status === 503 && health.text();
  });
  assert.match(answer, /^certified_state_behind\n1 of 4 nodes in reach, 3 needed to certify/);
  await eventually("its page shows it", kDeadlineMs, async () =>
    /1 of 4 nodes in reach/.test(await text(on(0), "#banner")));
});
