// What a Motoko canister may do, one method each: the same interface as probe_rust. The map is an
// ordinary variable that persists, timers and heartbeats count, calls carry cycles.
import Array "mo:core/Array";
import Blob "mo:core/Blob";
import CertifiedData "mo:core/CertifiedData";
import Cycles "mo:core/Cycles";
import Debug "mo:core/Debug";
import Error "mo:core/Error";
import Map "mo:core/Map";
import Nat "mo:core/Nat";
import Nat64 "mo:core/Nat64";
import Principal "mo:core/Principal";
import Region "mo:core/Region";
import Text "mo:core/Text";
import Timer "mo:core/Timer";
import VarArray "mo:core/VarArray";

persistent actor Probe {
  let texts = Map.empty<Nat64, Text>();
  let region = Region.new();
  var visitors : Nat = 0;
  transient var beatCount : Nat64 = 0;
  transient var tickCount : Nat64 = 0;
  transient var ringCount : Nat64 = 0;

  ignore Timer.recurringTimer<system>(#seconds 1, func() : async () { tickCount += 1 });
  system func heartbeat() : async () { beatCount += 1 };

  /// Nobody without a key may spend this canister's cycles on `guarded`.
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

  public func put(key : Nat64, text : Text) : async () { Map.add(texts, Nat64.compare, key, text) };
  public query func lookup(key : Nat64) : async ?Text { Map.get(texts, Nat64.compare, key) };
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
  /// Sends cycles along with a call that keeps some of them; gives what came back.
  public func pay(other : Principal, sent : Nat64, kept : Nat64) : async Nat64 {
    let payee : actor { accept : Nat64 -> async Nat64 } = actor (Principal.toText(other));
    ignore await (with cycles = Nat64.toNat(sent)) payee.accept(kept);
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

  transient let system_ : actor {
    raw_rand : () -> async Blob;
    create_canister : { settings : ?{} } -> async { canister_id : Principal };
  } = actor ("aaaaa-aa");
  public func random() : async Blob { await system_.raw_rand() };
  /// Makes a canister that this one controls.
  public func spawn() : async Principal {
    let made = await (with cycles = 3_000_000_000_000) system_.create_canister({ settings = null });
    made.canister_id;
  };

  public func size(bytes : Blob) : async Nat64 { Nat64.fromNat(bytes.size()) };
  public query func bytes(count : Nat64) : async Blob {
    Blob.fromArray(Array.fromVarArray(VarArray.repeat<Nat8>(7, Nat64.toNat(count))));
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
    let headers = Array.concat([("x-method", request.method)], request.headers);
    { status_code = 201; headers; body = request.body; upgrade = null };
  };
};
