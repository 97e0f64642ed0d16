#include "node_run.hpp"

#include <thread>

#include "execution/wasm/fake_host.hpp"
#include "execution/wasm/heap.hpp"
#include "execution/wasm/prepare.hpp"
#include "execution/wasm/sections.hpp"

namespace icpd::fuzz {

using namespace execution::wasm;

const Engine& engine() {
  static const Engine engine;
  return engine;
}

CompiledModule compile(ByteView module, Style style) {
  const auto prepared = prepare(engine(), Slice::copy_of(module));
  ensure(prepared.ok(), prepared.ok() ? "" : prepared.error().message.c_str());
  Bytes metered = to_bytes(prepared->metered);
  if (style != Style::kThreaded)
    metered = meter_module(parse_sections(module).value(), *prepared->facts, style);
  const auto code = engine().compile(metered);
  ensure(code.ok(), code.ok() ? "" : code.error().message.c_str());
  return {prepared->facts, prepared->data, Slice(Bytes(*code))};
}

Module compiled(const CompiledModule& module) {
  return engine().load(module.facts, module.machine_code).value();
}

namespace {

/// What the state would hold between messages.
class Committed final : public io::PageSource {
 public:
  void keep(const io::GuestMemory& memory) {
    bytes_.assign(memory.base(), memory.base() + memory.size_bytes());
  }
  void read_page(io::PageIndex page, MutableByteView out) const override {
    const std::size_t at = page * io::kGuestPageSize;
    ensure(at + out.size() <= bytes_.size());
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(at), out.size(), out.begin());
  }
  void fill(io::GuestMemory& memory) const {
    memory.grow(bytes_.size());
    if (!bytes_.empty()) memory.load(0, bytes_);
  }
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

class Node {
 public:
  Node(const CompiledModule& compiled, const Module& module, const NodeRunOptions& options)
      : module_(module), options_(options) {
    make_memories();
    heap_->grow(compiled.facts->heap_pages_initial * kWasmPageSize);
    for (const InitialPage& page : initial_heap(compiled.data))
      heap_->load(page.page, page.content);
    committed_heap_.keep(*heap_);
  }

  Seen message(std::uint64_t& pauses) {
    if (options_.between == Between::kFresh) remake_memories();
    testing::FakeHost host;
    host.argument = kArgument;
    Request request;
    request.entry = Method{MethodKind::kUpdate, "run"};
    request.instructions = {kInstructionsMax, options_.slice};
    request.stable_pages = {kStablePagesAccessedMax, kStablePagesModifiedMax};
    request.globals = globals_;
    Execution execution(engine(), module_, std::move(request), {*heap_, *stable_}, host);
    while (run_slice(execution) == Progress::kPaused)
      ++pauses;
    Seen seen = finish(execution.take_outcome());
    seen.reply = std::move(host.reply);
    return seen;
  }

 private:
  void make_memories() {
    heap_ = try_create_heap(*options_.space, module_.facts().width);
    stable_ = try_create_stable(*options_.space, 0);
    ensure(heap_ != nullptr && stable_ != nullptr, "a machine has room for two small memories");
  }
  void remake_memories() {
    heap_.reset();
    stable_.reset();
    make_memories();
    committed_heap_.fill(*heap_);
    committed_stable_.fill(*stable_);
  }

  Progress run_slice(Execution& execution) const {
    if (options_.resumed_by == ResumedBy::kSameThread) return execution.run();
    Progress progress = Progress::kPaused;
    std::thread([&] { progress = execution.run(); }).join();
    return progress;
  }

  Seen finish(Outcome outcome) {
    Seen seen;
    seen.instructions = outcome.instructions;
    if (outcome.failure) {
      seen.failure = failure_text(outcome.failure->message);
      heap_->rollback(outcome.heap_dirty, outcome.heap_size_at_start, committed_heap_);
      stable_->rollback(outcome.stable_dirty, outcome.stable_size_at_start, committed_stable_);
    } else {
      heap_->commit(outcome.heap_dirty);
      stable_->commit(outcome.stable_dirty);
      globals_ = outcome.globals;
      seen.globals = std::move(outcome.globals);
      seen.heap_dirty = std::move(outcome.heap_dirty);
      seen.stable_dirty = std::move(outcome.stable_dirty);
      seen.stable_accessed = outcome.stable_pages_accessed;
    }
    committed_heap_.keep(*heap_);
    committed_stable_.keep(*stable_);
    seen.heap = committed_heap_.bytes();
    seen.stable = committed_stable_.bytes();
    return seen;
  }

  const Module& module_;
  const NodeRunOptions& options_;
  std::unique_ptr<io::GuestMemory> heap_;
  std::unique_ptr<io::GuestMemory> stable_;
  Committed committed_heap_;
  Committed committed_stable_;
  std::optional<Globals> globals_;
};

}  // namespace

NodeRun run_on_node(const CompiledModule& compiled, const Module& module,
                    const NodeRunOptions& options) {
  Node node(compiled, module, options);
  NodeRun run;
  for (std::size_t i = 0; i < kMessages; ++i)
    run.messages.push_back(node.message(run.pauses));
  return run;
}

}  // namespace icpd::fuzz
