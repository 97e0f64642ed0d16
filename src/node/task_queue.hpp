// Threads that do what the protocol and clients wait for: signatures, filters.
//
// Three queues. Consensus goes first, then messages that peers sent, then clients; and at least one
// thread does nothing for clients, so that they can never keep the subnet from agreeing. The
// clients' queue is bounded; when it is full the client is told to come back (429).
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace icpd::node {

class TaskQueue {
 public:
  using Task = std::move_only_function<void()>;

  struct Options {
    /// Threads that take only consensus tasks, at least one.
    std::size_t consensus_threads = 1;
    /// Threads that take both, consensus first, at least one.
    std::size_t shared_threads = 1;
    std::size_t client_tasks_max = 2000;
  };

  explicit TaskQueue(const Options& options);
  /// Tasks that haven't begun are dropped.
  ~TaskQueue();

  /// Bounded by those who send: consensus never has more than its questions under way.
  void push_consensus(Task task);
  /// Bounded by who sends: at most as many lists as the replica checks at a time are under way.
  /// Should be short, because consensus may have to wait for one.
  void push_messages(Task task);
  /// False, and the task dropped, when there is no room.
  [[nodiscard]] bool try_push_client(Task task);
  /// For answers to clients who were let in; their number is bounded by who waits.
  void push_answer(Task task);

 private:
  void work(bool takes_clients);

  const std::size_t client_tasks_max_;
  std::mutex mutex_;
  std::condition_variable consensus_ready_;
  std::condition_variable ready_;
  std::deque<Task> consensus_;
  std::deque<Task> messages_;
  std::deque<Task> clients_;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace icpd::node
