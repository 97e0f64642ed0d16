// The probe canisters: one interface in every language and memory model, so one test serves all.
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";

import { libraries } from "./clients.mjs";
import { repository } from "./network.mjs";

const { Actor } = libraries["@icp-sdk/core"];

const plainUpgrade = { upgrade: [] };
const upgradeKeepingMemory = {
  upgrade: [{ skip_pre_upgrade: [], wasm_memory_persistence: [{ keep: null }] }],
};

/** Which mode of installation upgrades each of them. */
export const probes = {
  probe_motoko: upgradeKeepingMemory, // 64-bit memory, kept over upgrades as it is
  probe_motoko_32: plainUpgrade, // the same source for 32-bit memory
  probe_motoko_classic: plainUpgrade, // stable variables and hooks, an older compiler and library
  probe_rust: plainUpgrade,
  probe_cpp: plainUpgrade,
  probe_cpp_64: plainUpgrade, // the same source for 64-bit memory
  probe_azle: plainUpgrade, // TypeScript
};

const kPlainModuleBytesMax = 1_900_000;
/** The module, compressed if it wouldn't fit into one call otherwise. */
export function probeWasm(name) {
  const module = fs.readFileSync(path.join(repository, "build/canisters", `${name}.wasm`));
  return module.length <= kPlainModuleBytesMax ? module : zlib.gzipSync(module);
}

const probeInterface = ({ IDL }) => {
  const Blob = IDL.Vec(IDL.Nat8);
  const Headers = IDL.Vec(IDL.Tuple(IDL.Text, IDL.Text));
  const request = { method: IDL.Text, url: IDL.Text, headers: Headers, body: Blob };
  const Response = IDL.Record({
    status_code: IDL.Nat16, headers: Headers, body: Blob, upgrade: IDL.Opt(IDL.Bool),
  });
  return IDL.Service({
    guarded: IDL.Func([], [IDL.Principal], []),
    put: IDL.Func([IDL.Nat64, IDL.Text], [], []),
    lookup: IDL.Func([IDL.Nat64], [IDL.Opt(IDL.Text)], ["query"]),
    remember: IDL.Func([IDL.Nat64, Blob], [], []),
    recall: IDL.Func([IDL.Nat64, IDL.Nat64], [Blob], ["query"]),
    beats: IDL.Func([], [IDL.Nat64], ["query"]),
    ticks: IDL.Func([], [IDL.Nat64], ["query"]),
    ring: IDL.Func([], [], []),
    rings: IDL.Func([], [IDL.Nat64], ["query"]),
    whoami: IDL.Func([], [IDL.Principal], ["query"]),
    balance: IDL.Func([], [IDL.Nat], ["query"]),
    pay: IDL.Func([IDL.Principal, IDL.Nat64, IDL.Nat64], [IDL.Nat64], []),
    ask: IDL.Func([IDL.Principal, IDL.Nat64], [IDL.Opt(IDL.Text)], []),
    boom: IDL.Func([], [], []),
    refuse: IDL.Func([], [], []),
    caught: IDL.Func(
      [IDL.Principal, IDL.Text], [IDL.Record({ code: IDL.Nat32, text: IDL.Text })], []),
    certify: IDL.Func([Blob], [], []),
    certificate: IDL.Func([], [IDL.Opt(Blob)], ["query"]),
    random: IDL.Func([], [Blob], []),
    spawn: IDL.Func([], [IDL.Principal], []),
    size: IDL.Func([Blob], [IDL.Nat64], []),
    bytes: IDL.Func([IDL.Nat64], [Blob], ["query"]),
    log: IDL.Func([IDL.Text], [], []),
    // A gateway tells the query which version of certification it knows.
    http_request: IDL.Func(
      [IDL.Record({ ...request, certificate_version: IDL.Opt(IDL.Nat16) })], [Response], ["query"]),
    http_request_update: IDL.Func([IDL.Record(request)], [Response], []),
  });
};

export const probeAt = (canisterId, agent, more = {}) =>
  Actor.createActor(probeInterface, { agent, canisterId, ...more });

/** Answers a request as an HTTP gateway does: a query first, and an update if that says so. */
export async function gateway(probe, method, url, headers = [], body = new Uint8Array(0)) {
  const request = { method, url, headers, body };
  const answer = await probe.http_request({ ...request, certificate_version: [2] });
  return answer.upgrade[0] === true ? probe.http_request_update(request) : answer;
}
