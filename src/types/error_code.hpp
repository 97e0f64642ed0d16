// Reject codes and error codes (interface specification, "Reject codes", "Error codes").
//
// A reject code is the class a program may act on. An error code is the precise reason, written
// IC0ddd; its hundreds digit is the reject code it belongs to. One table gives number and name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/record.hpp"

namespace icpd::types {

enum class RejectCode : std::uint8_t {
  kSysFatal = 1,            // will fail again
  kSysTransient = 2,        // may succeed if tried again
  kDestinationInvalid = 3,  // the receiver doesn't exist
  kCanisterReject = 4,      // the canister said no
  kCanisterError = 5,       // the canister trapped or broke a rule
  kSysUnknown = 6,          // it is not known whether the call was executed
};
[[nodiscard]] constexpr bool is_valid(RejectCode code) {
  return code >= RejectCode::kSysFatal && code <= RejectCode::kSysUnknown;
}

#define ICPD_ERROR_CODES(X)                             \
  X(101, SubnetOversubscribed)                          \
  X(102, MaxNumberOfCanistersReached)                   \
  X(201, CanisterQueueFull)                             \
  X(202, IngressMessageTimeout)                         \
  X(203, CanisterQueueNotEmpty)                         \
  X(204, IngressHistoryFull)                            \
  X(205, CanisterIdAlreadyExists)                       \
  X(206, StopCanisterRequestTimeout)                    \
  X(207, CanisterOutOfCycles)                           \
  X(208, CertifiedStateUnavailable)                     \
  X(209, CanisterInstallCodeRateLimited)                \
  X(210, CanisterHeapDeltaRateLimited)                  \
  X(301, CanisterNotFound)                              \
  X(305, CanisterSnapshotNotFound)                      \
  X(402, InsufficientMemoryAllocation)                  \
  X(403, InsufficientCyclesForCreateCanister)           \
  X(404, SubnetNotFound)                                \
  X(405, CanisterNotHostedBySubnet)                     \
  X(406, CanisterRejectedMessage)                       \
  X(407, UnknownManagementMessage)                      \
  X(408, InvalidManagementPayload)                      \
  X(409, CanisterSnapshotImmutable)                     \
  X(502, CanisterTrapped)                               \
  X(503, CanisterCalledTrap)                            \
  X(504, CanisterContractViolation)                     \
  X(505, CanisterInvalidWasm)                           \
  X(506, CanisterDidNotReply)                           \
  X(507, CanisterOutOfMemory)                           \
  X(508, CanisterStopped)                               \
  X(509, CanisterStopping)                              \
  X(510, CanisterNotStopped)                            \
  X(511, CanisterStoppingCancelled)                     \
  X(512, CanisterInvalidController)                     \
  X(513, CanisterFunctionNotFound)                      \
  X(514, CanisterNonEmpty)                              \
  X(517, QueryCallGraphLoopDetected)                    \
  X(520, InsufficientCyclesInCall)                      \
  X(521, CanisterWasmEngineError)                       \
  X(522, CanisterInstructionLimitExceeded)              \
  X(524, CanisterMemoryAccessLimitExceeded)             \
  X(525, QueryCallGraphTooDeep)                         \
  X(526, QueryCallGraphTotalInstructionLimitExceeded)   \
  X(527, CompositeQueryCalledInReplicatedMode)          \
  X(528, QueryTimeLimitExceeded)                        \
  X(529, QueryCallGraphInternal)                        \
  X(530, InsufficientCyclesInComputeAllocation)         \
  X(531, InsufficientCyclesInMemoryAllocation)          \
  X(532, InsufficientCyclesInMemoryGrow)                \
  X(533, ReservedCyclesLimitExceededInMemoryAllocation) \
  X(534, ReservedCyclesLimitExceededInMemoryGrow)       \
  X(535, InsufficientCyclesInMessageMemoryGrow)         \
  X(536, CanisterMethodNotFound)                        \
  X(537, CanisterWasmModuleNotFound)                    \
  X(538, CanisterAlreadyInstalled)                      \
  X(539, CanisterWasmMemoryLimitExceeded)               \
  X(540, ReservedCyclesLimitIsTooLow)                   \
  X(601, DeadlineExpired)                               \
  X(602, ResponseDropped)

enum class ErrorCode : std::uint16_t {
#define ICPD_ENUMERATOR(number, name) k##name = number,
  ICPD_ERROR_CODES(ICPD_ENUMERATOR)
#undef ICPD_ENUMERATOR
};

[[nodiscard]] bool is_valid(ErrorCode code);
/// "CanisterTrapped".
[[nodiscard]] std::string_view name(ErrorCode code);
/// "IC0502".
[[nodiscard]] std::string text(ErrorCode code);
[[nodiscard]] constexpr RejectCode reject_code(ErrorCode code) {
  return static_cast<RejectCode>(static_cast<std::uint16_t>(code) / 100);
}

/// Why a message of a user was refused or failed. The message is for people.
struct UserError {
  ErrorCode code = ErrorCode::kCanisterTrapped;
  std::string message;

  bool operator==(const UserError&) const = default;
  static constexpr auto kFields = std::tuple(&UserError::code, &UserError::message);
};

}  // namespace icpd::types
