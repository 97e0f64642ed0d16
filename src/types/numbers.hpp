// Numbers of the protocol that must not be mixed up.
#pragma once

#include <cstdint>
#include <string>

#include "base/strong.hpp"
#include "base/units.hpp"

namespace icpd::types {

/// Position of a block, batch or state in the chain. Genesis is 0.
using Height = Strong<struct HeightTag, std::uint64_t>;
/// Version of the whole registry; the empty registry is 0.
using RegistryVersion = Strong<struct RegistryVersionTag, std::uint64_t>;
/// Rank of a block maker in its round; 0 is the leader.
using Rank = Strong<struct RankTag, std::uint64_t>;
/// Cycles, the unit of payment. All sums fit: the interface specification bounds them by 2^128.
using Cycles = Strong<struct CyclesTag, unsigned __int128>;
/// Wasm instructions as metering counts them.
using Instructions = Strong<struct InstructionsTag, std::uint64_t>;
/// Identifies an outstanding call of one canister.
using CallbackId = Strong<struct CallbackIdTag, std::uint64_t>;
/// Identifies a call context of one canister.
using CallContextId = Strong<struct CallContextIdTag, std::uint64_t>;
/// Whole seconds since 1970; 0 means "no deadline", that is, a guaranteed response.
using CoarseTime = Strong<struct CoarseTimeTag, std::uint32_t>;

/// Decimal text of a cycles amount.
[[nodiscard]] std::string to_text(Cycles cycles);

}  // namespace icpd::types
