#include "node/task_queue.hpp"

#include <future>
#include <gtest/gtest.h>
#include <semaphore>

namespace icpd::node {
namespace {

/// A thread that is free takes what is most urgent, and clients wait for a thread that serves them.
TEST(TaskQueue, consensus_goes_before_messages_of_peers_and_those_before_clients) {
  std::counting_semaphore<2> begun{0};
  std::counting_semaphore<2> gate{0};
  std::mutex mutex;
  std::vector<std::string> order;
  std::promise<void> done;
  TaskQueue tasks(TaskQueue::Options{});
  for (int thread = 0; thread < 2; ++thread) {
    tasks.push_consensus([&] {
      begun.release();
      gate.acquire();
    });
  }
  begun.acquire();
  begun.acquire();
  const auto note = [&](std::string what) {
    return [&, what = std::move(what)] {
      const std::lock_guard lock(mutex);
      order.push_back(what);
      // Until now one of the two threads waits, so that only one works.
      if (what == "messages") gate.release();
      if (what == "client") done.set_value();
    };
  };
  ASSERT_TRUE(tasks.try_push_client(note("client")));
  tasks.push_messages(note("messages"));
  tasks.push_consensus(note("consensus"));
  gate.release();
  done.get_future().wait();
  EXPECT_EQ(order, (std::vector<std::string>{"consensus", "messages", "client"}));
}

TEST(TaskQueue, refuses_clients_when_their_queue_is_full) {
  std::counting_semaphore<2> begun{0};
  std::counting_semaphore<2> gate{0};
  TaskQueue tasks({.client_tasks_max = 1});
  for (int thread = 0; thread < 2; ++thread) {
    tasks.push_consensus([&] {
      begun.release();
      gate.acquire();
    });
  }
  begun.acquire();
  begun.acquire();
  EXPECT_TRUE(tasks.try_push_client([] {}));
  EXPECT_FALSE(tasks.try_push_client([] {}));
  gate.release(2);
}

}  // namespace
}  // namespace icpd::node
