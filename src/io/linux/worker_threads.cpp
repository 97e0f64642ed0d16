#include "io/linux/worker_threads.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <sched.h>
#include <thread>
#include <vector>

#include "base/ensure.hpp"
#include "io/linux/system.hpp"

namespace icpd::io::linux {

namespace {

class WorkerThreads final : public WorkerPool {
 public:
  WorkerThreads(const std::string& name, std::size_t width, int nice) {
    ensure(width >= 1);
    for (std::size_t i = 1; i < width; ++i) {
      threads_.emplace_back([this, name, nice] {
        name_this_thread(name);
        if (nice != 0) lower_this_thread(nice);
        work();
      });
    }
  }

  ~WorkerThreads() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_)
      thread.join();
  }

  void run_all(std::span<const std::function<void()>> jobs) override {
    if (threads_.empty() || jobs.size() <= 1) {
      for (const auto& job : jobs)
        job();
      return;
    }
    const std::lock_guard one_batch(batch_mutex_);
    Batch batch{jobs};
    {
      const std::lock_guard lock(mutex_);
      batch_ = &batch;
      ++batches_;
    }
    wake_.notify_all();
    take_part(batch);
    std::unique_lock lock(mutex_);
    batch_ = nullptr;  // who wakes up late finds nothing
    idle_.wait(lock, [&] { return taking_part_ == 0; });
  }

  [[nodiscard]] std::size_t width() const override { return threads_.size() + 1; }

 private:
  struct Batch {
    std::span<const std::function<void()>> jobs;
    std::atomic<std::size_t> next = 0;
  };

  static void take_part(Batch& batch) {
    for (std::size_t i; (i = batch.next.fetch_add(1)) < batch.jobs.size();)
      batch.jobs[i]();
  }

  void work() {
    std::uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return stopping_ || (batch_ != nullptr && batches_ != seen); });
      if (stopping_) return;
      seen = batches_;
      Batch& batch = *batch_;
      ++taking_part_;
      lock.unlock();
      take_part(batch);
      lock.lock();
      if (--taking_part_ == 0) idle_.notify_all();
    }
  }

  std::mutex batch_mutex_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  Batch* batch_ = nullptr;
  std::uint64_t batches_ = 0;
  std::size_t taking_part_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<WorkerPool> make_worker_threads(const std::string& name, std::size_t width,
                                                int nice) {
  return std::make_unique<WorkerThreads>(name, width, nice);
}

std::size_t processors() {
  cpu_set_t set;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  const int count = CPU_COUNT(&set);
  return count < 1 ? 1 : static_cast<std::size_t>(count);
}

}  // namespace icpd::io::linux
