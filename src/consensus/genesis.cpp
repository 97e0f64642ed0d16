#include "consensus/genesis.hpp"

#include "consensus/rules.hpp"

namespace icpd::consensus {

types::CatchUpPackage genesis_package(const registry::Snapshot& snapshot,
                                      const types::SubnetId& subnet, const GenesisState& state) {
  const registry::SubnetRecord& record = snapshot.subnet(subnet);
  types::Block block;
  block.context.registry_version = snapshot.version;
  block.payload = types::SummaryPayload{
      .registry_version = snapshot.version,
      .interval_length = next_interval_length(record.pacing, 0, {}),
      .current = record.initial_transcripts,
      .next = record.initial_transcripts,
  };
  types::CatchUpContent content;
  content.block = types::HashedBlock(std::move(block));
  content.state_hash = state.hash;
  content.state_root = state.root;
  ensure(content.block->is_summary() && content.block->height == types::Height{0});
  return {Shared<types::CatchUpContent>(std::move(content)), std::nullopt};
}

}  // namespace icpd::consensus
