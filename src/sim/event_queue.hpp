// Virtual time: events in order of time, then of making. Nothing here knows a clock.
#pragma once

#include <functional>
#include <queue>
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
    events_.push({now_ + delay, ++order_, std::move(action)});
  }
  /// Runs the next event. False if there is none.
  bool run_one() {
    if (events_.empty()) return false;
    const Event event = events_.top();
    events_.pop();
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
  std::priority_queue<Event> events_;
  Time now_;
  std::uint64_t order_ = 0;
};

}  // namespace icpd::sim
