// Canisters that mean harm: each beside a canister that doesn't, on machines that differ in what
// must not show (threads, the way of finding stored pages, restarts).
//
// After each attack: the process lives, cycles are accounted for (the subnet of the tests sees to
// it), all machines have the same state, and the neighbour's calls were answered in the same rounds
// as without the attacker.
#include <algorithm>
#include <gtest/gtest.h>
#include <memory>

#include "execution/test_attacks.hpp"
#include "execution/test_threads.hpp"
#include "state/certified_tree.hpp"
#include "state/state_hash.hpp"

namespace icpd::execution {
namespace {

using namespace testing;

constexpr int kRounds = 12;
/// Early, so that what isn't finished by then begins anew.
constexpr int kCheckpoint = 5;

/// Of the same kind on every machine.
SubnetOptions rounds_of(std::uint64_t slice) {
  SubnetOptions options;
  options.parameters.instructions_per_slice = slice;
  options.parameters.instructions_per_install_slice = 4 * slice;
  options.parameters.instructions_per_round = 4 * slice;
  return options;
}

struct Machine {
  io::GuestMemorySpace* space = nullptr;
  std::size_t threads = 1;
  bool restarts = false;
};

struct Seen {
  /// Rounds in which the neighbour's calls were answered, in the order of the calls.
  std::vector<int> neighbour;
  std::string answer;
  types::StateRoot root;
  types::StateHash hash;
  bool operator==(const Seen&) const = default;
};

class AttackedSubnet {
 public:
  AttackedSubnet(const Attack* attack, const Machine& machine)
      : attack_(attack),
        machine_(machine),
        threads_(machine.threads),
        subnet_(rounds_of(attack == nullptr ? Attack().slice : attack->slice)),
        neighbour_(subnet_.deploy(kCounter)) {
    if (attack != nullptr) attacker_ = subnet_.deploy(attack->module);
    start_machine();
  }

  Seen run() {
    std::vector<types::RequestId> calls;
    std::optional<types::RequestId> first;
    Seen seen;
    for (int i = 0; i < kRounds; ++i) {
      calls.push_back(subnet_.submit(kBob, neighbour_, "inc", {}));
      if (attacker_) {
        for (const std::string& method : attack_->calls) {
          const auto id = subnet_.submit(kAlice, *attacker_, method, Bytes(attack_->argument));
          if (!first) first = id;
        }
      }
      round(i);
      while (seen.neighbour.size() < calls.size() &&
             state::is_final(subnet_.status(calls[seen.neighbour.size()])))
        seen.neighbour.push_back(i);
    }
    if (first && state::is_final(subnet_.status(*first)))
      seen.answer = TestSubnet::text(subnet_.status(*first));
    environment_->abort_all();
    seen.root = state::hash_state(subnet_.state);
    seen.hash = state::state_hash(subnet_.state);
    return seen;
  }

 private:
  void start_machine() { environment_ = std::make_unique<Environment>(*machine_.space, threads_); }

  void round(int number) {
    state::SystemMetadata& metadata = subnet_.state.write_metadata();
    ++metadata.height;
    metadata.batch_time = metadata.batch_time + subnet_.step;
    state::time_out_messages(subnet_.state);
    RoundInput input;
    input.is_checkpoint = number == kCheckpoint;
    input.heartbeats_due = true;
    execute_round(subnet_.state, input, *environment_);
    EXPECT_EQ(subnet_.cycles_accounted_for(), subnet_.minted);
    if (input.is_checkpoint && machine_.restarts) start_machine();
  }

  const Attack* attack_;
  Machine machine_;
  Threads threads_;
  TestSubnet subnet_;
  types::CanisterId neighbour_;
  std::optional<types::CanisterId> attacker_;
  std::unique_ptr<Environment> environment_;
};

const std::vector<int>& undisturbed() {
  static const std::vector<int> rounds =
      AttackedSubnet(nullptr, {memory_spaces().front().get()}).run().neighbour;
  return rounds;
}

class Attacks : public ::testing::TestWithParam<Attack> {};

TEST_P(Attacks, change_nothing_for_others_and_are_the_same_on_all_machines) {
  const Attack& attack = GetParam();
  const Seen seen = AttackedSubnet(&attack, {memory_spaces().front().get()}).run();
  EXPECT_EQ(seen.neighbour, undisturbed());
  const bool answered = !seen.answer.empty();
  EXPECT_EQ(answered, !attack.answer.empty()) << seen.answer.substr(0, 200);
  EXPECT_EQ(seen.answer.substr(0, attack.answer.size()), attack.answer);
  const Seen threaded = AttackedSubnet(&attack, {memory_spaces().back().get(), 4}).run();
  EXPECT_EQ(threaded.answer, seen.answer);
  EXPECT_TRUE(threaded == seen) << "four threads, another way of finding stored pages";
  const Seen restarted = AttackedSubnet(&attack, {memory_spaces().front().get(), 2, true}).run();
  EXPECT_EQ(restarted.answer, seen.answer);
  EXPECT_TRUE(restarted == seen) << "restarted at the checkpoint";
}

INSTANTIATE_TEST_SUITE_P(All, Attacks, ::testing::ValuesIn(all_attacks()),
                         [](const auto& attack) { return std::string(attack.param.name); });

}  // namespace
}  // namespace icpd::execution
