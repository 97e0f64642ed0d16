// Random canisters: the two styles of counting, whole and in slices, must agree in everything that
// is replicated.
#include <cstdint>

#include "execution/wasm/fake_host.hpp"
#include "execution/wasm/heap.hpp"
#include "execution/wasm/meter.hpp"
#include "execution/wasm/prepare.hpp"
#include "execution/wasm/random_module.hpp"
#include "io/memory/guest_memory_space.hpp"

using namespace icpd;
using namespace icpd::execution::wasm;

namespace {

constexpr std::uint64_t kLimit = 100'000;

const Engine& engine() {
  static const Engine engine;
  return engine;
}
io::GuestMemorySpace& space() {
  static const auto space = std::move(io::memory::make_guest_memory_space()).value();
  return *space;
}

struct Seen {
  std::string failure;
  std::uint64_t instructions = 0;
  Globals globals;
  std::vector<io::PageIndex> heap_dirty;
  std::vector<io::PageIndex> stable_dirty;
  Bytes heap;
  Bytes reply;
  bool operator==(const Seen&) const = default;
};

Seen run(ByteView wasm, const PreparedModule& prepared, Style style, std::uint64_t slice) {
  const Bytes metered = meter_module(parse_sections(wasm).value(), *prepared.facts, style);
  ensure(engine().validate(metered).ok(), "metered modules are valid");
  const Module module = engine().load(prepared.facts, engine().compile(metered).value()).value();
  const auto heap = try_create_heap(space(), prepared.facts->width);
  const auto stable = try_create_stable(space(), 0);
  heap->grow(prepared.facts->heap_pages_initial * kWasmPageSize);
  testing::FakeHost host;
  host.argument = Bytes(100, 9);
  Request request;
  request.entry = Method{MethodKind::kUpdate, "run"};
  request.instructions = {kLimit, slice};
  request.stable_pages = {3, 2};
  Execution execution(engine(), module, std::move(request), {*heap, *stable}, host);
  while (execution.run() == Progress::kPaused) {
  }
  const Outcome outcome = execution.take_outcome();
  Seen seen{outcome.failure ? outcome.failure->message : "",
            outcome.instructions,
            outcome.globals,
            outcome.heap_dirty,
            outcome.stable_dirty,
            {heap->base(), heap->base() + heap->size_bytes()},
            host.reply};
  heap->commit(outcome.heap_dirty);
  stable->commit(outcome.stable_dirty);
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::size_t at = 0;
  // Behind its end the input is zeros, for which the generator picks what ends soonest.
  const auto below = [&](std::uint64_t n) { return n <= 1 || at >= size ? 0 : data[at++] % n; };
  const Bytes wasm = testing::RandomModule(below).make();
  const auto prepared = prepare(engine(), Slice(wasm));
  ensure(prepared.ok(), "random modules are accepted");
  const Seen whole = run(wasm, prepared.value(), Style::kThreaded, kLimit);
  ensure(whole == run(wasm, prepared.value(), Style::kGlobal, kLimit));
  const Seen sliced = run(wasm, prepared.value(), Style::kThreaded, kLimit / 20);
  ensure(sliced == run(wasm, prepared.value(), Style::kGlobal, kLimit / 20));
  ensure(sliced == whole || sliced.failure.find("slice limit") != std::string::npos);
  return 0;
}
