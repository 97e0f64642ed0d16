// What a TypeScript canister may do, one method each: the same interface as Probe.mo. What must
// outlive an upgrade lies in stable maps; every other variable begins anew.
import {
  call, canisterCycleBalance, certifiedDataSet, dataCertificate, heartbeat, IDL, init,
  inspectMessage, msgCaller, msgCyclesAccept, msgCyclesRefunded, msgMethodName, msgReject,
  postUpgrade, Principal, query, setTimer, setTimerInterval, StableBTreeMap, update,
} from "azle";

const Blob = IDL.Vec(IDL.Nat8);
const Header = IDL.Tuple(IDL.Text, IDL.Text);
const HttpRequest = IDL.Record({
  method: IDL.Text, url: IDL.Text, headers: IDL.Vec(Header), body: Blob,
});
const HttpResponse = IDL.Record({
  status_code: IDL.Nat16, headers: IDL.Vec(Header), body: Blob, upgrade: IDL.Opt(IDL.Bool),
});
type Request = { method: string; url: string; headers: [string, string][]; body: Uint8Array };
type Response = {
  status_code: number; headers: [string, string][]; body: Uint8Array; upgrade: [boolean] | [];
};

const plainText: [string, string] = ["content-type", "text/plain"];
const answer = (status_code: number, headers: [string, string][], body: Uint8Array): Response => ({
  status_code, headers, body, upgrade: [],
});
const asItIs = { toBytes: (bytes: Uint8Array) => bytes, fromBytes: (bytes: Uint8Array) => bytes };
const management = "aaaaa-aa";

export default class {
  texts = new StableBTreeMap<bigint, string>(0);
  memory = new StableBTreeMap<bigint, Uint8Array>(1, undefined, asItIs);
  visitors = new StableBTreeMap<string, bigint>(2);
  beatCount = 0n;
  tickCount = 0n;
  ringCount = 0n;

  @init([])
  init(): void {
    setTimerInterval(1, () => { this.tickCount += 1n; });
  }
  @postUpgrade([])
  postUpgrade(): void {
    this.init();
  }
  @heartbeat
  heartbeat(): void {
    this.beatCount += 1n;
  }

  /** Nobody without a key may spend this canister's cycles on `guarded`. */
  @inspectMessage
  inspectMessage(methodName: string): boolean {
    return methodName !== "guarded" || !msgCaller().isAnonymous();
  }
  @update([], IDL.Principal)
  guarded(): Principal {
    return msgCaller();
  }

  @update([IDL.Nat64, IDL.Text])
  put(key: bigint, text: string): void {
    this.texts.insert(key, text);
  }
  @query([IDL.Nat64], IDL.Opt(IDL.Text))
  lookup(key: bigint): [string] | [] {
    const text = this.texts.get(key);
    return text === undefined ? [] : [text];
  }
  /** The CDK has no stable memory without a structure on it: what was stored there, whole. */
  @update([IDL.Nat64, Blob])
  remember(offset: bigint, bytes: Uint8Array): void {
    this.memory.insert(offset, bytes);
  }
  @query([IDL.Nat64, IDL.Nat64], Blob)
  recall(offset: bigint, size: bigint): Uint8Array {
    return this.memory.get(offset)?.slice(0, Number(size)) ?? new Uint8Array(0);
  }

  @query([], IDL.Nat64)
  beats(): bigint {
    return this.beatCount;
  }
  @query([], IDL.Nat64)
  ticks(): bigint {
    return this.tickCount;
  }
  /** A timer that fires once. */
  @update([])
  ring(): void {
    setTimer(1, () => { this.ringCount += 1n; });
  }
  @query([], IDL.Nat64)
  rings(): bigint {
    return this.ringCount;
  }

