#include "node/query_workers.hpp"

#include "base/ensure.hpp"
#include "io/linux/system.hpp"

namespace icpd::node {

QueryWorkers::QueryWorkers(const Options& options) : options_(options) {
  ensure(options.threads_per_canister > 0 && options.threads_per_canister <= options.threads);
  for (std::size_t i = 0; i < options.threads; ++i) {
    threads_.emplace_back([this] {
      io::linux::name_this_thread("query");
      io::linux::lower_this_thread(5);
      work();
    });
  }
}

QueryWorkers::~QueryWorkers() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_)
    thread.join();
}

bool QueryWorkers::try_push(const types::CanisterId& canister, Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_ >= options_.waiting_max) return false;
    const auto lane = lanes_.try_emplace(canister).first;
    lane->second.waiting.push_back(std::move(task));
    ++waiting_;
    give_turn(lane);
  }
  ready_.notify_one();
  return true;
}

void QueryWorkers::give_turn(Lanes::iterator at) {
  Lane& lane = at->second;
  const bool may_run = !lane.waiting.empty() && lane.running < options_.threads_per_canister;
  if (lane.in_turns || !may_run) return;
  lane.in_turns = true;
  turns_.push_back(at);
}

void QueryWorkers::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ready_.wait(lock, [this] { return closed_ || !turns_.empty(); });
    if (closed_) return;
    const auto at = turns_.front();
    turns_.pop_front();
    Lane& lane = at->second;
    lane.in_turns = false;
    Task task = std::move(lane.waiting.front());
    lane.waiting.pop_front();
    --waiting_;
    ++lane.running;
    // Behind the others, who have their turn first.
    give_turn(at);
    const bool more = !turns_.empty();
    lock.unlock();
    if (more) ready_.notify_one();
    task();
    task = nullptr;
    lock.lock();
    --lane.running;
    give_turn(at);
    if (lane.running == 0 && lane.waiting.empty()) lanes_.erase(at);
  }
}

}  // namespace icpd::node
