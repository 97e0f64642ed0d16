#include "consensus/committee.hpp"

#include <algorithm>

#include "crypto/random.hpp"

namespace icpd::consensus {

namespace {

crypto::Digest shuffle_seed(const types::Beacon& beacon, RandomPurpose purpose) {
  const types::BeaconHash seed = types::beacon_hash(beacon);
  return crypto::Hasher().update(seed).number(static_cast<std::uint8_t>(purpose)).finish();
}

}  // namespace

Result<Shared<Committee>> Committee::make(const Crypto& crypto, const registry::Snapshot& snapshot,
                                          const types::SubnetId& subnet,
                                          const types::Transcripts& transcripts) {
  const registry::SubnetRecord& record = snapshot.subnet(subnet);
  const std::size_t n = record.members.size();
  ensure(n > 0 && std::is_sorted(record.members.begin(), record.members.end()));
  Committee committee;
  committee.members_ = record.members;
  QuorumKeys quorum{{}, static_cast<std::uint32_t>(registry::high_threshold(n))};
  for (const types::NodeId& node : record.members)
    quorum.keys.push_back(snapshot.nodes.at(node).signing_key);
  committee.quorum_ = Shared<QuorumKeys>(std::move(quorum));
  if (transcripts.low->committee_size != n || transcripts.high->committee_size != n)
    return Err("the interval's keys are for another number of nodes");
  if (transcripts.low->threshold != registry::low_threshold(n) ||
      transcripts.high->threshold != registry::high_threshold(n))
    return Err("the interval's keys have a wrong threshold");
  committee.low_ = TRY(crypto.load(transcripts.low));
  committee.high_ = TRY(crypto.load(transcripts.high));
  return Shared<Committee>(std::move(committee));
}

std::optional<crypto::MemberIndex> Committee::index_of(const types::NodeId& node) const {
  const auto found = std::lower_bound(members_.begin(), members_.end(), node);
  if (found == members_.end() || *found != node) return std::nullopt;
  return crypto::MemberIndex{static_cast<std::uint32_t>(found - members_.begin())};
}

const crypto::Ed25519PublicKey& Committee::key_of(const types::NodeId& node) const {
  const auto index = index_of(node);
  ensure(index.has_value(), "a key is asked of a member");
  return quorum_->keys[index->value];
}

const types::NodeId& Committee::at(crypto::MemberIndex index) const {
  ensure(index.value < members_.size());
  return members_[index.value];
}

std::vector<types::NodeId> Committee::makers(const types::Beacon& beacon) const {
  std::vector<types::NodeId> order = members_;
  crypto::SeededRandom random(shuffle_seed(beacon, RandomPurpose::kBlockMakerRanking));
  random.shuffle(std::span(order));
  order.resize(faults() + 1);
  ensure(!order.empty());
  return order;
}

}  // namespace icpd::consensus
