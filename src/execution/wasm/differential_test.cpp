// The two styles of counting, whole and sliced, on the same modules: counts, results and failures
// are the same.
#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "execution/wasm/random_module.hpp"
#include "execution/wasm/test_guest.hpp"

namespace icpd::execution::wasm {
namespace {

using testing::Guest;

constexpr std::uint64_t kLimit = 200'000;

struct Seen {
  std::string failure;
  std::uint64_t instructions = 0;
  Globals globals;
  std::vector<io::PageIndex> heap_dirty;
  std::vector<io::PageIndex> stable_dirty;
  std::uint64_t accessed = 0;
  Bytes heap;
  Bytes reply;
  std::vector<std::string> calls;

  bool operator==(const Seen&) const = default;
};

Seen run(ByteView module, Style style, std::uint64_t slice, int* pauses = nullptr) {
  Guest guest(module, style);
  guest.host.argument = Bytes(100, 9);
  guest.limits = {kLimit, slice};
  guest.page_limits = {3, 2};
  const Outcome outcome = guest.run(Method{MethodKind::kUpdate, "run"});
  if (pauses != nullptr) *pauses = guest.pauses;
  Seen seen{outcome.failure ? outcome.failure->message : "",
            outcome.instructions,
            outcome.globals,
            outcome.heap_dirty,
            outcome.stable_dirty,
            outcome.stable_pages_accessed,
            {guest.heap().base(), guest.heap().base() + guest.heap().size_bytes()},
            guest.host.reply,
            guest.host.calls};
  return seen;
}

void expect_equal(const Seen& a, const Seen& b) {
  EXPECT_EQ(a.failure, b.failure);
  EXPECT_EQ(a.instructions, b.instructions);
  EXPECT_EQ(a.globals, b.globals);
  EXPECT_EQ(a.heap_dirty, b.heap_dirty);
  EXPECT_EQ(a.stable_dirty, b.stable_dirty);
  EXPECT_EQ(a.accessed, b.accessed);
  EXPECT_EQ(a.reply, b.reply);
  EXPECT_EQ(a.calls, b.calls);
  EXPECT_TRUE(a.heap == b.heap);
}

TEST(Differential, styles_and_slices_agree_on_random_modules) {
  std::map<std::string, int> outcomes;
  int sliced = 0;
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Prng random(seed);
    const Bytes module =
        testing::RandomModule([&](std::uint64_t n) { return random.below(n); }).make();
    const Seen threaded = run(module, Style::kThreaded, kLimit);
    expect_equal(threaded, run(module, Style::kGlobal, kLimit));
    int pauses = 0;
    const Seen in_slices = run(module, Style::kThreaded, kLimit / 40, &pauses);
    int pauses_of_global = 0;
    expect_equal(in_slices, run(module, Style::kGlobal, kLimit / 40, &pauses_of_global));
    EXPECT_EQ(pauses, pauses_of_global);
    // A slice that is overrun fails where the whole wouldn't; all else is the same.
    if (in_slices.failure.find("slice limit") == std::string::npos) {
      expect_equal(threaded, in_slices);
    }
    sliced += pauses > 0 ? 1 : 0;
    ++outcomes[threaded.failure.substr(0, 40)];
    if (::testing::Test::HasFailure()) {
      FAIL() << "module: " << to_hex(module);
    }
  }
  // The generator reaches what the test is about.
  EXPECT_GT(outcomes[""], 20);
  EXPECT_GT(outcomes.size(), 5);
  EXPECT_GT(sliced, 8);
}

}  // namespace
}  // namespace icpd::execution::wasm
