// The newest calls with their path through the layers, and one call in detail.
import {
  byId, copies, el, keyed, milliseconds, plural, setAttribute, setText, short, span, whole,
} from "/_/dom.js";

/** The stretches of a path: [class, name, end]; each begins where the one before ended. */
const kStretches = [
  ["p2p", "peer-to-peer", "proposed_after_ms"],
  ["consensus", "consensus", "finalized_after_ms"],
  ["routing", "message routing", "delivered_after_ms"],
  ["execution", "execution", "executed_after_ms"],
  ["certificate", "certification", "certified_after_ms"],
];

const kCallsShown = 12;

/** How long each stretch took; one whose end this node didn't see counts to the next. */
function stretchesOf(call) {
  let reached = 0;
  const all = [];
  for (const [kind, name, end] of kStretches) {
    if (call[end] === null) continue;
    all.push({ kind, name, took: Math.max(0, call[end] - reached) });
    reached = Math.max(reached, call[end]);
  }
  return all;
}

function makeCall(call) {
  const row = el(
    "li", { class: "call" },
    el("button", { type: "button", class: "open" },
      el("span", { class: "method" }), el("span", { class: "canister" })),
    el("span", { class: "when" }),
    el("span", { class: "via" }),
    el("span", { class: "where" }),
    el("span", { class: "path", role: "img" }, el("span")),
    el("span", { class: "total" }),
    el("span", { class: "status" }),
  );
  row.addEventListener("click", () => openTrace(call.request));
  return row;
}

function updateCall(row, call, now, slowest) {
  const [open, when, via, where, path, total, status] = row.children;
  setAttribute(row, "data-request", call.request);
  setAttribute(row, "data-status", call.status);
  setText(open.firstElementChild, call.method);
  setText(open.lastElementChild, call.name ?? short(call.canister));
  setAttribute(open, "title", `${call.method} of ${call.canister}: show its path`);
  setText(when, `${span(now - call.received_ms)} ago`);
  setText(via, call.from_client ? "from its client" : "from a peer");
  setText(where, call.height ? `block ${whole(call.height)}` : "no block");
  const stretches = stretchesOf(call);
  // The longest path shown takes the whole width.
  const took = stretches.reduce((sum, stretch) => sum + stretch.took, 0);
  path.firstElementChild.style.width = `${Math.max(8, (100 * took) / slowest).toFixed(1)}%`;
  keyed(path.firstElementChild, stretches, ({ kind }) => kind, ({ kind }) => el("i", { class: kind }), (part, { name, took }) => {
    part.style.flexGrow = String(took);
    setAttribute(part, "title", `${name} ${milliseconds(took)}`);
  });
  setAttribute(path, "aria-label", stretches.map(({ name, took }) => `${name} ${milliseconds(took)}`).join(", "));
  setText(total, milliseconds(call.certified_after_ms));
  setText(status, call.status ?? "");
}

export function showCalls(status) {
  members = status.nodes;
  byId("no-calls").hidden = status.calls.length > 0;
  const calls = status.calls.slice(0, kCallsShown);
  const slowest = Math.max(1, ...calls.map((call) => call.certified_after_ms ?? 0));
  keyed(byId("calls"), calls, (call) => call.request, makeCall,
    (row, call) => updateCall(row, call, status.now_ms, slowest));
}

let members = [];

/** "node 2", or the id's beginning for a node that is no member. */
function nodeName(id) {
  const number = members.findIndex((member) => member.id === id);
  return number < 0 ? short(id) : `node ${number}`;
}

const kClock = { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 };
const kNothing = /^0*$/;

