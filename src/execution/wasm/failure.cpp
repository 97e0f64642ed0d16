#include "execution/wasm/failure.hpp"

#include <array>

namespace icpd::execution::wasm {

using types::ErrorCode;

std::string_view text(TrapCode code) {
  constexpr std::array<std::string_view, 9> kTexts = {
      "stack overflow",
      "heap out of bounds",
      "stable memory out of bounds",
      "32 bit stable memory api used on a memory larger than 4GB",
      "integer division by 0",
      "unreachable",
      "table out of bounds",
      "cycles amount exceeds 64-bit representation",
      "unknown",
  };
  static_assert(kTexts.size() == static_cast<std::size_t>(TrapCode::kOther) + 1);
  return kTexts[static_cast<std::size_t>(code)];
}

Failure trapped(TrapCode code) {
  return {ErrorCode::kCanisterTrapped, "Canister trapped: " + std::string(text(code))};
}

Failure called_trap(std::string_view message) {
  return {ErrorCode::kCanisterCalledTrap,
          "Canister called `ic0.trap` with message: " + std::string(message)};
}

Failure contract_violation(std::string_view what) {
  return {ErrorCode::kCanisterContractViolation,
          "Canister violated contract: " + std::string(what)};
}

Failure invalid_module(std::string_view why) {
  return {ErrorCode::kCanisterInvalidWasm,
          "Canister's Wasm module is not valid: " + std::string(why)};
}

Failure instruction_limit_exceeded() {
  return {ErrorCode::kCanisterInstructionLimitExceeded,
          "Canister exceeded the instruction limit for single message execution."};
}

Failure slice_overrun(std::uint64_t used, std::uint64_t limit) {
  return {ErrorCode::kCanisterInstructionLimitExceeded,
          "Canister attempted to perform a large memory operation that used " +
              std::to_string(used) + " instructions and exceeded the slice limit " +
              std::to_string(limit) + "."};
}

Failure memory_access_limit(PageAccess kind, std::uint64_t limit_bytes) {
  return {ErrorCode::kCanisterMemoryAccessLimitExceeded,
          std::string("Canister exceeded memory access limits: Exceeded the limit for the number "
                      "of ") +
              (kind == PageAccess::kModified ? "modified" : "accessed") +
              " pages in the stable memory in a single message execution: limit: " +
              std::to_string(limit_bytes / 1024) + " KB."};
}

}  // namespace icpd::execution::wasm
