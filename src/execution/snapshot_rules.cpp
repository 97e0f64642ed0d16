#include "execution/snapshot_rules.hpp"

#include "execution/canister_run.hpp"

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

}  // namespace icpd::execution
