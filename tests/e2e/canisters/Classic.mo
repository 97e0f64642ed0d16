// As most Motoko canisters of the 32-bit era: stable variables, base library.
import Timer "mo:base/Timer";

actor {
  stable var counter : Nat64 = 0;

  public func increment() : async Nat64 {
    counter += 1;
    counter
  };

  public query func get() : async Nat64 { counter };

  public func relay(other : actor { increment : () -> async Nat64 }) : async Nat64 {
    await other.increment()
  };

  public func incrementLater() : async () {
    ignore Timer.setTimer<system>(#seconds 1, func() : async () { counter += 1 });
  };
};
