// `icpd trace`: the way of one call through the four layers, as the nodes recorded it.
#pragma once

#include "node/cli_target.hpp"

namespace icpd::node {

struct TraceOptions {
  TargetOptions target;
  /// 64 hexadecimal digits.
  std::string request;
  bool json = false;
};

/// Asks every node. Shows the record of the one that got the call from its client, and when the
/// others had it; as JSON, that record with all of them in `nodes`. The certificate of the call's
/// outcome is fetched and verified if this identity may see it: who sent the call may.
[[nodiscard]] CommandResult show_trace(const TraceOptions& options, const Console& console);

/// The same for a call that just ended on this network.
[[nodiscard]] CommandResult print_trace_of(const NetworkTarget& network,
                                           const types::RequestId& request, const Console& console);

/// A node's record (/_/trace/ID) as five lines. Error: not such a record.
[[nodiscard]] Result<std::string> trace_text(std::string_view json);

}  // namespace icpd::node
