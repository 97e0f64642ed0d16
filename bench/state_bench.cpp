// What a round pays for the state: writes to certified maps, their hashes, witnesses, snapshots.
#include <benchmark/benchmark.h>

#include "message_routing/batch.hpp"
#include "message_routing/testing.hpp"
#include "state/certified_tree.hpp"
#include "state/state_hash.hpp"
#include "state/testing.hpp"

namespace {

using namespace icpd;
using state::ReplicatedState;
namespace testing = message_routing::testing;

void add_history(ReplicatedState& s, std::int64_t entries) {
  s.write_metadata().batch_time = Time::from_seconds(1000);
  for (std::int64_t i = 0; i < entries; ++i)
    s.set_ingress(*testing::ingress(static_cast<std::uint64_t>(i), 0),
                  state::IngressReplied{Slice(Bytes(32))});
  static_cast<void>(state::hash_state(s));
}

ReplicatedState history_of(std::int64_t entries) {
  ReplicatedState s(testing::topology());
  add_history(s, entries);
  return s;
}

/// 1,000 calls end in one round, on a history of range(0) others: set, hash, snapshot.
void ingress_round(benchmark::State& bench) {
  ReplicatedState tip = history_of(bench.range(0));
  std::uint64_t next = 1U << 30U;
  for (auto _ : bench) {
    const ReplicatedState snapshot = tip;
    for (int i = 0; i < 1000; ++i)
      tip.set_ingress(*testing::ingress(next++, 0), state::IngressReplied{Slice(Bytes(32))});
    benchmark::DoNotOptimize(state::hash_state(tip));
  }
  bench.SetItemsProcessed(bench.iterations() * 1000);
}
BENCHMARK(ingress_round)->Arg(0)->Arg(100'000)->Unit(benchmark::kMillisecond);

/// One canister of range(0) is written and the root made anew.
void canister_write(benchmark::State& bench) {
  ReplicatedState tip = testing::state_with(static_cast<std::uint64_t>(bench.range(0)));
  static_cast<void>(state::hash_state(tip));
  std::uint64_t n = 0;
  for (auto _ : bench) {
    const ReplicatedState snapshot = tip;
    tip.update(testing::canister(n++ % static_cast<std::uint64_t>(bench.range(0))),
               [](state::CanisterState& c) { c.balance += 1; });
    benchmark::DoNotOptimize(state::hash_state(tip));
  }
}
BENCHMARK(canister_write)->Arg(10)->Arg(100'000)->Unit(benchmark::kMicrosecond);

/// What a call's certificate shows: its status and the time.
void request_witness(benchmark::State& bench) {
  const ReplicatedState snapshot = history_of(bench.range(0));
  const auto id = testing::request_id(5);
  for (auto _ : bench) {
    certification::PathSet paths;
    paths.add({as_bytes("request_status"), id});
    paths.add({as_bytes("time")});
    benchmark::DoNotOptimize(state::witness(snapshot, paths).encode());
  }
}
BENCHMARK(request_witness)->Arg(1000)->Arg(100'000)->Unit(benchmark::kMicrosecond);

/// A whole batch of 1,000 messages to one canister, answered at once, with range(0) answers kept.
void batch_of_1000(benchmark::State& bench) {
  ReplicatedState tip = testing::state_with(1);
  add_history(tip, bench.range(0));
  registry::Snapshot registry;
  registry.version = types::RegistryVersion{1};
  const auto echo = [](ReplicatedState& s, const execution::RoundInput&) {
    s.update(testing::canister(0), [&](state::CanisterState& c) {
      while (auto input = c.queues.write().pop_input()) {
        const auto& message = *std::get<Shared<state::Ingress>>(*input);
        s.write_ingress().set(message.id, {message.receiver, message.sender, s.time(),
                                           state::IngressReplied{message.arg}});
      }
    });
    return execution::RoundReport{};
  };
  std::uint64_t next = 1U << 30U;
  std::uint64_t height = 0;
  for (auto _ : bench) {
    bench.PauseTiming();
    types::Batch batch;
    batch.height = types::Height{++height};
    batch.time = Time::from_seconds(1000 + height);
    batch.registry_version = types::RegistryVersion{1};
    for (int i = 0; i < 1000; ++i)
      batch.ingress.push_back(testing::call(next++, {.expiry = batch.time, .arg_size = 250}));
    bench.ResumeTiming();
    const ReplicatedState snapshot = tip;
    benchmark::DoNotOptimize(message_routing::process_batch(tip, batch, registry, echo).root);
  }
  bench.SetItemsProcessed(bench.iterations() * 1000);
}
BENCHMARK(batch_of_1000)->Arg(0)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

/// Digest of a heap in which range(0) pages changed since the digest before.
void page_digests(benchmark::State& bench) {
  state::PageMap map;
  const Bytes page(state::kPageSize, 1);
  for (state::PageIndex i = 0; i < 10'000; ++i)
    map.write_page(i, page);
  static_cast<void>(map.digest());
  for (auto _ : bench) {
    for (state::PageIndex i = 0; i < static_cast<state::PageIndex>(bench.range(0)); ++i)
      map.write_page(i * 10, page);
    benchmark::DoNotOptimize(map.digest());
  }
  bench.SetItemsProcessed(bench.iterations() * bench.range(0));
}
BENCHMARK(page_digests)->Arg(1)->Arg(1000)->Unit(benchmark::kMicrosecond);

}  // namespace
