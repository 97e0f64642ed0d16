#include "sim/checks.hpp"

#include <algorithm>

#include "consensus/fast_crypto.hpp"
#include "state/certified_tree.hpp"

namespace icpd::sim {

namespace {

/// Increments, notes, timers (network.hpp).
constexpr std::size_t kNumbers = 3;

std::string node_name(std::size_t node) {
  return "node " + std::to_string(node);
}

}  // namespace

Checks::Checks(const Subnet& subnet)
    : nodes_(subnet.nodes.size()),
      crypto_(consensus::make_fast_crypto()),
      key_(crypto_->load(subnet.registry->subnet(subnet.id).initial_transcripts.high).value()),
      counter_(counter_canister()) {}

void Checks::failed(std::string what) {
  failures_.push_back(std::move(what));
}

void Checks::finalized(std::size_t node, const types::HashedBlock& block) {
  FinalBlock& known = blocks_.try_emplace(block->height, block.hash()).first->second;
  known.reported_by.insert(node);
  if (known.hash != block.hash())
    failed("agreement: " + node_name(node) + " has another final block at height " +
           to_string(block->height));
}

void Checks::executed(std::size_t node, types::Height height,
                      const message_routing::BatchOutcome& outcome) {
  const auto [known, fresh] = roots_.emplace(height, outcome.root);
  if (!fresh && known->second != outcome.root)
    failed("state: " + node_name(node) + " has another root at height " + to_string(height));
  for (const execution::MessageTrace& trace : outcome.execution.traces) {
    if (trace.canister == counter_ && trace.method == "increment")
      check_increment(trace.request, height);
  }
  // Whoever is first at a height comes from the one below, where it or another was first.
  if (fresh) count(height, outcome);
}

void Checks::check_increment(const types::RequestId& request, types::Height height) {
  if (!submitted_.contains(request))
    failed("a call that no user sent was executed at height " + to_string(height));
  const auto [at, first] = executed_at_.emplace(request, height);
  if (!first && at->second != height)
    failed("at most once: a request was executed at heights " + to_string(at->second) + " and " +
           to_string(height));
}

void Checks::count(types::Height height, const message_routing::BatchOutcome& outcome) {
  Counts counts = counts_.empty() ? Counts{} : counts_.rbegin()->second;
  for (const execution::MessageTrace& trace : outcome.execution.traces) {
    if (trace.canister != counter_) continue;
    if (trace.method == "increment") ++counts.increments;
    if (trace.method == "relay" && relays_.emplace(trace.request, height).second)
      ++counts.relays_begun;
  }
  for (const types::RequestId& request : outcome.finished)
    counts.relays_ended += relays_.contains(request) ? 1 : 0;
  counts_.emplace(height, counts);
}

void Checks::checkpointed(std::size_t node, types::Height height, const types::StateHash& hash) {
  const auto [known, fresh] = state_hashes_.emplace(height, hash);
  if (!fresh && known->second != hash)
    failed("state: " + node_name(node) + " has another state hash at height " + to_string(height));
}

void Checks::shows(std::size_t node, const replica::PublishCertified& published) {
  const types::CertificationContent& content = published.certification.content;
  state::ReplicatedState shown(*published.state);
  if (state::hash_state(shown) != content.root)
    failed("certificate: " + node_name(node) + " shows another state beside it at height " +
           to_string(content.height));
  check_statistics(node, shown);
}

const types::QueryStats& Checks::credit_max(std::uint64_t epochs) {
  while (credit_max_.size() <= epochs) {
    types::QueryStats sum = credit_max_.back();
    types::QueryStats most;
    for (std::size_t node = 0; node < nodes_; ++node) {
      if (faulty_.contains(node)) continue;
      const types::QueryStats counted = queries_counted(node, credit_max_.size() - 1);
      types::add_saturating(sum, counted);
      for (const auto number : types::kQueryNumbers)
        most.*number = std::max(most.*number, counted.*number);
    }
    for (std::size_t i = 0; i < faulty_.size(); ++i)
      types::add_saturating(sum, most);
    credit_max_.push_back(sum);
  }
  return credit_max_[epochs];
}

void Checks::check_statistics(std::size_t node, const state::ReplicatedState& state) {
  const state::CanisterState* counter = state.find(counter_);
  const types::QueryStats credited =
      counter == nullptr ? types::QueryStats{} : counter->query_stats;
  const std::string where = " at height " + to_string(state.height());
  const crypto::Digest digest = crypto::Hasher("icpd-simulated-statistics")
                                    .update(codec::to_record(state.metadata().query_reports))
                                    .update(codec::to_record(state.metadata().node_metrics))
                                    .update(codec::to_record(credited))
                                    .finish();
  const auto [known, fresh] = statistics_.emplace(state.height(), digest);
  if (!fresh && known->second != digest)
    failed("query statistics: " + node_name(node) + " has others" + where);
  // Those of the last epoch are in blocks of this one, and summed up after it.
  const std::uint64_t epoch = state.topology().parameters.query_stats_epoch(state.height());
  const types::QueryStats most = credit_max(epoch == 0 ? 0 : epoch - 1);
  for (const auto number : types::kQueryNumbers) {
    if (credited.*number > most.*number)
      failed("query statistics: the counter is credited with " + std::to_string(credited.*number) +
             where + ", at most " + std::to_string(most.*number) + " would be right");
  }
  queries_credited_ = std::max(queries_credited_, credited.calls);
}

void Checks::certified(std::size_t node, const replica::PublishCertified& published) {
  const types::CertificationContent& content = published.certification.content;
  if (root(content.height) != content.root || published.state->height() != content.height)
    failed("certificate: " + node_name(node) + " shows one of another state at height " +
           to_string(content.height));
  const consensus::VerifyThreshold job{
      {{key_, types::signed_message(content), published.certification.signature}}};
  if (!crypto_->verify(job))
    failed("certificate: " + node_name(node) + " shows one that doesn't verify at height " +
           to_string(content.height));
  check_counter(node, published.state);
}

void Checks::check_counter(std::size_t node, const replica::Snapshot& state) {
  const state::CanisterState* counter = state->find(counter_);
  if (counter == nullptr || counter->certified_data.size() != kNumbers * 8) return;
  const auto shown = [&](std::size_t number) {
    return load_le<std::uint64_t>(counter->certified_data.view().subspan(number * 8));
  };
  const Counts& counts = counts_.at(state->height());
  const std::string where = "counter: at height " + to_string(state->height()) + " " +
                            node_name(node) + " shows " + std::to_string(shown(0));
  if (shown(0) != counts.increments)
    failed(where + ", executed were " + std::to_string(counts.increments));
  if (shown(1) > counts.relays_begun || shown(1) < counts.relays_ended)
    failed(where + " and " + std::to_string(shown(1)) + " notes, but " +
           std::to_string(counts.relays_begun) + " relays have begun and " +
           std::to_string(counts.relays_ended) + " have ended");
}

void Checks::published(std::size_t node, types::Height height) {
  types::Height& highest = published_[node];
  highest = std::max(highest, height);
}

std::optional<types::Height> Checks::restarted(std::size_t node, types::Height finalized) {
  if (finalized < published_[node])
    failed("shown and forgotten: node " + std::to_string(node) + " published height " +
           to_string(published_[node]) + ", and its log ends with the final height " +
           to_string(finalized));
  for (auto it = blocks_.upper_bound(finalized); it != blocks_.end(); ++it) {
    std::set<std::size_t>& reported_by = it->second.reported_by;
    reported_by.erase(node);
    if (!reported_by.empty()) continue;
    const types::Height lost = it->first;
    forget_from(lost);
    return lost;
  }
  return std::nullopt;
}

void Checks::forget_from(types::Height height) {
  blocks_.erase(blocks_.lower_bound(height), blocks_.end());
  roots_.erase(roots_.lower_bound(height), roots_.end());
  state_hashes_.erase(state_hashes_.lower_bound(height), state_hashes_.end());
  counts_.erase(counts_.lower_bound(height), counts_.end());
  statistics_.erase(statistics_.lower_bound(height), statistics_.end());
  const auto is_above = [height](const auto& entry) { return entry.second >= height; };
  std::erase_if(executed_at_, is_above);
  std::erase_if(relays_, is_above);
}

std::optional<types::StateRoot> Checks::root(types::Height height) const {
  const auto found = roots_.find(height);
  if (found == roots_.end()) return std::nullopt;
  return found->second;
}

std::optional<types::StateHash> Checks::state_hash(types::Height height) const {
  const auto found = state_hashes_.find(height);
  if (found == state_hashes_.end()) return std::nullopt;
  return found->second;
}

}  // namespace icpd::sim
