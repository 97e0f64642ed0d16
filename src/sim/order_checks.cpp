#include "sim/order_checks.hpp"

#include "types/limits.hpp"

namespace icpd::sim {

namespace {

crypto::Digest digest_of(const types::Batch& batch) {
  crypto::Hasher hasher("icpd-simulated-batch");
  hasher.number(static_cast<std::uint64_t>(batch.time.ns)).update(batch.randomness.view());
  for (const auto& message : batch.ingress)
    hasher.update(message->hash.view());
  hasher.update(codec::to_record(batch.responses))
      .update(codec::to_record(batch.failed_makers))
      .update(codec::to_record(batch.query_stats));
  return hasher.finish();
}

}  // namespace

void OrderChecks::executes(const types::Batch& batch, Time wall, const Statements& statements) {
  const auto [known, fresh] = batches_.emplace(batch.height, digest_of(batch));
  if (fresh) return is_new(batch, wall, statements);
  if (known->second != digest_of(batch))
    failed_("order: two batches of height " + to_string(batch.height));
}

void OrderChecks::forget_from(types::Height height) {
  batches_.erase(batches_.lower_bound(height), batches_.end());
  times_.erase(times_.lower_bound(height), times_.end());
  std::erase_if(included_at_, [height](const auto& entry) { return entry.second >= height; });
}

void OrderChecks::is_new(const types::Batch& batch, Time wall, const Statements& statements) {
  const std::string height = to_string(batch.height);
  times_.emplace(batch.height, batch.time);
  if (const auto before = times_.find(batch.height - 1);
      before != times_.end() && batch.time <= before->second)
    failed_("time: it doesn't grow at height " + height);
  if (batch.time > wall + kSkewMax) failed_("time: height " + height + " is ahead of all clocks");
  for (const auto& message : batch.ingress) {
    const auto [at, first] = included_at_.emplace(message->id(), batch.height);
    if (!first)
      failed_("at most once: a request is in the batches of heights " + to_string(at->second) +
              " and " + height);
    const Time expiry = message->call().ingress_expiry;
    if (expiry < batch.time || expiry > batch.time + types::limits::kIngressTtlMax)
      failed_("expiry: height " + height + " has a request that isn't of its time");
  }
  if (const types::Beacon* beacon = statements.beacon(batch.height - 1))
    has_its_turn(batch, *beacon);
}

void OrderChecks::has_its_turn(const types::Batch& batch, const types::Beacon& before) {
  const auto makers = committee_->makers(before);
  const std::uint64_t rank = batch.block_rank.value;
  if (rank >= makers.size() || makers[rank] != batch.block_maker)
    return failed_("turn: the block of height " + to_string(batch.height) +
                   " is of a maker whose turn it wasn't");
  const std::vector<types::NodeId> before_it(makers.begin(),
                                             makers.begin() + static_cast<std::ptrdiff_t>(rank));
  if (batch.failed_makers != before_it)
    failed_("blame: the block of height " + to_string(batch.height) +
            " names others as failed than whose turn was before");
}

}  // namespace icpd::sim
