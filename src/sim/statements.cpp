#include "sim/statements.hpp"

namespace icpd::sim {

void Statements::sent(std::size_t node, const p2p::Send& send) {
  // The same frame goes to one peer after the other.
  Slice& last = last_.at(node);
  if (last.size() == send.frame.size() && last.data() == send.frame.data()) return;
  last = send.frame;
  const auto frame = p2p::decode(send.frame, send.channel);
  ensure(frame.ok(), "a node sends frames that decode");
  const auto* update = std::get_if<p2p::Update>(&*frame);
  if (update == nullptr || !update->content) return;
  switch (update->id.kind) {
    case types::ArtifactKind::kBlockProposal:
    case types::ArtifactKind::kNotarizationShare:
    case types::ArtifactKind::kFinalizationShare:
    case types::ArtifactKind::kBeacon:
    case types::ArtifactKind::kEquivocationProof:
      break;
    default:
      return;
  }
  const auto artifact = types::decode(*update->content);
  ensure(artifact.ok(), "a node announces artifacts that decode");
  said(node, **artifact);
}

void Statements::said(std::size_t node, const types::EncodedArtifact& encoded) {
  const types::Artifact& artifact = encoded.artifact;
  if (const auto* proposal = std::get_if<types::BlockProposal>(&artifact)) {
    if (proposal->block->maker != nodes_[node]) return;
    has_to_be_stored(node, encoded.id);
    made(node, proposal->block);
  } else if (const auto* share = std::get_if<types::NotarizationShare>(&artifact)) {
    has_to_be_stored(node, encoded.id);
    shared(node, *share);
  } else if (const auto* share = std::get_if<types::FinalizationShare>(&artifact)) {
    has_to_be_stored(node, encoded.id);
    shared(node, *share);
  } else if (const auto* beacon = std::get_if<types::Beacon>(&artifact)) {
    const auto [known, fresh] = beacons_.emplace(beacon->content.height, *beacon);
    if (!fresh && known->second.signature != beacon->signature)
      failed_("beacon: two of height " + to_string(beacon->content.height));
  } else if (const auto* proof = std::get_if<types::EquivocationProof>(&artifact)) {
    if (!faulty_.contains(proof->signer))
      failed_("accusation: node " + std::to_string(node) +
              " passes on a proof against an honest node, of height " + to_string(proof->height));
  }
}

void Statements::has_to_be_stored(std::size_t node, const types::ArtifactId& id) {
  if (stored_.at(node).contains(id)) return;
  failed_("persist, then send: node " + std::to_string(node) + " sends a " +
          std::string(types::name(id.kind)) + " of height " + to_string(id.height) +
          " that isn't durable");
}

void Statements::made(std::size_t node, const types::HashedBlock& block) {
  Said& said = said_[{node, block->height}];
  if (said.made && *said.made != block.hash())
    contradiction(node, block->height, "made two blocks");
  said.made = block.hash();
}

void Statements::shared(std::size_t node, const types::NotarizationShare& share) {
  Said& said = said_[{node, share.height}];
  said.notarized.insert(share.block);
  check(node, share.height, said);
}

void Statements::shared(std::size_t node, const types::FinalizationShare& share) {
  Said& said = said_[{node, share.height}];
  if (said.finalized && *said.finalized != share.block)
    contradiction(node, share.height, "finalized two blocks");
  said.finalized = share.block;
  check(node, share.height, said);
}

void Statements::check(std::size_t node, types::Height height, const Said& said) {
  if (!said.finalized) return;
  for (const types::BlockHash& block : said.notarized) {
    if (block == *said.finalized) continue;
    return contradiction(node, height, "finalized one block and notarized another");
  }
}

void Statements::contradiction(std::size_t node, types::Height height, const std::string& what) {
  failed_("contradiction: node " + std::to_string(node) + " " + what + " of height " +
          to_string(height));
}

const types::Beacon* Statements::beacon(types::Height height) const {
  const auto found = beacons_.find(height);
  return found == beacons_.end() ? nullptr : &found->second;
}

}  // namespace icpd::sim
