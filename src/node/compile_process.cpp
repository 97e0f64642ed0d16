#include "node/compile_process.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <unistd.h>

#include "io/linux/confined_run.hpp"
#include "io/linux/system.hpp"
#include "node/log.hpp"

namespace icpd::node {
namespace {

namespace wasm = execution::wasm;

constexpr int kPanicStatus = 101;
constexpr int kFailedStatus = 1;
/// Machine code takes a few times the module's 12 MiB of code; data is stored as it is.
constexpr std::uint64_t kAnswerBytesMax = 1 * kGiB;
/// Behind consensus, which a round must not wait for.
constexpr int kNice = 5;
constexpr Duration kLookAgain = Duration::milliseconds(5);
/// The slowest that a machine of today compiles.
constexpr std::uint64_t kBytesPerSecondMin = 200 * 1000;

/// What the engine is warmed up with: one function, so that its threads start.
constexpr auto kSmallModule = std::to_array<std::uint8_t>({
    0,  'a', 's', 'm',  1,   0,    0, 0,  // magic, version
    1,  4,   1,   0x60, 0,   0,           // type () -> ()
    3,  2,   1,   0,                      // one function of it
    7,  5,   1,   1,    'f', 0,    0,     // exported as "f"
    10, 4,   1,   2,    0,   0x0B,        // without locals and without instructions
});

template <typename T>
bool parse(const std::string& text, T& out) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc() && end == text.data() + text.size();
}

int fail(const std::string& what) {
  // Standard error is the node's.
  log_line(LogLevel::kError, "compiler", what);
  return kFailedStatus;
}

}  // namespace

int run_compile_child(std::span<const std::string> words) {
  io::linux::ProcessBounds bounds{.output_bytes = kAnswerBytesMax, .nice = kNice};
  std::int64_t seconds = 0;
  std::uint32_t threads = 0;
  if (words.size() != 4 || !parse(words[0], bounds.parent) ||
      !parse(words[1], bounds.memory_bytes) || !parse(words[2], seconds) ||
      !parse(words[3], threads))
    return fail("it is for the node alone to start this");
  bounds.processor_time = Duration::seconds(seconds);
  // The compiler's pool of threads looks here when it starts, and takes 0 for all processors.
  // NOLINTNEXTLINE: there is one thread so far
  ::setenv("RAYON_NUM_THREADS", words[3].c_str(), 1);
  if (const auto confined = io::linux::confine_this_process(bounds); !confined.ok())
    return fail(confined.error().message);
  const wasm::Engine engine;
  if (!wasm::compile_module(engine, Slice::copy_of(kSmallModule)).ok())
    return fail("the engine doesn't compile at all");
  wasm::exit_on_compiler_panic(kPanicStatus);
  auto module = io::linux::read_all_input();
  if (!module.ok()) return fail(module.error().message);
  const Bytes answer = wasm::encode(wasm::compile_module(engine, Slice(std::move(*module))));
  if (const auto written = io::linux::write_output(answer); !written.ok())
    return fail(written.error().message);
  std::_Exit(0);  // there is nothing to take down that the kernel doesn't take down faster
}

CompileProcesses::CompileProcesses(CodeStore& store, Say say, CompileOptions options)
    : store_(store),
      say_(std::move(say)),
      options_(std::move(options)),
      build_(crypto::hash_in_domain("icpd-build", {io::linux::build_id()})) {
  ensure(!options_.attempts.empty());
}

crypto::Digest CompileProcesses::key_of(const state::Blob& code) const {
  return crypto::hash_in_domain("icpd-compiled-module", {build_.view(), code.hash.view()});
}

std::optional<CompileProcesses::Answer> CompileProcesses::stored(const crypto::Digest& key) {
  const auto record = store_.get(key);
  if (!record) return std::nullopt;
  auto answer = wasm::decode_compiled(*record);
  if (!answer.ok()) return std::nullopt;
  return std::move(answer).value();
}

CompileProcesses::Turn CompileProcesses::await_turn(const crypto::Digest& key,
                                                    const state::Blob& code) {
  io::linux::SystemClock clock;
  const Duration until =
      clock.monotonic() + options_.wait_for_others +
      Duration::milliseconds(static_cast<std::int64_t>(code.size * 1000 / kBytesPerSecondMin));
  for (;;) {
    Turn turn{.lock = store_.try_lock(key)};
    // With the lock in hand another look: who had it may just have put the entry.
    turn.answer = stored(key);
    if (turn.lock || turn.answer || clock.monotonic() > until) return turn;
    std::this_thread::sleep_for(std::chrono::nanoseconds(kLookAgain.ns));
  }
}

Result<CompileProcesses::Made> CompileProcesses::run_child(const state::Blob& code,
                                                           const Attempt& attempt) const {
  io::linux::RunEnd end = TRY(io::linux::run_confined(
      {.program = options_.program,
       .arguments = {kCompileWord, std::to_string(::getpid()), std::to_string(attempt.memory_bytes),
                     std::to_string(attempt.processor_time.ns / Duration::seconds(1).ns),
                     std::to_string(attempt.threads)},
       .input = code.bytes,
       .output_bytes_max = kAnswerBytesMax,
       // It has processor time to use, and gets it sooner or later.
       .time_max = Duration{attempt.processor_time.ns * 4}}));
  if (end.exit_status == kPanicStatus) {
    Answer refused = Err(wasm::invalid_module("the compiler can't take it"));
    return Made{Slice(wasm::encode(refused)), std::move(refused)};
  }
  if (end.exit_status != 0) return Err("its process " + end.how);
  Slice record(std::move(end.output));
  auto answer = wasm::decode_compiled(record);
  if (!answer.ok()) return Err("its process answered nonsense: " + answer.error().message);
  return Made{std::move(record), std::move(answer).value()};
}

CompileProcesses::Made CompileProcesses::run_children(const state::Blob& code) const {
  std::string last;
  for (const Attempt& attempt : options_.attempts) {
    auto made = run_child(code, attempt);
    if (made.ok()) return std::move(made).value();
    last = made.error().message;
    say_("compiling module " + code.hash.hex() + ": " + last);
  }
  const std::string why = "module " + code.hash.hex() +
                          " can't be compiled on this machine, and all nodes must have it: " + last;
  unreachable_state(why.c_str());
}

void CompileProcesses::keep(const crypto::Digest& key, const state::Blob& code, const Made& made) {
  if (const auto put = store_.put(key, made.record); !put.ok())
    say_("the code of module " + code.hash.hex() + " isn't kept: " + put.error().message);
}

CompileProcesses::Answer CompileProcesses::compile(const state::Blob& code) {
  const crypto::Digest key = key_of(code);
  if (auto answer = stored(key)) return std::move(*answer);
  Turn turn = await_turn(key, code);
  if (turn.answer) return std::move(*turn.answer);
  Made made = run_children(code);
  keep(key, code, made);
  return std::move(made.answer);
}

void CompileProcesses::compile_ahead(const state::Blob& code) {
  const crypto::Digest key = key_of(code);
  const auto lock = store_.try_lock(key);
  if (!lock || stored(key)) return;
  const auto made = run_child(code, options_.attempts.front());
  if (made.ok()) keep(key, code, *made);
}

}  // namespace icpd::node
