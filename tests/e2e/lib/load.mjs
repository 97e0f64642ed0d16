// Users who increment a counter concurrently through all nodes, and never give a call up: each call
// is signed once, and the very same bytes are sent until a certificate says what became of it.
import { Cbor, Certificate, Expiry, lookupResultToBuffer, requestIdOf } from "@icp-sdk/core/agent";
import { Ed25519KeyIdentity } from "@icp-sdk/core/identity";

import { eventually } from "./network.mjs";

const kDeadlineMs = 120_000;
const kAnswerMs = 20_000;
const kNothing = Uint8Array.from(Buffer.from("DIDL\0\0"));
const kLifetimeMs = 4 * 60_000;

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const counterIn = (reply) => Buffer.from(reply).readBigUInt64LE(7); // behind "DIDL", 0, 1, nat64

export class Load {
  #network;
  #canister;
  #identity = Ed25519KeyIdentity.generate();
  #calls = [];
  #acknowledged = 0n;
  #byNode = [0n, 0n, 0n, 0n];
  #running = true;
  #users;
  /** What must not happen, in words. */
  faults = [];

  constructor(network, canister, users) {
    this.#network = network;
    this.#canister = canister;
    this.#users = Array.from({ length: users }, (_, i) => this.#user(i));
  }

  values() {
    return this.#calls.map((call) => call.value);
  }
  /** The highest count that each node has certified to a user. */
  shownByNode() {
    return [...this.#byNode];
  }
  reaches(calls) {
    return eventually(`${calls} acknowledged calls`, kDeadlineMs, () =>
      this.#calls.filter((call) => call.value !== undefined).length >= calls);
  }
  /** Ends when every call that was begun is acknowledged. */
  async finish() {
    this.#running = false;
    await Promise.all(this.#users);
  }

  async #user(number) {
    for (let turn = number; this.#running; ++turn) {
      const call = await this.#sign({
        request_type: "call", method_name: "increment",
        nonce: crypto.getRandomValues(new Uint8Array(16)),
      });
      const floor = this.#acknowledged;
      this.#calls.push(call);
      for (let node = turn % 4; call.value === undefined; node = (node + 1) % 4) {
        await this.#attempt(call, node, floor).catch(() => pause(50));
      }
    }
  }

  async #attempt(call, node, floor) {
    const bytes = await this.#post(this.#network.ready.nodes[node].api_port, "v4", "call", call.body);
    if (bytes === undefined) return;
    const value = await this.#certified(Cbor.decode(bytes).certificate, call.id);
    if (value === undefined) return;
    if (value <= floor)
      this.faults.push(`a new call got ${value}; ${floor} was acknowledged before it was made`);
    call.value = value;
    if (value > this.#acknowledged) this.#acknowledged = value;
    if (value > this.#byNode[node]) this.#byNode[node] = value;
  }

  /** The reply in a verified certificate; nothing while there is none. */
  async #certified(bytes, id) {
    const certificate = await Certificate.create({
      certificate: bytes, rootKey: this.#network.rootKey, principal: { canisterId: this.#canister },
    });
    const at = (label) => lookupResultToBuffer(certificate.lookup_path(["request_status", id, label]));
    const status = at("status") && Buffer.from(at("status")).toString();
    if (status === "replied") return counterIn(at("reply"));
    if (status === "rejected") this.faults.push(`rejected: ${Buffer.from(at("reject_message"))}`);
    return undefined;
  }

  /** What a node says first after a start; asks until it says something. */
  async firstQuery(port) {
    return eventually(`an answer of port ${port}`, kDeadlineMs, async () => {
      const query = await this.#sign({ request_type: "query", method_name: "get" });
      const bytes = await this.#post(port, "v3", "query", query.body);
      return counterIn(Cbor.decode(bytes).reply.arg);
    });
  }

  async #sign(about) {
    const content = {
      canister_id: this.#canister, arg: kNothing, sender: this.#identity.getPrincipal(),
      ingress_expiry: Expiry.fromDeltaInMilliseconds(kLifetimeMs), ...about,
    };
    const signed = await this.#identity.transformRequest({
      endpoint: about.request_type, request: { headers: {} }, body: content,
    });
    return { id: requestIdOf(content), body: Cbor.encode(signed.body) };
  }

  async #post(port, version, what, body) {
    const response = await fetch(
      `http://127.0.0.1:${port}/api/${version}/canister/${this.#canister.toText()}/${what}`,
      { method: "POST", headers: { "content-type": "application/cbor" }, body,
        signal: AbortSignal.timeout(kAnswerMs) });
    const bytes = new Uint8Array(await response.arrayBuffer());
    return response.status === 200 ? bytes : undefined;
  }
}
