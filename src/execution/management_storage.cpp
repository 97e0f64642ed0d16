#include "execution/management_storage.hpp"

#include <algorithm>

#include "execution/canister_cycles.hpp"
#include "execution/execute_round.hpp"

namespace icpd::execution {

Result<StorageBill, UserError> bill_for(const ManagementScope& scope, std::uint64_t instructions,
                                        const ResourceUse& after,
                                        const state::CanisterState& canister) {
  const FeeSchedule& fees = scope.round.subnet.fees;
  const SubnetRoom room = subnet_room(scope.state);
  const ResourceUse before = resource_use(canister);
  const std::uint64_t charged_before = std::max(before.memory_allocation, before.memory_usage);
  const std::uint64_t charged_after = std::max(after.memory_allocation, after.memory_usage);
  StorageBill bill;
  bill.growth = charged_after > charged_before ? charged_after - charged_before : 0;
  if (bill.growth > room.memory_bytes)
    return Err(memory_oversubscribed(bill.growth, room.memory_bytes));

  bill.reservation =
      reservation_for_growth(fees, room.memory_in_use, room.memory_capacity, bill.growth);
  const Cycles reserved = canister.reserved_balance + bill.reservation.value;
  const Cycles limit = canister.settings->reserved_cycles_limit;
  if (bill.reservation != Cycles{0} && reserved > limit)
    return Err(grow_over_reserved_limit(bill.growth, limit, reserved.minus_or_zero(limit.value)));

  bill.price = fees.instructions_cost(instructions, PointerWidth::k32);
  const Cycles needed =
      frozen_part(fees, after, reserved) + bill.price.value + bill.reservation.value;
  bill.lacking = needed.minus_or_zero(canister.balance.value);
  return bill;
}

void pay(const StorageBill& bill, state::CanisterState& canister) {
  ensure(bill.lacking == Cycles{0}, "what can't be paid is refused");
  const Cycles paid = consume(canister, state::CyclesUse::kInstructions, bill.price);
  ensure(paid == bill.price);
  canister.balance -= bill.reservation.value;
  canister.reserved_balance += bill.reservation.value;
}

Status<UserError> pay_for(const ManagementScope& scope, std::uint64_t instructions,
                          const ResourceUse& after, state::CanisterState& canister) {
  const StorageBill bill = TRY(bill_for(scope, instructions, after, canister));
  if (bill.lacking != Cycles{0})
    return Err(bill.growth > 0 ? cannot_store_more(bill.growth, bill.lacking)
                               : out_of_cycles(canister.id, bill.lacking));
  pay(bill, canister);
  return {};
}

}  // namespace icpd::execution
