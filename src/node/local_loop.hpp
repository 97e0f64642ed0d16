// One thread that waits for many descriptors: all that the parent of a local network does.
//
// The parent has no other thread. The kernel ties "kill me when my parent ends" to the thread that
// made a child, and a process that forks beside other threads may inherit their locks; with one
// thread neither can go wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>

#include "base/result.hpp"
#include "base/units.hpp"

namespace icpd::node {

struct Interest {
  bool read = false;
  bool write = false;
};
/// What a descriptor is ready for. `broken`: the other side is gone.
struct Readiness {
  bool read = false;
  bool write = false;
  bool broken = false;
};

class Loop {
 public:
  using Handler = std::function<void(Readiness)>;

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Calls `handler` whenever the descriptor is ready; its owner closes it after forget().
  void watch(int descriptor, Interest interest, Handler handler);
  void change(int descriptor, Interest interest);
  void forget(int descriptor);

  /// Waits for at most `timeout`, then calls the handlers of what is ready. Handlers may watch and
  /// forget any descriptor.
  void run_once(Duration timeout);

 private:
  struct Watched {
    Handler handler;
    /// Tells a descriptor from an earlier one of the same number.
    std::uint64_t generation;
  };
  int epoll_;
  std::uint64_t generation_ = 0;
  std::map<int, std::shared_ptr<Watched>> watched_;
};

}  // namespace icpd::node
