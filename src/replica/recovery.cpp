// Goes on from a checkpoint and the log: the newest catch-up package at or below the state, the
// chain above it, and the bodies that its blocks name.
#include "replica/detail/core.hpp"

namespace icpd::replica::detail {

namespace {

types::CatchUpPackage newest_package(const Recovered& recovered, Height state) {
  types::CatchUpPackage newest = recovered.genesis;
  for (const Encoded& artifact : recovered.log) {
    const auto* package = std::get_if<types::CatchUpPackage>(&artifact->artifact);
    if (package == nullptr || artifact->id.height > state) continue;
    if (artifact->id.height > newest.content->block->height) newest = *package;
  }
  return newest;
}

Status<> recover_bodies(Core& core, const std::vector<Encoded>& log) {
  std::map<IngressHash, Encoded> found;
  for (const Encoded& artifact : log) {
    if (artifact->id.kind == types::ArtifactKind::kIngress)
      found.emplace(*IngressHash::from(artifact->id.hash), artifact);
  }
  for (const Encoded& artifact : log) {
    const auto* proposal = std::get_if<types::BlockProposal>(&artifact->artifact);
    if (proposal == nullptr) continue;
    for (const IngressHash& hash : named_by(*proposal->block)) {
      const auto body = found.find(hash);
      if (body == found.end()) continue;
      const auto message = parse_ingress(body->second);
      if (!message.ok()) return Err("the log holds a message that doesn't decode");
      core.bodies.keep(artifact->id.height, *message, body->second);
    }
  }
  return {};
}

}  // namespace

Status<> recover(Core& core, Recovered recovered) {
  const Height height = recovered.state->height();
  core.bodies.executed(height);
  TRY(recover_bodies(core, recovered.log));
  consensus::Recovered chain{
      newest_package(recovered, height), {}, recovered.watermark, height, recovered.root};
  if (chain.package.content->block->height < height) core.checkpoint_at_start = recovered.hash;
  for (const Encoded& artifact : recovered.log) {
    if (artifact->id.kind != types::ArtifactKind::kIngress) chain.artifacts.push_back(artifact);
  }
  core.consensus =
      TRY(consensus::Consensus::make(core.identity.consensus, core.registry, std::move(chain)));
  core.executed = height;
  core.next_batch = height + 1;
  core.published = core.consensus->certified();
  core.package = core.consensus->caught_up();
  core.snapshots.emplace(height, recovered.state);
  return {};
}

}  // namespace icpd::replica::detail
