// The replicated state: all that the rounds of a subnet read and write.
//
// A value that is cheap to copy: a copy shares everything, and writing copies only what is touched.
// The tip is owned by one thread and written in place; a copy of it is a snapshot that others read
// while the tip goes on.
//
//   state.update(id, [&](CanisterState& c) { c.balance = c.balance + 5; });   // write one canister
//   Cow<CanisterState> c = state.share(id); ... state.put(std::move(c));      // work on it
//   elsewhere
//
// Every write goes through the methods here, which keep the index of who has work. Invariants
//  1. index() is what one gets by looking at every canister.
//  2. canisters() has exactly the canisters of this subnet; a key equals its value's id.
//  3. Cycles appear only where they are minted and vanish only where they are consumed: total().
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include "base/shared.hpp"
#include "state/canister_index.hpp"
#include "state/canister_state.hpp"
#include "state/ingress_history.hpp"
#include "state/metadata.hpp"
#include "state/persistent_map.hpp"
#include "state/queues.hpp"

namespace icpd::state {

/// Digest of the subtree under /canister/<id>.
struct CanisterDigest {
  [[nodiscard]] static crypto::Digest digest(const types::CanisterId& id,
                                             const Cow<CanisterState>& canister);
};
using CanisterMap = PersistentMap<types::CanisterId, Cow<CanisterState>, CanisterDigest>;

class ReplicatedState {
 public:
  /// The state at height 0: no canister. Needs topology's own subnet to be among its subnets.
  explicit ReplicatedState(Shared<NetworkTopology> topology);

  // -- Canisters --
  [[nodiscard]] const CanisterMap& canisters() const { return canisters_; }
  /// Valid until the state is written.
  [[nodiscard]] const CanisterState* find(const types::CanisterId& id) const;
  [[nodiscard]] bool contains(const types::CanisterId& id) const { return find(id) != nullptr; }
  /// A copy that shares storage. Needs the canister to exist.
  [[nodiscard]] Cow<CanisterState> share(const types::CanisterId& id) const;
  /// Inserts, or replaces the canister of the same id.
  void put(Cow<CanisterState> canister);
  /// Needs the canister to exist. Its id is never given again.
  Cow<CanisterState> remove(const types::CanisterId& id);
  /// Writes one canister in place: `change(CanisterState&)`. Needs the canister to exist; the id
  /// must stay, and `change` must not write this state. Gives back what `change` returns.
  template <std::invocable<CanisterState&> F>
  decltype(auto) update(const types::CanisterId& id, F&& change) {
    Writer writer(*this, id);
    return std::forward<F>(change)(writer.canister());
  }
  [[nodiscard]] const CanisterIndex& index() const { return index_; }

  /// The next canister id of this subnet; nothing when its ranges are used up.
  [[nodiscard]] std::optional<types::CanisterId> next_canister_id();

  // -- Ingress --
  [[nodiscard]] const IngressHistory& ingress() const { return ingress_; }
  [[nodiscard]] IngressHistory& write_ingress() { return ingress_; }
  /// Sets the status with the time of this round.
  void set_ingress(const types::RequestId& id, const types::CanisterId& receiver,
                   const types::UserId& user, IngressState state);
  void set_ingress(const Ingress& message, IngressState state) {
    set_ingress(message.id, message.receiver, message.sender, std::move(state));
  }

  // -- The subnet itself --
  /// Calls of the management canister: input are requests and ingress, output are responses.
  [[nodiscard]] const CanisterQueues& subnet_queues() const { return *subnet_queues_; }
  [[nodiscard]] CanisterQueues& write_subnet_queues() { return subnet_queues_.write(); }
  [[nodiscard]] const SystemMetadata& metadata() const { return *metadata_; }
  [[nodiscard]] SystemMetadata& write_metadata() { return metadata_.write(); }
  [[nodiscard]] const NetworkTopology& topology() const { return *metadata_->topology; }
  [[nodiscard]] Time time() const { return metadata_->batch_time; }
  [[nodiscard]] types::Height height() const { return metadata_->height; }

  /// Credits a refund now if the canister is here, else it is lost (its canister is gone).
  void refund(const types::CanisterId& recipient, types::Cycles amount);

  /// Brings the digests of the certified maps up to date.
  void hash_maps();
  /// All cycles of the subnet: canisters, queues, contexts, pending calls. O(canisters); for
  /// checks.
  [[nodiscard]] types::Cycles total_cycles() const;

 private:
  friend class StateReader;  // checkpoint.cpp

  /// Keeps the index right around a write.
  class Writer {
   public:
    Writer(ReplicatedState& state, const types::CanisterId& id);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    [[nodiscard]] CanisterState& canister() { return *canister_; }

   private:
    ReplicatedState& state_;
    types::CanisterId id_;
    CanisterState* canister_;
    CanisterIndex::Facts before_;
  };

  CanisterMap canisters_;
  CanisterIndex index_;
  IngressHistory ingress_;
  Cow<CanisterQueues> subnet_queues_;
  Cow<SystemMetadata> metadata_;
};

}  // namespace icpd::state
