#include "sim/forger.hpp"

#include "certification/envelope.hpp"

namespace icpd::sim {

namespace {

constexpr Duration kFar = Duration::minutes(60);

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

types::BlockQuorum Forger::false_quorum(const types::HashedBlock& block) {
  crypto::QuorumCertificate certificate;
  const std::size_t threshold = registry::high_threshold(subnet_.nodes.size());
  for (std::size_t i = 0; i < threshold; ++i) {
    certificate.signers |= crypto::MemberSet{1} << i;
    certificate.signatures.push_back(garbage<crypto::Ed25519Signature>());
  }
  return {block->height, block.hash(), std::move(certificate)};
}

types::Artifact Forger::certificate_of(const types::BlockProposal& proposal) {
  switch (random_.below(3)) {
    case 0:
      return types::Notarization{false_quorum(proposal.block)};
    case 1:
      return types::Finalization{false_quorum(proposal.block)};
    default:
      return types::EquivocationProof{.signer = proposal.block->maker,
                                      .height = proposal.block->height,
                                      .first = proposal.block.hash(),
                                      .first_signature = proposal.signature,
                                      .second = garbage<types::BlockHash>(),
                                      .second_signature = proposal.signature};
  }
}

std::optional<types::Artifact> Forger::false_certificate(const types::Artifact& seen) {
  if (const auto* proposal = std::get_if<types::BlockProposal>(&seen))
    return certificate_of(*proposal);
  if (const auto* beacon = std::get_if<types::Beacon>(&seen))
    return types::Beacon{{beacon->content.height + 1, types::beacon_hash(*beacon)},
                         garbage<crypto::BlsSignature>()};
  if (const auto* tape = std::get_if<types::Tape>(&seen))
    return types::Tape{{tape->content.height + 1, subnet_.id}, garbage<crypto::BlsSignature>()};
  if (const auto* certification = std::get_if<types::Certification>(&seen))
    return types::Certification{certification->content, garbage<crypto::BlsSignature>()};
  if (const auto* package = std::get_if<types::CatchUpPackage>(&seen)) {
    types::CatchUpContent content = *package->content;
    content.state_hash = garbage<types::StateHash>();
    return types::CatchUpPackage{Shared<types::CatchUpContent>(std::move(content)),
                                 garbage<crypto::BlsSignature>()};
  }
  return std::nullopt;
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

types::IngressArtifact Forger::false_call(FalseCall kind, Time wall,
                                          const types::IngressArtifact* seen) {
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
  const auto other = seen == nullptr ? Result<types::Envelope>(Err("nothing seen"))
                                     : certification::parse_envelope(seen->bytes);
  if (kind == FalseCall::kForged && other.ok() && other->sender_signature && random_.chance(1, 2)) {
    call.sender = other->base().sender;
    signature = {*other->sender_public_key, *other->sender_signature, {}};
  } else if (kind == FalseCall::kForged) {
    call.sender = types::Principal::self_authenticating(as_bytes("somebody else"));
    signature = {Slice(random_.bytes(44)), Slice(random_.bytes(64)), {}};
  }
  return {Slice(certification::encode_envelope(call, signature))};
}

}  // namespace icpd::sim
