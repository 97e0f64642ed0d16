// A counter in Motoko: orthogonal persistence keeps `counter` over upgrades, `relay` calls another
// canister, `incrementLater` uses a timer.
import Timer "mo:core/Timer";

persistent actor {
  var counter : Nat64 = 0;

  public func increment() : async Nat64 {
    counter += 1;
    counter
  };

  public query func get() : async Nat64 { counter };

  /// Increments the counter of another canister and gives its answer.
  public func relay(other : actor { increment : () -> async Nat64 }) : async Nat64 {
    await other.increment()
  };

  public func incrementLater() : async () {
    ignore Timer.setTimer<system>(#seconds 1, func() : async () { counter += 1 });
  };
};
