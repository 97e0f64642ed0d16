// What a network says when it doesn't get on, for commands that wait for it.
#pragma once

#include <string>

namespace icpd::node {

/// Why the network behind this URL ("http://host:port") doesn't certify, in a line for people:
/// "The network doesn't certify: 2 of 4 nodes in reach, 3 needed to certify; ...". Empty if it is
/// healthy or can't be asked. Takes at most a second.
[[nodiscard]] std::string why_unhealthy(const std::string& url);

}  // namespace icpd::node
