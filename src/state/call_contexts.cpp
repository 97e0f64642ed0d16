#include "state/call_contexts.hpp"

#include "base/ensure.hpp"

namespace icpd::state {

types::CallContextId CallContexts::open(CallContext context) {
  ensure(context.outstanding_calls == 0);
  const types::CallContextId id = next_context_;
  ++next_context_;
  const bool is_new = contexts_.emplace(id, std::move(context)).second;
  ensure(is_new, "call context ids are used once");
  return id;
}

const CallContext* CallContexts::find(types::CallContextId id) const {
  const auto it = contexts_.find(id);
  return it == contexts_.end() ? nullptr : &it->second;
}

CallContext& CallContexts::at(types::CallContextId id) {
  const auto it = contexts_.find(id);
  ensure(it != contexts_.end(), "unknown call context");
  return it->second;
}

CallContext CallContexts::close(types::CallContextId id) {
  auto node = contexts_.extract(id);
  ensure(!node.empty(), "unknown call context");
  ensure(node.mapped().outstanding_calls == 0, "a context with outstanding calls stays open");
  return std::move(node.mapped());
}

types::CallbackId CallContexts::add_callback(Callback callback) {
  ++at(callback.context).outstanding_calls;
  const types::CallbackId id = next_callback_;
  ++next_callback_;
  if (callback.is_best_effort()) deadlines_.emplace(callback.deadline, id);
  const bool is_new = callbacks_.emplace(id, std::move(callback)).second;
  ensure(is_new, "callback ids are used once");
  return id;
}

const Callback* CallContexts::find(types::CallbackId id) const {
  const auto it = callbacks_.find(id);
  return it == callbacks_.end() ? nullptr : &it->second;
}

std::optional<Callback> CallContexts::take_callback(types::CallbackId id) {
  auto node = callbacks_.extract(id);
  if (node.empty()) return std::nullopt;
  Callback callback = std::move(node.mapped());
  deadlines_.erase({callback.deadline, id});
  CallContext& context = at(callback.context);
  ensure(context.outstanding_calls > 0);
  --context.outstanding_calls;
  return callback;
}

std::vector<types::CallbackId> CallContexts::expire_callbacks(types::CoarseTime now) {
  std::vector<types::CallbackId> expired;
  while (!deadlines_.empty() && deadlines_.begin()->first < now) {
    expired.push_back(deadlines_.begin()->second);
    deadlines_.erase(deadlines_.begin());
  }
  return expired;
}

std::optional<types::CoarseTime> CallContexts::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

types::Cycles CallContexts::cycles_available() const {
  types::Cycles sum{0};
  for (const auto& [id, context] : contexts_)
    sum += context.available_cycles.value;
  return sum;
}

types::Cycles CallContexts::cycles_prepaid() const {
  types::Cycles sum{0};
  for (const auto& [id, callback] : callbacks_)
    sum += callback.prepaid_execution.value + callback.prepaid_transmission.value;
  return sum;
}

}  // namespace icpd::state
