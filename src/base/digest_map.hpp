// A map whose keys begin with uniform bits: digests, or ids that contain one.
//
// A row of buckets, one for each value of the key's first bits, each one cache line: the first
// words of up to three keys and where their entries are; further ones are in an ordered map of
// their own. With uniform keys an entry costs two cache misses, and to see that there is none costs
// one. The row doubles as entries come, and never shrinks. Whoever makes keys that agree in their
// first bits gets one large ordered map and no worse; and no order depends on anything but the
// keys.
//
// Values stay where they are until they are erased.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <memory>
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
  DigestMap() = default;
  DigestMap(DigestMap&&) noexcept = default;
  DigestMap& operator=(DigestMap&&) noexcept = default;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  [[nodiscard]] const Value* find(const Key& key) const {
    const Entry* entry = buckets_[index(key)].find(key);
    return entry == nullptr ? nullptr : &entry->value;
  }
  [[nodiscard]] Value* find(const Key& key) {
    return const_cast<Value*>(std::as_const(*this).find(key));
  }
  [[nodiscard]] bool contains(const Key& key) const { return find(key) != nullptr; }

  /// The value, made from `arguments` if the key is new, and whether it is.
  template <typename... Arguments>
  std::pair<Value&, bool> try_emplace(const Key& key, Arguments&&... arguments) {
    if (Value* known = find(key)) return {*known, false};
    auto made = std::make_unique<Entry>(Entry{key, Value(std::forward<Arguments>(arguments)...)});
    Value& value = made->value;
    buckets_[index(key)].insert(std::move(made));
    if (++size_ > kFullest * buckets_.size()) grow();
    return {value, true};
  }
  /// False if there was none.
  bool erase(const Key& key) { return take(key) != nullptr; }
  /// Takes the value out.
  [[nodiscard]] std::optional<Value> extract(const Key& key) {
    const std::unique_ptr<Entry> entry = take(key);
    if (!entry) return std::nullopt;
    return std::move(entry->value);
  }

 private:
  struct Entry {
    Key key;
    Value value;
  };
  using Owned = std::unique_ptr<Entry>;

  [[nodiscard]] static std::uint64_t first_word(const Key& key) {
    return load_be<std::uint64_t>(uniform_part(key));
  }

  class alignas(64) Bucket {
   public:
    [[nodiscard]] const Entry* find(const Key& key) const {
      if (const auto place = place_of(key)) return entries_[*place].get();
      if (!more_) return nullptr;
      const auto found = more_->find(key);
      return found == more_->end() ? nullptr : found->second.get();
    }
    /// Its key isn't here yet.
    void insert(Owned entry) {
      const auto free = std::find(entries_.begin(), entries_.end(), nullptr);
      if (free != entries_.end()) {
        words_[static_cast<std::size_t>(free - entries_.begin())] = first_word(entry->key);
        *free = std::move(entry);
        return;
      }
      if (!more_) more_ = std::make_unique<More>();
      const Key& key = entry->key;
      more_->emplace(key, std::move(entry));
    }
    [[nodiscard]] Owned take(const Key& key) {
      if (const auto place = place_of(key)) return std::move(entries_[*place]);
      if (!more_) return nullptr;
      auto node = more_->extract(key);
      return node.empty() ? nullptr : std::move(node.mapped());
    }
    /// Empties it into the buckets that `bucket_of(key)` names.
    template <typename BucketOf>
    void move_to(BucketOf bucket_of) {
      for (Owned& entry : entries_) {
        if (entry) bucket_of(entry->key).insert(std::move(entry));
      }
      while (more_ && !more_->empty()) {
        Owned entry = std::move(more_->extract(more_->begin()).mapped());
        bucket_of(entry->key).insert(std::move(entry));
      }
    }

   private:
    static constexpr std::size_t kInline = 3;
    using More = std::map<Key, Owned>;

    [[nodiscard]] std::optional<std::size_t> place_of(const Key& key) const {
      const std::uint64_t word = first_word(key);
      for (std::size_t i = 0; i < kInline; ++i) {
        if (words_[i] == word && entries_[i] && entries_[i]->key == key) return i;
      }
      return std::nullopt;
    }

    std::array<std::uint64_t, kInline> words_{};
    std::array<Owned, kInline> entries_;
    std::unique_ptr<More> more_;
  };
  static_assert(sizeof(Bucket) == 64);

  static constexpr unsigned kBitsAtFirst = 4;
  /// Entries a bucket, on average.
  static constexpr std::size_t kFullest = 2;

  [[nodiscard]] std::size_t index(const Key& key) const { return first_word(key) >> (64 - bits_); }

  [[nodiscard]] Owned take(const Key& key) {
    Owned entry = buckets_[index(key)].take(key);
    if (entry) --size_;
    return entry;
  }

  void grow() {
    ++bits_;
    std::vector<Bucket> old(std::size_t{1} << bits_);
    old.swap(buckets_);
    for (Bucket& bucket : old)
      bucket.move_to([this](const Key& key) -> Bucket& { return buckets_[index(key)]; });
  }

  unsigned bits_ = kBitsAtFirst;
  std::vector<Bucket> buckets_{std::size_t{1} << kBitsAtFirst};
  std::size_t size_ = 0;
};

}  // namespace icpd
