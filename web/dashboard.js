// Asks the node once a second what it does, and shows it. While the page isn't seen it asks
// nothing; when the node doesn't answer, the page says so and goes on by itself once it does.
import { byId, bytes, copies, el, keyed, kSamples, setAttribute, setText, short, span } from "/_/dom.js";
import { dashboardOf, showConsensus, showExecution, showPeerToPeer, showRouting } from "/_/layers.js";
import { showCalls, startCalls } from "/_/calls.js";

const kInterval = 1000;
const kAnswerTime = 4000;
/** Rates are over so many intervals. */
const kRateSamples = 5;

/** What is counted per second. */
const kCounters = {
  received: (s) => s.peer_to_peer.received.bytes,
  sent: (s) => s.peer_to_peer.sent.bytes,
  blocks: (s) => s.consensus.finalized,
  calls: (s) => s.message_routing.inducted,
  instructions: (s) => s.execution.instructions,
};

/** Answers of this run of the node: {at, counts}. Another run begins anew. */
let samples = [];
let run = "";
let shown = null;
let lostSince = null;

function remember(status) {
  const now = `${status.node.id} ${status.node.started_ms}`;
  if (now !== run) samples = [];
  run = now;
  const counts = {};
  for (const [name, count] of Object.entries(kCounters)) counts[name] = count(status);
  samples.push({ at: status.now_ms, counts });
  if (samples.length > kSamples + 1) samples.shift();
}

function ratesOf() {
  const rate = (name, from, to) =>
    Math.max(0, ((to.counts[name] - from.counts[name]) * 1000) / Math.max(1, to.at - from.at));
  const last = samples.at(-1);
  const first = samples.at(-1 - Math.min(kRateSamples, samples.length - 1));
  const rates = { history: {} };
  for (const name of Object.keys(kCounters)) {
    rates[name] = samples.length < 2 ? NaN : rate(name, first, last);
    rates.history[name] = samples.slice(1).map((sample, i) => rate(name, samples[i], sample));
  }
  return rates;
}

function showHealth(state, text) {
  setAttribute(byId("health"), "data-state", state);
  setText(byId("health-text"), text);
}

function showHeader(status) {
  const { node, subnet } = status;
  const self = status.nodes.find((member) => member.self);
  const name = `node ${node.number}`;
  setText(byId("node-name"), name);
  document.title = `icpd ${name}: ${node.health}`;
  setText(byId("node-id"), short(node.id));
  byId("node-id").dataset.id = node.id;
  setAttribute(byId("node-id"), "title", `Copy ${node.id}`);
  setText(byId("subnet"), `one of ${subnet.size} nodes of subnet ${short(subnet.id)}`);
  setAttribute(byId("subnet"), "title", subnet.id);
  const healthy = node.health === "healthy";
  showHealth(healthy ? "healthy" : "unhealthy", node.health.replaceAll("_", " "));
  banner(healthy ? "" : `${node.health.replaceAll("_", " ")}: ${node.reason}`, "warning");
  keyed(byId("nodes"), status.nodes, (member) => member.id, () => el("a", { class: "chip" }), (link, member) => {
    const number = status.nodes.indexOf(member);
    setText(link, number);
    setAttribute(link, "href", member.self ? null : dashboardOf(member, self));
    setAttribute(link, "aria-current", member.self ? "page" : null);
    setAttribute(link, "data-up", member.self || member.link.up);
    const how = member.self ? "this node" : member.link.up ? "its link is up" : "its link is down";
    setAttribute(link, "title", `node ${number}, ${member.id}: ${how}`);
  });
  setText(byId("process"),
    `icpd ${node.version} · running ${span(status.now_ms - node.started_ms)} · ${bytes(node.resident_bytes)} of memory · ${node.cpu_seconds.toFixed(1)} s of CPU`);
}

function banner(text, kind) {
  const box = byId("banner");
  box.hidden = text === "";
  setText(box, text);
  setAttribute(box, "data-kind", kind);
}

function show(status) {
  lostSince = null;
  document.body.classList.remove("lost");
  shown = status;
  remember(status);
  const rates = ratesOf();
  showHeader(status);
  showPeerToPeer(status, rates);
  showConsensus(status, rates);
  showRouting(status, rates);
  showExecution(status, rates);
  showCalls(status);
}

function showLost() {
  lostSince ??= Date.now();
  document.body.classList.add("lost");
  showHealth("lost", "connection lost");
  document.title = "icpd node: connection lost";
  const what = shown ? "What is below was true then." : "";
  banner(`Connection lost ${span(Date.now() - lostSince)} ago. The node doesn't answer; asking again each second. ${what}`, "lost");
}

async function ask() {
  try {
    const answer = await fetch("/_/status.json", {
      cache: "no-store", signal: AbortSignal.timeout(kAnswerTime),
    });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return await answer.json();
  } catch {
    return null;
  }
}

let asking = false;
async function tick() {
  if (asking || document.hidden) return;
  asking = true;
  const status = await ask();
  asking = false;
  if (status) show(status);
  else showLost();
}

copies(byId("node-id"), () => byId("node-id").dataset.id ?? "");
startCalls();
document.addEventListener("visibilitychange", tick);
setInterval(tick, kInterval);
tick();
