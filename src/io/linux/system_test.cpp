#include "io/linux/system.hpp"

#include <atomic>
#include <gtest/gtest.h>

#include "io/linux/worker_threads.hpp"

namespace icpd::io::linux {
namespace {

TEST(SystemClock, tells_a_time_of_this_century_and_elapsed_time_that_never_goes_back) {
  SystemClock clock;
  EXPECT_GT(clock.now().seconds(), 1'700'000'000u);
  const Duration first = clock.monotonic();
  EXPECT_LE(first, clock.monotonic());
}

TEST(SystemEntropy, fills_large_buffers_with_different_bytes) {
  SystemEntropy entropy;
  Bytes a(100'000);
  Bytes b(100'000);
  entropy.fill(a);
  entropy.fill(b);
  EXPECT_NE(a, b);
  entropy.fill({});
}

TEST(WorkerThreads, run_every_job_once_for_any_width) {
  for (const std::size_t width : {1u, 2u, 5u}) {
    const auto pool = make_worker_threads("worker", width);
    EXPECT_EQ(pool->width(), width);
    for (const std::size_t count : {0u, 1u, 2u, 100u}) {
      std::vector<int> runs(count);
      std::vector<std::function<void()>> jobs;
      for (int& run : runs)
        jobs.emplace_back([&run] { ++run; });
      for (int repeat = 1; repeat <= 50; ++repeat) {
        pool->run_all(jobs);
        EXPECT_EQ(runs, std::vector<int>(count, repeat));
      }
    }
  }
}

TEST(WorkerThreads, run_jobs_at_the_same_time) {
  const auto pool = make_worker_threads("worker", 2);
  std::atomic<int> here = 0;
  // Each waits for the other: only two threads can finish this.
  const std::function<void()> meet = [&] {
    ++here;
    here.notify_all();
    for (int seen; (seen = here.load()) < 2;)
      here.wait(seen);
  };
  pool->run_all(std::vector{meet, meet});
  EXPECT_EQ(here, 2);
}

TEST(ProcessFigures, grow_with_what_the_process_uses) {
  const ProcessFigures before = process_figures();
  EXPECT_GT(before.resident_bytes, 100'000U);
  EXPECT_GE(before.open_files, 3U);
  // Until some CPU time has passed.
  while (process_figures().cpu == before.cpu) {
  }
  EXPECT_GT(process_figures().cpu, before.cpu);
}

TEST(Processors, are_at_least_one) {
  EXPECT_GE(processors(), 1u);
}

}  // namespace
}  // namespace icpd::io::linux
