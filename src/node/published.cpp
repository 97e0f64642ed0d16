#include "node/published.hpp"

namespace icpd::node {

SharedView Published::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

void Published::wait_for(const types::RequestId& request, Time steady_deadline, Waiter waiter) {
  SharedView answer;
  {
    const std::lock_guard lock(mutex_);
    const bool ended = newest_ != nullptr && newest_->is_terminal(request);
    if (!ended && waiting_.size() < kWaitersMax) {
      const auto deadline = deadlines_.emplace(steady_deadline, request);
      waiting_.emplace(request, Waiting{deadline, std::move(waiter)});
      return;
    }
    if (ended) answer = newest_;
  }
  waiter(std::move(answer));
}

std::vector<Published::Waiter> Published::publish(SharedView view,
                                                  const std::vector<types::RequestId>& finished) {
  const std::lock_guard lock(mutex_);
  ensure(newest_ == nullptr || newest_->height() < view->height(), "heights never go back");
  newest_ = std::move(view);
  std::vector<Waiter> ready;
  for (const types::RequestId& request : finished) {
    const auto [first, last] = waiting_.equal_range(request);
    for (auto it = first; it != last; ++it) {
      deadlines_.erase(it->second.deadline);
      ready.push_back(std::move(it->second.waiter));
    }
    waiting_.erase(first, last);
  }
  return ready;
}

std::vector<Published::Waiter> Published::expire(Time steady) {
  const std::lock_guard lock(mutex_);
  std::vector<Waiter> late;
  while (!deadlines_.empty() && deadlines_.begin()->first <= steady) {
    const auto deadline = deadlines_.begin();
    auto waiting = waiting_.find(deadline->second);
    while (waiting->second.deadline != deadline)
      ++waiting;
    late.push_back(std::move(waiting->second.waiter));
    waiting_.erase(waiting);
    deadlines_.erase(deadline);
  }
  return late;
}

std::optional<Time> Published::next_deadline() const {
  const std::lock_guard lock(mutex_);
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

}  // namespace icpd::node
