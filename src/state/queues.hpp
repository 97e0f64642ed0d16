// Message queues of one canister, or of the subnet itself (calls of the management canister).
//
// For each peer there is an input queue (what the peer sent us) and an output queue (what we sent
// the peer, waiting to be routed). Besides, one queue for users' messages (ingress).
//
//             input queue of A          output queue to A
//   A  --->  [ request | response ]    [ request | response ]  --->  A
//
// Rules (reference "Canister queues"; interface specification, "Inter-canister calls")
//  1. A queue holds at most 500 requests, and, counted apart, 500 response slots: responses that
//     are there plus responses that are still to come.
//  2. Putting a request into a queue reserves a slot for its response in the opposite queue of the
//     same peer. A response uses its reservation, so there is always room for it.
//  3. Between two canisters, requests keep their order. Nothing else is ordered.
//  4. pop_input() takes turns: canisters of this subnet, ingress, canisters of other subnets; and
//     within canisters, one message of each sender in turn; within ingress, one message of each
//     effective canister in turn.
//  5. At most one response for a callback is in the input queues.
//
// Time and pressure. Messages with a deadline (best-effort) and requests waiting for output longer
// than 300 s are dropped by time_out(); what was dropped leaves a response for the caller or a
// refund (reference 2.4):
//
//   outbound request              reject SYS_TRANSIENT into the caller's own input, all cycles back
//   outbound best-effort response gone; cycles refunded to the originator
//   inbound best-effort request   slot of its response freed; cycles refunded to the sender
//
// Messages are shared and never change; a copy of the queues copies pointers.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "base/shared.hpp"
#include "state/ingress.hpp"
#include "types/limits.hpp"
#include "types/messages.hpp"

namespace icpd::state {

using SharedRequest = Shared<types::Request>;
using SharedResponse = Shared<types::Response>;
using CanisterMessage = std::variant<SharedRequest, SharedResponse>;
/// What a canister works on next.
using InputMessage = std::variant<Shared<Ingress>, SharedRequest, SharedResponse>;

/// Why a message was not put into a queue.
enum class QueueError : std::uint8_t {
  kCanisterNotFound,
  kCanisterStopped,
  kCanisterStopping,
  kQueueFull,
  kOutOfMemory,
  /// No callback waits for this response, or it has one already.
  kNonMatchingResponse,
};

/// Cycles on their way to a canister without a message.
struct Refund {
  types::CanisterId recipient;
  types::Cycles amount{0};
  bool operator==(const Refund&) const = default;
  static constexpr auto kFields = std::tuple(&Refund::recipient, &Refund::amount);
};

/// Whether the sender of an input lives on this subnet.
enum class SenderIs : std::uint8_t { kLocal, kRemote };

namespace detail {
/// Position in the message pool; grows with time.
using MessageId = std::uint64_t;

struct Queue {
  /// In order; a message that was dropped is skipped when its turn comes.
  std::deque<MessageId> messages;
  std::uint32_t requests = 0;
  std::uint32_t responses = 0;
  /// Responses still to come into this queue.
  std::uint32_t reserved = 0;
  bool operator==(const Queue&) const = default;
  static constexpr auto kFields =
      std::tuple(&Queue::messages, &Queue::requests, &Queue::responses, &Queue::reserved);
};
struct QueuePair {
  Queue input;
  Queue output;
  bool operator==(const QueuePair&) const = default;
  static constexpr auto kFields = std::tuple(&QueuePair::input, &QueuePair::output);
};
enum class Direction : std::uint8_t { kInput, kOutput };
[[nodiscard]] constexpr bool is_valid(Direction d) {
  return d <= Direction::kOutput;
}
struct PooledMessage {
  CanisterMessage message;
  types::CanisterId peer;
  Direction direction = Direction::kInput;
  /// When time_out() drops it; none: never.
  types::CoarseTime expires;
  static constexpr auto kFields = std::tuple(&PooledMessage::message, &PooledMessage::peer,
                                             &PooledMessage::direction, &PooledMessage::expires);
};
enum class InputTurn : std::uint8_t { kLocal, kIngress, kRemote };
[[nodiscard]] constexpr bool is_valid(InputTurn t) {
  return t <= InputTurn::kRemote;
}
}  // namespace detail

class CanisterQueues {
 public:
  // -- Ingress --
  /// Bounded by the ingress history: every queued message has an entry there.
  void push_ingress(Shared<Ingress> message);
  [[nodiscard]] std::size_t ingress_count() const { return ingress_count_; }
  /// Removes the ingress messages whose expiry is before `now` and gives them back, in order.
  [[nodiscard]] std::vector<Shared<Ingress>> expire_ingress(Time now);
  /// Removes all ingress messages (uninstalled and deleted canisters).
  [[nodiscard]] std::vector<Shared<Ingress>> drop_ingress();
  [[nodiscard]] std::optional<Time> first_ingress_expiry() const;

  // -- Input from canisters --
  /// Reserves the response's slot. kQueueFull without effect if there is no room.
  [[nodiscard]] Result<void, QueueError> push_request_in(SharedRequest request, SenderIs sender);
  /// Needs a reservation for it (rule 2), which it uses. kNonMatchingResponse if there is none or
  /// the callback has its response already.
  [[nodiscard]] Result<void, QueueError> push_response_in(SharedResponse response, SenderIs sender);
  [[nodiscard]] bool has_input() const { return waiting() != 0; }
  /// Messages of users and canisters that pop_input() would give.
  [[nodiscard]] std::size_t waiting() const { return ingress_count_ + input_count_; }
  /// The next message (rule 4); nothing if there is none.
  [[nodiscard]] std::optional<InputMessage> pop_input();

