#include "state/history.hpp"

namespace icpd::state {

namespace {

/// Time, version, origin and kind of a change, without what it lists.
constexpr std::uint64_t kChangeBytes = 96;

std::uint64_t size_of(const Change& change) {
  const std::size_t principals = std::visit(
      [](const auto& details) -> std::size_t {
        if constexpr (requires { details.controllers; }) return details.controllers.size();
        if constexpr (requires { details.snapshot; }) return 2;
        return 0;
      },
      change.details);
  return kChangeBytes + principals * types::Principal::kSizeMax;
}

}  // namespace

void CanisterHistory::add(Change change) {
  ++total_;
  changes_.push_back(std::move(change));
  if (changes_.size() > types::limits::kCanisterHistoryMax) changes_.pop_front();
}

std::uint64_t CanisterHistory::size_bytes() const {
  std::uint64_t bytes = 0;
  for (const Change& change : changes_)
    bytes += size_of(change);
  return bytes;
}

void CanisterLog::add(Time time, ByteView content) {
  static_assert(types::limits::kCanisterLogSizeMax > record_size_bytes(0));
  const std::size_t most = capacity_bytes() - record_size_bytes(0);
  const ByteView kept = content.first(std::min(content.size(), most));
  records_.push_back({next_index_++, time, Slice::copy_of(kept)});
  size_bytes_ += record_size_bytes(kept.size());
  while (size_bytes_ > capacity_bytes()) {
    size_bytes_ -= record_size_bytes(records_.front().content.size());
    records_.pop_front();
  }
}

void CanisterLog::clear() {
  records_.clear();
  size_bytes_ = 0;
}

}  // namespace icpd::state
