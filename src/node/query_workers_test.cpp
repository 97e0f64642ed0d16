#include "node/query_workers.hpp"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <semaphore>

namespace icpd::node {
namespace {

const types::CanisterId kA = types::canister_id_from_index(1);
const types::CanisterId kB = types::canister_id_from_index(2);

TEST(QueryWorkers, a_slow_canister_leaves_threads_to_others) {
  std::promise<void> b_done;
  std::shared_future<void> b_is_done(b_done.get_future());
  std::atomic<int> began_before_b = 0;
  std::atomic<bool> b_ran = false;
  std::counting_semaphore<8> ended{0};
  QueryWorkers workers({.threads = 3, .threads_per_canister = 2, .waiting_max = 10});
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(workers.try_push(kA, [&] {
      if (!b_ran) ++began_before_b;
      b_is_done.wait();
      ended.release();
    }));
  }
  ASSERT_TRUE(workers.try_push(kB, [&] {
    b_ran = true;
    b_done.set_value();
    ended.release();
  }));
  for (int i = 0; i < 5; ++i)
    ended.acquire();
  EXPECT_LE(began_before_b, 2);
}

TEST(QueryWorkers, canisters_take_turns) {
  std::counting_semaphore<1> begun{0};
  std::counting_semaphore<1> gate{0};
  std::promise<void> done;
  std::string order;
  QueryWorkers workers({.threads = 1, .threads_per_canister = 1, .waiting_max = 10});
  const auto note = [&](char name) {
    return [&order, &done, name] {
      order.push_back(name);
      if (order.size() == 4) done.set_value();
    };
  };
  ASSERT_TRUE(workers.try_push(kB, [&] {
    begun.release();
    gate.acquire();
  }));
  begun.acquire();
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(workers.try_push(kA, note('a')));
  ASSERT_TRUE(workers.try_push(kB, note('b')));
  gate.release();
  done.get_future().wait();
  EXPECT_EQ(order, "abaa");
}

TEST(QueryWorkers, refuses_what_would_wait_beyond_its_bound) {
  std::counting_semaphore<1> begun{0};
  std::counting_semaphore<1> gate{0};
  QueryWorkers workers({.threads = 1, .threads_per_canister = 1, .waiting_max = 1});
  ASSERT_TRUE(workers.try_push(kA, [&] {
    begun.release();
    gate.acquire();
  }));
  begun.acquire();
  EXPECT_TRUE(workers.try_push(kB, [&] { begun.release(); }));
  EXPECT_FALSE(workers.try_push(kB, [] {}));
  EXPECT_FALSE(workers.try_push(kA, [] {}));
  gate.release();
  begun.acquire();
  EXPECT_TRUE(workers.try_push(kA, [] {})) << "the one that waited has begun";
}

}  // namespace
}  // namespace icpd::node
