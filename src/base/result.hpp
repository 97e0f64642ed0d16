// Result<T, E>: a value or the reason why there is none.
//
// For everything that the world can make fail. Never ignored ([[nodiscard]]), never thrown. A thin
// class over std::expected, with the two combinators that g++ 12 lacks and a TRY macro:
//
//   Result<Block, DecodeError> decode(ByteView bytes) {
//     Height height = TRY(decode_height(bytes));   // returns the error to our caller
//     if (height == 0) return Err(DecodeError::kZeroHeight);
//     return Block{height};
//   }
//
// TRY converts the error type implicitly where E2 is constructible from E1.
// The default error is Error: a text for people (say what was wrong and where).
#pragma once

#include <expected>
#include <string>
#include <type_traits>
#include <utility>

#include "base/ensure.hpp"

namespace icpd {

/// A reason in plain words. Modules whose callers must tell failures apart use an enum or a
/// struct of their own instead.
struct Error {
  std::string message;

  /// The same error seen from one level up: "context: message".
  [[nodiscard]] Error within(const std::string& context) const {
    return Error{context + ": " + message};
  }
  bool operator==(const Error&) const = default;
};

/// Wraps an error for `return Err(...)`.
template <typename E>
[[nodiscard]] std::unexpected<std::decay_t<E>> Err(E&& error) {
  return std::unexpected<std::decay_t<E>>(std::forward<E>(error));
}
[[nodiscard]] inline std::unexpected<Error> Err(const char* message) {
  return std::unexpected<Error>(Error{message});
}
[[nodiscard]] inline std::unexpected<Error> Err(std::string message) {
  return std::unexpected<Error>(Error{std::move(message)});
}

template <typename T, typename E = Error>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = E;

  template <typename U = T>
    requires(!std::is_void_v<T> && std::is_constructible_v<T, U &&> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result>)
  Result(U&& value)
      : inner_(std::in_place, std::forward<U>(value)) {}  // NOLINT: implicit by design
  template <typename G>
    requires std::is_constructible_v<E, G&&>
  Result(std::unexpected<G>&& error)  // NOLINT: implicit by design
      : inner_(std::unexpect, std::move(error).error()) {}
  template <typename G>
    requires std::is_constructible_v<E, const G&>
  Result(const std::unexpected<G>& error)  // NOLINT: implicit by design
      : inner_(std::unexpect, error.error()) {}
  Result()
    requires std::is_void_v<T>
  = default;

  [[nodiscard]] bool ok() const { return inner_.has_value(); }
  explicit operator bool() const { return ok(); }

  /// Needs ok().
  [[nodiscard]] decltype(auto) value() & {
    ensure(ok(), "value() of a failed Result");
    return *inner_;
  }
  [[nodiscard]] decltype(auto) value() const& {
    ensure(ok(), "value() of a failed Result");
    return *inner_;
  }
  [[nodiscard]] T value() && {
    ensure(ok(), "value() of a failed Result");
    if constexpr (!std::is_void_v<T>) return std::move(*inner_);
  }
  [[nodiscard]] decltype(auto) operator*() & { return value(); }
  [[nodiscard]] decltype(auto) operator*() const& { return value(); }
  [[nodiscard]] T operator*() && { return std::move(*this).value(); }
  [[nodiscard]] auto* operator->() {
    ensure(ok(), "-> of a failed Result");
    return &*inner_;
  }
  [[nodiscard]] const auto* operator->() const {
    ensure(ok(), "-> of a failed Result");
    return &*inner_;
  }

  /// Needs !ok().
  [[nodiscard]] const E& error() const& {
    ensure(!ok(), "error() of a successful Result");
    return inner_.error();
  }
  [[nodiscard]] E error() && {
    ensure(!ok(), "error() of a successful Result");
    return std::move(inner_).error();
  }

  template <typename U>
  [[nodiscard]] T value_or(U&& fallback) const& {
    return inner_.value_or(std::forward<U>(fallback));
  }
  template <typename U>
  [[nodiscard]] T value_or(U&& fallback) && {
    return std::move(inner_).value_or(std::forward<U>(fallback));
  }

  /// f(value) -> Result<U, E>; the error passes through.
  template <typename F>
  [[nodiscard]] auto and_then(F&& f) && -> std::invoke_result_t<F, std::add_rvalue_reference_t<T>> {
    if (!ok()) return Err(std::move(inner_).error());
    return std::forward<F>(f)(std::move(*inner_));
  }
  /// f(value) -> U; the error passes through.
  template <typename F>
  [[nodiscard]] auto map(
      F&& f) && -> Result<std::invoke_result_t<F, std::add_rvalue_reference_t<T>>, E> {
    if (!ok()) return Err(std::move(inner_).error());
    return std::forward<F>(f)(std::move(*inner_));
  }
  /// f(error) -> E2; the value passes through.
  template <typename F>
  [[nodiscard]] auto map_error(F&& f) && -> Result<T, std::invoke_result_t<F, E&&>> {
    if (!ok()) return Err(std::forward<F>(f)(std::move(inner_).error()));
    if constexpr (std::is_void_v<T>) {
      return {};
    } else {
      return std::move(*inner_);
    }
  }

  friend bool operator==(const Result& a, const Result& b)
    requires(!std::is_void_v<T>)
  {
    return a.inner_ == b.inner_;
  }

 private:
  std::expected<T, E> inner_;
};

/// What a function returns that can fail but has nothing to say when it doesn't.
template <typename E = Error>
using Status = Result<void, E>;

}  // namespace icpd

/// The value of a Result, or `return` its error from the enclosing function.
#define TRY(...)                                        \
  ({                                                    \
    auto&& icpd_try_ = (__VA_ARGS__);                   \
    if (!icpd_try_.ok()) [[unlikely]]                   \
      return ::icpd::Err(std::move(icpd_try_).error()); \
    std::move(icpd_try_).value();                       \
  })
