// Probe.mo as a canister of the 32-bit era: stable variables with upgrade hooks, base library.
import Array "mo:base/Array";
import Blob "mo:base/Blob";
import CertifiedData "mo:base/CertifiedData";
import Cycles "mo:base/ExperimentalCycles";
import Debug "mo:base/Debug";
import Error "mo:base/Error";
import Hash "mo:base/Hash";
import HashMap "mo:base/HashMap";
import Iter "mo:base/Iter";
import Nat "mo:base/Nat";
import Nat64 "mo:base/Nat64";
import Principal "mo:base/Principal";
import Region "mo:base/Region";
import Text "mo:base/Text";
import Timer "mo:base/Timer";

actor Probe {
  stable var saved : [(Nat64, Text)] = [];
  func hash(key : Nat64) : Hash.Hash { Nat64.toNat32(key) };
  var texts = HashMap.fromIter<Nat64, Text>(saved.vals(), 16, Nat64.equal, hash);
  system func preupgrade() { saved := Iter.toArray(texts.entries()) };
  system func postupgrade() { saved := [] };

  stable let region = Region.new();
  stable var visitors : Nat = 0;
  var beatCount : Nat64 = 0;
  var tickCount : Nat64 = 0;
  var ringCount : Nat64 = 0;
  ignore Timer.recurringTimer<system>(#seconds 1, func() : async () { tickCount += 1 });
  system func heartbeat() : async () { beatCount += 1 };

  system func inspect({
    caller : Principal;
    msg : {
      #accept : Any; #ask : Any; #balance : Any; #beats : Any; #boom : Any; #bytes : Any;
      #caught : Any; #certificate : Any; #certify : Any; #guarded : Any; #http_request : Any;
      #http_request_update : Any; #log : Any; #lookup : Any; #pay : Any; #put : Any; #random : Any;
      #recall : Any; #refuse : Any; #remember : Any; #ring : Any; #rings : Any; #size : Any;
      #spawn : Any; #ticks : Any; #whoami : Any;
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
  /// Stable memory by its addresses.
  public func remember(offset : Nat64, bytes : Blob) : async () {
    let end = offset + Nat64.fromNat(bytes.size());
    if (Region.size(region) * 65536 < end) {
      ignore Region.grow(region, (end + 65535) / 65536 - Region.size(region));
    };
    Region.storeBlob(region, offset, bytes);
  };
  public query func recall(offset : Nat64, size : Nat64) : async Blob {
    Region.loadBlob(region, offset, Nat64.toNat(size));
  };
  public query func beats() : async Nat64 { beatCount };
  public query func ticks() : async Nat64 { tickCount };
  /// A timer that fires once.
  public func ring() : async () {
    ignore Timer.setTimer<system>(#seconds 1, func() : async () { ringCount += 1 });
  };
  public query func rings() : async Nat64 { ringCount };
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

  /// What the other canister has under a key.
  public func ask(other : Principal, key : Nat64) : async ?Text {
    let asked : actor { lookup : Nat64 -> async ?Text } = actor (Principal.toText(other));
    await asked.lookup(key);
  };

  public func boom() : async () { assert false };
  public func refuse() : async () { throw Error.reject("not today") };
  /// Code and text with which a call without arguments is rejected; code 0 for a reply.
  public func caught(other : Principal, method : Text) : async { code : Nat32; text : Text } {
    let called : actor {
      absent : () -> async (); boom : () -> async (); refuse : () -> async ();
    } = actor (Principal.toText(other));
    try {
      switch method {
        case "refuse" { await called.refuse() };
        case "boom" { await called.boom() };
        case _ { await called.absent() };
      };
      { code = 0 : Nat32; text = "" };
    } catch error {
      let code : Nat32 = switch (Error.code(error)) {
        case (#system_fatal) 1;
        case (#system_transient) 2;
        case (#destination_invalid) 3;
        case (#canister_reject) 4;
        case (#canister_error) 5;
        case (#system_unknown) 6;
        case _ 99;
      };
      { code; text = Error.message(error) };
    };
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
  public func log(text : Text) : async () { Debug.print(text) };

  type HttpRequest = {
    method : Text; url : Text; headers : [(Text, Text)]; body : Blob;
  };
  type HttpResponse = {
    status_code : Nat16; headers : [(Text, Text)]; body : Blob; upgrade : ?Bool;
  };
  func plain(status_code : Nat16, text : Text) : HttpResponse {
    let headers = [("content-type", "text/plain")];
    { status_code; headers; body = Text.encodeUtf8(text); upgrade = null };
  };
  public query func http_request(request : HttpRequest) : async HttpResponse {
    if (request.method != "GET") {
      return { status_code = 200; headers = []; body = ""; upgrade = ?true };
    };
    switch (request.url) {
      case "/visitors" { plain(200, Nat.toText(visitors)) };
      case "/certificate" {
        let body : Blob = switch (CertifiedData.getCertificate()) { case null ""; case (?it) it };
        { status_code = 200; headers = []; body; upgrade = null };
      };
      case url { plain(404, "no " # url) };
    };
  };
  /// Counts who comes; gives headers and body back.
  public func http_request_update(request : HttpRequest) : async HttpResponse {
    visitors += 1;
    let headers = Array.append([("x-method", request.method)], request.headers);
    { status_code = 201; headers; body = request.body; upgrade = null };
  };
};
