// For tests: worker threads that come to jobs in whatever order.
#pragma once

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "io/worker_pool.hpp"

namespace icpd::execution::testing {

class Threads final : public io::WorkerPool {
 public:
  explicit Threads(std::size_t width) : width_(width) {}
  void run_all(std::span<const std::function<void()>> jobs) override {
    std::atomic<std::size_t> next = 0;
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < std::min(width_, jobs.size()); ++i) {
      threads.emplace_back([&] {
        for (std::size_t job; (job = next.fetch_add(1)) < jobs.size();)
          jobs[job]();
      });
    }
    most_jobs_ = std::max(most_jobs_, jobs.size());
  }
  [[nodiscard]] std::size_t width() const override { return width_; }
  /// That came at once.
  [[nodiscard]] std::size_t most_jobs() const { return most_jobs_; }

 private:
  std::size_t width_;
  std::size_t most_jobs_ = 0;
};

}  // namespace icpd::execution::testing
