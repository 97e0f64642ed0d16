// io::WorkerPool on threads. The caller of run_all takes part, so a pool of width n has n - 1
// threads of its own, and a pool of width 1 has none.
#pragma once

#include <memory>
#include <string>

#include "io/worker_pool.hpp"

namespace icpd::io::linux {

/// Threads are called `name`; `nice` as lower_this_thread (io/linux/system.hpp). Needs width >= 1.
/// run_all may be called by several threads; their batches run one after the other.
[[nodiscard]] std::unique_ptr<WorkerPool> make_worker_threads(const std::string& name,
                                                              std::size_t width, int nice = 0);

/// How many processors this process may use, at least 1.
[[nodiscard]] std::size_t processors();

}  // namespace icpd::io::linux
