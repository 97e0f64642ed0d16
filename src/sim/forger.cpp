#include "sim/forger.hpp"

#include "certification/envelope.hpp"

namespace icpd::sim {

namespace {

constexpr Duration kFar = Duration::minutes(60);
/// Beyond all that a node looks at before it gets there.
constexpr std::uint64_t kFarAhead = 100'000;
/// Remembered; packages are of the last hundred heights or so.
constexpr std::size_t kBeaconsMax = 100;

}  // namespace

template <typename Fixed>
Fixed Forger::garbage() {
  return *Fixed::from(random_.bytes(Fixed::kSize));
}

types::BlockReference Forger::about(const types::HashedBlock& block) const {
  return {block->height, block.hash(), subnet_.id};
}

types::BlockProposal Forger::signed_block(types::Block block) const {
  const types::HashedBlock hashed(std::move(block));
  return {hashed, signer_.sign(types::proposal_message(about(hashed)))};
}

types::Artifact Forger::false_quorum(const types::HashedBlock& block) {
  crypto::QuorumCertificate certificate;
  const std::size_t threshold = registry::high_threshold(subnet_.nodes.size());
  for (std::size_t i = 0; i < threshold; ++i) {
    certificate.signers |= crypto::MemberSet{1} << i;
    certificate.signatures.push_back(garbage<crypto::Ed25519Signature>());
  }
  types::BlockQuorum quorum{block->height, block.hash(), std::move(certificate)};
  if (random_.chance(1, 2)) return types::Notarization{std::move(quorum)};
  return types::Finalization{std::move(quorum)};
}

types::Artifact Forger::false_proof(const types::BlockProposal& proposal) {
  return types::EquivocationProof{.signer = proposal.block->maker,
                                  .height = proposal.block->height,
                                  .first = proposal.block.hash(),
                                  .first_signature = proposal.signature,
                                  .second = garbage<types::BlockHash>(),
                                  .second_signature = proposal.signature};
}

template <typename Share>
std::optional<types::Artifact> Forger::spoilt(const types::Artifact& seen) {
  const auto* share = std::get_if<Share>(&seen);
  if (share == nullptr) return std::nullopt;
  Share copy = *share;
  copy.signature = garbage<decltype(copy.signature)>();
  return types::Artifact(std::move(copy));
}

std::optional<types::Artifact> Forger::false_package(const types::HashedBlock& summary,
                                                     const types::StateRoot& root) {
  const auto beacon = beacons_.find(summary->height);
  if (beacon == beacons_.end()) return std::nullopt;
  types::CatchUpContent content{summary, beacon->second, garbage<types::StateHash>(), root};
  return types::CatchUpPackage{Shared<types::CatchUpContent>(std::move(content)),
                               garbage<crypto::BlsSignature>()};
}

std::optional<types::Artifact> Forger::false_certificate(const types::Artifact& seen) {
  if (const auto* proposal = std::get_if<types::BlockProposal>(&seen))
    return random_.chance(1, 3) ? false_proof(*proposal) : false_quorum(proposal->block);
  if (const auto* beacon = std::get_if<types::Beacon>(&seen))
    return types::Beacon{{beacon->content.height + 1, types::beacon_hash(*beacon)},
                         garbage<crypto::BlsSignature>()};
  if (const auto* tape = std::get_if<types::Tape>(&seen))
    return types::Tape{{tape->content.height + 1, subnet_.id}, garbage<crypto::BlsSignature>()};
  if (const auto* certification = std::get_if<types::Certification>(&seen))
    return types::Certification{certification->content, garbage<crypto::BlsSignature>()};
  if (auto share = spoilt<types::NotarizationShare>(seen)) return share;
  if (auto share = spoilt<types::FinalizationShare>(seen)) return share;
  if (auto share = spoilt<types::TapeShare>(seen)) return share;
  return spoilt<types::CertificationShare>(seen);
}

void Forger::remember(const types::Artifact& seen) {
  if (const auto* beacon = std::get_if<types::Beacon>(&seen)) {
    beacons_.emplace(beacon->content.height, *beacon);
    if (beacons_.size() > kBeaconsMax) beacons_.erase(beacons_.begin());
  } else if (const auto* call = std::get_if<types::IngressArtifact>(&seen)) {
    auto envelope = certification::parse_envelope(call->bytes);
    if (envelope.ok() && envelope->sender_signature) signed_call_ = std::move(*envelope);
  }
}

types::BlockProposal Forger::usurping(const types::BlockProposal& seen) {
  types::Block block = *seen.block;
  block.maker = subnet_.nodes[index_];
  return signed_block(std::move(block));
}

types::BlockProposal Forger::out_of_time(const types::BlockProposal& own) {
  types::Block block = *own.block;
  block.context.time = random_.chance(1, 2) ? block.context.time + kFar : block.context.time - kFar;
  return signed_block(std::move(block));
}

types::BlockProposal Forger::blaming(const types::BlockProposal& own) {
  types::Block block = *own.block;
  if (block.failed_makers.empty() || random_.chance(1, 2))
    block.failed_makers.push_back(subnet_.nodes[random_.below(subnet_.nodes.size())]);
  else
    block.failed_makers.pop_back();
  return signed_block(std::move(block));
}

types::IngressArtifact Forger::false_call(FalseCall kind, Time wall) {
  types::CallContent call;
  std::optional<certification::EnvelopeSignature> signature;
  call.canister_id = types::canister_id_from_index(0);
  call.method_name = "increment";
  call.ingress_expiry = wall + Duration::seconds(60);
  Bytes nonce;
  append_be<std::uint64_t>(nonce, index_);
  append_be<std::uint64_t>(nonce, ++calls_);
  call.nonce = Slice(std::move(nonce));
  if (kind == FalseCall::kExpired) call.ingress_expiry = wall - kFar;
  if (kind == FalseCall::kFromTheFuture) call.ingress_expiry = wall + kFar;
  if (kind == FalseCall::kForged && signed_call_ && random_.chance(3, 4)) {
    call.sender = signed_call_->base().sender;
    signature = {*signed_call_->sender_public_key, *signed_call_->sender_signature, {}};
  } else if (kind == FalseCall::kForged) {
    call.sender = types::Principal::self_authenticating(as_bytes("somebody else"));
    signature = {Slice(random_.bytes(44)), Slice(random_.bytes(64)), {}};
  }
  return {Slice(certification::encode_envelope(call, signature))};
}

types::Artifact Forger::false_claim(types::Height finalized) {
  return types::Certification{{finalized + kFarAhead, garbage<types::StateRoot>()},
                              garbage<crypto::BlsSignature>()};
}

consensus::ChainRange Forger::false_range(consensus::ChainRange range) {
  if (range.blocks.empty()) return range;
  const auto one_of = [&](auto& all) -> auto& { return all[random_.below(all.size())]; };
  switch (random_.below(6)) {
    case 0:
      range.blocks.erase(range.blocks.begin());
      break;
    case 1:
      one_of(range.blocks).signature = garbage<crypto::Ed25519Signature>();
      break;
    case 2:
      if (!range.beacons.empty()) one_of(range.beacons).signature = garbage<crypto::BlsSignature>();
      break;
    case 3:
      for (crypto::Ed25519Signature& signature : range.finalization->certificate.signatures)
        signature = garbage<crypto::Ed25519Signature>();
      break;
    default:
      for (types::Tape& tape : range.tapes)
        tape.signature = garbage<crypto::BlsSignature>();
      break;
  }
  return range;
}

}  // namespace icpd::sim
