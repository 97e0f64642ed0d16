// The newest certified state, and the clients who wait for their call to end.
//
// Written by the protocol thread when a state is certified, read by everybody else. A client who
// waits is called once: with a state in which the call has ended, or with null when its time is up.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "node/certified_view.hpp"
#include "types/requests.hpp"

namespace icpd::node {

using SharedView = std::shared_ptr<const CertifiedView>;

class Published {
 public:
  using Waiter = std::move_only_function<void(SharedView)>;
  static constexpr std::size_t kWaitersMax = 50'000;

  /// Null until a state was published.
  [[nodiscard]] SharedView newest() const;

  /// Calls `waiter` at once if the call has ended already or if too many wait.
  void wait_for(const types::RequestId& request, Time steady_deadline, Waiter waiter);

  /// Those whose calls ended; to be called with `view` outside of any lock.
  [[nodiscard]] std::vector<Waiter> publish(SharedView view,
                                            const std::vector<types::RequestId>& finished);
  /// Those whose time is up; to be called with null.
  [[nodiscard]] std::vector<Waiter> expire(Time steady);
  /// When expire() has something to do next.
  [[nodiscard]] std::optional<Time> next_deadline() const;

 private:
  using Deadlines = std::multimap<Time, types::RequestId>;
  struct Waiting {
    Deadlines::iterator deadline;
    Waiter waiter;
  };

  mutable std::mutex mutex_;
  SharedView newest_;
  std::multimap<types::RequestId, Waiting> waiting_;
  /// One for each who waits.
  Deadlines deadlines_;
};

}  // namespace icpd::node
