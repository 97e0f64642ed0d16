#include "state/queues.hpp"

#include "base/ensure.hpp"

namespace icpd::state {

using detail::Direction;
using detail::InputTurn;
using detail::MessageId;
using detail::PooledMessage;
using detail::Queue;
using detail::QueuePair;
using types::CanisterId;
using types::CoarseTime;
using types::limits::kQueueCapacity;

namespace {

/// What a message counts for besides its payload.
constexpr std::uint64_t kMessageOverheadBytes = 160;
constexpr std::uint64_t kResponseMemory = types::limits::kReplySizeMax + kMessageOverheadBytes;

std::uint64_t size_of(const types::Request& request) {
  return kMessageOverheadBytes + request.payload_size();
}
std::uint64_t size_of(const types::Response& response) {
  const std::size_t payload = std::visit(
      [](const auto& p) -> std::size_t {
        if constexpr (requires { p.data; })
          return p.data.size();
        else
          return p.message.size();
      },
      response.payload);
  return kMessageOverheadBytes + payload;
}
std::uint64_t size_of(const CanisterMessage& message) {
  return std::visit([](const auto& m) { return size_of(*m); }, message);
}
bool is_request(const CanisterMessage& message) {
  return message.index() == 0;
}
const types::Request& request_of(const CanisterMessage& message) {
  return *std::get<SharedRequest>(message);
}
const types::Response& response_of(const CanisterMessage& message) {
  return *std::get<SharedResponse>(message);
}
bool is_best_effort(const CanisterMessage& message) {
  return std::visit([](const auto& m) { return m->is_best_effort(); }, message);
}
types::Cycles cycles_of(const CanisterMessage& message) {
  return is_request(message) ? request_of(message).payment : response_of(message).refund;
}

/// A reject that the system put in the place of a best-effort response: nothing is left to drop.
bool is_minimal(const CanisterMessage& message) {
  if (is_request(message)) return false;
  const auto* reject = std::get_if<types::Reject>(&response_of(message).payload);
  return reject != nullptr && reject->code == types::RejectCode::kSysUnknown &&
         response_of(message).refund == types::Cycles{0};
}

CoarseTime coarse(Time time) {
  return CoarseTime{
      static_cast<std::uint32_t>(std::min<std::uint64_t>(time.seconds(), UINT32_MAX))};
}

SharedResponse reject_for(const types::Request& request, types::Reject reject) {
  return SharedResponse(types::Response{.originator = request.sender,
                                        .respondent = request.receiver,
                                        .callback = request.callback,
                                        .refund = request.payment,
                                        .payload = std::move(reject),
                                        .deadline = request.deadline});
}

}  // namespace

// ---- Ingress ----

void CanisterQueues::push_ingress(Shared<Ingress> message) {
  const CanisterId key = message->effective_canister.value_or(message->receiver);
  ingress_expiries_.emplace(message->expiry, message->id);
  auto& queue = ingress_[key];
  if (queue.empty()) ingress_schedule_.push_back(key);
  queue.push_back(std::move(message));
  ++ingress_count_;
}

std::optional<Time> CanisterQueues::first_ingress_expiry() const {
  if (ingress_expiries_.empty()) return std::nullopt;
  return ingress_expiries_.begin()->first;
}

std::vector<Shared<Ingress>> CanisterQueues::remove_ingress(
    const std::function<bool(const Ingress&)>& which) {
  std::vector<Shared<Ingress>> removed;
  for (auto it = ingress_.begin(); it != ingress_.end();) {
    auto& queue = it->second;
    std::deque<Shared<Ingress>> kept;
    for (auto& message : queue)
      (which(*message) ? removed.emplace_back() : kept.emplace_back()) = std::move(message);
    queue = std::move(kept);
    if (queue.empty()) {
      std::erase(ingress_schedule_, it->first);
      it = ingress_.erase(it);
    } else {
      ++it;
    }
  }
  for (const auto& message : removed)
    ingress_expiries_.erase({message->expiry, message->id});
  ingress_count_ -= removed.size();
  return removed;
}

std::vector<Shared<Ingress>> CanisterQueues::expire_ingress(Time now) {
  if (ingress_expiries_.empty() || ingress_expiries_.begin()->first >= now) return {};
  return remove_ingress([&](const Ingress& message) { return message.expiry < now; });
}

std::vector<Shared<Ingress>> CanisterQueues::drop_ingress() {
  return remove_ingress([](const Ingress&) { return true; });
}

Shared<Ingress> CanisterQueues::pop_ingress() {
  ensure(!ingress_schedule_.empty());
  const CanisterId key = ingress_schedule_.front();
  ingress_schedule_.pop_front();
  const auto it = ingress_.find(key);
  ensure(it != ingress_.end() && !it->second.empty(), "a scheduled queue has a message");
  Shared<Ingress> message = std::move(it->second.front());
  it->second.pop_front();
  if (it->second.empty())
    ingress_.erase(it);
  else
    ingress_schedule_.push_back(key);
  ingress_expiries_.erase({message->expiry, message->id});
  --ingress_count_;
  return message;
}

// ---- Pool ----

void CanisterQueues::account(MessageId id, const PooledMessage& pooled, bool added) {
  const CanisterMessage& message = pooled.message;
  const std::uint64_t size = size_of(message);
  const auto change = [&](auto& sum, auto amount) { sum = added ? sum + amount : sum - amount; };
  change(cycles_.value, cycles_of(message).value);
  change(pooled.direction == Direction::kInput ? input_count_ : output_count_, std::size_t{1});
  if (is_best_effort(message)) {
    change(best_effort_bytes_, size);
    if (!is_minimal(message)) {
      if (added)
        best_effort_by_size_.emplace(size, id);
      else
        best_effort_by_size_.erase({size, id});
    }
  } else {
    const std::uint64_t counted =
        is_request(message) ? (size > kResponseMemory ? size - kResponseMemory : 0) : size;
    change(guaranteed_response_bytes_, counted);
  }
  if (pooled.expires != types::kNoDeadline) {
    if (added)
      expiries_.emplace(pooled.expires, id);
    else
      expiries_.erase({pooled.expires, id});
  }
  if (!is_request(message) && pooled.direction == Direction::kInput) {
    const types::CallbackId callback = response_of(message).callback;
    if (added)
      callbacks_with_response_.insert(callback);
    else
      callbacks_with_response_.erase(callback);
  }
}

MessageId CanisterQueues::add(PooledMessage pooled) {
  const MessageId id = next_id_++;
  account(id, pooled, true);
  pool_.emplace(id, std::move(pooled));
  return id;
}

CanisterMessage CanisterQueues::take(MessageId id) {
  auto node = pool_.extract(id);
  ensure(!node.empty(), "a live message is in the pool");
  PooledMessage& pooled = node.mapped();
  account(id, pooled, false);
  const auto pair = pairs_.find(pooled.peer);
  ensure(pair != pairs_.end());
  Queue& queue = pooled.direction == Direction::kInput ? pair->second.input : pair->second.output;
  std::uint32_t& count = is_request(pooled.message) ? queue.requests : queue.responses;
  ensure(count > 0);
  --count;
  return std::move(pooled.message);
}

void CanisterQueues::trim(const CanisterId& peer, Direction direction) {
  QueuePair& pair = pairs_.at(peer);
  Queue& queue = direction == Direction::kInput ? pair.input : pair.output;
  if (queue.messages.empty()) return;
  while (!queue.messages.empty() && !pool_.contains(queue.messages.front()))
    queue.messages.pop_front();
  if (queue.messages.empty() && direction == Direction::kInput) {
    std::erase(local_schedule_, peer);
    std::erase(remote_schedule_, peer);
  }
}

// ---- Input ----

void CanisterQueues::schedule_input(const CanisterId& peer, MessageId id, SenderIs sender) {
  Queue& input = pairs_.at(peer).input;
  if (input.messages.empty())
    (sender == SenderIs::kLocal ? local_schedule_ : remote_schedule_).push_back(peer);
  input.messages.push_back(id);
}

Result<void, QueueError> CanisterQueues::push_request_in(SharedRequest request, SenderIs sender) {
  const CanisterId peer = request->sender;
  QueuePair& pair = pairs_[peer];
  if (pair.input.requests >= kQueueCapacity ||
      pair.output.responses + pair.output.reserved >= kQueueCapacity)
    return Err(QueueError::kQueueFull);
  ++pair.input.requests;
  ++pair.output.reserved;
  if (!request->is_best_effort()) ++guaranteed_reserved_;
  const CoarseTime expires = request->deadline;
  const MessageId id = add({std::move(request), peer, Direction::kInput, expires});
  schedule_input(peer, id, sender);
  return {};
}

Result<void, QueueError> CanisterQueues::push_response_in(SharedResponse response,
                                                          SenderIs sender) {
  const CanisterId peer = response->respondent;
  const auto pair = pairs_.find(peer);
  if (pair == pairs_.end() || pair->second.input.reserved == 0 ||
      callbacks_with_response_.contains(response->callback))
    return Err(QueueError::kNonMatchingResponse);
  --pair->second.input.reserved;
  ++pair->second.input.responses;
  if (!response->is_best_effort()) {
    ensure(guaranteed_reserved_ > 0);
    --guaranteed_reserved_;
  }
  const MessageId id = add({std::move(response), peer, Direction::kInput, types::kNoDeadline});
  schedule_input(peer, id, sender);
  return {};
}

std::optional<CanisterMessage> CanisterQueues::pop_scheduled(std::deque<CanisterId>& schedule) {
  if (schedule.empty()) return std::nullopt;
  const CanisterId peer = schedule.front();
  schedule.pop_front();
  Queue& queue = pairs_.at(peer).input;
  ensure(!queue.messages.empty(), "a scheduled queue has a message");
  const MessageId id = queue.messages.front();
  queue.messages.pop_front();
  CanisterMessage message = take(id);
  trim(peer, Direction::kInput);
  if (!queue.messages.empty()) schedule.push_back(peer);
  return message;
}

std::optional<InputMessage> CanisterQueues::pop_input() {
  for (int turns = 0; turns < 3; ++turns) {
    const InputTurn turn = turn_;
    turn_ = static_cast<InputTurn>((static_cast<unsigned>(turn) + 1) % 3);
    if (turn == InputTurn::kIngress) {
      if (ingress_count_ > 0) return pop_ingress();
      continue;
    }
    auto message = pop_scheduled(turn == InputTurn::kLocal ? local_schedule_ : remote_schedule_);
    if (message.has_value())
      return std::visit([](auto& m) { return InputMessage(std::move(m)); }, *message);
  }
  ensure(!has_input(), "every input is scheduled");
  return std::nullopt;
}

// ---- Output ----

std::size_t CanisterQueues::room_to(const CanisterId& peer) const {
  const auto it = pairs_.find(peer);
  if (it == pairs_.end()) return kQueueCapacity;
  const QueuePair& pair = it->second;
  return std::min(kQueueCapacity - pair.output.requests,
                  kQueueCapacity - pair.input.responses - pair.input.reserved);
}

bool CanisterQueues::can_send_to(const CanisterId& peer) const {
  return room_to(peer) > 0;
}

Result<void, QueueError> CanisterQueues::push_request_out(SharedRequest request, Time now) {
  const CanisterId peer = request->receiver;
  if (!can_send_to(peer)) return Err(QueueError::kQueueFull);
  QueuePair& pair = pairs_[peer];
  ++pair.output.requests;
  ++pair.input.reserved;
  const bool best_effort = request->is_best_effort();
  if (!best_effort) ++guaranteed_reserved_;
  const CoarseTime expires =
      best_effort ? request->deadline : coarse(now + types::limits::kOutboundRequestLifetime);
  pair.output.messages.push_back(add({std::move(request), peer, Direction::kOutput, expires}));
  return {};
}

Result<void, QueueError> CanisterQueues::push_reject_for_own_request(SharedRequest request,
                                                                     types::Reject reject) {
  if (!can_send_to(request->receiver)) return Err(QueueError::kQueueFull);
  ++pairs_[request->receiver].input.reserved;
  if (!request->is_best_effort()) ++guaranteed_reserved_;
  return push_response_in(reject_for(*request, std::move(reject)), SenderIs::kLocal);
}

void CanisterQueues::push_response_out(SharedResponse response) {
  const CanisterId peer = response->originator;
  const auto it = pairs_.find(peer);
  ensure(it != pairs_.end() && it->second.output.reserved > 0, "a response has a reserved slot");
  Queue& output = it->second.output;
  --output.reserved;
  ++output.responses;
  if (!response->is_best_effort()) {
    ensure(guaranteed_reserved_ > 0);
    --guaranteed_reserved_;
  }
  const CoarseTime expires = response->deadline;
  output.messages.push_back(add({std::move(response), peer, Direction::kOutput, expires}));
}

std::vector<CanisterId> CanisterQueues::output_peers() const {
  std::vector<CanisterId> peers;
  if (output_count_ == 0) return peers;
  for (const auto& [peer, pair] : pairs_)
    if (!pair.output.messages.empty()) peers.push_back(peer);
  return peers;
}

const CanisterMessage* CanisterQueues::front_output(const CanisterId& peer) const {
  const auto pair = pairs_.find(peer);
  if (pair == pairs_.end() || pair->second.output.messages.empty()) return nullptr;
  const auto message = pool_.find(pair->second.output.messages.front());
  ensure(message != pool_.end(), "the head of a queue is live");
  return &message->second.message;
}

CanisterMessage CanisterQueues::pop_output(const CanisterId& peer) {
  ensure(front_output(peer) != nullptr);
  Queue& output = pairs_.at(peer).output;
  const MessageId id = output.messages.front();
  output.messages.pop_front();
  CanisterMessage message = take(id);
  trim(peer, Direction::kOutput);
  return message;
}

std::optional<Refund> CanisterQueues::answer_own(const types::Request& request,
                                                 types::Reject reject) {
  const auto pushed = push_response_in(reject_for(request, std::move(reject)), SenderIs::kLocal);
  if (pushed.ok()) return std::nullopt;
  // The callback of a best-effort call has expired meanwhile and has its answer.
  ensure(request.is_best_effort(), "a guaranteed request has one answer");
  return Refund{request.sender, request.payment};
}

std::optional<Refund> CanisterQueues::reject_front_output(const CanisterId& peer,
                                                          types::Reject reject) {
  const CanisterMessage message = pop_output(peer);
  ensure(is_request(message));
  return answer_own(request_of(message), std::move(reject));
}

// ---- Time and pressure ----

std::optional<Refund> CanisterQueues::drop(MessageId id, const char* reason) {
  const PooledMessage& pooled = pool_.at(id);
  const CanisterId peer = pooled.peer;
  const Direction direction = pooled.direction;
  const CanisterMessage message = take(id);
  trim(peer, direction);
  if (is_request(message) && direction == Direction::kOutput)
    return answer_own(request_of(message), types::Reject{types::RejectCode::kSysTransient, reason});
  if (is_request(message)) {
    Queue& output = pairs_.at(peer).output;
    ensure(is_best_effort(message) && output.reserved > 0);
    --output.reserved;
    return Refund{request_of(message).sender, request_of(message).payment};
  }
  const types::Response& response = response_of(message);
  if (direction == Direction::kInput) {
    types::Response minimal = response;
    minimal.refund = types::Cycles{0};
    minimal.payload = types::Reject{types::RejectCode::kSysUnknown, "Response was dropped."};
    ++pairs_.at(peer).input.reserved;
    const auto pushed = push_response_in(SharedResponse(std::move(minimal)), SenderIs::kLocal);
    ensure(pushed.ok(), "its slot was just freed");
  }
  return Refund{response.originator, response.refund};
}

std::vector<Refund> CanisterQueues::time_out(CoarseTime now) {
  std::vector<Refund> refunds;
  while (!expiries_.empty() && expiries_.begin()->first < now)
    if (auto refund = drop(expiries_.begin()->second, "Request timed out.");
        refund.has_value() && refund->amount != types::Cycles{0})
      refunds.push_back(*refund);
  return refunds;
}

std::optional<CoarseTime> CanisterQueues::next_expiry() const {
  if (expiries_.empty()) return std::nullopt;
  return expiries_.begin()->first;
}

std::optional<std::vector<Refund>> CanisterQueues::shed_largest() {
  if (best_effort_by_size_.empty()) return std::nullopt;
  std::vector<Refund> refunds;
  if (auto refund = drop(best_effort_by_size_.rbegin()->second, "Request was dropped.");
      refund.has_value() && refund->amount != types::Cycles{0})
    refunds.push_back(*refund);
  return refunds;
}

// ---- Accounting ----

std::uint64_t CanisterQueues::guaranteed_memory_bytes() const {
  return guaranteed_response_bytes_ + guaranteed_reserved_ * kResponseMemory;
}

bool CanisterQueues::empty() const {
  if (!pool_.empty() || ingress_count_ != 0) return false;
  for (const auto& [peer, pair] : pairs_)
    if (pair.input.reserved != 0 || pair.output.reserved != 0) return false;
  return true;
}

bool CanisterQueues::has_garbage() const {
  return std::ranges::any_of(pairs_, [](const auto& entry) { return entry.second == QueuePair{}; });
}

void CanisterQueues::collect_garbage() {
  std::erase_if(pairs_, [](const auto& entry) { return entry.second == QueuePair{}; });
}

struct QueuesCodec {
  static constexpr auto members =
      std::tuple(&CanisterQueues::pairs_, &CanisterQueues::pool_, &CanisterQueues::next_id_,
                 &CanisterQueues::ingress_, &CanisterQueues::ingress_schedule_,
                 &CanisterQueues::local_schedule_, &CanisterQueues::remote_schedule_,
                 &CanisterQueues::turn_, &CanisterQueues::guaranteed_reserved_);

  static void rebuild(CanisterQueues& queues) {
    for (const auto& [id, pooled] : queues.pool_)
      queues.account(id, pooled, true);
    for (const auto& [key, messages] : queues.ingress_)
      for (const auto& message : messages) {
        queues.ingress_expiries_.emplace(message->expiry, message->id);
        ++queues.ingress_count_;
      }
  }
};

void record_write(codec::RecordWriter& out, const CanisterQueues& queues) {
  std::apply([&](auto... member) { (codec::write_record(out, queues.*member), ...); },
             QueuesCodec::members);
}

Status<> record_read(codec::RecordReader& in, CanisterQueues& queues) {
  queues = {};
  Status<> status = std::apply(
      [&](auto... member) {
        Status<> result;
        (void)((result = codec::read_record(in, queues.*member), result.ok()) && ...);
        return result;
      },
      QueuesCodec::members);
  if (status.ok()) QueuesCodec::rebuild(queues);
  return status;
}

}  // namespace icpd::state
