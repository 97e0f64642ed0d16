#include "state/replicated_state.hpp"

#include "base/ensure.hpp"

namespace icpd::state {

namespace {

void forget_deleted_up_to(CanisterIdAllocation& allocation, std::uint64_t index) {
  const std::set<std::uint64_t>& ahead = *allocation.deleted_ahead;
  if (ahead.empty() || *ahead.begin() > index) return;
  std::set<std::uint64_t>& left = allocation.deleted_ahead.write();
  left.erase(left.begin(), left.upper_bound(index));
}

}  // namespace

ReplicatedState::ReplicatedState(Shared<NetworkTopology> topology) {
  ensure(topology->subnets.contains(topology->own_subnet));
  ensure(topology->subnets.contains(topology->root_subnet));
  SystemMetadata& metadata = metadata_.write();
  metadata.allocation.ranges = topology->own().ranges;
  metadata.topology = std::move(topology);
}

const CanisterState* ReplicatedState::find(const types::CanisterId& id) const {
  const Cow<CanisterState>* canister = canisters_.find(id);
  return canister == nullptr ? nullptr : &**canister;
}

Cow<CanisterState> ReplicatedState::share(const types::CanisterId& id) const {
  const Cow<CanisterState>* canister = canisters_.find(id);
  ensure(canister != nullptr, "no such canister");
  return *canister;
}

void ReplicatedState::put(Cow<CanisterState> canister) {
  const types::CanisterId id = canister->id;
  const CanisterState* before = find(id);
  index_.replace(id, before == nullptr ? CanisterIndex::Facts{} : CanisterIndex::facts_of(*before),
                 CanisterIndex::facts_of(*canister));
  canisters_.set(id, std::move(canister));
}

Cow<CanisterState> ReplicatedState::remove(const types::CanisterId& id) {
  Cow<CanisterState> canister = share(id);
  if (const auto index = types::canister_index(id);
      index.ok() && !metadata_->allocation.was_given(*index))
    metadata_.write().allocation.deleted_ahead.write().insert(*index);
  index_.replace(id, CanisterIndex::facts_of(*canister), {});
  const bool removed = canisters_.erase(id);
  ensure(removed);
  return canister;
}

ReplicatedState::Writer::Writer(ReplicatedState& state, const types::CanisterId& id)
    : state_(state) {
  Cow<CanisterState>* canister = state.canisters_.write(id);
  ensure(canister != nullptr, "no such canister");
  before_ = CanisterIndex::facts_of(**canister);
  canister_ = &canister->write();
  id_ = id;
}

ReplicatedState::Writer::~Writer() {
  ensure(canister_->id == id_, "a canister keeps its id");
  state_.index_.replace(id_, before_, CanisterIndex::facts_of(*canister_));
}

std::optional<types::CanisterId> ReplicatedState::next_canister_id() {
  CanisterIdAllocation& allocation = metadata_.write().allocation;
  for (const IndexRange& range : allocation.ranges) {
    const bool from_start =
        !allocation.last_given.has_value() || *allocation.last_given < range.first;
    if (!from_start && *allocation.last_given >= range.last) continue;
    std::uint64_t index = from_start ? range.first : *allocation.last_given + 1;
    // Ids that somebody asked for by name are passed over.
    const auto is_used = [&](std::uint64_t i) {
      return contains(types::canister_id_from_index(i)) || allocation.deleted_ahead->contains(i);
    };
    while (index < range.last && is_used(index))
      ++index;
    const bool found = !is_used(index);
    allocation.last_given = index;
    forget_deleted_up_to(allocation, index);
    if (found) return types::canister_id_from_index(index);
  }
  return std::nullopt;
}

void ReplicatedState::set_ingress(const types::RequestId& id, const types::CanisterId& receiver,
                                  const types::UserId& user, IngressState state) {
  ingress_.set(id, IngressStatus{receiver, user, time(), std::move(state)});
}

void ReplicatedState::refund(const types::CanisterId& recipient, types::Cycles amount) {
  if (amount == types::Cycles{0} || !contains(recipient)) return;
  update(recipient, [&](CanisterState& canister) { canister.balance += amount.value; });
}

void ReplicatedState::hash_maps() {
  canisters_.hash();
  ingress_.hash();
}

types::Cycles ReplicatedState::total_cycles() const {
  types::Cycles sum = subnet_queues_->cycles();
  for (const auto& [id, canister] : canisters_)
    sum += canister->cycles().value;
  const auto add_message = [&](const SubnetMessage& message) {
    if (const auto* request = std::get_if<Shared<types::Request>>(&message))
      sum += (*request)->payment.value;
  };
  const SubnetCalls& calls = metadata_->calls;
  for (const auto& [id, call] : calls.install_code)
    add_message(call.message);
  for (const auto& [id, call] : calls.stop_canister)
    add_message(call.message);
  for (const RawRandCall& call : calls.raw_rand)
    sum += call.request->payment.value;
  return sum + calls.http_outcalls->cycles().value;
}

}  // namespace icpd::state