  @query([], IDL.Principal)
  whoami(): Principal {
    return msgCaller();
  }
  @query([], IDL.Nat)
  balance(): bigint {
    return canisterCycleBalance();
  }
  @update([IDL.Nat64], IDL.Nat64)
  accept(atMost: bigint): bigint {
    return msgCyclesAccept(atMost);
  }
  /** Sends cycles along with a call that keeps some of them; gives what came back. */
  @update([IDL.Principal, IDL.Nat64, IDL.Nat64], IDL.Nat64)
  async pay(other: Principal, sent: bigint, kept: bigint): Promise<bigint> {
    await call<[bigint], bigint>(other, "accept", {
      paramIdlTypes: [IDL.Nat64], returnIdlType: IDL.Nat64, args: [kept], cycles: sent,
    });
    return msgCyclesRefunded();
  }
  /** What the other canister has under a key. */
  @update([IDL.Principal, IDL.Nat64], IDL.Opt(IDL.Text))
  async ask(other: Principal, key: bigint): Promise<[string] | []> {
    return await call<[bigint], [string] | []>(other, "lookup", {
      paramIdlTypes: [IDL.Nat64], returnIdlType: IDL.Opt(IDL.Text), args: [key],
    });
  }

  @update([])
  boom(): void {
    throw new Error("as it was told");
  }
  @update([], undefined, { manual: true })
  refuse(): void {
    msgReject("not today");
  }
  /** Code and text with which a call without arguments is rejected; code 0 for a reply. */
  @update([IDL.Principal, IDL.Text], IDL.Record({ code: IDL.Nat32, text: IDL.Text }))
  async caught(other: Principal, method: string): Promise<{ code: number; text: string }> {
    try {
      await call(other, method, { raw: true });
      return { code: 0, text: "" };
    } catch (error: any) {
      return { code: error.rejectCode, text: error.rejectMessage };
    }
  }

  @update([Blob])
  certify(data: Uint8Array): void {
    certifiedDataSet(data);
  }
  @query([], IDL.Opt(Blob))
  certificate(): [Uint8Array] | [] {
    const certificate = dataCertificate();
    return certificate === undefined ? [] : [certificate];
  }

  @update([], Blob)
  async random(): Promise<Uint8Array> {
    return await call<undefined, Uint8Array>(management, "raw_rand", { returnIdlType: Blob });
  }
  /** Makes a canister that this one controls. */
  @update([], IDL.Principal)
  async spawn(): Promise<Principal> {
    const created = await call<[{ settings: [] }], { canister_id: Principal }>(
      management, "create_canister", {
        paramIdlTypes: [IDL.Record({ settings: IDL.Opt(IDL.Record({})) })],
        returnIdlType: IDL.Record({ canister_id: IDL.Principal }),
        args: [{ settings: [] }],
        cycles: 3_000_000_000_000n,
      });
    return created.canister_id;
  }

  @update([Blob], IDL.Nat64)
  size(bytes: Uint8Array): bigint {
    return BigInt(bytes.length);
  }
  @query([IDL.Nat64], Blob)
  bytes(count: bigint): Uint8Array {
    return new Uint8Array(Number(count)).fill(7);
  }
  @update([IDL.Text])
  log(text: string): void {
    console.log(text);
  }

  @query([HttpRequest], HttpResponse)
  http_request(request: Request): Response {
    if (request.method !== "GET") return { ...answer(200, [], new Uint8Array(0)), upgrade: [true] };
    if (request.url === "/visitors")
      return answer(200, [plainText], new TextEncoder().encode(`${this.#count()}`));
    if (request.url === "/certificate")
      return answer(200, [], dataCertificate() ?? new Uint8Array(0));
    return answer(404, [plainText], new TextEncoder().encode(`no ${request.url}`));
  }
  /** Counts who comes; gives headers and body back. */
  @update([HttpRequest], HttpResponse)
  http_request_update(request: Request): Response {
    this.visitors.insert("count", this.#count() + 1n);
    return answer(201, [["x-method", request.method], ...request.headers], request.body);
  }
  #count(): bigint {
    return this.visitors.get("count") ?? 0n;
  }
}
