#include "replica/start_state.hpp"

#include <algorithm>

namespace icpd::replica {

namespace {

using types::Height;
using Log = std::vector<Shared<types::EncodedArtifact>>;

/// The height that the newest final block calls certified; nothing if the log has no such block.
std::optional<Height> certified_by_final_chain(const Log& log) {
  const types::Finalization* newest = nullptr;
  for (const auto& artifact : log) {
    const auto* finalization = std::get_if<types::Finalization>(&artifact->artifact);
    if (finalization == nullptr) continue;
    if (newest == nullptr || finalization->height > newest->height) newest = finalization;
  }
  if (newest == nullptr) return std::nullopt;
  for (const auto& artifact : log) {
    const auto* proposal = std::get_if<types::BlockProposal>(&artifact->artifact);
    if (proposal != nullptr && proposal->block.hash() == newest->block)
      return proposal->block->context.certified_height;
  }
  return std::nullopt;
}

bool has_first_block(const Log& log) {
  return std::ranges::any_of(log, [](const auto& artifact) {
    return artifact->id.kind == types::ArtifactKind::kBlockProposal &&
           artifact->id.height == Height{1};
  });
}

}  // namespace

Result<state::FoundCheckpoint> find_start_state(state::CheckpointStore& checkpoints,
                                                const Log& log) {
  const auto certified = certified_by_final_chain(log);
  if (!certified) return checkpoints.load();
  auto found = TRY(checkpoints.load(*certified));
  if (found.newest || has_first_block(log)) return found;
  return checkpoints.load();
}

}  // namespace icpd::replica
