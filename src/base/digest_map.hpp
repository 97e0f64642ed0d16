// An ordered map whose keys begin with uniform bits: digests, or ids that contain one.
//
// A row of small ordered maps, one for each value of the key's first bits. With uniform keys an
// entry is found after one step and few comparisons, where one large tree takes a cache miss for
// each of its levels. Whoever makes keys that agree in their first bits gets one large tree and no
// worse; and no order depends on anything but the keys.
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
  static constexpr std::size_t kBuckets = 4096;

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
    if (is_new) ++size_;
    return {entry->second, is_new};
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

  [[nodiscard]] static std::size_t index(const Key& key) {
    const ByteView bytes = uniform_part(key);
    return (std::size_t{bytes[0]} << 8 | bytes[1]) / (65'536 / kBuckets);
  }

  std::vector<std::map<Key, Value, Less>> buckets_{kBuckets};
  std::size_t size_ = 0;
};

}  // namespace icpd
