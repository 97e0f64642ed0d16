// The four columns.
import {
  brief, byId, bytes, chart, el, facts, keyed, milliseconds, plural, setAttribute, setText, short,
  span, svg, whole,
} from "/_/dom.js";

const kBlocksShown = 8;
const kBatchesShown = 6;

/** Where a member's dashboard is; null if that isn't known. A network laid out on one machine is
 * also reached by the name under which this page was. */
export function dashboardOf(member, self) {
  if (member.api_address === null) return null;
  const split = (address) => {
    const colon = address.lastIndexOf(":");
    return [address.slice(0, colon), address.slice(colon + 1)];
  };
  const [host, port] = split(member.api_address);
  const name = self.api_address !== null && host === split(self.api_address)[0] ? location.hostname : host;
  return `http://${name}:${port}/_/dashboard`;
}

const chip = (number) =>
  el("span", { class: "chip", title: `node ${number}` }, number === null ? "?" : String(number));

/** The node in the middle, its peers around it. */
function drawStar(target, peers) {
  const small = peers.length > 15;
  keyed(
    target,
    peers,
    (peer) => peer.id,
    () => {
      const group = svg("g", {});
      group.append(svg("line", { x1: 0, y1: 0 }), svg("circle", { r: small ? 5 : 11 }), svg("text", {}));
      return group;
    },
    (group, peer) => {
      const [line, circle, text] = group.children;
      const angle = (peer.place / peers.length) * 2 * Math.PI - Math.PI / 2;
      const x = (84 * Math.cos(angle)).toFixed(1);
      const y = (48 * Math.sin(angle)).toFixed(1);
      setAttribute(group, "class", peer.link.up ? "up" : "down");
      setAttribute(line, "x2", x);
      setAttribute(line, "y2", y);
      setAttribute(circle, "cx", x);
      setAttribute(circle, "cy", y);
      setAttribute(text, "x", x);
      setAttribute(text, "y", y);
      setText(text, small ? "" : peer.number);
    },
  );
}

function makePeer() {
  return el(
    "li", { class: "peer" },
    el("span", { class: "dot" }),
    el("a", { class: "name" }),
    el("span", { class: "state" }),
    el("span", { class: "traffic" }),
  );
}

export function showPeerToPeer(status, rates) {
  const p2p = status.peer_to_peer;
  const self = status.nodes.find((node) => node.self);
  const peers = status.nodes
    .map((node, number) => ({ ...node, number }))
    .filter((node) => node.link !== null)
    .map((node, place) => ({ ...node, place }));
  setText(byId("p2p-links"), `${p2p.links_up}/${p2p.links}`);
  drawStar(byId("star-peers"), peers);
  setText(byId("star-self"), status.node.number);
  setText(byId("p2p-rate"), Number.isFinite(rates.received) ? `${bytes(rates.received)}/s` : "–");
  chart(byId("p2p-chart"), [rates.history.received, rates.history.sent]);
  facts(byId("p2p-facts"), [
    ["frames in", brief(p2p.received.frames), `${whole(p2p.received.bytes)} bytes`],
    ["frames out", brief(p2p.sent.frames), `${whole(p2p.sent.bytes)} bytes`],
    ["needed to agree", `${status.subnet.quorum} of ${status.subnet.size} nodes`],
    ["may fail", plural(status.subnet.faults_tolerated, "node")],
  ]);
  keyed(byId("peers"), peers, (peer) => peer.id, makePeer, (row, peer) => {
    const [, name, state, traffic] = row.children;
    const since = peer.link.since_ms === null ? null : status.now_ms - peer.link.since_ms;
    setAttribute(row, "data-node", peer.number);
    setAttribute(row, "data-up", peer.link.up);
    setText(name, `node ${peer.number}`);
    setAttribute(name, "href", dashboardOf(peer, self));
    setAttribute(name, "title", peer.id);
    setText(state, peer.link.up ? `up ${span(since)}`
      : since === null ? "not reached yet" : `down ${span(since)}`);
    setAttribute(state, "title", peer.link.reason ?? "");
    setText(traffic, `${bytes(peer.link.received.bytes)} ↓  ${bytes(peer.link.sent.bytes)} ↑`);
  });
}

/** How far a block has come. */
function stageOf(block, certified) {
  if (block.height <= certified) return "certified";
  if (block.executed_ms !== null) return "executed";
  return block.finalized_ms !== null ? "final" : "notarized";
}

function makeBlock(block) {
  return el(
    "li", { class: "block" },
    el("b", { class: "height" }, whole(block.height)),
    chip(block.maker),
    el("span", { class: "content" }),
    el("span", { class: "signers", role: "img" }),
    el("span", { class: "stage" }),
  );
}

function updateBlock(row, block, certified) {
  const [, maker, content, signers, stage] = row.children;
  setText(maker, block.maker === null ? "?" : block.maker);
  setAttribute(maker, "title", `made by node ${block.maker}, rank ${block.rank}`);
  const rank = block.rank > 0 ? `, rank ${block.rank}` : "";
  setText(content, (block.summary ? "summary" : block.messages ? plural(block.messages, "call") : "empty") + rank);
  const by = block.signed_by;
  keyed(
    signers,
    [...Array(block.members).keys()],
    (member) => member,
    () => el("i"),
    (dot, member) => setAttribute(dot, "class", by.includes(member) ? "yes" : "no"),
  );
  const says = block.members ? `signed by nodes ${by.join(", ")}: ${by.length} of ${block.members}` : "not final yet";
  setAttribute(signers, "aria-label", says);
  setAttribute(signers, "title", says);
  const name = stageOf(block, certified);
  setText(stage, name);
  setAttribute(stage, "class", `stage ${name}`);
}

