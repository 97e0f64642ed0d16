// What a node says about itself at one moment: its records (records.hpp) and its newest certified
// state, put together as values for status.json and metrics.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/linux/system.hpp"
#include "node/query_service.hpp"
#include "node/records.hpp"
#include "state/replicated_state.hpp"

namespace icpd::node {

/// Names that people gave to canisters.
using CanisterNameMap = std::map<types::CanisterId, std::string>;

/// A member of the subnet; its number is its place in the list.
struct MemberReport {
  types::NodeId id;
  /// "host:port" where it serves its pages too; empty: not known.
  std::string api_address;
};

struct CanisterReport {
  types::CanisterId id;
  /// Empty: it has none.
  std::string name;
  /// "running", "stopping", "stopped".
  std::string_view status;
  bool has_code = false;
  /// An execution of several rounds goes on.
  bool has_long_execution = false;
  std::uint64_t waiting_messages = 0;
  std::uint64_t heap_bytes = 0;
  std::uint64_t stable_bytes = 0;
  /// Everything that the canister takes up (interface specification, "memory_metrics").
  std::uint64_t memory_bytes = 0;
  types::Cycles cycles{0};
  CanisterRecord work;
};

/// Of the newest certified state.
struct StateReport {
  types::Height height;
  Time time;
  types::Height next_checkpoint;
  std::uint64_t checkpoint_interval = 0;
  std::uint64_t ingress_history = 0;
  std::uint64_t heap_delta_bytes = 0;
  std::uint64_t canisters_total = 0;
  std::uint64_t canisters_with_work = 0;
  std::uint64_t memory_bytes = 0;
  /// Those that did something last, then the first others, at most kCanistersShownMax; by id.
  std::vector<CanisterReport> canisters;
};

inline constexpr std::size_t kCanistersShownMax = 64;

/// What became of a call, as the certified state has it.
struct CallOutcome {
  /// "received", "processing", "replied", "rejected" or "done"; empty: the state doesn't know it.
  std::string_view status;
  /// Why it was rejected: "IC0502: ...", text that a canister may have chosen.
  std::string reject;
};

struct NodeReport {
  types::NodeId node;
  types::SubnetId subnet;
  std::string version;
  /// "healthy", or why not (http::NodeStatus).
  std::string health;
  Time now;
  Time started;
  io::linux::ProcessFigures process;
  std::vector<MemberReport> members;
  Records::Report records;
  QueryFigures queries;
  /// Absent until there is one.
  std::optional<StateReport> state;
  /// One for each of records.calls.
  std::vector<CallOutcome> outcomes;
  CanisterNameMap names;
};

/// Cost: O(kCanistersShownMax + canisters of `work`).
[[nodiscard]] StateReport report_state(const state::ReplicatedState& state,
                                       const std::map<types::CanisterId, CanisterRecord>& work,
                                       const CanisterNameMap& names);
[[nodiscard]] CallOutcome outcome_of(const state::ReplicatedState& state,
                                     const types::RequestId& request);

/// Why a node that isn't healthy can't certify, as far as it can tell, in one line of words.
[[nodiscard]] std::string explain_health(const NodeReport& report);

}  // namespace icpd::node
