// The same few operations through each of the two agent libraries that projects use, unmodified.
import fs from "node:fs";
import path from "node:path";

import * as sdkAgent from "@icp-sdk/core/agent";
import * as sdkCandid from "@icp-sdk/core/candid";
import * as sdkIdentity from "@icp-sdk/core/identity";
import * as sdkPrincipal from "@icp-sdk/core/principal";
import * as dfinityAgent from "@dfinity/agent";
import * as dfinityCandid from "@dfinity/candid";
import * as dfinityIdentity from "@dfinity/identity";
import * as dfinityPrincipal from "@dfinity/principal";

import { repository } from "./network.mjs";

export const libraries = {
  "@icp-sdk/core": {
    ...sdkAgent, ...sdkIdentity, ...sdkPrincipal, IDL: sdkCandid.IDL,
  },
  "@dfinity/agent": {
    ...dfinityAgent, ...dfinityIdentity, ...dfinityPrincipal, IDL: dfinityCandid.IDL,
  },
};

/** Motoko names the other canister by its type, Rust by its principal. */
const counterInterface = ({ IDL, relayTakes }) =>
  IDL.Service({
    increment: IDL.Func([], [IDL.Nat64], []),
    get: IDL.Func([], [IDL.Nat64], ["query"]),
    relay: IDL.Func(
      [relayTakes === "principal"
        ? IDL.Principal
        : IDL.Service({ increment: IDL.Func([], [IDL.Nat64], []) })],
      [IDL.Nat64],
      [],
    ),
    incrementLater: IDL.Func([], [], []),
    increment_later: IDL.Func([], [], []),
  });

const managementInterface = ({ IDL }) => {
  const settings = IDL.Record({ controllers: IDL.Opt(IDL.Vec(IDL.Principal)) });
  const mode = IDL.Variant({
    install: IDL.Null,
    reinstall: IDL.Null,
    upgrade: IDL.Opt(
      IDL.Record({
        skip_pre_upgrade: IDL.Opt(IDL.Bool),
        wasm_memory_persistence: IDL.Opt(IDL.Variant({ keep: IDL.Null, replace: IDL.Null })),
      }),
    ),
  });
  const target = IDL.Record({ canister_id: IDL.Principal });
  return IDL.Service({
    provisional_create_canister_with_cycles: IDL.Func(
      [IDL.Record({
        amount: IDL.Opt(IDL.Nat),
        settings: IDL.Opt(settings),
        specified_id: IDL.Opt(IDL.Principal),
        sender_canister_version: IDL.Opt(IDL.Nat64),
      })],
      [target],
      [],
    ),
    install_code: IDL.Func(
      [IDL.Record({
        mode,
        canister_id: IDL.Principal,
        wasm_module: IDL.Vec(IDL.Nat8),
        arg: IDL.Vec(IDL.Nat8),
        sender_canister_version: IDL.Opt(IDL.Nat64),
      })],
      [],
      [],
    ),
    stop_canister: IDL.Func([target], [], []),
    start_canister: IDL.Func([target], [], []),
  });
};

/** A client of one node (or of the forwarding port), with a fresh Ed25519 identity. */
export async function makeClient(libraryName, network, node, identity) {
  const library = libraries[libraryName];
  const { HttpAgent, Actor, Principal, Ed25519KeyIdentity, IDL } = library;
  const agent = await HttpAgent.create({
    host: network.url(node),
    identity: identity ?? Ed25519KeyIdentity.generate(),
    rootKey: network.rootKey,
    shouldSyncTime: false,
  });
  // Calls without a canister of their own go to any id of the subnet.
  const anyId = Principal.fromText(
    Principal.fromUint8Array(Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 1, 1])).toText(),
  );
  const management = (effective) =>
    Actor.createActor(() => managementInterface({ IDL }), {
      agent,
      canisterId: Principal.fromHex(""),
      callTransform: () => ({ effectiveCanisterId: effective ?? anyId }),
    });

  return {
    agent,
    library,
    async create() {
      const { canister_id } = await management().provisional_create_canister_with_cycles({
        amount: [], settings: [], specified_id: [], sender_canister_version: [],
      });
      return canister_id;
    },
    install(canisterId, wasm, mode = { install: null }) {
      return management(canisterId).install_code({
        mode, canister_id: canisterId, wasm_module: wasm,
        arg: Uint8Array.from(Buffer.from("DIDL\0\0")), sender_canister_version: [],
      });
    },
    counter(canisterId, relayTakes = "service", more = {}) {
      return Actor.createActor(() => counterInterface({ IDL, relayTakes }),
        { agent, canisterId, ...more });
    },
  };
}

/** The id of a new canister with the C++ counter. */
export async function installCounter(network) {
  const wasm = fs.readFileSync(path.join(repository, "build/canisters/counter_cpp.wasm"));
  const client = await makeClient("@icp-sdk/core", network);
  const canister = await client.create();
  await client.install(canister, wasm);
  return canister;
}
