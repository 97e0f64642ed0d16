// Virtual time: events in order of time, then of making. Nothing here knows a clock.
#pragma once

#include <algorithm>
#include <functional>
#include <tuple>
#include <vector>

#include "base/ensure.hpp"
#include "base/units.hpp"

namespace icpd::sim {

class EventQueue {
 public:
  [[nodiscard]] Time now() const { return now_; }
  void after(Duration delay, std::function<void()> action) {
    ensure(delay.ns >= 0, "events lie in the future");
    events_.push_back({now_ + delay, ++order_, std::move(action)});
    std::push_heap(events_.begin(), events_.end());
  }
  /// Runs the next event. False if there is none.
  bool run_one() {
    if (events_.empty()) return false;
    std::pop_heap(events_.begin(), events_.end());
    const Event event = std::move(events_.back());
    events_.pop_back();
    ensure(event.at >= now_);
    now_ = event.at;
    event.action();
    return true;
  }
  [[nodiscard]] std::uint64_t made() const { return order_; }

 private:
  struct Event {
    Time at;
    std::uint64_t order = 0;
    std::function<void()> action;
    bool operator<(const Event& other) const {
      return std::tie(other.at, other.order) < std::tie(at, order);
    }
  };
  /// A heap; std::priority_queue gives its top by copy only.
  std::vector<Event> events_;
  Time now_;
  std::uint64_t order_ = 0;
};

}  // namespace icpd::sim
