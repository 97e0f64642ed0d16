// For tests: a canister to run, on a fake host.
#pragma once

#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <sstream>

#include "execution/wasm/detail/wasmtime_handles.hpp"
#include "execution/wasm/engine.hpp"
#include "execution/wasm/fake_host.hpp"
#include "execution/wasm/heap.hpp"
#include "execution/wasm/meter.hpp"
#include "execution/wasm/prepare.hpp"
#include "io/memory/guest_memory_space.hpp"

namespace icpd::execution::wasm::testing {

/// The module of a text.
inline Bytes wat(std::string_view text) {
  ByteVector out;
  const ErrorHandle error(wasmtime_wat2wasm(text.data(), text.size(), out.out()));
  EXPECT_EQ(error, nullptr) << (error == nullptr ? "" : message(*error)) << "\n" << text;
  return to_bytes(out.view());
}

inline const Engine& engine() {
  static const Engine engine;
  return engine;
}

/// Rows of a file in tests/vectors/execution, by column name.
inline std::vector<std::map<std::string, std::string>> read_csv(const std::string& name) {
  std::ifstream in(std::string(ICPD_VECTORS "/execution/") + name);
  EXPECT_TRUE(in.is_open()) << name;
  const auto split = [](const std::string& line) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (const char c : line) {
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        cells.emplace_back();
      } else if (c != '\r') {
        cells.back() += c;
      }
    }
    return cells;
  };
  std::string line;
  std::getline(in, line);
  const std::vector<std::string> header = split(line);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(in, line)) {
    const std::vector<std::string> cells = split(line);
    for (std::size_t i = 0; rows.resize(rows.size() + (i == 0)), i < header.size(); ++i) {
      rows.back()[header[i]] = i < cells.size() ? cells[i] : "";
    }
  }
  return rows;
}

/// Committed content of a memory, for rolling back.
class Committed final : public io::PageSource {
 public:
  explicit Committed(const io::GuestMemory& memory)
      : bytes_(memory.base(), memory.base() + memory.size_bytes()) {}
  void read_page(io::PageIndex page, MutableByteView out) const override {
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(page * io::kGuestPageSize), out.size(),
                out.begin());
  }

 private:
  Bytes bytes_;
};

/// An installed canister: its code, memories and globals.
class Guest {
 public:
  explicit Guest(std::string_view text, Style style = Style::kThreaded)
      : Guest(ByteView(wat(text)), style) {}
  explicit Guest(ByteView module, Style style = Style::kThreaded) {
    auto prepared = prepare(engine(), Slice::copy_of(module));
    EXPECT_TRUE(prepared.ok()) << prepared.error().message;
    if (!prepared.ok()) return;
    Bytes metered = to_bytes(prepared->metered);
    if (style == Style::kGlobal) {
      const auto sections = parse_sections(module);
      metered = meter_module(sections.value(), *prepared->facts, style);
      const auto valid = engine().validate(metered);
      EXPECT_TRUE(valid.ok()) << valid.error().message;
    }
    auto code = engine().compile(metered);
    EXPECT_TRUE(code.ok()) << code.error().message;
    if (!code.ok()) return;
    auto loaded = engine().load(prepared->facts, code.value());
    EXPECT_TRUE(loaded.ok()) << loaded.error().message;
    if (!loaded.ok()) return;
    module_ = std::move(loaded).value();
    heap_ = try_create_heap(space(), prepared->facts->width);
    stable_ = try_create_stable(space(), 0);
    heap_->grow(prepared->facts->heap_pages_initial * kWasmPageSize);
    for (const InitialPage& page : initial_heap(prepared->data)) {
      heap_->load(page.page, page.content);
    }
  }

  [[nodiscard]] const ModuleFacts& facts() const { return module_->facts(); }
  [[nodiscard]] io::GuestMemory& heap() { return *heap_; }
  [[nodiscard]] io::GuestMemory& stable() { return *stable_; }
  [[nodiscard]] const std::optional<Globals>& globals() const { return globals_; }
  FakeHost host;
  InstructionLimits limits{1'000'000'000, 1'000'000'000};
  StablePageLimits page_limits{1000, 1000};
  Context context = Context::kUpdate;
  bool charge_dirty_pages = false;
  std::optional<Watch> watch;
  /// Pauses of the last execution.
  int pauses = 0;

  [[nodiscard]] Execution begin(Entry entry) {
    Request request;
    request.entry = std::move(entry);
    request.context = context;
    request.instructions = limits;
    request.stable_pages = page_limits;
    request.charge_dirty_pages = ChargeDirtyPages(charge_dirty_pages);
    request.watch = watch;
    request.globals = globals_;
    return Execution(engine(), *module_, std::move(request), {*heap_, *stable_}, host);
  }
  /// Runs to the end; keeps the effects of a success only.
  Outcome run(Entry entry) {
    const Committed heap(*heap_);
    const Committed stable(*stable_);
    Execution execution = begin(std::move(entry));
    pauses = 0;
    while (execution.run() == Progress::kPaused)
      ++pauses;
    Outcome outcome = execution.take_outcome();
    if (outcome.failure) {
      heap_->rollback(outcome.heap_dirty, outcome.heap_size_at_start, heap);
      stable_->rollback(outcome.stable_dirty, outcome.stable_size_at_start, stable);
    } else {
      heap_->commit(outcome.heap_dirty);
      stable_->commit(outcome.stable_dirty);
      globals_ = outcome.globals;
    }
    return outcome;
  }
  Outcome update(const std::string& name) { return run(Method{MethodKind::kUpdate, name}); }

  template <typename T>
  [[nodiscard]] T peek(std::uint64_t address) const {
    return load_le<T>({heap_->base() + address, sizeof(T)});
  }

 private:
  static io::GuestMemorySpace& space() {
    static const auto space = std::move(io::memory::make_guest_memory_space()).value();
    return *space;
  }
  std::optional<Module> module_;
  std::unique_ptr<io::GuestMemory> heap_;
  std::unique_ptr<io::GuestMemory> stable_;
  std::optional<Globals> globals_;
};

inline std::string text_of(const Outcome& outcome) {
  return outcome.failure ? outcome.failure->message : "success";
}

}  // namespace icpd::execution::wasm::testing
