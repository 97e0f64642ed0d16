// The version of the protocol that this program runs, as subnet_info tells it to canisters.
//
// Canisters see it, so it is part of what the nodes of a subnet must agree on: a constant of the
// source, never of a build. Raise it with every change of what a round does.
#pragma once

#include <string_view>

namespace icpd::types {

inline constexpr std::string_view kReplicaVersion = "icpd-1";

}  // namespace icpd::types
