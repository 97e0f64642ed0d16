#include "execution/query_cache.hpp"

namespace icpd::execution {
namespace {

/// Nodes of the list and the map, and what allocations round up.
constexpr std::size_t kOverheadBytes = 256;

}  // namespace

QueryKey query_key(const QueryRequest& request) {
  crypto::Hasher hasher("icpd-query");
  hasher.sized(request.sender.principal.view());
  hasher.number(static_cast<std::uint8_t>(request.caller_info.has_value()));
  if (request.caller_info)
    hasher.sized(request.caller_info->data.view()).sized(request.caller_info->signer.view());
  hasher.sized(request.receiver.view()).sized(request.method_name).sized(request.arg.view());
  return hasher.finish();
}

std::size_t QueryCache::Entry::size_bytes() const {
  const std::size_t payload = result.ok() ? result->size() : result.error().message.size();
  return payload + sizeof(Entry) + basis.canisters.size() * sizeof(QueryBasis::Canister) +
         kOverheadBytes;
}

void QueryCache::remove(Order::iterator entry) {
  bytes_ -= entry->size_bytes();
  by_key_.erase(entry->key);
  order_.erase(entry);
}

std::optional<QueryAnswer> QueryCache::find(const QueryKey& key,
                                            const state::ReplicatedState& state) {
  const auto known = by_key_.find(key);
  if (known == by_key_.end()) return std::nullopt;
  const auto entry = known->second;
  if (!holds(entry->basis, state)) {
    // An answer of a later state is for those who ask later.
    if (entry->basis.time <= state.time()) remove(entry);
    return std::nullopt;
  }
  order_.splice(order_.end(), order_, entry);
  QueryAnswer answer{entry->result, 0, {entry->root}, {}};
  answer.evaluated.front().stats.instructions = 0;
  return answer;
}

void QueryCache::insert(const QueryKey& key, const QueryAnswer& answer) {
  if (!answer.basis) return;
  ensure(!answer.evaluated.empty(), "an answer with a basis comes from an evaluated method");
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    if (known->second->basis.time > answer.basis->time) return;
    remove(known->second);
  }
  Entry entry{key, answer.result, answer.evaluated.back(), *answer.basis};
  const std::size_t size = entry.size_bytes();
  if (size > bytes_max_) return;
  while (bytes_ + size > bytes_max_)
    remove(order_.begin());
  order_.push_back(std::move(entry));
  by_key_[key] = std::prev(order_.end());
  bytes_ += size;
}

}  // namespace icpd::execution
