#include "state/state_hash.hpp"

#include "codec/record.hpp"
#include "crypto/hash.hpp"

namespace icpd::state {

namespace {

template <typename T>
crypto::Digest digest_of(std::string_view domain, const T& value) {
  return crypto::Hasher(domain).update(codec::to_record(value)).finish();
}

crypto::Digest canisters_digest(const CanisterMap& canisters) {
  crypto::Hasher hasher("icpd-state-canisters");
  hasher.number(static_cast<std::uint64_t>(canisters.size()));
  for (const auto& [id, canister] : canisters)
    hasher.sized(id.view()).update(digest_of("icpd-state-canister", *canister).view());
  return hasher.finish();
}

crypto::Digest ingress_digest(const IngressHistory& history) {
  crypto::Hasher hasher("icpd-state-ingress");
  hasher.number(static_cast<std::uint64_t>(history.size()));
  for (const auto& [id, status] : history.map())
    hasher.update(id.view()).sized(codec::to_record(status));
  return hasher.finish();
}

}  // namespace

types::StateHash state_hash(const ReplicatedState& state) {
  const crypto::Digest digest =
      crypto::Hasher("icpd-state")
          .number(kStateHashVersion)
          .update(digest_of("icpd-state-metadata", state.metadata()).view())
          .update(digest_of("icpd-state-subnet-queues", state.subnet_queues()).view())
          .update(canisters_digest(state.canisters()).view())
          .update(ingress_digest(state.ingress()).view())
          .finish();
  return *types::StateHash::from(digest.view());
}

}  // namespace icpd::state