export function showConsensus(status, rates) {
  const { consensus } = status;
  const certified = status.message_routing.certified;
  setText(byId("finalized"), whole(consensus.finalized));
  setText(byId("block-rate"), Number.isFinite(rates.blocks) ? rates.blocks.toFixed(1) : "–");
  chart(byId("consensus-chart"), [rates.history.blocks]);
  const times = consensus.blocks
    .filter((block) => block.notarized_ms !== null && block.finalized_ms !== null)
    .map((block) => block.finalized_ms - block.notarized_ms)
    .sort((a, b) => a - b);
  facts(byId("consensus-facts"), [
    ["notarized", whole(consensus.notarized), "highest block with enough notarization shares"],
    ["catch-up package", whole(consensus.catch_up_package), "where a node that joins may begin"],
    ["notarized to final", milliseconds(times.length ? times[times.length >> 1] : null), "median of the newest blocks"],
    ["artifacts", whole(consensus.artifacts), "in the consensus pools"],
  ]);
  const blocks = consensus.blocks.filter((block) => block.maker !== null).slice(0, kBlocksShown);
  keyed(byId("blocks"), blocks, (block) => block.block, makeBlock,
    (row, block) => updateBlock(row, block, certified));
}

function makeBatch(batch) {
  return el(
    "li", { class: "batch" },
    el("b", { class: "height" }, whole(batch.height)),
    el("span", { class: "content" }),
    el("span", { class: "time" }),
    el("span", { class: "time" }),
  );
}

export function showRouting(status, rates) {
  const routing = status.message_routing;
  const lag = routing.certified_time_ms === undefined ? null : status.now_ms - routing.certified_time_ms;
  setText(byId("certified"), whole(routing.certified));
  setText(byId("lag"), milliseconds(lag === null ? null : Math.max(0, lag)));
  chart(byId("routing-chart"), [rates.history.calls]);
  const root = routing.state_root;
  const toCheckpoint = routing.next_checkpoint - routing.executed;
  facts(byId("routing-facts"), [
    ["ingress pool", plural(routing.ingress_pool.messages, "call"), `${bytes(routing.ingress_pool.bytes)} wait for a block`],
    ["batches queued", whole(routing.batches_waiting), "final, but not executed yet"],
    ["calls done", brief(routing.finished), `${whole(routing.inducted)} taken, ${whole(routing.duplicates)} duplicates, ${whole(routing.refused)} refused since the node started`],
    ["canisters waiting", whole(routing.canisters_with_input), "with messages in their queues"],
    ["checkpoint in", Number.isFinite(toCheckpoint) ? plural(toCheckpoint, "round") : "–", `at height ${whole(routing.next_checkpoint)}`],
    ["state root", root ? root.hash.slice(0, 10) : "–", root ? `height ${whole(root.height)}: ${root.hash}` : ""],
  ]);
  const batches = status.consensus.blocks.filter((block) => block.executed_ms !== null);
  keyed(byId("batches"), batches.slice(0, kBatchesShown), (batch) => batch.height, makeBatch, (row, batch) => {
    const [, content, run, certify] = row.children;
    setText(content, batch.messages ? plural(batch.messages, "call") : "no calls");
    const ran = batch.delivered_ms === null ? null : batch.executed_ms - batch.delivered_ms;
    const signed = batch.certified_ms === null ? null : batch.certified_ms - batch.executed_ms;
    setText(run, milliseconds(ran));
    setText(certify, milliseconds(signed));
  });
}

function makeCanister(canister) {
  return el(
    "li", { class: "canister" },
    el("span", { class: "dot" }),
    el("span", { class: "name" }, canister.name ?? short(canister.id)),
    el("span", { class: "state" }),
    el("span", { class: "work" }),
    el("span", { class: "memory" }),
  );
}

function stateOf(canister) {
  if (canister.status !== "running") return canister.status;
  if (!canister.has_code) return "no code";
  if (canister.long_execution) return "long execution";
  return canister.waiting ? `${plural(canister.waiting, "message")} waiting` : "running";
}

function updateCanister(row, canister) {
  const [, name, state, work, memory] = row.children;
  setAttribute(row, "data-canister", canister.id);
  setAttribute(row, "data-state", canister.status === "running" && !canister.has_code ? "empty" : canister.status);
  setText(name, canister.name ?? short(canister.id));
  setAttribute(name, "title", canister.id);
  setText(state, stateOf(canister));
  setText(work, canister.executions
    ? `${brief(canister.last_instructions)} instr. in round ${whole(canister.last_round)}` : "idle since the node started");
  setAttribute(work, "title", `since the node started: ${whole(canister.executions)} executions, ${whole(canister.instructions)} instructions, ${whole(canister.pages)} pages stored to`);
  setText(memory, bytes(canister.memory_bytes));
  setAttribute(memory, "title", `heap ${bytes(canister.heap_bytes)}, stable ${bytes(canister.stable_bytes)}, ${canister.cycles} cycles`);
}

export function showExecution(status, rates) {
  const { execution } = status;
  const canisters = execution.canisters ?? [];
  setText(byId("canisters-total"), whole(execution.canisters_total));
  setText(byId("instruction-rate"), brief(rates.instructions));
  chart(byId("execution-chart"), [rates.history.instructions]);
  facts(byId("execution-facts"), [
    ["executions", brief(execution.executions), "messages, timers and management calls since the node started"],
    ["instructions", brief(execution.instructions), "since the node started"],
    ["memory", bytes(execution.memory_bytes), "of all canisters"],
    ["new pages", bytes(execution.heap_delta_bytes), "written since the last checkpoint"],
  ]);
  const order = [...canisters].sort((a, b) => b.last_round - a.last_round || a.id.localeCompare(b.id));
  keyed(byId("canisters"), order, (canister) => canister.id, makeCanister, updateCanister);
}
