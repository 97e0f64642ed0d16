// How many updates a second 100 canisters execute with one worker and with two, in turns:
//
//   worker_times SAMPLES
//   {"one_per_second": [...], "two_per_second": [...]}
//
// A sample is 20 rounds of ten counter updates for each canister: scheduler, execution and commit
// of pages, without consensus and without the certified tree.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "execution/test_subnet.hpp"
#include "io/linux/worker_threads.hpp"

namespace {

using namespace icpd;
using execution::testing::kAlice;
using execution::testing::TestSubnet;

constexpr int kCanisters = 100;
constexpr int kUpdates = 10;
constexpr int kRounds = 20;

/// A subnet with canisters, and an environment on so many workers.
class Bench {
 public:
  explicit Bench(std::size_t workers)
      : workers_(io::linux::make_worker_threads("execution", workers)),
        environment_(execution::testing::memory_space(), *workers_) {
    for (int i = 0; i < kCanisters; ++i)
      canisters_.push_back(subnet_.deploy(execution::testing::kCounter));
    std::ignore = per_second();  // warm memories
  }

  double per_second() {
    std::chrono::duration<double> spent{};
    for (int round = 0; round < kRounds; ++round) {
      for (const types::CanisterId& canister : canisters_) {
        for (int i = 0; i < kUpdates; ++i)
          std::ignore = subnet_.submit(kAlice, canister, "inc", Bytes(250));
      }
      state::SystemMetadata& metadata = subnet_.state.write_metadata();
      ++metadata.height;
      metadata.batch_time = metadata.batch_time + Duration::milliseconds(50);
      const auto begin = std::chrono::steady_clock::now();
      const auto report = execution::execute_round(subnet_.state, {}, environment_);
      spent += std::chrono::steady_clock::now() - begin;
      ensure(report.executions >= kCanisters * kUpdates, "every update runs in its round");
    }
    return kCanisters * kUpdates * kRounds / spent.count();
  }

 private:
  std::unique_ptr<io::WorkerPool> workers_;
  TestSubnet subnet_;
  execution::Environment environment_;
  std::vector<types::CanisterId> canisters_;
};

void print(const char* name, const std::vector<double>& values, const char* end) {
  std::printf("\"%s\": [", name);
  for (const double& value : values)
    std::printf("%s%.0f", &value == values.data() ? "" : ", ", value);
  std::printf("]%s", end);
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) return 2;
  Bench one(1);
  Bench two(2);
  std::vector<double> with_one;
  std::vector<double> with_two;
  for (int sample = 0; sample < std::atoi(words[1]); ++sample) {
    with_one.push_back(one.per_second());
    with_two.push_back(two.per_second());
  }
  std::printf("{");
  print("one_per_second", with_one, ", ");
  print("two_per_second", with_two, "}\n");
  return 0;
}
