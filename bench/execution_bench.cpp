// What a message costs beside its instructions: rounds of small updates and queries.
#include <benchmark/benchmark.h>

#include "execution/test_subnet.hpp"
#include "state/certified_tree.hpp"

namespace {

using namespace icpd;
using execution::testing::kAlice;
using execution::testing::kCounter;
using execution::testing::TestSubnet;

/// range(0) updates of one canister in a round, as in a subnet whose certified state is held.
void updates_in_a_round(benchmark::State& bench) {
  TestSubnet subnet;
  const types::CanisterId counter = subnet.deploy(kCounter);
  state::ReplicatedState snapshot = subnet.state;
  for (auto _ : bench) {
    bench.PauseTiming();
    for (std::int64_t i = 0; i < bench.range(0); ++i)
      static_cast<void>(subnet.submit(kAlice, counter, "inc", Bytes(250)));
    state::SystemMetadata& metadata = subnet.state.write_metadata();
    ++metadata.height;
    metadata.batch_time = metadata.batch_time + Duration::milliseconds(50);
    static_cast<void>(state::hash_state(subnet.state));
    snapshot = subnet.state;
    bench.ResumeTiming();
    const auto report = execution::execute_round(subnet.state, {}, subnet.environment);
    benchmark::DoNotOptimize(report);
  }
  bench.SetItemsProcessed(bench.iterations() * bench.range(0));
}
BENCHMARK(updates_in_a_round)->Arg(1)->Arg(10)->Arg(100)->Arg(1000)->Unit(benchmark::kMicrosecond);

void queries(benchmark::State& bench) {
  TestSubnet subnet;
  const types::CanisterId counter = subnet.deploy(kCounter);
  for (auto _ : bench)
    benchmark::DoNotOptimize(subnet.query(counter, "get"));
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(queries)->Unit(benchmark::kMicrosecond);

void install(benchmark::State& bench) {
  TestSubnet subnet;
  const types::CanisterId id = subnet.create();
  const Bytes module = execution::testing::wat(kCounter);
  for (auto _ : bench)
    benchmark::DoNotOptimize(
        subnet.install(id, module, {}, execution::management::InstallMode(std::in_place_index<1>)));
}
BENCHMARK(install)->Unit(benchmark::kMicrosecond);

}  // namespace
