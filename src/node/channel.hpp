// A bounded queue of values between threads.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/ensure.hpp"
#include "base/units.hpp"

namespace icpd::node {

/// Many may push, one pops. After close() nothing is taken any more and what is left can be popped.
template <typename T>
class Channel {
 public:
  explicit Channel(std::size_t capacity) : capacity_(capacity) { ensure(capacity > 0); }

  /// False, and nothing taken, when full or closed.
  [[nodiscard]] bool try_push(T value) {
    const std::lock_guard lock(mutex_);
    if (closed_ || items_.size() >= capacity_) return false;
    items_.push_back(std::move(value));
    ready_.notify_one();
    return true;
  }
  /// For values that their sender bounds: needs room. False when closed.
  bool push(T value) {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    ensure(items_.size() < capacity_, "a channel whose senders bound it is never full");
    items_.push_back(std::move(value));
    ready_.notify_one();
    return true;
  }
  /// Everything that is there, as soon as there is something, or nothing after `wait`, or when
  /// closed.
  [[nodiscard]] std::deque<T> pop_all(std::optional<Duration> wait) {
    std::unique_lock lock(mutex_);
    const auto awake = [&] { return closed_ || !items_.empty(); };
    if (wait) {
      // A wait for centuries would overflow the library's clock and end at once.
      const Duration bounded = std::min(*wait, Duration::minutes(60));
      ready_.wait_for(lock, std::chrono::nanoseconds(bounded.ns), awake);
    } else {
      ready_.wait(lock, awake);
    }
    return std::exchange(items_, {});
  }
  /// The next value into `value`, as soon as there is one; false once closed and empty.
  [[nodiscard]] bool pop(T& value) {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [&] { return closed_ || !items_.empty(); });
    if (items_.empty()) return false;
    value = std::move(items_.front());
    items_.pop_front();
    return true;
  }
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    ready_.notify_all();
  }
  [[nodiscard]] bool closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace icpd::node
