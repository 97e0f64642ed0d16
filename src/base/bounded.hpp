// Containers with a named bound. Nothing in icpd grows without one.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "base/ensure.hpp"

namespace icpd {

/// First in, first out, at most `capacity` elements.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) { ensure(capacity > 0); }

  /// False, and nothing taken, when full: the caller pushes back to its own source.
  [[nodiscard]] bool try_push(T value) {
    if (full()) return false;
    items_.push_back(std::move(value));
    return true;
  }
  /// Needs !empty().
  [[nodiscard]] T pop() {
    ensure(!items_.empty());
    T value = std::move(items_.front());
    items_.pop_front();
    return value;
  }
  /// Needs !empty().
  [[nodiscard]] const T& front() const {
    ensure(!items_.empty());
    return items_.front();
  }
  [[nodiscard]] bool empty() const { return items_.empty(); }
  [[nodiscard]] bool full() const { return items_.size() >= capacity_; }
  [[nodiscard]] std::size_t size() const { return items_.size(); }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }

 private:
  std::size_t capacity_;
  std::deque<T> items_;
};

}  // namespace icpd
