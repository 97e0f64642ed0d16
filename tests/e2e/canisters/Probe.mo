// What a Motoko canister may do, one method each: the same interface as probe_rust. The map is an
// ordinary variable that persists, timers and heartbeats count, calls carry cycles.
import CertifiedData "mo:core/CertifiedData";
import Cycles "mo:core/Cycles";
import Error "mo:core/Error";
import Map "mo:core/Map";
import Nat64 "mo:core/Nat64";
import Principal "mo:core/Principal";
import Timer "mo:core/Timer";
import VarArray "mo:core/VarArray";
import Array "mo:core/Array";
import Blob "mo:core/Blob";

persistent actor Probe {
  let texts = Map.empty<Nat64, Text>();
  transient var beatCount : Nat64 = 0;
  transient var tickCount : Nat64 = 0;

  ignore Timer.recurringTimer<system>(#seconds 1, func() : async () { tickCount += 1 });
  system func heartbeat() : async () { beatCount += 1 };

  /// Nobody without a key may spend this canister's cycles on `guarded`.
  system func inspect({
    caller : Principal;
    msg : {
      #accept : () -> Nat64; #boom : () -> (); #caught : () -> Principal; #certify : () -> Blob;
      #guarded : () -> (); #pay : () -> (Principal, Nat64, Nat64); #put : () -> (Nat64, Text);
      #random : () -> (); #size : () -> Blob; #spawn : () -> (); #balance : () -> ();
      #beats : () -> (); #bytes : () -> Nat64; #certificate : () -> (); #lookup : () -> Nat64;
      #ticks : () -> (); #whoami : () -> ();
    };
  }) : Bool {
    switch msg {
      case (#guarded _) { not Principal.isAnonymous(caller) };
      case _ { true };
    };
  };
  public shared ({ caller }) func guarded() : async Principal { caller };

  public func put(key : Nat64, text : Text) : async () { Map.add(texts, Nat64.compare, key, text) };
  public query func lookup(key : Nat64) : async ?Text { Map.get(texts, Nat64.compare, key) };
  public query func beats() : async Nat64 { beatCount };
  public query func ticks() : async Nat64 { tickCount };
  public query ({ caller }) func whoami() : async Principal { caller };
  public query func balance() : async Nat { Cycles.balance() };

  public func accept(atMost : Nat64) : async Nat64 {
    Nat64.fromNat(Cycles.accept<system>(Nat64.toNat(atMost)));
  };
  /// Sends cycles along with a call that keeps some of them; gives what came back.
  public func pay(other : Principal, sent : Nat64, kept : Nat64) : async Nat64 {
    let payee : actor { accept : Nat64 -> async Nat64 } = actor (Principal.toText(other));
    ignore await (with cycles = Nat64.toNat(sent)) payee.accept(kept);
    Nat64.fromNat(Cycles.refunded());
  };

  public func boom() : async () { assert false };
  /// The text with which a call to `boom` is rejected.
  public func caught(other : Principal) : async Text {
    let bomb : actor { boom : () -> async () } = actor (Principal.toText(other));
    try { await bomb.boom(); "no reject" } catch error { Error.message(error) };
  };

  public func certify(data : Blob) : async () { CertifiedData.set(data) };
  public query func certificate() : async ?Blob { CertifiedData.getCertificate() };

  transient let system_ : actor {
    raw_rand : () -> async Blob;
    create_canister : { settings : ?{} } -> async { canister_id : Principal };
  } = actor ("aaaaa-aa");
  public func random() : async Blob { await system_.raw_rand() };
  /// Makes a canister that this one controls.
  public func spawn() : async Principal {
    (await (with cycles = 3_000_000_000_000) system_.create_canister({ settings = null })).canister_id;
  };

  public func size(bytes : Blob) : async Nat64 { Nat64.fromNat(bytes.size()) };
  public query func bytes(count : Nat64) : async Blob {
    Blob.fromArray(Array.fromVarArray(VarArray.repeat<Nat8>(7, Nat64.toNat(count))));
  };
};
