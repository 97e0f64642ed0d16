#include "crypto/random.hpp"

#include <algorithm>
#include <sodium.h>

namespace icpd::crypto {
namespace {

constexpr std::size_t kBlockBytes = 64;
constexpr std::array<std::uint8_t, crypto_stream_chacha20_ietf_NONCEBYTES> kNonce{};

}  // namespace

SeededRandom::SeededRandom(ByteView seed) {
  ensure(seed.size() == seed_.size(), "a seed has 32 bytes");
  std::memcpy(seed_.data(), seed.data(), seed_.size());
}

void SeededRandom::refill() {
  constexpr std::uint32_t kBlocks = kBufferBytes / kBlockBytes;
  ensure(block_ <= UINT32_MAX - kBlocks, "the stream of one seed has an end");
  buffer_.fill(0);
  ensure(crypto_stream_chacha20_ietf_xor_ic(buffer_.data(), buffer_.data(), buffer_.size(),
                                            kNonce.data(), block_, seed_.data()) == 0);
  block_ += kBlocks;
  used_ = 0;
}

void SeededRandom::fill(MutableByteView out) {
  while (!out.empty()) {
    if (used_ == kBufferBytes) refill();
    const std::size_t taken = std::min(out.size(), kBufferBytes - used_);
    std::memcpy(out.data(), buffer_.data() + used_, taken);
    used_ += taken;
    out = out.subspan(taken);
  }
}

std::uint64_t SeededRandom::next() {
  std::array<std::uint8_t, sizeof(std::uint64_t)> bytes;
  fill(bytes);
  return load_le<std::uint64_t>(bytes);
}

std::uint64_t SeededRandom::below(std::uint64_t bound) {
  ensure(bound > 0, "there is no number below zero");
  // 2^64 mod bound draws at the low end would make the small remainders likelier.
  const std::uint64_t biased = (0 - bound) % bound;
  std::uint64_t draw = next();
  while (draw < biased)
    draw = next();
  return draw % bound;
}

}  // namespace icpd::crypto
