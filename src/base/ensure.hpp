// Assertions that are always on.
//
// `ensure(condition)` states what only a bug of ours can break: an invariant, a precondition that
// the caller owes. A broken one ends the process at once, before it can sign, send or store
// something wrong. What the world can do to us (input of clients, peers, canisters, files) is
// never an ensure; it is a Result (base/result.hpp).
//
// Cost: one predictable branch. The message is a string literal, so that failing never allocates.
#pragma once

namespace icpd::detail {

/// Prints file, line, condition and message to standard error, then aborts.
[[noreturn]] void ensure_failed(const char* condition, const char* message, const char* file,
                                int line) noexcept;

}  // namespace icpd::detail

#define ICPD_ENSURE_1(cond) ICPD_ENSURE_2(cond, "")
#define ICPD_ENSURE_2(cond, message)                                     \
  do {                                                                   \
    if (!(cond)) [[unlikely]]                                            \
      ::icpd::detail::ensure_failed(#cond, message, __FILE__, __LINE__); \
  } while (false)
#define ICPD_ENSURE_PICK(_1, _2, name, ...) name

/// ensure(condition) or ensure(condition, "why it must hold").
#define ensure(...) ICPD_ENSURE_PICK(__VA_ARGS__, ICPD_ENSURE_2, ICPD_ENSURE_1)(__VA_ARGS__)

/// Marks a place that control can't reach.
#define unreachable_state(message) \
  ::icpd::detail::ensure_failed("unreachable", message, __FILE__, __LINE__)