/** What happened in each layer: [class, name, when, lines]. */
function stepsOf(trace) {
  const { consensus, execution, certificate } = trace;
  const routing = trace.message_routing;
  const p2p = trace.peer_to_peer;
  const at = new Date(p2p.received_ns / 1e6).toLocaleTimeString("en-GB", kClock);
  const seen = (value) => (value === null ? "not seen by this node" : `after ${milliseconds(value)}`);
  const steps = [["p2p", "Peer-to-peer", `at ${at}`,
    [p2p.from_client ? "came to this node from its client, and went on to the other nodes"
      : "came to this node from another node"]]];
  if (p2p.expired_after_ms !== null) {
    steps.push(["consensus", "Consensus", seen(p2p.expired_after_ms), ["its time ran out before a block had it"]]);
    return steps;
  }
  if (!consensus.height) {
    steps.push(["consensus", "Consensus", "", ["waits for a block"]]);
    return steps;
  }
  const signers = consensus.signed_by.map(nodeName).join(", ");
  steps.push(["consensus", "Consensus", seen(consensus.finalized_after_ms), [
    `block ${whole(consensus.height)} with ${plural(consensus.messages_in_block, "call")}, made by ${nodeName(consensus.block_maker)} (rank ${consensus.rank})`,
    `proposed ${seen(consensus.proposed_after_ms)}, notarized ${seen(consensus.notarized_after_ms)}`,
    consensus.signers ? `final: ${consensus.signers} of ${consensus.members} signed (${signers})` : "signers not seen by this node",
  ]]);
  steps.push(["routing", "Message routing", seen(routing.delivered_after_ms), [
    `batch ${whole(routing.batch)} handed to execution`,
    kNothing.test(routing.state_root) ? "its state root isn't there yet" : `state root ${routing.state_root.slice(0, 32)}…`,
  ]]);
  steps.push(["execution", "Execution", seen(execution.executed_after_ms), [
    `${plural(execution.instructions, "instruction")}, ${plural(execution.dirty_pages, "page")} stored to`,
    execution.finished_at_height ? `ended in round ${whole(execution.finished_at_height)}` : "goes on",
  ]]);
  if (certificate.height) {
    steps.push(["certificate", "Certificate", seen(certificate.certified_after_ms),
      [`the answer is in the certified state of height ${whole(certificate.height)}`]]);
  }
  return steps;
}

function showTrace(trace) {
  setText(byId("trace-title"), `${trace.method} `);
  const status = trace.status ?? "not known any more";
  setText(byId("trace-sub"), `canister ${trace.canister}: ${status}${trace.reject ? `, ${trace.reject}` : ""}`);
  const steps = stepsOf(trace);
  byId("trace-path").replaceChildren(...steps.map(([kind, name, when, lines]) =>
    el("li", { class: kind }, el("b", {}, name), el("span", { class: "when" }, when),
      ...lines.map((line) => el("p", {}, line)))));
  setText(byId("trace-id"), trace.request);
}

/** Asks for a call's trace and opens it. The address names it, so that it can be passed on. */
export async function openTrace(request) {
  const dialog = byId("trace");
  setText(byId("trace-title"), "Trace");
  setText(byId("trace-sub"), "asking this node …");
  byId("trace-path").replaceChildren();
  setText(byId("trace-id"), request);
  if (!dialog.open) dialog.showModal();
  history.replaceState(null, "", `#trace=${request}`);
  try {
    const answer = await fetch(`/_/trace/${encodeURIComponent(request)}`, { cache: "no-store" });
    if (answer.ok) showTrace(await answer.json());
    else setText(byId("trace-sub"), (await answer.text()).trim());
  } catch {
    setText(byId("trace-sub"), "this node doesn't answer");
  }
}

export function startCalls() {
  copies(byId("trace-id"), () => byId("trace-id").textContent);
  const dialog = byId("trace");
  dialog.addEventListener("close", () => history.replaceState(null, "", location.pathname));
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();  // the backdrop
  });
  byId("find").addEventListener("submit", (event) => {
    event.preventDefault();
    const id = byId("find-id").value.trim().toLowerCase();
    if (id) openTrace(id);
  });
  const named = location.hash.match(/^#trace=([0-9a-f]{64})$/);
  if (named) openTrace(named[1]);
}
