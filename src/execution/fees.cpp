#include "execution/fees.hpp"

namespace icpd::execution {
namespace {

using Wide = unsigned __int128;

consteval bool rows_stand_in_order() {
  for (std::size_t i = 0; i < kFees.size(); ++i) {
    if (static_cast<std::size_t>(kFees[i].fee) != i) return false;
  }
  return true;
}
static_assert(rows_stand_in_order());

constexpr Wide reference(Fee fee) {
  return kFees[static_cast<std::size_t>(fee)].cycles;
}

constexpr Wide kNanosecondsPerSecond = 1'000'000'000;

Wide nanoseconds(Duration time) {
  ensure(time.ns >= 0, "charges are for time that has passed");
  return static_cast<Wide>(time.ns);
}

Wide ten_instructions(PointerWidth width) {
  return reference(width == PointerWidth::k64 ? Fee::kTenInstructions64 : Fee::kTenInstructions32);
}

}  // namespace

FeeSchedule::FeeSchedule(std::uint64_t nodes, ChargesCycles charges)
    : nodes_(nodes), charges_(charges) {
  ensure(nodes >= 1, "a subnet has a node");
}

Cycles FeeSchedule::scaled(Wide at_reference) const {
  if (!charges_) return Cycles{0};
  return Cycles{at_reference * nodes_ / kFeeReferenceNodes};
}

Cycles FeeSchedule::fee(Fee fee) const {
  return scaled(reference(fee));
}

Cycles FeeSchedule::execution_cost(std::uint64_t instructions, PointerWidth width) const {
  return scaled(reference(Fee::kUpdateMessage) + ten_instructions(width) * instructions / 10);
}

Cycles FeeSchedule::instructions_cost(std::uint64_t instructions, PointerWidth width) const {
  return scaled(ten_instructions(width) * instructions / 10);
}

Cycles FeeSchedule::storage_cost(std::uint64_t bytes, Duration time) const {
  // 2^19 cycles * 2^50 bytes * 2^57 ns would leave no room: seconds and the rest apart.
  const Wide per_second = fee(Fee::kGibSecond).value * bytes;
  const Wide seconds = nanoseconds(time) / kNanosecondsPerSecond;
  const Wide rest = nanoseconds(time) % kNanosecondsPerSecond;
  return Cycles{(per_second * seconds + per_second * rest / kNanosecondsPerSecond) / kGiB};
}

Cycles FeeSchedule::compute_cost(std::uint64_t allocation_percent, Duration time) const {
  const Wide per_second = fee(Fee::kComputePercentSecond).value * allocation_percent;
  return Cycles{per_second * nanoseconds(time) / kNanosecondsPerSecond};
}

Cycles FeeSchedule::request_cost(std::uint64_t payload_bytes) const {
  return scaled(reference(Fee::kCall) + reference(Fee::kCallByte) * payload_bytes);
}

Cycles FeeSchedule::response_cost(std::uint64_t payload_bytes) const {
  return scaled(reference(Fee::kCallByte) * payload_bytes);
}

Cycles FeeSchedule::ingress_cost(std::uint64_t payload_bytes) const {
  return scaled(reference(Fee::kIngressMessage) + reference(Fee::kIngressByte) * payload_bytes);
}

Cycles FeeSchedule::http_outcall_cost(std::uint64_t request_bytes,
                                      std::uint64_t response_bytes_max) const {
  if (!charges_) return Cycles{0};
  const Wide n = nodes_;
  return Cycles{
      n * (3'000'000 + 60'000 * n + Wide{400} * request_bytes + Wide{800} * response_bytes_max)};
}

Cycles FeeSchedule::http_outcall_cost_v2(const HttpOutcallUse& use) const {
  if (!charges_) return Cycles{0};
  const Wide n = nodes_;
  const Wide base = 1'000'000 + Wide{50} * use.request_bytes + 140'000 * n + 800 * n * n;
  const Wide fetching = Wide{50} * use.response_bytes + Wide{300} * use.round_trip_ms;
  const Wide transform = use.transform_instructions / kFeeReferenceNodes;
  const Wide agreeing = (10 * n + 650) * use.transformed_bytes;
  return Cycles{n * (base + fetching + transform + agreeing)};
}

}  // namespace icpd::execution
