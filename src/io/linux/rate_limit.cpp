#include "io/linux/detail/rate_limit.hpp"

#include <algorithm>

namespace icpd::io::linux::detail {

void RateLimit::refill(Bucket& bucket, Duration now) const {
  const double seconds = static_cast<double>((now - bucket.filled_at).ns) / 1e9;
  bucket.tokens = std::min(static_cast<double>(burst_),
                           bucket.tokens + seconds * static_cast<double>(per_second_));
  bucket.filled_at = now;
}

void RateLimit::make_room(Duration now) {
  for (auto it = buckets_.begin(); it != buckets_.end();) {
    refill(it->second, now);
    const bool is_full = it->second.tokens >= static_cast<double>(burst_);
    it = is_full ? buckets_.erase(it) : std::next(it);
  }
  if (buckets_.size() >= kAddressesMax) buckets_.clear();
}

bool RateLimit::allow(const std::string& address, Duration now) {
  if (per_second_ == 0) return true;
  if (buckets_.size() >= kAddressesMax && !buckets_.contains(address)) make_room(now);
  const auto [it, is_new] = buckets_.try_emplace(address, Bucket{static_cast<double>(burst_), now});
  Bucket& bucket = it->second;
  if (!is_new) refill(bucket, now);
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace icpd::io::linux::detail
