#include "replica/ingress_pool.hpp"

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
  by_expiry_.emplace(entry.message->call().ingress_expiry, hash);
  const PoolEntry& added = entries_.try_emplace(hash, std::move(entry)).first;
  if (added.verification == Verification::kGood) verified_.emplace(added.order, &added);
  return true;
}

const PoolEntry* IngressPool::find(const types::IngressHash& hash) const {
  return entries_.find(hash);
}

std::optional<PoolEntry> IngressPool::remove(const types::IngressHash& hash) {
  auto found = entries_.extract(hash);
  if (!found) return std::nullopt;
  PoolEntry& entry = *found;
  const std::size_t size = entry.message->size();
  const auto usage = usage_.find(entry.source);
  ensure(usage != usage_.end() && usage->second.messages > 0 && usage->second.bytes >= size);
  --usage->second.messages;
  usage->second.bytes -= size;
  if (usage->second.messages == 0) usage_.erase(usage);
  bytes_ -= size;
  verified_.erase(entry.order);
  by_expiry_.erase({entry.message->call().ingress_expiry, hash});
  return found;
}

std::vector<PoolEntry> IngressPool::remove_expired(Time now) {
  std::vector<PoolEntry> removed;
  while (!by_expiry_.empty() && by_expiry_.begin()->first < now) {
    auto entry = remove(by_expiry_.begin()->second);
    ensure(entry.has_value());
    removed.push_back(std::move(*entry));
  }
  return removed;
}

void IngressPool::remove_unverified(const types::NodeId& source) {
  std::vector<types::IngressHash> unverified;
  for (const auto& [expiry, hash] : by_expiry_) {
    const PoolEntry* entry = entries_.find(hash);
    if (entry->source == source && entry->verification == Verification::kUnknown)
      unverified.push_back(hash);
  }
  for (const types::IngressHash& hash : unverified)
    remove(hash);
}

bool IngressPool::pin(const types::IngressHash& hash) {
  PoolEntry* entry = entries_.find(hash);
  if (entry == nullptr) return false;
  if (entry->pins++ == 0) by_expiry_.erase({entry->message->call().ingress_expiry, hash});
  return true;
}

void IngressPool::unpin(const types::IngressHash& hash) {
  PoolEntry* entry = entries_.find(hash);
  if (entry == nullptr || entry->pins == 0 || --entry->pins != 0) return;
  by_expiry_.emplace(entry->message->call().ingress_expiry, hash);
}

bool IngressPool::mark(const types::IngressHash& hash, Verification verification) {
  PoolEntry* entry = entries_.find(hash);
  if (entry == nullptr || entry->verification == Verification::kGood) return false;
  entry->verification = verification;
  if (verification == Verification::kGood) verified_.emplace(entry->order, entry);
  return true;
}

std::vector<const PoolEntry*> IngressPool::verified() const {
  std::vector<const PoolEntry*> all;
  all.reserve(verified_.size());
  for (const auto& [order, entry] : verified_)
    all.push_back(entry);
  return all;
}

std::optional<Time> IngressPool::next_expiry() const {
  if (by_expiry_.empty()) return std::nullopt;
  return by_expiry_.begin()->first;
}

}  // namespace icpd::replica
