#include "comparison.hpp"

#include <algorithm>

#include "node_run.hpp"
#include "reference_run.hpp"

#include "execution/test_threads.hpp"
#include "io/memory/guest_memory_space.hpp"

namespace icpd::fuzz {
namespace {

using execution::wasm::Style;

constexpr std::uint64_t kSlice = kInstructionsMax / 20;
constexpr std::uint64_t kRoundSlice = kInstructionsMax / 10;
constexpr std::uint64_t kWhole = 2'000'000'000;
constexpr std::size_t kThreads = 4;

/// What a run without counting can know.
Seen uncounted(Seen seen) {
  seen.instructions = 0;
  seen.heap_dirty.clear();
  seen.stable_dirty.clear();
  seen.stable_accessed = 0;
  return seen;
}

/// The first message that differs, up to `count`.
std::string first_difference(const std::vector<Seen>& a, const std::vector<Seen>& b,
                             std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::string what = difference(a[i], b[i]);
    if (!what.empty()) return "message " + std::to_string(i) + ": " + what;
  }
  return "";
}

std::string named(std::string_view name, const std::string& difference) {
  return difference.empty() ? "" : std::string(name) + ": " + difference;
}

/// Messages before one for which a slice was too short.
std::size_t before_overrun(const std::vector<Seen>& messages) {
  const auto found = std::ranges::find_if(messages, is_slice_overrun);
  return static_cast<std::size_t>(found - messages.begin());
}

std::string compare_with_reference(const NodeRun& whole, const ReferenceRun& reference) {
  const std::string counted =
      first_difference(whole.messages, reference.counted, whole.messages.size());
  if (!counted.empty()) return named("node and counting reference", counted);
  std::vector<Seen> without;
  std::ranges::transform(whole.messages, std::back_inserter(without), uncounted);
  return named("node and plain reference",
               first_difference(without, reference.plain, reference.plain.size()));
}

void note(Counts& counts, const NodeRun& whole, const NodeRun& sliced) {
  ++counts.modules;
  counts.pauses += sliced.pauses;
  bool is_long = false;
  for (const Seen& seen : whole.messages) {
    const std::uint64_t charged = 1000 * (seen.heap_dirty.size() + seen.stable_dirty.size());
    is_long = is_long || seen.instructions >= charged + kLongRun;
    ++counts.messages;
    counts.instructions += seen.instructions;
    counts.over_limit += seen.failure == kLimitExceeded ? 1 : 0;
    counts.trapped += seen.failure.empty() ? 0 : 1;
  }
  counts.long_runs += is_long ? 1 : 0;
}

bool is_for_rounds(const Drawn& drawn, const NodeRun& whole) {
  return drawn.ends && std::ranges::none_of(whole.messages, [](const Seen& seen) {
           return seen.failure == kLimitExceeded;
         });
}

std::string difference_of_rounds(const RoundRun& a, const RoundRun& b) {
  if (a.answers != b.answers) {
    const auto at = std::ranges::mismatch(a.answers, b.answers).in1 - a.answers.begin();
    return "answer " + std::to_string(at) + ": '" + a.answers[static_cast<std::size_t>(at)] +
           "' and '" + b.answers[static_cast<std::size_t>(at)] + "'";
  }
  if (a.instructions != b.instructions) return "instructions of rounds";
  if (a.dirty_pages != b.dirty_pages) return "dirty pages of rounds";
  if (a.memories != b.memories) return "memories";
  if (a.root != b.root) return "certified state";
  return a.hash == b.hash ? "" : "state hash";
}

/// Without canisters for which a slice was too short.
std::string difference_of_whole(const RoundRun& sliced, const RoundRun& whole) {
  constexpr std::size_t kMemories = 2;
  for (std::size_t canister = 0; canister * kMessages < sliced.answers.size(); ++canister) {
    for (std::size_t i = canister * kMessages; i < (canister + 1) * kMessages; ++i) {
      if (sliced.answers[i].find("slice limit") != std::string::npos) break;
      if (sliced.answers[i] != whole.answers[i])
        return "answer " + std::to_string(i) + ": '" + sliced.answers[i] + "' and '" +
               whole.answers[i] + "'";
      if (i + 1 < (canister + 1) * kMessages) continue;
      for (std::size_t m = canister * kMemories; m < (canister + 1) * kMemories; ++m) {
        if (sliced.memories[m] != whole.memories[m]) return "memory " + std::to_string(m);
      }
    }
  }
  return "";
}

}  // namespace

Comparison::Comparison() {
  for (const std::string_view name : io::memory::backend_names()) {
    auto space = io::memory::make_guest_memory_space({.backend = name});
    if (space.ok()) spaces_.push_back(std::move(*space));
  }
  ensure(!spaces_.empty(), "some way of finding stored pages works everywhere");
}

std::string Comparison::run_alone(const Drawn& drawn, std::vector<Uploaded>* for_rounds) {
  ++turn_;
  const ReferenceRun reference = run_reference(drawn.module);
  const wasm::CompiledModule code = compile(drawn.module, Style::kThreaded);
  const wasm::Module module = compiled(code);
  const NodeRun whole = run_on_node(code, module, {.space = space(0)});
  std::string differs = compare_with_reference(whole, reference);
  if (!differs.empty()) return differs;

  const NodeRun sliced = run_on_node(code, module,
                                     {.space = space(1),
                                      .between = Between::kFresh,
                                      .slice = kSlice,
                                      .resumed_by = ResumedBy::kAnotherThread});
  const wasm::CompiledModule global = compile(drawn.module, Style::kGlobal);
  const NodeRun counted_in_global =
      run_on_node(global, compiled(global), {.space = space(2), .slice = kSlice});
  differs = named("the two styles of counting",
                  first_difference(sliced.messages, counted_in_global.messages, kMessages));
  if (!differs.empty()) return differs;
  if (sliced.pauses != counted_in_global.pauses) return "the two styles pause at different places";
  differs = named("slices and whole", first_difference(sliced.messages, whole.messages,
                                                       before_overrun(sliced.messages)));
  if (!differs.empty()) return differs;

  note(counts_, whole, sliced);
  if (for_rounds != nullptr && is_for_rounds(drawn, whole))
    for_rounds->push_back({drawn.module, code});
  return "";
}

std::string Comparison::run_in_rounds(const std::vector<Uploaded>& canisters) {
  io::InlineWorkers no_threads;
  execution::testing::Threads threads(kThreads);
  const RoundRun base =
      run_rounds(canisters, {.space = space(0), .workers = &no_threads, .slice = kRoundSlice});
  const RoundRun threaded =
      run_rounds(canisters, {.space = space(1), .workers = &threads, .slice = kRoundSlice});
  std::string differs = named("one and four threads", difference_of_rounds(base, threaded));
  if (!differs.empty()) return differs;
  const RoundRun restarted = run_rounds(canisters, {.space = space(2),
                                                    .workers = &no_threads,
                                                    .at_checkpoints = AtCheckpoints::kRestart,
                                                    .slice = kRoundSlice});
  differs = named("running on and restarted", difference_of_rounds(base, restarted));
  if (!differs.empty()) return differs;
  const RoundRun whole =
      run_rounds(canisters, {.space = space(0), .workers = &threads, .slice = kWhole});
  differs = named("rounds with slices and without", difference_of_whole(base, whole));
  if (!differs.empty()) return differs;
  counts_.in_rounds += canisters.size();
  return "";
}

}  // namespace icpd::fuzz
