#include "replica/trace.hpp"

namespace icpd::replica {

void TraceStore::add(RequestTrace trace) {
  const types::RequestId id = trace.request;
  const auto [entry, fresh] = traces_.insert_or_assign(id, std::move(trace));
  if (!fresh) return;
  order_.push_back(id);
  if (order_.size() > kSizeMax) {
    traces_.erase(order_.front());
    order_.pop_front();
  }
  ensure(traces_.size() == order_.size());
}

const RequestTrace* TraceStore::find(const types::RequestId& id) const {
  const auto found = traces_.find(id);
  return found == traces_.end() ? nullptr : &found->second;
}

}  // namespace icpd::replica
