// Runs independent jobs, in parallel where there are threads, in order where there are none.
#pragma once

#include <functional>
#include <span>

namespace icpd::io {

class WorkerPool {
 public:
  virtual ~WorkerPool() = default;
  /// Runs every job once and returns when all are done. Jobs touch disjoint data, never throw and
  /// never call the pool. The caller's thread may take part.
  virtual void run_all(std::span<const std::function<void()>> jobs) = 0;
  /// How many jobs can run at the same time, at least 1.
  [[nodiscard]] virtual std::size_t width() const = 0;
};

/// Runs the jobs one after the other on the caller's thread.
class InlineWorkers final : public WorkerPool {
 public:
  void run_all(std::span<const std::function<void()>> jobs) override {
    for (const auto& job : jobs)
      job();
  }
  [[nodiscard]] std::size_t width() const override { return 1; }
};

}  // namespace icpd::io
