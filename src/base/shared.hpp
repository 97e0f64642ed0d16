// Shared immutable values and copy-on-write.
//
//   Shared<T>   a value that many hold and none changes: copying copies a pointer.
//   Cow<T>      a value with value semantics whose copies share storage until one is written.
//
// The only shared ownership in the protocol folders. Both are safe to hand between threads: what
// is shared is never changed.
#pragma once

#include <memory>
#include <utility>

#include "base/ensure.hpp"

namespace icpd {

/// Never null unless default-constructed or moved from; `*` and `->` need it not to be.
template <typename T>
class Shared {
 public:
  Shared() = default;
  explicit Shared(T value) : pointer_(std::make_shared<const T>(std::move(value))) {}
  explicit Shared(std::shared_ptr<const T> pointer) : pointer_(std::move(pointer)) {}

  [[nodiscard]] const T& operator*() const {
    ensure(pointer_ != nullptr, "empty Shared");
    return *pointer_;
  }
  [[nodiscard]] const T* operator->() const { return &**this; }
  [[nodiscard]] const T* get() const { return pointer_.get(); }
  explicit operator bool() const { return pointer_ != nullptr; }
  /// Same object, not equal content.
  [[nodiscard]] bool same(const Shared& other) const { return pointer_ == other.pointer_; }

 private:
  std::shared_ptr<const T> pointer_;
};

template <typename T, typename... Args>
[[nodiscard]] Shared<T> make_shared_const(Args&&... args) {
  return Shared<T>(std::make_shared<const T>(std::forward<Args>(args)...));
}

template <typename T>
class Cow {
 public:
  Cow() : pointer_(std::make_shared<T>()) {}
  explicit Cow(T value) : pointer_(std::make_shared<T>(std::move(value))) {}

  [[nodiscard]] const T& operator*() const { return *pointer_; }
  [[nodiscard]] const T* operator->() const { return pointer_.get(); }

  /// The value for writing; copies it first if somebody else holds it too.
  [[nodiscard]] T& write() {
    // Taking a reference orders what other threads read before they gave theirs up.
    const std::shared_ptr<T> held = pointer_;
    if (pointer_.use_count() != 2) pointer_ = std::make_shared<T>(*held);
    return *pointer_;
  }
  /// True if both hold the very same storage, so that comparing contents can be skipped.
  [[nodiscard]] bool same(const Cow& other) const { return pointer_ == other.pointer_; }

 private:
  std::shared_ptr<T> pointer_;
};

}  // namespace icpd