  // -- Output to canisters --
  /// Whether push_request_out() to this peer would find room.
  [[nodiscard]] bool can_send_to(const types::CanisterId& peer) const;
  /// How many more requests could be sent to this peer.
  [[nodiscard]] std::size_t room_to(const types::CanisterId& peer) const;
  /// `now` begins the request's lifetime. kQueueFull without effect if there is no room.
  [[nodiscard]] Result<void, QueueError> push_request_out(SharedRequest request, Time now);
  /// A reject from the system for a request that was never sent: goes to our own input and needs
  /// room as push_request_out() does.
  [[nodiscard]] Result<void, QueueError> push_reject_for_own_request(SharedRequest request,
                                                                     types::Reject reject);
  /// Uses the slot that the request reserved. Needs it.
  void push_response_out(SharedResponse response);
  [[nodiscard]] bool has_output() const { return output_count_ != 0; }
  /// Peers with output, ascending.
  [[nodiscard]] std::vector<types::CanisterId> output_peers() const;
  /// The next message to this peer, if any.
  [[nodiscard]] const CanisterMessage* front_output(const types::CanisterId& peer) const;
  /// Needs front_output(peer).
  [[nodiscard]] CanisterMessage pop_output(const types::CanisterId& peer);
  /// Answers the request at the front of an output queue with a reject into our own input.
  /// Needs front_output(peer) to be a request. All its cycles are in the reject's refund.
  /// A refund only where a best-effort call was answered otherwise meanwhile.
  std::optional<Refund> reject_front_output(const types::CanisterId& peer, types::Reject reject);

  // -- Time --
  /// Drops what expired before `now`; see the table above. Gives the refunds to route.
  [[nodiscard]] std::vector<Refund> time_out(types::CoarseTime now);
  /// The earliest expiry that time_out() has yet to see.
  [[nodiscard]] std::optional<types::CoarseTime> next_expiry() const;
  /// Drops the largest best-effort message; nothing if there is none.
  [[nodiscard]] std::optional<std::vector<Refund>> shed_largest();

  // -- Accounting --
  /// Responses still to come for requests of class guaranteed, both directions.
  [[nodiscard]] std::uint64_t guaranteed_reservations() const { return guaranteed_reserved_; }
  /// Memory for guaranteed responses: 2 MiB for each reservation, and what is there.
  [[nodiscard]] std::uint64_t guaranteed_memory_bytes() const;
  [[nodiscard]] std::uint64_t best_effort_memory_bytes() const { return best_effort_bytes_; }
  /// Cycles attached to all messages here.
  [[nodiscard]] types::Cycles cycles() const { return cycles_; }
  /// No message and no reservation.
  [[nodiscard]] bool empty() const;
  /// Whether collect_garbage() would do something.
  [[nodiscard]] bool has_garbage() const;
  /// Forgets empty queue pairs. Called at checkpoints only, so that all nodes do it together.
  void collect_garbage();

 private:
  friend struct QueuesCodec;

  [[nodiscard]] Shared<Ingress> pop_ingress();
  [[nodiscard]] std::vector<Shared<Ingress>> remove_ingress(
      const std::function<bool(const Ingress&)>& which);
  /// Puts a message into the pool, or takes it out; the counters of its queue are the caller's when
  /// it comes and take()'s when it goes.
  [[nodiscard]] detail::MessageId add(detail::PooledMessage pooled);
  [[nodiscard]] CanisterMessage take(detail::MessageId id);
  void account(detail::MessageId id, const detail::PooledMessage& pooled, bool added);
  /// Removes dropped messages from the head of a queue.
  void trim(const types::CanisterId& peer, detail::Direction direction);
  void schedule_input(const types::CanisterId& peer, detail::MessageId id, SenderIs sender);
  [[nodiscard]] std::optional<CanisterMessage> pop_scheduled(
      std::deque<types::CanisterId>& schedule);
  [[nodiscard]] std::optional<Refund> answer_own(const types::Request& request,
                                                 types::Reject reject);
  [[nodiscard]] std::optional<Refund> drop(detail::MessageId id, const char* reason);

  std::map<types::CanisterId, detail::QueuePair> pairs_;
  std::map<detail::MessageId, detail::PooledMessage> pool_;
  detail::MessageId next_id_ = 0;

  std::map<types::CanisterId, std::deque<Shared<Ingress>>> ingress_;
  std::deque<types::CanisterId> ingress_schedule_;
  std::deque<types::CanisterId> local_schedule_;
  std::deque<types::CanisterId> remote_schedule_;
  detail::InputTurn turn_ = detail::InputTurn::kLocal;
  std::uint64_t guaranteed_reserved_ = 0;

  // Derived from the above; not part of the record.
  std::set<std::pair<types::CoarseTime, detail::MessageId>> expiries_;
  std::set<std::pair<std::uint64_t, detail::MessageId>> best_effort_by_size_;
  std::set<types::CallbackId> callbacks_with_response_;
  std::set<std::pair<Time, types::RequestId>> ingress_expiries_;
  std::size_t ingress_count_ = 0;
  std::size_t input_count_ = 0;
  std::size_t output_count_ = 0;
  std::uint64_t guaranteed_response_bytes_ = 0;
  std::uint64_t best_effort_bytes_ = 0;
  types::Cycles cycles_{0};
};

void record_write(codec::RecordWriter& out, const CanisterQueues& queues);
[[nodiscard]] Status<> record_read(codec::RecordReader& in, CanisterQueues& queues);

}  // namespace icpd::state
