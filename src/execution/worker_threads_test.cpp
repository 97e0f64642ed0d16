// The number of threads never shows: random traffic on 1, 2 and 4 threads and on one for each core
// gives the same state, the same answers and the same reports.
#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "execution/test_subnet.hpp"
#include "execution/test_threads.hpp"
#include "state/certified_tree.hpp"
#include "state/state_hash.hpp"

namespace icpd::execution {
namespace {

using namespace testing;

/// Counts in its heap and in stable memory, grows, certifies, burns time, traps, sets a timer.
std::string busy_canister() {
  return with_imports(R"(
    (func $count (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1))))
    (func (export "canister_init") (drop (call $stable_grow (i64.const 1))))
    (func (export "canister_update inc")
      (call $count)
      (call $certify (i32.const 0) (i32.const 8))
      (call $reply_number (i64.load (i32.const 0))))
    (func (export "canister_update store")
      (call $count)
      (call $stable_write (i64.mul (i64.rem_u (i64.load (i32.const 0)) (i64.const 16))
                                   (i64.const 4096))
                          (i64.const 0) (i64.const 8))
      (drop (memory.grow (i32.const 1)))
      (call $reply))
    (func (export "canister_update fail") (call $count) unreachable)
    (func (export "canister_update later")
      (drop (call $timer (i64.add (call $time) (i64.const 1500000000))))
      (call $reply))
    (func (export "canister_global_timer") (call $count))
    (func (export "canister_update spin") (local $i i32)
      (loop $again
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_u (local.get $i) (i32.const 3000000))))
      (call $count)
      (call $reply)))");
}

struct Seen {
  types::StateRoot root;
  types::StateHash hash;
  std::vector<std::string> answers;
  std::vector<std::uint64_t> instructions;
  bool operator==(const Seen&) const = default;
};

Seen run(std::uint64_t seed, io::WorkerPool& workers) {
  SubnetOptions options;
  options.parameters.instructions_per_slice = 10'000'000;
  options.parameters.instructions_per_install_slice = 10'000'000;
  options.parameters.instructions_per_round = 40'000'000;
  TestSubnet subnet(options);
  Environment environment(memory_space(), workers);
  Prng prng(seed);
  std::vector<CanisterId> busy;
  std::vector<CanisterId> proxies;
  for (int i = 0; i < 6; ++i) {
    busy.push_back(subnet.deploy(busy_canister()));
    proxies.push_back(subnet.deploy(kProxy));
  }
  constexpr std::array<const char*, 5> kMethods = {"inc", "store", "fail", "later", "spin"};
  std::vector<types::RequestId> requests;
  Seen seen;
  for (std::uint64_t round = 0; round < 12; ++round) {
    for (std::uint64_t call = prng.below(20); call > 0; --call) {
      const char* method = kMethods[prng.below(kMethods.size())];
      const CanisterId& callee = busy[prng.below(busy.size())];
      if (prng.below(2) == 0) {
        requests.push_back(subnet.submit(kAlice, callee, method, {}));
      } else {
        requests.push_back(subnet.submit(kAlice, proxies[prng.below(proxies.size())], "proxy",
                                         proxy_arg(callee, method)));
      }
    }
    state::SystemMetadata& metadata = subnet.state.write_metadata();
    ++metadata.height;
    metadata.batch_time = metadata.batch_time + Duration::seconds(1);
    RoundInput input;
    input.is_checkpoint = prng.below(5) == 0;
    input.heartbeats_due = true;
    seen.instructions.push_back(execute_round(subnet.state, input, environment).instructions);
  }
  for (const types::RequestId& request : requests)
    seen.answers.push_back(TestSubnet::text(subnet.status(request)));
  seen.root = state::hash_state(subnet.state);
  seen.hash = state::state_hash(subnet.state);
  return seen;
}

TEST(WorkerThreads, their_number_never_shows) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    io::InlineWorkers none;
    const Seen expected = run(seed, none);
    for (const std::size_t width : {1, 2, 4, 8}) {
      Threads threads(width);
      const Seen seen = run(seed, threads);
      EXPECT_GT(threads.most_jobs(), 1U) << "the traffic is for several cores";
      EXPECT_EQ(seen.answers, expected.answers) << width << " threads";
      EXPECT_EQ(seen.instructions, expected.instructions) << width << " threads";
      EXPECT_TRUE(seen == expected) << width << " threads";
    }
  }
}

}  // namespace
}  // namespace icpd::execution
