// What things cost.
//
// One table holds the prices of the public cycle-costs page, for a subnet of 13 nodes. A subnet of
// n nodes charges price * n / 13, rounded down once, at the end of each formula; system subnets
// charge nothing. Formulas: reference "Cycles", 5.1-5.3.
//
//   execution_cost(i)   = scale(5 M + i * (10 or 20) / 10)          i instructions, wasm32 or
//   wasm64 storage_cost(b, t)  = scale(127,000) * b * t / (2^30 * 1 s)     b bytes, t nanoseconds
//   compute_cost(a, t)  = scale(10 M) * a * t / 1 s                 a percent
//   call_cost(...)      = request + largest response + largest callback execution
//   ingress_cost(b)     = scale(1.2 M + 2,000 * b)                  b bytes of argument, name,
//   nonce
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/units.hpp"
#include "execution/wasm/module_facts.hpp"
#include "types/limits.hpp"
#include "types/numbers.hpp"

namespace icpd::execution {

using types::Cycles;
using wasm::PointerWidth;

enum class Fee : std::uint8_t {
  kCanisterCreation,
  kComputePercentSecond,
  kUpdateMessage,
  kTenInstructions32,
  kTenInstructions64,
  kCall,
  kCallByte,
  kIngressMessage,
  kIngressByte,
  kGibSecond,
  kThresholdSignature,
};

struct FeeRow {
  Fee fee;
  std::string_view what;
  std::uint64_t cycles;
};

/// Rows in the order of Fee. Source: spec cycle-costs, column "13-node cycles".
inline constexpr auto kFees = std::to_array<FeeRow>({
    {Fee::kCanisterCreation, "canister creation", 500'000'000'000},
    {Fee::kComputePercentSecond, "compute allocation, per percent and second", 10'000'000},
    {Fee::kUpdateMessage, "update message execution", 5'000'000},
    {Fee::kTenInstructions32, "ten instructions, 32-bit heap", 10},
    {Fee::kTenInstructions64, "ten instructions, 64-bit heap", 20},
    {Fee::kCall, "call between canisters", 260'000},
    {Fee::kCallByte, "byte of a call or its response", 1'000},
    {Fee::kIngressMessage, "ingress message", 1'200'000},
    {Fee::kIngressByte, "byte of an ingress message", 2'000},
    {Fee::kGibSecond, "GiB of storage, per second", 127'000},
    {Fee::kThresholdSignature, "threshold signature or key derivation", 10'000'000'000},
});
inline constexpr std::uint64_t kFeeReferenceNodes = 13;

/// What an HTTPS outcall may use of each node.
struct HttpOutcallUse {
  std::uint64_t request_bytes = 0;
  std::uint64_t round_trip_ms = 0;
  std::uint64_t response_bytes = 0;
  std::uint64_t transformed_bytes = 0;
  std::uint64_t transform_instructions = 0;
};

/// Whether a subnet charges at all.
using ChargesCycles = Flag<struct ChargesCyclesTag>;

/// The prices of one subnet. A value; cheap to copy.
class FeeSchedule {
 public:
  /// Needs nodes >= 1.
  FeeSchedule(std::uint64_t nodes, ChargesCycles charges);

  [[nodiscard]] std::uint64_t nodes() const { return nodes_; }
  [[nodiscard]] bool charges() const { return charges_.value; }
  [[nodiscard]] Cycles fee(Fee fee) const;

  /// One message: the flat fee and its instructions.
  [[nodiscard]] Cycles execution_cost(std::uint64_t instructions, PointerWidth width) const;
  /// Instructions alone, as the management canister's own work is charged.
  [[nodiscard]] Cycles instructions_cost(std::uint64_t instructions, PointerWidth width) const;

  [[nodiscard]] Cycles storage_cost(std::uint64_t bytes, Duration time) const;
  [[nodiscard]] Cycles compute_cost(std::uint64_t allocation_percent, Duration time) const;

  /// Sending a request of this payload (method name and argument).
  [[nodiscard]] Cycles request_cost(std::uint64_t payload_bytes) const;
  /// Sending a response of this payload.
  [[nodiscard]] Cycles response_cost(std::uint64_t payload_bytes) const;
  /// What is set aside at call time for the largest response.
  [[nodiscard]] Cycles response_prepayment() const {
    return response_cost(types::limits::kInterCanisterPayloadSizeMax);
  }

  [[nodiscard]] Cycles ingress_cost(std::uint64_t payload_bytes) const;

  /// HTTPS outcall, first pricing version (spec cycle-costs, "HTTPS outcalls").
  [[nodiscard]] Cycles http_outcall_cost(std::uint64_t request_bytes,
                                         std::uint64_t response_bytes_max) const;
  /// Second pricing version, by what is used (reference 5.6); of an outcall of all nodes.
  [[nodiscard]] Cycles http_outcall_cost_v2(const HttpOutcallUse& use) const;

 private:
  [[nodiscard]] Cycles scaled(unsigned __int128 at_reference) const;

  std::uint64_t nodes_;
  ChargesCycles charges_;
};

}  // namespace icpd::execution
