// What a node reports, as JSON for the dashboard, `icpd trace` and other programs.
//
// Texts that a canister or client chose (method names, reject messages) and names that users gave
// are in it as they are, invalid UTF-8 replaced and kTextMax bytes at most: whoever shows them
// escapes them.
#pragma once

#include <string>

#include "node/node_report.hpp"

namespace icpd::node {

/// Texts are cut after so many bytes.
inline constexpr std::size_t kTextMax = 400;

/// The whole node, in the shape that node_pages.hpp describes.
[[nodiscard]] std::string status_json(const NodeReport& report);

/// What a node knows of a call beside its trace.
struct CallContext {
  CallOutcome outcome;
  /// Records::queued() of its batch.
  std::optional<std::uint64_t> queued;
};

/// One call, in the shape that node_pages.hpp describes. `members` in the order of the subnet.
[[nodiscard]] std::string trace_json(const replica::RequestTrace& trace, const types::NodeId& node,
                                     const std::vector<types::NodeId>& members,
                                     const CallContext& context);

}  // namespace icpd::node
