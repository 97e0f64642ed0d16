// The two clocks of a step. Both come in as values.
#pragma once

#include "base/units.hpp"

namespace icpd::consensus {

/// `wall` is what canisters see and may jump; `steady` never goes back and measures waiting. A
/// clock jump or a laptop's sleep moves block times, never the patience of the protocol.
struct Moment {
  Time wall;
  Time steady;
};

}  // namespace icpd::consensus
