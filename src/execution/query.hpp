// Queries: methods that run on one node, on a state that was certified, and change nothing.
//
// A plain query is one execution. A composite query may call queries and composite queries of this
// subnet: depth first, on the same state; what it changed between its own callbacks is kept until
// it has answered, then dropped.
//
//   root ── call ──> a ── call ──> b          evaluated: b, a, root
//        <─ reply ─┘  <── reply ─┘            each between its callbacks a frame with its own
//        memory
//
// Limits, for a query with everything it calls (what exceeds one of them ends the whole query,
// except where a row says otherwise)
//
// | what | at most | else |
// | --- | --- | --- |
// | instructions | MessageLimits::query; each nested call counts kNestedQueryInstructions more |
// IC0522 where it is noticed, IC0526 to those who called it | | depth | kCompositeQueryDepthMax
// calls below the root | IC0525 to the caller of the one too deep | | time | until
// QueryOptions::time_is_up | IC0528 | | stable pages, each execution | kQueryStablePages | IC0524 |
// | memory that frames have stored to | QueryOptions::memory_max | IC0524 |
// | calls waiting | kCompositeQueryCallsMax, kCompositeQueryCallBytesMax | ic0.call_perform says no
// | | reply | 3 MiB | trap |
//
// An answer comes with its basis: what of the state it depends on. Wherever the basis holds, the
// same request has the same answer (query_cache.hpp).
//
// Several threads may run queries on the same state at the same time.
//
// Sources: interface specification, "Query call" (composite_query_helper), "Request: Query call";
// reference 7.1, 7.2.
#pragma once

#include <functional>
#include <vector>

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

/// One evaluated method, with its callbacks.
struct EvaluatedMethod {
  CanisterId canister;
  /// calls == 1.
  state::QueryStats stats;
};

/// What of a state an answer depends on.
struct QueryBasis {
  struct Balance {
    Cycles whole{0};
    Cycles liquid{0};
    bool operator==(const Balance&) const = default;
  };
  struct Canister {
    CanisterId id;
    Time created;
    /// Grows with every change of code, memory, settings, status (interface specification,
    /// "Canister version").
    std::uint64_t version = 0;
    /// If it was read.
    std::optional<Balance> balance;
  };
  /// Those of which methods were evaluated, each once.
  std::vector<Canister> canisters;
  Shared<state::NetworkTopology> topology;
  /// Of the state.
  Time time;
  bool time_was_read = false;
  bool certificate_was_read = false;
};

struct QueryAnswer {
  Result<Slice, QueryReject> result;
  /// Of everything that was evaluated.
  std::uint64_t instructions = 0;
  /// In the order in which they ended. Methods that couldn't begin aren't there.
  std::vector<EvaluatedMethod> evaluated;
  /// Nothing: the answer is for this once. It may depend on more than the basis can say (how fast
  /// the machine is, what the management canister tells), or is made as quickly anew.
  std::optional<QueryBasis> basis;
};

/// The certificate of ic0.data_certificate for the receiver, over this very state; asked for at
/// most once, and only if the canister reads it. Nothing: there is none.
using DataCertificate = std::optional<std::function<Slice()>>;
/// Whether the query has to end. Asked between its executions and every kQueryWatchInstructions, by
/// the thread that runs it. Empty: never.
using TimeIsUp = std::function<bool()>;

/// What the node allows a query.
struct QueryOptions {
  TimeIsUp time_is_up;
  /// Stored to by composite queries that wait for others.
  std::uint64_t memory_max = kCompositeQueryMemoryMax;
};

[[nodiscard]] QueryAnswer execute_query(const state::ReplicatedState& state,
                                        const QueryRequest& request, DataCertificate certificate,
                                        Environment& environment, QueryOptions options = {});

/// A call of a query method as the transform of an HTTPS outcall (http_response.hpp).
struct TransformRequest {
  CanisterId canister;
  std::string method_name;
  Slice arg;
};
/// The management canister calls the method. It has no certificate and can't be a composite query
/// (IC0527). The answer has no basis.
[[nodiscard]] QueryAnswer execute_transform(const state::ReplicatedState& state,
                                            const TransformRequest& request,
                                            Environment& environment, QueryOptions options = {});

/// Whether executing the query on this state gives the same answer; false of earlier states than
/// the basis's. What reads its certificate holds for kCertificateReuseMax: the older certificate
/// proves the same data.
[[nodiscard]] bool holds(const QueryBasis& basis, const state::ReplicatedState& state);

}  // namespace icpd::execution
