// An ordered map whose keys begin with uniform bits: digests, or ids that contain one.
//
// A row of tiny ordered maps, one for each value of the key's first bits. With uniform keys an
// entry is found after one step and few comparisons, where one large tree takes a cache miss for
// each of its levels. The row grows with the entries, and never shrinks. Whoever makes keys that
// agree in their first bits gets one large tree and no worse; and no order depends on anything but
// the keys.
//
// Values stay where they are until they are erased.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.hpp"

namespace icpd {

/// The part of a key that is uniform, at least 8 bytes. Other key types have their own, found by
/// argument lookup.
template <typename Tag, std::size_t N>
[[nodiscard]] ByteView uniform_part(const FixedBytes<Tag, N>& key) {
  return key.view();
}

template <typename Key, typename Value>
class DigestMap {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  [[nodiscard]] const Value* find(const Key& key) const {
    const auto& bucket = buckets_[index(key)];
    const auto found = bucket.find(key);
    return found == bucket.end() ? nullptr : &found->second;
  }
  [[nodiscard]] Value* find(const Key& key) {
    return const_cast<Value*>(std::as_const(*this).find(key));
  }
  [[nodiscard]] bool contains(const Key& key) const { return find(key) != nullptr; }

  /// The value, made from `arguments` if the key is new, and whether it is.
  template <typename... Arguments>
  std::pair<Value&, bool> try_emplace(const Key& key, Arguments&&... arguments) {
    const auto [entry, is_new] =
        buckets_[index(key)].try_emplace(key, std::forward<Arguments>(arguments)...);
    Value& value = entry->second;
    if (is_new && ++size_ > kFullest * buckets_.size()) grow();
    return {value, is_new};
  }
  /// False if there was none.
  bool erase(const Key& key) {
    const std::size_t erased = buckets_[index(key)].erase(key);
    size_ -= erased;
    return erased != 0;
  }
  /// Takes the value out.
  [[nodiscard]] std::optional<Value> extract(const Key& key) {
    auto node = buckets_[index(key)].extract(key);
    if (node.empty()) return std::nullopt;
    --size_;
    return std::move(node.mapped());
  }

 private:
  /// Most keys of a bucket differ in the first word of what is uniform, which is compared without a
  /// call.
  struct Less {
    bool operator()(const Key& a, const Key& b) const {
      std::uint64_t first = 0;
      std::uint64_t second = 0;
      std::memcpy(&first, uniform_part(a).data(), sizeof first);
      std::memcpy(&second, uniform_part(b).data(), sizeof second);
      return first != second ? first < second : a < b;
    }
  };

  using Bucket = std::map<Key, Value, Less>;
  static constexpr unsigned kBitsAtFirst = 6;
  static constexpr unsigned kBitsMore = 2;
  /// Entries a bucket, on average.
  static constexpr std::size_t kFullest = 2;

  [[nodiscard]] std::size_t index(const Key& key) const {
    return load_be<std::uint64_t>(uniform_part(key)) >> (64 - bits_);
  }

  /// Entries move with their nodes.
  void grow() {
    bits_ += kBitsMore;
    std::vector<Bucket> old(std::size_t{1} << bits_);
    old.swap(buckets_);
    for (Bucket& bucket : old) {
      while (!bucket.empty()) {
        auto node = bucket.extract(bucket.begin());
        buckets_[index(node.key())].insert(std::move(node));
      }
    }
  }

  unsigned bits_ = kBitsAtFirst;
  std::vector<Bucket> buckets_{std::size_t{1} << kBitsAtFirst};
  std::size_t size_ = 0;
};

}  // namespace icpd
