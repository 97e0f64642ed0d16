// How often an address may ask: a token bucket for each.
//
// Memory is bounded: at most kAddressesMax buckets. At the bound full buckets, which say nothing,
// are dropped; if none is full, the table starts afresh, in favour of those who ask.
#pragma once

#include <string>
#include <unordered_map>

#include "base/units.hpp"

namespace icpd::io::linux::detail {

class RateLimit {
 public:
  static constexpr std::size_t kAddressesMax = 65'536;

  /// No limit if per_second is 0.
  RateLimit(std::uint64_t per_second, std::uint64_t burst)
      : per_second_(per_second), burst_(burst < 1 ? 1 : burst) {}

  /// Takes a token if there is one. `now` never goes back.
  [[nodiscard]] bool allow(const std::string& address, Duration now);

 private:
  struct Bucket {
    double tokens = 0;
    Duration filled_at;
  };
  void refill(Bucket& bucket, Duration now) const;
  void make_room(Duration now);

  std::uint64_t per_second_;
  std::uint64_t burst_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace icpd::io::linux::detail
