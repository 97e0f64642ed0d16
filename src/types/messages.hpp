// Messages between canisters (interface specification, "Inter-canister calls").
//
// A call is a Request to the callee and, exactly once, a Response to the caller. `deadline` 0 means
// a guaranteed response; otherwise the call is best-effort and the caller gets a reject with
// SYS_UNKNOWN once the deadline has passed.
#pragma once

#include <string>
#include <variant>

#include "base/bytes.hpp"
#include "types/error_code.hpp"
#include "types/ids.hpp"
#include "types/numbers.hpp"

namespace icpd::types {

inline constexpr CoarseTime kNoDeadline{0};

struct Request {
  CanisterId receiver;
  CanisterId sender;
  CallbackId callback;
  Cycles payment;
  std::string method_name;
  Slice arg;
  CoarseTime deadline;
  /// Depth of this call in its call tree and when the tree began.
  std::uint64_t call_tree_depth = 0;
  Time call_tree_start;

  [[nodiscard]] bool is_best_effort() const { return deadline != kNoDeadline; }
  [[nodiscard]] std::size_t payload_size() const { return method_name.size() + arg.size(); }
  bool operator==(const Request&) const = default;
  static constexpr auto kFields =
      std::tuple(&Request::receiver, &Request::sender, &Request::callback, &Request::payment,
                 &Request::method_name, &Request::arg, &Request::deadline,
                 &Request::call_tree_depth, &Request::call_tree_start);
};

struct Reply {
  Slice data;
  bool operator==(const Reply&) const = default;
  static constexpr auto kFields = std::tuple(&Reply::data);
};

struct Reject {
  RejectCode code = RejectCode::kSysFatal;
  std::string message;
  bool operator==(const Reject&) const = default;
  static constexpr auto kFields = std::tuple(&Reject::code, &Reject::message);
};

using ResponsePayload = std::variant<Reply, Reject>;

struct Response {
  CanisterId originator;
  CanisterId respondent;
  CallbackId callback;
  Cycles refund;
  ResponsePayload payload;
  CoarseTime deadline;

  [[nodiscard]] bool is_best_effort() const { return deadline != kNoDeadline; }
  bool operator==(const Response&) const = default;
  static constexpr auto kFields =
      std::tuple(&Response::originator, &Response::respondent, &Response::callback,
                 &Response::refund, &Response::payload, &Response::deadline);
};

using RequestOrResponse = std::variant<Request, Response>;

/// The reject that a failed user or system operation becomes when a canister asked for it.
[[nodiscard]] inline Reject to_reject(const UserError& error) {
  return Reject{reject_code(error.code), error.message};
}

}  // namespace icpd::types
