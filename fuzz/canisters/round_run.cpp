#include "round_run.hpp"

#include <algorithm>
#include <map>

#include "seen.hpp"

#include "execution/test_subnet.hpp"
#include "state/certified_tree.hpp"
#include "state/state_hash.hpp"

namespace icpd::fuzz {

using namespace execution;
using execution::testing::TestSubnet;

namespace {

constexpr int kRoundsMax = 200;
/// Early ones interrupt executions, later ones come seldom enough for the longest to end.
constexpr std::array<int, 5> kCheckpoints = {2, 7, 25, 60, 120};

/// What was compiled already.
class Compiled final : public ModuleCompiler {
 public:
  explicit Compiled(const std::vector<Uploaded>& canisters) {
    for (const Uploaded& one : canisters)
      modules_.emplace(crypto::sha256(one.module), &one.compiled);
  }
  wasm::HostResult<wasm::CompiledModule> compile(const state::Blob& code) override {
    return *modules_.at(code.hash);
  }

 private:
  std::map<crypto::Digest, const wasm::CompiledModule*> modules_;
};

execution::testing::SubnetOptions subnet_options(std::uint64_t slice) {
  execution::testing::SubnetOptions options;
  options.parameters.instructions_per_slice = slice;
  options.parameters.instructions_per_round = 40 * slice;
  return options;
}

class Subnet {
 public:
  Subnet(const std::vector<Uploaded>& canisters, const RoundRunOptions& options)
      : options_(options),
        compiled_(canisters),
        subnet_(subnet_options(options.slice), &compiled_),
        environment_(make_environment()) {
    // Time is the same however many rounds a message takes.
    subnet_.step = Duration{0};
    for (const Uploaded& one : canisters) {
      const types::CanisterId id = subnet_.create();
      const auto answer = subnet_.install(id, one.module);
      ensure(std::holds_alternative<state::IngressReplied>(answer),
             TestSubnet::text(answer).c_str());
      ids_.push_back(id);
    }
  }

  RoundRun run() {
    std::vector<types::RequestId> requests;
    for (const types::CanisterId& id : ids_) {
      for (std::size_t i = 0; i < kMessages; ++i)
        requests.push_back(subnet_.submit(execution::testing::kAlice, id, "run", Bytes(kArgument)));
    }
    RoundRun seen;
    const auto answered = [&](const types::RequestId& request) {
      return state::is_final(subnet_.status(request));
    };
    for (int i = 0; i < kRoundsMax && !std::ranges::all_of(requests, answered); ++i)
      round(i, seen);
    for (const types::RequestId& request : requests)
      seen.answers.push_back(TestSubnet::text(subnet_.status(request)));
    for (const types::CanisterId& id : ids_) {
      const state::ExecutionState& execution = **subnet_.at(id).execution;
      seen.memories.push_back(execution.heap.pages.digest());
      seen.memories.push_back(execution.stable.pages.digest());
    }
    seen.root = state::hash_state(subnet_.state);
    seen.hash = state::state_hash(subnet_.state);
    return seen;
  }

 private:
  std::unique_ptr<Environment> make_environment() {
    return std::make_unique<Environment>(*options_.space, *options_.workers, &compiled_);
  }

  void round(int number, RoundRun& seen) {
    ++subnet_.state.write_metadata().height;
    RoundInput input;
    input.is_checkpoint = std::ranges::find(kCheckpoints, number) != kCheckpoints.end();
    const RoundReport report = execute_round(subnet_.state, input, *environment_);
    seen.instructions.push_back(report.instructions);
    std::uint64_t pages = 0;
    for (const CanisterWork& work : report.work)
      pages += work.pages;
    seen.dirty_pages.push_back(pages);
    if (input.is_checkpoint && options_.at_checkpoints == AtCheckpoints::kRestart)
      environment_ = make_environment();
  }

  const RoundRunOptions& options_;
  Compiled compiled_;
  TestSubnet subnet_;
  std::unique_ptr<Environment> environment_;
  std::vector<types::CanisterId> ids_;
};

}  // namespace

RoundRun run_rounds(const std::vector<Uploaded>& canisters, const RoundRunOptions& options) {
  return Subnet(canisters, options).run();
}

}  // namespace icpd::fuzz
