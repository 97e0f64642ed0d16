// What simulated nodes fetch: for each HTTPS outcall an answer, or none, that follows from the
// call's id alone. So all honest nodes know the same without having to agree, and whatever else a
// block says is false.
//
// | of nine outcalls | |
// | --- | --- |
// | six | the nodes agree on a response of some bytes |
// | one | they agree that it failed |
// | one | each has a response of its own |
// | one | nobody answers; its time ends |
//
// The first node and others report at once what they spent, the rest when the outcall is over.
#pragma once

#include "message_routing/response_rules.hpp"

namespace icpd::sim {

/// For all nodes of all simulated subnets of this process. Has no state.
[[nodiscard]] const message_routing::ResponseSource& internet();

/// Whether this is what the nodes of a subnet of this size know.
[[nodiscard]] bool is_true(const types::ConsensusResponse& response, std::size_t nodes);

}  // namespace icpd::sim
