// Why an execution ended without finishing.
//
// A Failure is what the canister's caller sees: an error code of the interface specification and
// a text without the prefix "Error from Canister <id>: ", which the caller of this folder adds.
// Texts: public execution-errors page; trap names: reference "Trap texts".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "types/error_code.hpp"

namespace icpd::execution::wasm {

enum class TrapCode : std::uint8_t {
  kStackOverflow,
  kHeapOutOfBounds,
  kStableMemoryOutOfBounds,
  kStableMemoryTooBigFor32Bit,
  kIntegerDivisionByZero,
  kUnreachable,
  kTableOutOfBounds,
  kCyclesAmountTooBigFor64Bit,
  kOther,
};

/// "heap out of bounds".
[[nodiscard]] std::string_view text(TrapCode code);

using Failure = types::UserError;

template <typename T>
using HostResult = Result<T, Failure>;

/// IC0502 "Canister trapped: <text of the code>".
[[nodiscard]] Failure trapped(TrapCode code);
/// IC0503 "Canister called `ic0.trap` with message: <message>".
[[nodiscard]] Failure called_trap(std::string_view message);
/// IC0504 "Canister violated contract: <what>".
[[nodiscard]] Failure contract_violation(std::string_view what);
/// IC0505 "Canister's Wasm module is not valid: <why>".
[[nodiscard]] Failure invalid_module(std::string_view why);
/// IC0522 "Canister exceeded the instruction limit for single message execution."
[[nodiscard]] Failure instruction_limit_exceeded();
/// IC0522 "Canister attempted to perform a large memory operation that used N instructions ...".
[[nodiscard]] Failure slice_overrun(std::uint64_t used, std::uint64_t limit);
/// IC0524 for the number of stable pages that one message may read or write.
enum class PageAccess : std::uint8_t { kAccessed, kModified };
[[nodiscard]] Failure memory_access_limit(PageAccess kind, std::uint64_t limit_bytes);

}  // namespace icpd::execution::wasm
