// What a message costs beside its instructions: rounds of small updates and queries.
#include <benchmark/benchmark.h>

#include "execution/query_cache.hpp"
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

/// Replies after about range(0) instructions.
std::string working(std::int64_t instructions) {
  return execution::testing::with_imports(R"((func (export "canister_query work") (local $i i32)
    (local.set $i (i32.const )" + std::to_string(instructions / 6 + 1) +
                                          R"())
    (loop (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (call $reply_byte (i32.const 33))))");
}

/// A query of its own each time; a snapshot is held, as in a node.
class Queries {
 public:
  explicit Queries(std::int64_t instructions)
      : canister_(subnet_.deploy(working(instructions))), snapshot_(subnet_.state) {}

  execution::QueryRequest next() {
    Bytes arg(8);
    store_be<std::uint64_t>(arg, ++count_);
    return {kAlice, std::nullopt, canister_, "work", Slice(std::move(arg))};
  }
  execution::QueryAnswer execute(const execution::QueryRequest& request) {
    return execution::execute_query(snapshot_, request, std::nullopt, subnet_.environment);
  }
  [[nodiscard]] const state::ReplicatedState& state() const { return snapshot_; }

 private:
  TestSubnet subnet_;
  types::CanisterId canister_;
  state::ReplicatedState snapshot_;
  std::uint64_t count_ = 0;
};

void queries(benchmark::State& bench) {
  Queries queries(bench.range(0));
  for (auto _ : bench)
    benchmark::DoNotOptimize(queries.execute(queries.next()));
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(queries)->Arg(0)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

/// The same request again and again, as a node answers it.
void queries_from_cache(benchmark::State& bench) {
  Queries queries(bench.range(0));
  execution::QueryCache cache(kMiB);
  const execution::QueryRequest request = queries.next();
  cache.insert(execution::query_key(request), queries.execute(request));
  for (auto _ : bench) {
    const auto answer = cache.find(execution::query_key(request), queries.state());
    ensure(answer.has_value());
    benchmark::DoNotOptimize(answer);
  }
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(queries_from_cache)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

/// What a query pays that isn't in the cache.
void queries_missed_by_cache(benchmark::State& bench) {
  Queries queries(bench.range(0));
  execution::QueryCache cache(kMiB);
  for (auto _ : bench) {
    const execution::QueryRequest request = queries.next();
    const execution::QueryKey key = execution::query_key(request);
    ensure(!cache.find(key, queries.state()));
    cache.insert(key, queries.execute(request));
  }
  bench.SetItemsProcessed(bench.iterations());
}
BENCHMARK(queries_missed_by_cache)->Arg(0)->Unit(benchmark::kMicrosecond);

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
