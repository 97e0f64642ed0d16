#include "replica/trace.hpp"

namespace icpd::replica {

std::optional<RequestTrace> OpenTraces::follow(RequestTrace trace) {
  const types::RequestId id = trace.request;
  const auto [entry, fresh] = traces_.try_emplace(id);
  if (!fresh) return std::nullopt;
  entry = {std::move(trace), ++last_age_};
  by_age_.emplace_hint(by_age_.end(), last_age_, id);
  ensure(traces_.size() == by_age_.size());
  if (traces_.size() <= kSizeMax) return std::nullopt;
  return take(by_age_.begin()->second);
}

RequestTrace* OpenTraces::find(const types::RequestId& id) {
  Entry* entry = traces_.find(id);
  return entry == nullptr ? nullptr : &entry->trace;
}

const RequestTrace* OpenTraces::find(const types::RequestId& id) const {
  const Entry* entry = traces_.find(id);
  return entry == nullptr ? nullptr : &entry->trace;
}

std::optional<RequestTrace> OpenTraces::take(const types::RequestId& id) {
  auto entry = traces_.extract(id);
  if (!entry) return std::nullopt;
  by_age_.erase(entry->age);
  return std::move(entry->trace);
}

void TraceStore::add(RequestTrace trace) {
  const types::RequestId id = trace.request;
  const auto [entry, is_new] = traces_.try_emplace(id);
  entry = std::move(trace);
  if (!is_new) return;
  order_.push_back(id);
  if (order_.size() > kSizeMax) {
    traces_.erase(order_.front());
    order_.pop_front();
  }
  ensure(traces_.size() == order_.size());
}

const RequestTrace* TraceStore::find(const types::RequestId& id) const {
  return traces_.find(id);
}

}  // namespace icpd::replica
