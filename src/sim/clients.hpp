// Users in virtual time: they create a canister, install the counter, and call `increment`, each
// call again and again at other nodes until a certified state shows its end.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>

#include "base/prng.hpp"
#include "replica/replica.hpp"

namespace icpd::sim {

class Clients {
 public:
  /// Sends to some node that is up; false if none is.
  using Submit = std::function<bool(Shared<types::IngressMessage> message)>;

  Clients(Prng random, Submit submit) : random_(std::move(random)), submit_(std::move(submit)) {}

  /// Makes calls as far as the bound admits, and repeats those that have no answer yet.
  void act(Time wall);
  /// A node published this state.
  void certified(const replica::PublishCertified& published);

  [[nodiscard]] bool is_installed() const { return stage_ == Stage::kCounting; }
  /// Increments whose reply a certified state has shown.
  [[nodiscard]] std::size_t acknowledged() const { return acknowledged_.size(); }
  [[nodiscard]] const std::set<types::RequestId>& acknowledged_ids() const { return acknowledged_; }
  [[nodiscard]] std::size_t sent() const { return made_; }
  [[nodiscard]] const types::CanisterId& counter() const { return counter_; }
  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }
  void stop() { stopped_ = true; }

 private:
  enum class Stage : std::uint8_t { kCreating, kInstalling, kCounting };

  [[nodiscard]] Shared<types::IngressMessage> make_call(Time wall);
  [[nodiscard]] types::CallContent content(Time wall);
  void advance_stage();

  Prng random_;
  Submit submit_;
  Stage stage_ = Stage::kCreating;
  std::map<types::RequestId, Shared<types::IngressMessage>> open_;
  std::set<types::RequestId> acknowledged_;
  types::CanisterId counter_ = types::canister_id_from_index(0);
  std::uint64_t made_ = 0;
  std::vector<std::string> failures_;
  bool stopped_ = false;
};

}  // namespace icpd::sim
