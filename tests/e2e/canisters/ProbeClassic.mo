// Probe.mo as a canister of the 32-bit era: stable variables with upgrade hooks, base library.
import Array "mo:base/Array";
import Blob "mo:base/Blob";
import CertifiedData "mo:base/CertifiedData";
import Cycles "mo:base/ExperimentalCycles";
import Error "mo:base/Error";
import Hash "mo:base/Hash";
import HashMap "mo:base/HashMap";
import Iter "mo:base/Iter";
import Nat64 "mo:base/Nat64";
import Principal "mo:base/Principal";
import Timer "mo:base/Timer";

actor Probe {
  stable var saved : [(Nat64, Text)] = [];
  func hash(key : Nat64) : Hash.Hash { Nat64.toNat32(key) };
  var texts = HashMap.fromIter<Nat64, Text>(saved.vals(), 16, Nat64.equal, hash);
  system func preupgrade() { saved := Iter.toArray(texts.entries()) };
  system func postupgrade() { saved := [] };

  var beatCount : Nat64 = 0;
  var tickCount : Nat64 = 0;
  ignore Timer.recurringTimer<system>(#seconds 1, func() : async () { tickCount += 1 });
  system func heartbeat() : async () { beatCount += 1 };

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

  public func put(key : Nat64, text : Text) : async () { texts.put(key, text) };
  public query func lookup(key : Nat64) : async ?Text { texts.get(key) };
  public query func beats() : async Nat64 { beatCount };
  public query func ticks() : async Nat64 { tickCount };
  public query ({ caller }) func whoami() : async Principal { caller };
  public query func balance() : async Nat { Cycles.balance() };

  public func accept(atMost : Nat64) : async Nat64 {
    Nat64.fromNat(Cycles.accept<system>(Nat64.toNat(atMost)));
  };
  public func pay(other : Principal, sent : Nat64, kept : Nat64) : async Nat64 {
    let payee : actor { accept : Nat64 -> async Nat64 } = actor (Principal.toText(other));
    Cycles.add<system>(Nat64.toNat(sent));
    ignore await payee.accept(kept);
    Nat64.fromNat(Cycles.refunded());
  };

  public func boom() : async () { assert false };
  public func caught(other : Principal) : async Text {
    let bomb : actor { boom : () -> async () } = actor (Principal.toText(other));
    try { await bomb.boom(); "no reject" } catch error { Error.message(error) };
  };

  public func certify(data : Blob) : async () { CertifiedData.set(data) };
  public query func certificate() : async ?Blob { CertifiedData.getCertificate() };

  let system_ : actor {
    raw_rand : () -> async Blob;
    create_canister : { settings : ?{} } -> async { canister_id : Principal };
  } = actor ("aaaaa-aa");
  public func random() : async Blob { await system_.raw_rand() };
  public func spawn() : async Principal {
    Cycles.add<system>(3_000_000_000_000);
    (await system_.create_canister({ settings = null })).canister_id;
  };

  public func size(bytes : Blob) : async Nat64 { Nat64.fromNat(bytes.size()) };
  public query func bytes(count : Nat64) : async Blob {
    Blob.fromArray(Array.freeze(Array.init<Nat8>(Nat64.toNat(count), 7)));
  };
};
