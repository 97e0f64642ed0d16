// What counting instructions costs, and what an execution costs besides the guest's own work.
//
// Each kernel runs in the same engine over the same memory, counted (`threaded`, what nodes run,
// and `global`, the simple style) and as it is (`plain`): the ratio is metering's overhead.
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

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

[[maybe_unused]] const bool kRegistered = (register_kernels(), true);

}  // namespace
}  // namespace icpd::execution::wasm
