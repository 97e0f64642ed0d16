// Threads that run queries of clients.
//
// Apart from those that check signatures and take calls (task_queue.hpp): a query may run for
// seconds, and nobody else should wait for it. Canisters take turns, and one canister is given at
// most half of the threads, so that a slow one doesn't keep the others' queries waiting.
//
//   waiting   a: q1 q2 q3   b: q4        threads 4, two for each canister
//   running   a: q1 q2      b: q4        q3 waits though a thread is free
//
// Bounded: what would wait beyond `waiting_max` is refused, which the client sees as 429.
//
// Source: resource limits, "Query execution threads"; reference 7.4, 6.2 (routing-state).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "types/ids.hpp"

namespace icpd::node {

class QueryWorkers {
 public:
  using Task = std::move_only_function<void()>;

  struct Options {
    std::size_t threads = 4;
    std::size_t threads_per_canister = 2;
    std::size_t waiting_max = 400;
  };

  /// Needs 0 < threads_per_canister <= threads.
  explicit QueryWorkers(const Options& options);
  /// Waits for those that run; tasks that haven't begun are dropped.
  ~QueryWorkers();

  /// False, and the task dropped, when there is no room.
  [[nodiscard]] bool try_push(const types::CanisterId& canister, Task task);

 private:
  /// What is to be done and being done for one canister.
  struct Lane {
    std::deque<Task> waiting;
    std::size_t running = 0;
    /// It stands in turns_ once while something waits and a thread may be given to it.
    bool in_turns = false;
  };
  using Lanes = std::map<types::CanisterId, Lane>;

  void work();
  void give_turn(Lanes::iterator at);

  const Options options_;
  std::mutex mutex_;
  std::condition_variable ready_;
  Lanes lanes_;
  std::list<Lanes::iterator> turns_;
  std::size_t waiting_ = 0;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace icpd::node
