#include "execution/snapshot_rules.hpp"

#include "execution/canister_cycles.hpp"
#include "execution/canister_run.hpp"
#include "execution/execute_round.hpp"

namespace icpd::execution {

Result<state::SnapshotId, UserError> read_snapshot_id(ByteView bytes) {
  const auto id = state::SnapshotId::from_bytes(bytes);
  if (!id) return Err(invalid_argument("'" + to_hex(bytes) + "' is no snapshot id"));
  return *id;
}

Result<std::uint64_t, UserError> find_snapshot(const state::CanisterState& canister,
                                               ByteView bytes) {
  const state::SnapshotId id = TRY(read_snapshot_id(bytes));
  if (id.canister != canister.id) return Err(snapshot_of_another(id, canister.id));
  if (canister.snapshots->find(id.number) == nullptr)
    return Err(snapshot_not_found(id, canister.id));
  return id.number;
}

Status<UserError> check_heap_delta_rate(const RoundContext& round,
                                        const state::CanisterState& canister) {
  const std::uint64_t debit = heap_delta_debit(canister, round.round);
  if (!round.subnet.fees.charges() || debit < kHeapDeltaCredit) return {};
  return Err(heap_delta_rate_limited(canister.id, debit, kHeapDeltaCredit));
}

Result<state::SnapshotId, UserError> add_snapshot(state::CanisterState& canister,
                                                  state::Snapshot snapshot,
                                                  const std::optional<ByteView>& replaced) {
  constexpr std::size_t kMax = types::limits::kSnapshotsPerCanisterMax;
  if (replaced)
    canister.snapshots.write().remove(TRY(find_snapshot(canister, *replaced)));
  else if (canister.snapshots->all().size() >= kMax)
    return Err(snapshot_limit_reached(canister.id, kMax));
  return state::SnapshotId{canister.id, canister.snapshots.write().add(std::move(snapshot))};
}

Status<UserError> pay_for(const ManagementScope& scope, std::uint64_t instructions,
                          const ResourceUse& after, state::CanisterState& canister) {
  const FeeSchedule& fees = scope.round.subnet.fees;
  const SubnetRoom room = subnet_room(scope.state);
  const ResourceUse before = resource_use(canister);
  const std::uint64_t charged_before = std::max(before.memory_allocation, before.memory_usage);
  const std::uint64_t charged_after = std::max(after.memory_allocation, after.memory_usage);
  const std::uint64_t growth = charged_after > charged_before ? charged_after - charged_before : 0;
  if (growth > room.memory_bytes) return Err(memory_oversubscribed(growth, room.memory_bytes));

  const Cycles reservation =
      reservation_for_growth(fees, room.memory_in_use, room.memory_capacity, growth);
  const Cycles reserved = canister.reserved_balance + reservation.value;
  const Cycles limit = canister.settings->reserved_cycles_limit;
  if (reservation != Cycles{0} && reserved > limit)
    return Err(grow_over_reserved_limit(growth, limit, reserved.minus_or_zero(limit.value)));

  const Cycles price = fees.instructions_cost(instructions, PointerWidth::k32);
  const Cycles needed = frozen_part(fees, after, reserved) + price.value + reservation.value;
  if (const Cycles lacking = needed.minus_or_zero(canister.balance.value); lacking != Cycles{0})
    return Err(growth > 0 ? cannot_store_more(growth, lacking)
                          : out_of_cycles(canister.id, lacking));
  consume(canister, state::CyclesUse::kInstructions, price);
  canister.balance -= reservation.value;
  canister.reserved_balance = reserved;
  return {};
}

}  // namespace icpd::execution
