#include "replica/ingress_pool.hpp"

#include <algorithm>

namespace icpd::replica {

bool IngressPool::add(PoolEntry entry) {
  const types::IngressHash hash = entry.message->hash;
  ensure(!entries_.contains(hash), "a message is added once");
  Usage& usage = usage_[entry.source];
  const std::size_t size = entry.message->size();
  if (!entry.is_required &&
      (usage.messages >= kPoolMessagesPerSourceMax || usage.bytes + size > kPoolBytesPerSourceMax))
    return false;
  ++usage.messages;
  usage.bytes += size;
  bytes_ += size;
  entry.order = ++next_order_;
  requests_.insert(entry.message->id());
  entry.leaves = entry.message->call().ingress_expiry;
  if (entry.is_required) entry.leaves = std::max(entry.leaves, entry.received + kRequiredStays);
  by_leaving_.emplace(entry.leaves, hash);
  if (entry.verification == Verification::kGood) verified_.emplace(entry.order, hash);
  entries_.emplace(hash, std::move(entry));
  return true;
}

const PoolEntry* IngressPool::find(const types::IngressHash& hash) const {
  const auto found = entries_.find(hash);
  return found == entries_.end() ? nullptr : &found->second;
}

std::optional<PoolEntry> IngressPool::remove(const types::IngressHash& hash) {
  auto found = entries_.extract(hash);
  if (found.empty()) return std::nullopt;
  PoolEntry entry = std::move(found.mapped());
  const std::size_t size = entry.message->size();
  const auto usage = usage_.find(entry.source);
  ensure(usage != usage_.end() && usage->second.messages > 0 && usage->second.bytes >= size);
  --usage->second.messages;
  usage->second.bytes -= size;
  if (usage->second.messages == 0) usage_.erase(usage);
  bytes_ -= size;
  verified_.erase(entry.order);
  requests_.erase(requests_.find(entry.message->id()));
  by_leaving_.erase({entry.leaves, hash});
  return entry;
}

std::vector<PoolEntry> IngressPool::remove_expired(Time now) {
  std::vector<PoolEntry> removed;
  while (!by_leaving_.empty() && by_leaving_.begin()->first < now) {
    auto entry = remove(by_leaving_.begin()->second);
    ensure(entry.has_value());
    removed.push_back(std::move(*entry));
  }
  return removed;
}

void IngressPool::mark(const types::IngressHash& hash, Verification verification) {
  const auto found = entries_.find(hash);
  if (found == entries_.end()) return;
  PoolEntry& entry = found->second;
  ensure(entry.verification != Verification::kGood, "what is verified stays verified");
  entry.verification = verification;
  if (verification == Verification::kGood) verified_.emplace(entry.order, hash);
}

std::vector<const PoolEntry*> IngressPool::verified() const {
  std::vector<const PoolEntry*> all;
  all.reserve(verified_.size());
  for (const auto& [order, hash] : verified_)
    all.push_back(&entries_.at(hash));
  return all;
}

std::optional<Time> IngressPool::next_expiry() const {
  if (by_leaving_.empty()) return std::nullopt;
  return by_leaving_.begin()->first;
}

}  // namespace icpd::replica
