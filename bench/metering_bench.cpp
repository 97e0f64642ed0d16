// What counting instructions costs, and what an execution costs besides the guest's own work.
//
// Each kernel runs in the same engine over the same memory, counted (`threaded`, what nodes run,
// and `global`, the simple style) and as it is (`plain`): the ratio is metering's overhead.
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <wasmtime.h>

#include "execution/wasm/fake_host.hpp"
#include "execution/wasm/heap.hpp"
#include "execution/wasm/meter.hpp"
#include "execution/wasm/prepare.hpp"
#include "io/memory/guest_memory_space.hpp"

namespace icpd::execution::wasm {
namespace {

const Engine& engine() {
  static const Engine engine;
  return engine;
}
io::GuestMemorySpace& space() {
  static const auto space = std::move(io::memory::make_guest_memory_space()).value();
  return *space;
}

Slice read_module(const std::string& name) {
  std::ifstream in(ICPD_BENCH "/kernels/" + name, std::ios::binary);
  ensure(in.is_open(), "bench/kernels holds the kernels");
  return Slice(Bytes(std::istreambuf_iterator<char>(in), {}));
}

/// An installed canister.
class Canister {
 public:
  Canister(const Slice& wasm, Style style) {
    const PreparedModule prepared = prepare(engine(), wasm).value();
    const Bytes metered = meter_module(parse_sections(wasm).value(), *prepared.facts, style);
    const Bytes code = engine().compile(metered).value();
    module_.emplace(engine().load(prepared.facts, code).value());
    heap_ = try_create_heap(space(), prepared.facts->width);
    stable_ = try_create_stable(space(), 0);
    heap_->grow(prepared.facts->heap_pages_initial * kWasmPageSize);
    for (const InitialPage& page : initial_heap(prepared.data)) {
      heap_->load(page.page, page.content);
    }
  }

  Outcome update(const std::string& method, InstructionLimits limits) {
    Request request;
    request.entry = Method{MethodKind::kUpdate, method};
    request.instructions = limits;
    request.globals = globals_;
    Execution execution(engine(), *module_, std::move(request), {*heap_, *stable_}, host_);
    while (execution.run() == Progress::kPaused) {
    }
    Outcome outcome = execution.take_outcome();
    ensure(!outcome.failure, "kernels don't fail");
    heap_->commit(outcome.heap_dirty);
    stable_->commit(outcome.stable_dirty);
    globals_ = outcome.globals;
    return outcome;
  }

 private:
  std::optional<Module> module_;
  std::unique_ptr<io::GuestMemory> heap_;
  std::unique_ptr<io::GuestMemory> stable_;
  std::optional<Globals> globals_;
  testing::FakeHost host_;
};

constexpr InstructionLimits kOneSlice = {300'000'000'000, 300'000'000'000};
/// As updates run: able to pause.
constexpr InstructionLimits kSlices = {40'000'000'000, 2'000'000'000};

void run_kernel(benchmark::State& state, const std::string& file, const std::string& kernel,
                Style style) {
  Canister canister(read_module(file), style);
  std::uint64_t instructions = 0;
  for (auto _ : state)
    instructions = canister.update(kernel, kOneSlice).instructions;
  state.counters["instructions"] = static_cast<double>(instructions);
  state.counters["per_second"] = benchmark::Counter(static_cast<double>(instructions),
                                                    benchmark::Counter::kIsIterationInvariantRate);
}

void register_kernels() {
  for (const std::string width : {"32", "64"}) {
    for (const std::string kernel :
         {"fib", "sha256", "sieve", "memory_mix", "f64_sum", "dispatch"}) {
      for (const auto& [name, style] : std::map<std::string, Style>{{"plain", Style::kUncounted},
                                                                    {"threaded", Style::kThreaded},
                                                                    {"global", Style::kGlobal}}) {
        benchmark::RegisterBenchmark(("wasm" + width + "/" + kernel + "/" + name).c_str(),
                                     [=](benchmark::State& state) {
                                       run_kernel(state, "kernels" + width + ".wasm", kernel,
                                                  style);
                                     })
            ->Unit(benchmark::kMillisecond);
      }
    }
  }
}

// -- An execution besides the guest's own work --

Bytes assemble(std::string_view text) {
  wasm_byte_vec_t out;
  ensure(wasmtime_wat2wasm(text.data(), text.size(), &out) == nullptr);
  const Bytes module(out.data, out.data + out.size);
  wasm_byte_vec_delete(&out);
  return module;
}

constexpr std::string_view kSmall = R"((module
    (import "ic0" "time" (func $time (result i64)))
    (memory 17) (global $g (mut i32) (i32.const 0))
    (func (export "canister_update nothing"))
    (func (export "canister_update count")
      (i32.store (i32.const 1048576) (i32.add (i32.load (i32.const 1048576)) (i32.const 1)))
      (global.set $g (i32.const 1)))
    (func (export "canister_update time") (local i32)
      (loop (drop (call $time))
        (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 100000)))))))";

void run_small(benchmark::State& state, const char* method, InstructionLimits limits) {
  Canister canister(Slice(assemble(kSmall)), Style::kThreaded);
  for (auto _ : state)
    benchmark::DoNotOptimize(canister.update(method, limits).instructions);
}
void EmptyUpdate(benchmark::State& state) {
  run_small(state, "nothing", kSlices);
}
BENCHMARK(EmptyUpdate);
void EmptyQuery(benchmark::State& state) {
  run_small(state, "nothing", kOneSlice);
}
BENCHMARK(EmptyQuery);
void CountingUpdate(benchmark::State& state) {
  run_small(state, "count", kSlices);
}
BENCHMARK(CountingUpdate);
/// 100,000 plain getters: divide by that.
void SystemCalls(benchmark::State& state) {
  run_small(state, "time", kSlices);
}
BENCHMARK(SystemCalls)->Unit(benchmark::kMicrosecond);

constexpr std::string_view kWriter = R"((module (memory 16384)
    (func (export "canister_update write") (local i32)
      (loop
        (i64.store (local.get 0) (i64.add (i64.load (local.get 0)) (i64.const 1)))
        (local.set 0 (i32.add (local.get 0) (i32.const 8)))
        (br_if 0 (i32.lt_u (local.get 0) (i32.const 0x40000000)))))))";
/// 1 GiB of heap written and committed in one message.
void WriteGibibyte(benchmark::State& state) {
  Canister canister(Slice(assemble(kWriter)), Style::kThreaded);
  for (auto _ : state)
    benchmark::DoNotOptimize(canister.update("write", kSlices).instructions);
  state.SetBytesProcessed(state.iterations() * (std::int64_t{1} << 30));
}
BENCHMARK(WriteGibibyte)->Unit(benchmark::kMillisecond);

[[maybe_unused]] const bool kRegistered = (register_kernels(), true);

}  // namespace
}  // namespace icpd::execution::wasm
