// A node's figures for Prometheus, text format 0.0.4.
//
// Where a figure means the same as one that operators of Internet Computer nodes know, it has that
// name and those labels; the others begin with icpd_. One table in the .cpp holds them all.
#pragma once

#include <string>

#include "node/node_report.hpp"

namespace icpd::node {

/// Canisters by status, for which every canister is looked at.
struct CanisterCounts {
  std::uint64_t running = 0;
  std::uint64_t stopping = 0;
  std::uint64_t stopped = 0;
};
[[nodiscard]] CanisterCounts count_canisters(const state::ReplicatedState& state);

/// `canisters` absent: there is no certified state to count in.
[[nodiscard]] std::string metrics_text(const NodeReport& report,
                                       const std::optional<CanisterCounts>& canisters);

}  // namespace icpd::node
