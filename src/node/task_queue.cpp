#include "node/task_queue.hpp"

#include "base/ensure.hpp"
#include "io/linux/system.hpp"

namespace icpd::node {

TaskQueue::TaskQueue(const Options& options) : client_tasks_max_(options.client_tasks_max) {
  ensure(options.consensus_threads >= 1 && options.shared_threads >= 1);
  for (std::size_t i = 0; i < options.consensus_threads; ++i) {
    threads_.emplace_back([this] {
      io::linux::name_this_thread("crypto");
      work(/*takes_clients=*/false);
    });
  }
  for (std::size_t i = 0; i < options.shared_threads; ++i) {
    threads_.emplace_back([this] {
      io::linux::name_this_thread("client");
      work(/*takes_clients=*/true);
    });
  }
}

TaskQueue::~TaskQueue() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  consensus_ready_.notify_all();
  ready_.notify_all();
  for (std::thread& thread : threads_)
    thread.join();
}

void TaskQueue::push_consensus(Task task) {
  {
    const std::lock_guard lock(mutex_);
    consensus_.push_back(std::move(task));
  }
  consensus_ready_.notify_one();
  ready_.notify_one();
}

void TaskQueue::push_messages(Task task) {
  {
    const std::lock_guard lock(mutex_);
    messages_.push_back(std::move(task));
  }
  consensus_ready_.notify_one();
  ready_.notify_one();
}

bool TaskQueue::try_push_client(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (clients_.size() >= client_tasks_max_) return false;
    clients_.push_back(std::move(task));
  }
  ready_.notify_one();
  return true;
}

void TaskQueue::push_answer(Task task) {
  {
    const std::lock_guard lock(mutex_);
    clients_.push_back(std::move(task));
  }
  ready_.notify_one();
}

void TaskQueue::work(bool takes_clients) {
  std::condition_variable& ready = takes_clients ? ready_ : consensus_ready_;
  for (;;) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      ready.wait(lock, [&] {
        return closed_ || !consensus_.empty() || !messages_.empty() ||
               (takes_clients && !clients_.empty());
      });
      if (closed_) return;
      std::deque<Task>& from = !consensus_.empty()  ? consensus_
                               : !messages_.empty() ? messages_
                                                    : clients_;
      task = std::move(from.front());
      from.pop_front();
    }
    task();
  }
}

}  // namespace icpd::node
