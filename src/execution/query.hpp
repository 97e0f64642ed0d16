// Queries: methods that run on one node, on a state that was certified, and change nothing.
//
// A plain query is one execution. A composite query may call queries and composite queries of this
// subnet: depth first, on the same state; what it changed between its own callbacks is kept until
// it has answered, then dropped. All of them together may use as much as one query (reference 7.2).
//
// Several threads may run queries on the same state at the same time.
//
// Sources: interface specification, "Query call" (composite_query_helper); reference 7.1, 7.2.
#pragma once

#include "execution/errors.hpp"
#include "execution/round.hpp"
#include "state/replicated_state.hpp"

namespace icpd::execution {

struct QueryRequest {
  types::UserId sender;
  std::optional<state::CallerInfo> caller_info;
  CanisterId receiver;
  std::string method_name;
  Slice arg;
};

/// Why there is no reply, as a query's answer says it.
struct QueryReject {
  types::RejectCode reject_code = types::RejectCode::kSysFatal;
  std::string message;
  types::ErrorCode error_code = types::ErrorCode::kCanisterTrapped;
  bool operator==(const QueryReject&) const = default;
};

struct QueryAnswer {
  Result<Slice, QueryReject> result;
  /// Of everything that was evaluated.
  std::uint64_t instructions = 0;
};

inline constexpr std::size_t kCompositeQueryDepthMax = 6;
/// Counted for each call of a composite query.
inline constexpr std::uint64_t kNestedQueryInstructions = 50'000'000;

/// `certificate`: for ic0.data_certificate of the receiver, over this very state; may be absent.
[[nodiscard]] QueryAnswer execute_query(const state::ReplicatedState& state,
                                        const QueryRequest& request,
                                        std::optional<Slice> certificate, Environment& environment);

}  // namespace icpd::execution
