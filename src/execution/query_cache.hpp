// Answers to queries that were asked before.
//
// An answer is given again only where executing the query would give the same: each carries its
// basis (query.hpp), and the basis must hold on the state that is asked now. So nothing has to be
// told to the cache when canisters change, and nothing goes stale.
//
//   QueryCache cache(64 * kMiB);
//   const QueryKey key = query_key(request);
//   if (auto known = cache.find(key, state)) return *known;
//   QueryAnswer answer = execute_query(state, request, ...);
//   cache.insert(key, answer);
//
// Bounded in bytes; what wasn't asked for longest goes first. Not for several threads at a time:
// whoever shares it locks it. Cost: O(log entries + canisters of the basis).
//
// Source: reference 7.3, whose age limit for answers without certificate isn't needed here.
#pragma once

#include <list>
#include <map>

#include "crypto/hash.hpp"
#include "execution/query.hpp"

namespace icpd::execution {

/// Two requests with the same key are the same to every canister.
using QueryKey = crypto::Digest;
[[nodiscard]] QueryKey query_key(const QueryRequest& request);

class QueryCache {
 public:
  explicit QueryCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// The answer that executing the query on `state` would give, if it is known. It used no
  /// instructions, and `evaluated` says so of the receiver alone.
  [[nodiscard]] std::optional<QueryAnswer> find(const QueryKey& key,
                                                const state::ReplicatedState& state);
  /// Keeps an answer that has a basis and isn't larger than the whole cache. Of two answers the one
  /// of the later state stays.
  void insert(const QueryKey& key, const QueryAnswer& answer);

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return by_key_.size(); }

 private:
  struct Entry {
    QueryKey key;
    Result<Slice, QueryReject> result;
    EvaluatedMethod root;
    QueryBasis basis;

    [[nodiscard]] std::size_t size_bytes() const;
  };
  using Order = std::list<Entry>;

  void remove(Order::iterator entry);

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  /// Least recently used first.
  Order order_;
  std::map<QueryKey, Order::iterator> by_key_;
};

}  // namespace icpd::execution
