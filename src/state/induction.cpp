#include "state/induction.hpp"

#include <string>

#include "base/ensure.hpp"

namespace icpd::state {

namespace {

using types::CanisterId;
using types::Reject;
using types::RejectCode;

types::CoarseTime coarse(Time time) {
  return types::CoarseTime{
      static_cast<std::uint32_t>(std::min<std::uint64_t>(time.seconds(), UINT32_MAX))};
}

/// What becomes of a message that can't be put into its receiver's queue. kQueueFull waits.
Reject reject_for(QueueError error, const CanisterId& receiver, const NetworkTopology& network) {
  const std::string name = "Canister " + receiver.text();
  switch (error) {
    case QueueError::kCanisterNotFound:
      return {RejectCode::kDestinationInvalid, network.hosts(receiver)
                                                   ? name + " not found."
                                                   : "No route to canister " + receiver.text()};
    case QueueError::kCanisterStopped:
      return {RejectCode::kCanisterError, name + " is not running"};
    case QueueError::kCanisterStopping:
      return {RejectCode::kCanisterError, name + " is not running"};
    case QueueError::kQueueFull:
      return {RejectCode::kSysTransient, name + " input queue is full"};
    case QueueError::kOutOfMemory:
      return {RejectCode::kCanisterError, "Cannot induct request. Out of memory"};
    case QueueError::kNonMatchingResponse:
      break;
  }
  unreachable_state("requests aren't matched");
}

/// Moves messages out of one owner's queues: a canister's or the subnet's.
class LocalRouter {
 public:
  explicit LocalRouter(ReplicatedState& state) : state_(state) {}

  InductionReport run() {
    bool progress = true;
    while (progress) {
      progress = drain_subnet_output();
      std::vector<CanisterId> senders;
      for (const auto& [id, nothing] : state_.index().with_output())
        if (!blocked_.contains(id)) senders.push_back(id);
      for (const CanisterId& sender : senders)
        progress |= send_one_each(sender);
    }
    return report_;
  }

 private:
  bool drain_subnet_output() {
    const bool any = state_.subnet_queues().has_output();
    for (const CanisterId& peer : state_.subnet_queues().output_peers())
      while (state_.subnet_queues().front_output(peer) != nullptr)
        deliver_response(std::get<SharedResponse>(state_.write_subnet_queues().pop_output(peer)));
    return any;
  }

  /// One message of each of the sender's output queues.
  bool send_one_each(const CanisterId& sender) {
    bool moved = false;
    for (const CanisterId& peer : state_.find(sender)->queues->output_peers())
      moved |= send_one(sender, peer);
    if (!moved) blocked_.insert(sender);
    return moved;
  }

  bool send_one(const CanisterId& sender, const CanisterId& peer) {
    const CanisterMessage* front = state_.find(sender)->queues->front_output(peer);
    if (front == nullptr) return false;
    const CanisterMessage message = *front;
    if (const auto* response = std::get_if<SharedResponse>(&message)) {
      pop(sender, peer);
      deliver_response(*response);
      return true;
    }
    return send_request(sender, peer, std::get<SharedRequest>(message));
  }

  bool send_request(const CanisterId& sender, const CanisterId& peer, SharedRequest request) {
    const auto delivered = deliver_request(peer, std::move(request));
    if (delivered.ok()) {
      pop(sender, peer);
      ++report_.delivered;
      return true;
    }
    const QueueError error = delivered.error();
    // Waiting is the back-pressure: the sender's output queue fills up, and its calls fail.
    if (error == QueueError::kQueueFull) return false;
    const auto refund = state_.update(sender, [&](CanisterState& canister) {
      return canister.queues.write().reject_front_output(
          peer, reject_for(error, peer, state_.topology()));
    });
    if (refund.has_value()) state_.refund(refund->recipient, refund->amount);
    ++report_.rejected;
    return true;
  }

  Result<void, QueueError> deliver_request(const CanisterId& receiver, SharedRequest request) {
    if (!request->is_best_effort() && !has_memory()) return Err(QueueError::kOutOfMemory);
    if (receiver == types::management_canister() ||
        receiver.principal == state_.topology().own_subnet.principal)
      return state_.write_subnet_queues().push_request_in(std::move(request), SenderIs::kLocal);
    if (!state_.contains(receiver)) return Err(QueueError::kCanisterNotFound);
    return state_.update(receiver, [&](CanisterState& canister) {
      return push_input(canister, std::move(request), SenderIs::kLocal);
    });
  }

  void deliver_response(SharedResponse response) {
    const CanisterId receiver = response->originator;
    // A caller that was deleted can't be waiting; its cycles are gone with it.
    if (!state_.contains(receiver)) return;
    const auto pushed = state_.update(receiver, [&](CanisterState& canister) {
      return push_input(canister, std::move(response), SenderIs::kLocal);
    });
    ensure(pushed.ok(), "a guaranteed response is awaited");
    ++report_.delivered;
  }

  void pop(const CanisterId& sender, const CanisterId& peer) {
    state_.update(sender, [&](CanisterState& canister) {
      static_cast<void>(canister.queues.write().pop_output(peer));
    });
  }

  [[nodiscard]] bool has_memory() const {
    return state_.index().totals().guaranteed_message_bytes +
               state_.subnet_queues().guaranteed_memory_bytes() <=
           kGuaranteedMessageMemoryMax;
  }

  ReplicatedState& state_;
  InductionReport report_;
  /// Senders whose every queue waits for room.
  std::set<CanisterId> blocked_;
};

void credit(ReplicatedState& state, const std::vector<Refund>& refunds) {
  for (const Refund& refund : refunds)
    state.refund(refund.recipient, refund.amount);
}

}  // namespace

InductionReport induct_local_messages(ReplicatedState& state) {
  return LocalRouter(state).run();
}

void time_out_messages(ReplicatedState& state) {
  const types::CoarseTime now = coarse(state.time());
  for (const CanisterId& id : due_at(state.index().deadlines(), state.time())) {
    const auto refunds = state.update(id, [&](CanisterState& canister) {
      const auto next = canister.queues->next_expiry();
      auto given = next.has_value() && *next < now ? canister.queues.write().time_out(now)
                                                   : std::vector<Refund>{};
      expire_callbacks(canister, now);
      return given;
    });
    credit(state, refunds);
  }
  const auto next = state.subnet_queues().next_expiry();
  if (next.has_value() && *next < now) credit(state, state.write_subnet_queues().time_out(now));
}

void shed_best_effort_messages(ReplicatedState& state, std::uint64_t bytes_max) {
  if (state.index().totals().best_effort_message_bytes <= bytes_max) return;
  // Rare, so the order is found by looking at every canister: largest use first, then by id.
  std::vector<std::pair<std::uint64_t, CanisterId>> users;
  for (const auto& [id, canister] : state.canisters())
    if (const auto bytes = canister->queues->best_effort_memory_bytes(); bytes > 0)
      users.emplace_back(bytes, id);
  std::ranges::sort(users, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  for (const auto& [bytes, id] : users) {
    while (state.index().totals().best_effort_message_bytes > bytes_max) {
      const auto refunds = state.update(
          id, [&](CanisterState& canister) { return canister.queues.write().shed_largest(); });
      if (!refunds.has_value()) break;
      credit(state, *refunds);
    }
  }
}

}  // namespace icpd::state
