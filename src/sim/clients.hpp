// Users in virtual time: they create a canister, install the counter, and call `increment`, each
// call again and again at other nodes until a certified state shows its end.
//
// They aren't well-behaved: some calls expire within seconds, some are sent again after their
// answer, or in an envelope of other bytes, and some had expired before they were made.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/prng.hpp"
#include "replica/replica.hpp"

namespace icpd::sim {

class Clients {
 public:
  using Message = Shared<types::IngressMessage>;
  struct World {
    /// Sends to some node that is up; false if none is.
    std::function<bool(const Message& message)> submit;
    /// Sends what no node may take.
    std::function<void(const Message& message)> submit_hopeless;
    /// A call that may be executed.
    std::function<void(const types::RequestId& request)> made;
    /// Something that a well-behaved user wouldn't do; for the report.
    std::function<void(const std::string& what)> did;
  };

  Clients(Prng random, World world) : random_(std::move(random)), world_(std::move(world)) {}

  /// Makes calls as far as the bound admits, and repeats those that have no answer yet.
  void act(Time wall);
  /// A node published this state.
  void certified(const replica::PublishCertified& published);

  [[nodiscard]] bool is_installed() const { return stage_ == Stage::kCounting; }
  /// Increments whose reply a certified state has shown.
  [[nodiscard]] const std::set<types::RequestId>& acknowledged() const { return acknowledged_; }
  /// How many of them states up to this height have shown.
  [[nodiscard]] std::size_t acknowledged_up_to(types::Height height) const;
  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }

 private:
  enum class Stage : std::uint8_t { kCreating, kInstalling, kCounting };

  [[nodiscard]] types::CallContent content(Time expiry);
  [[nodiscard]] Duration lifetime();
  void make_calls(Time wall);
  void repeat_calls(Time wall);
  void misbehave(Time wall);
  void advance_stage();

  Prng random_;
  World world_;
  Stage stage_ = Stage::kCreating;
  std::map<types::RequestId, Message> open_;
  std::deque<Message> answered_;
  std::set<types::RequestId> acknowledged_;
  std::map<types::Height, std::size_t> acknowledged_at_;
  types::Height seen_;
  std::uint64_t made_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace icpd::sim
