#include "draws.hpp"

#include <algorithm>

#include "base/prng.hpp"
#include "execution/wasm/random_module.hpp"

namespace icpd::fuzz {

using execution::wasm::testing::RandomModule;

namespace {

constexpr int kAttemptsMax = 400;

Drawn make(const RandomModule::Below& below) {
  RandomModule generator(below);
  Drawn drawn;
  drawn.module = generator.make();
  drawn.ends = generator.ends();
  return drawn;
}

class Shrinking {
 public:
  Shrinking(Draws draws, const std::function<bool(const Draws&)>& fails)
      : draws_(std::move(draws)), fails_(fails) {}

  Draws run() {
    for (std::size_t keep = draws_.size() / 2; keep > 0; keep /= 2) {
      while (draws_.size() > keep && attempt(Draws(draws_.begin(), draws_.end() - keep))) {
      }
    }
    for (const std::size_t chunk : {64, 16, 4, 1}) {
      for (std::size_t at = 0; at < draws_.size(); at += chunk) {
        Draws fewer = draws_;
        const std::size_t end = std::min(at + chunk, fewer.size());
        std::fill(fewer.begin() + static_cast<std::ptrdiff_t>(at),
                  fewer.begin() + static_cast<std::ptrdiff_t>(end), 0);
        if (fewer != draws_) attempt(std::move(fewer));
      }
    }
    return draws_;
  }

 private:
  bool attempt(Draws fewer) {
    if (attempts_ == kAttemptsMax) return false;
    ++attempts_;
    if (!fails_(fewer)) return false;
    draws_ = std::move(fewer);
    return true;
  }

  Draws draws_;
  const std::function<bool(const Draws&)>& fails_;
  int attempts_ = 0;
};

}  // namespace

Drawn module_of(const Draws& draws) {
  std::size_t at = 0;
  return make([&](std::uint64_t n) { return at < draws.size() ? draws[at++] % n : 0; });
}

Draws draws_of(std::uint64_t seed) {
  Prng random(seed);
  Draws draws;
  (void)make([&](std::uint64_t n) {
    draws.push_back(random.next());
    return draws.back() % n;
  });
  return draws;
}

Draws shrink(Draws draws, const std::function<bool(const Draws&)>& fails) {
  return Shrinking(std::move(draws), fails).run();
}

}  // namespace icpd::fuzz
