// HTTPS outcalls: calls of http_request and flexible_http_request that wait for the answer of
// consensus, and those whose nodes may still say what they spent.
//
//   call -> HttpOutcall, for 60 s at most -> answer
//                      (second pricing version) \-> HttpSettlement, until all nodes have reported
//                                                   or 120 s after the call
//
// An outcall doesn't end with its caller: an uninstalled canister's context takes the answer and
// its cycles, and a stopping canister waits for it.
//
// Invariants of HttpOutcalls
//  1. Ids grow with the time of the call, so the first of each map is the first to time out.
//  2. bytes is the sum of the requests that wait.
//  3. An unsettled outcall has a node that may report.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/shared.hpp"
#include "base/units.hpp"
#include "types/consensus_responses.hpp"
#include "types/limits.hpp"
#include "types/messages.hpp"

namespace icpd::state {

struct HttpHeader {
  std::string name;
  std::string value;
  bool operator==(const HttpHeader&) const = default;
  static constexpr auto kFields = std::tuple(&HttpHeader::name, &HttpHeader::value);
};
/// Names and values together, in bytes.
[[nodiscard]] std::uint64_t headers_size(std::span<const HttpHeader> headers);

enum class HttpMethod : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kPatch };
[[nodiscard]] constexpr bool is_valid(HttpMethod method) {
  return method <= HttpMethod::kPatch;
}
/// As it stands in a request: "GET".
[[nodiscard]] std::string_view name(HttpMethod method);

/// A query method of the calling canister that each node gives its response to.
struct HttpTransform {
  std::string method_name;
  Slice context;
  bool operator==(const HttpTransform&) const = default;
  static constexpr auto kFields = std::tuple(&HttpTransform::method_name, &HttpTransform::context);
};

struct HttpRequest {
  std::string url;
  HttpMethod method = HttpMethod::kGet;
  std::vector<HttpHeader> headers;
  Slice body;
  std::optional<HttpTransform> transform;
  std::optional<std::uint64_t> max_response_bytes;

  /// What is paid for: URL, headers, body, name and context of the transform.
  [[nodiscard]] std::uint64_t size_bytes() const;
  [[nodiscard]] std::uint64_t response_size_max() const {
    return max_response_bytes.value_or(types::limits::kHttpResponseSizeMax);
  }
  bool operator==(const HttpRequest&) const = default;
  static constexpr auto kFields =
      std::tuple(&HttpRequest::url, &HttpRequest::method, &HttpRequest::headers, &HttpRequest::body,
                 &HttpRequest::transform, &HttpRequest::max_response_bytes);
};

/// Who fetches, and what is answered.
enum class HttpReplication : std::uint8_t {
  /// All nodes; what n - f of them agree on.
  kAllNodes,
  /// One node; what it says.
  kOneNode,
  /// Some nodes; a list of what each says.
  kCommittee,
};
[[nodiscard]] constexpr bool is_valid(HttpReplication replication) {
  return replication <= HttpReplication::kCommittee;
}

struct HttpOutcall {
  /// Without its argument. Its payment is what goes back with the answer, whatever that is.
  Shared<types::Request> call;
  Time time;
  HttpRequest request;
  HttpReplication replication = HttpReplication::kAllNodes;
  /// Those that fetch, ascending.
  std::vector<types::NodeId> nodes;
  /// Of a committee: replies that the caller needs, and wants at most.
  std::uint32_t min_responses = 0;
  std::uint32_t max_responses = 0;
  /// What each of the nodes may spend; held until it is known. Absent: all is paid.
  std::optional<types::Cycles> allowance;

  [[nodiscard]] Time deadline() const { return time + types::limits::kHttpOutcallTimeout; }
  [[nodiscard]] types::Cycles held() const {
    return types::Cycles{allowance.value_or(types::Cycles{0}).value * nodes.size()};
  }
  [[nodiscard]] bool has_node(const types::NodeId& node) const;
  static constexpr auto kFields =
      std::tuple(&HttpOutcall::call, &HttpOutcall::time, &HttpOutcall::request,
                 &HttpOutcall::replication, &HttpOutcall::nodes, &HttpOutcall::min_responses,
                 &HttpOutcall::max_responses, &HttpOutcall::allowance);
};

/// An outcall that is over. What a node didn't spend of its allowance goes back to the canister.
struct HttpSettlement {
  types::CanisterId sender;
  /// Of the call.
  Time time;
  types::Cycles allowance{0};
  /// Those that haven't reported, ascending.
  std::vector<types::NodeId> nodes;

  [[nodiscard]] Time deadline() const {
    return time + types::limits::kHttpOutcallTimeout + types::limits::kHttpSettlementTimeout;
  }
  [[nodiscard]] types::Cycles held() const { return types::Cycles{allowance.value * nodes.size()}; }
  static constexpr auto kFields = std::tuple(&HttpSettlement::sender, &HttpSettlement::time,
                                             &HttpSettlement::allowance, &HttpSettlement::nodes);
};

/// Settlements that are kept. Beyond them an outcall is settled with its answer: the nodes that
/// haven't reported spent nothing.
inline constexpr std::size_t kHttpUnsettledMax = 10 * types::limits::kHttpOutcallsMax;

struct HttpOutcalls {
  std::map<types::SubnetCallId, Shared<HttpOutcall>> waiting;
  std::map<types::SubnetCallId, HttpSettlement> unsettled;
  std::uint64_t bytes = 0;

  /// Needs an id above all that wait.
  void add(types::SubnetCallId id, HttpOutcall outcall);
  /// Nothing if there is no such outcall.
  [[nodiscard]] std::optional<Shared<HttpOutcall>> take(types::SubnetCallId id);
  /// The first time at which something is over.
  [[nodiscard]] std::optional<Time> next_deadline() const;
  [[nodiscard]] types::Cycles cycles() const;
  static constexpr auto kFields =
      std::tuple(&HttpOutcalls::waiting, &HttpOutcalls::unsettled, &HttpOutcalls::bytes);
};

}  // namespace icpd::state
