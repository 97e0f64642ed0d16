#include "sim/checks.hpp"

#include <algorithm>

namespace icpd::sim {

void Checks::failed(std::string what) {
  failures_.push_back(std::move(what));
}

void Checks::finalized(std::size_t node, const types::HashedBlock& block) {
  const auto [known, fresh] = blocks_.emplace(block->height, block.hash());
  if (!fresh && known->second != block.hash())
    failed("agreement: node " + std::to_string(node) + " has another final block at height " +
           to_string(block->height));
}

void Checks::executed(std::size_t node, types::Height height,
                      const message_routing::BatchOutcome& outcome) {
  const auto [known, fresh] = roots_.emplace(height, outcome.root);
  if (!fresh && known->second != outcome.root)
    failed("state: node " + std::to_string(node) + " has another root at height " +
           to_string(height));
  for (const execution::MessageTrace& trace : outcome.execution.traces) {
    if (trace.method != "increment") continue;
    const auto [at, first] = executed_at_.emplace(trace.request, height);
    if (!first && at->second != height)
      failed("at most once: a request was executed at heights " + to_string(at->second) + " and " +
             to_string(height));
  }
}

void Checks::published(std::size_t node, types::Height height) {
  types::Height& highest = published_[node];
  highest = std::max(highest, height);
}

void Checks::restarted(std::size_t node, types::Height finalized) {
  if (finalized < published_[node])
    failed("shown and forgotten: node " + std::to_string(node) + " published height " +
           to_string(published_[node]) + ", and its log ends with the final height " +
           to_string(finalized));
}

std::optional<types::StateRoot> Checks::root(types::Height height) const {
  const auto found = roots_.find(height);
  if (found == roots_.end()) return std::nullopt;
  return found->second;
}

}  // namespace icpd::sim
