#include "message_routing/payload.hpp"

#include <deque>
#include <map>
#include <memory_resource>
#include <set>

#include "base/ensure.hpp"
#include "base/units.hpp"
#include "message_routing/ingress_rules.hpp"
#include "types/limits.hpp"

namespace icpd::message_routing {

namespace {

namespace limits = types::limits;
using types::CanisterId;

/// A payload while it grows: what is in it and what that costs.
class Composer {
 public:
  explicit Composer(const PayloadBase& base) : base_(base) {
    for (const SharedIngress& message : base.past) {
      seen_.insert(message->id());
      // Messages that a later block's state wouldn't take don't pay either.
      const auto charge = check_ingress(base.certified, message->call());
      if (charge.ok() && charge->payer.has_value()) {
        types::Cycles& left = left_of(*charge->payer);
        left = left.minus_or_zero(charge->cost.value);
      }
    }
  }

  /// Adds the message, or says which rule it breaks.
  Status<> add(const types::IngressMessage& message) {
    TRY(check_room(message));
    TRY(check_expiry(message.call().ingress_expiry));
    if (seen_.contains(message.id())) return Err("message is in a block already");
    if (base_.certified.ingress().contains(message.id()))
      return Err("message was executed already");
    const auto charge = check_ingress(base_.certified, message.call());
    if (!charge.ok()) return Err(charge.error().message);
    if (charge->payer.has_value()) TRY(charge_to(*charge));
    seen_.insert(message.id());
    ++count_;
    bytes_ += message.size();
    return {};
  }

  [[nodiscard]] Status<> check_room(const types::IngressMessage& message) const {
    if (count_ >= limits::kBlockIngressCountMax) return Err("more messages than a block may have");
    if (message.size() > limits::kIngressMessageSizeMax) return Err("message is too large");
    if (bytes_ + message.size() > limits::kBlockIngressSizeMax)
      return Err("more bytes of messages than a block may have");
    return {};
  }
  [[nodiscard]] bool full() const {
    return count_ >= limits::kBlockIngressCountMax || bytes_ >= limits::kBlockIngressSizeMax;
  }

 private:
  [[nodiscard]] Status<> check_expiry(Time expiry) const {
    if (expiry < base_.context.time) return Err("message has expired");
    if (expiry > base_.context.time + limits::kIngressTtlMax)
      return Err("message expires too far in the future");
    return {};
  }
  /// What the canister can still pay for.
  types::Cycles& left_of(const CanisterId& payer) {
    const auto known = left_.find(payer);
    if (known != left_.end()) return known->second;
    return left_.emplace(payer, payable(base_.certified, payer)).first->second;
  }
  Status<> charge_to(const IngressCharge& charge) {
    types::Cycles& left = left_of(*charge.payer);
    if (charge.cost > left && !charge.may_be_short) return Err("canister can't pay for message");
    left = left.minus_or_zero(charge.cost.value);
    return {};
  }

  const PayloadBase& base_;
  /// Thousands of ids that come and go together.
  std::pmr::monotonic_buffer_resource memory_{64 * kKiB};
  std::pmr::set<types::RequestId> seen_{&memory_};
  std::map<CanisterId, types::Cycles> left_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

/// Who a message competes with for room: others of the same called canister.
std::map<CanisterId, std::deque<SharedIngress>> by_canister(std::span<const SharedIngress> pool) {
  std::map<CanisterId, std::deque<SharedIngress>> queues;
  for (const SharedIngress& message : pool)
    queues[message->call().canister_id].push_back(message);
  return queues;
}

}  // namespace

types::DataPayload build_payload(const PayloadBase& base, std::span<const SharedIngress> pool) {
  types::DataPayload payload;
  Composer composer(base);
  auto queues = by_canister(pool);
  while (!queues.empty() && !composer.full()) {
    for (auto queue = queues.begin(); queue != queues.end();) {
      const SharedIngress message = std::move(queue->second.front());
      queue->second.pop_front();
      if (composer.add(*message).ok()) payload.ingress.push_back(message->hash);
      queue = queue->second.empty() ? queues.erase(queue) : std::next(queue);
    }
  }
  return payload;
}

Status<> check_payload(const PayloadBase& base, const types::DataPayload& payload,
                       std::span<const SharedIngress> bodies) {
  ensure(bodies.size() == payload.ingress.size());
  Composer composer(base);
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    ensure(bodies[i]->hash == payload.ingress[i]);
    warm_history(base.certified.ingress(), bodies, i);
    const auto added = composer.add(*bodies[i]);
    if (!added.ok()) return Err(added.error().within("message " + std::to_string(i)));
  }
  return {};
}

}  // namespace icpd::message_routing
