// Compiling canisters' modules away from the node: in a child process, once for all nodes of a
// local network, and never again while the entry is kept.
//
//   compile(code) ── in the store? ──▶ there it is
//        │ no
//        ├─ somebody else makes it? wait for the entry, up to a time
//        ├─ child: icpd compile-module ... < module > answer, under limits (confined_run.hpp)
//        └─ put into the store
//
// Validating, metering and compiling all happen in the child: the node's own process never parses
// what a stranger uploaded. What the child's end means:
//
// | the child | means |
// | --- | --- |
// | answers | that is the answer: a module, or IC0505 with the rule that it breaks |
// | ends with kPanicStatus | the compiler panicked, which depends on the module and the compiler
// only: IC0505, the same on every node | | ends in any other way | this machine's trouble (memory,
// time, a kill), or a bug that looks like it: tried again with more of both; after the last attempt
// the node stops |
//
// A panic is told apart only after the child has compiled a module of its own and has all its
// threads, so that a machine which can't give it these is never taken for a bad module.
//
// The key of an entry is the hash of this build of the program and of the uploaded bytes: rules of
// acceptance, metering, compiler, its flags and its target are all part of the build. Another build
// compiles anew.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "execution/environment.hpp"
#include "node/code_store.hpp"

namespace icpd::node {

/// The first word of the child's command line. Not a command for people, so no help lists it.
inline constexpr const char* kCompileWord = "compile-module";

/// The child: words after kCompileWord. Its exit status.
[[nodiscard]] int run_compile_child(std::span<const std::string> words);

struct CompileOptions {
  /// This program's file.
  std::string program = "/proc/self/exe";
  /// What a child that is tried for the n-th time may use; the last one is the last attempt.
  struct Attempt {
    std::uint64_t memory_bytes = 0;
    Duration processor_time;
    /// That compile functions at the same time; 0: one for each processor.
    std::uint32_t threads = 0;
  };
  /// Ordinary code takes 1 s and 100 MB for each MB. The worst module known that the rules accept
  /// takes 1.9 GB for each function that is compiled at the same time, and four minutes of
  /// processor time (execution/wasm/compile_work.hpp; figures in docs/adr/0006). So the first
  /// attempt is for what people upload and the worst on two processors; the last, one function
  /// after the other, for the worst whatever the number of processors, and on ones fifteen times
  /// slower.
  std::vector<Attempt> attempts = {{4 * kGiB, Duration::minutes(5)},
                                   {16 * kGiB, Duration::minutes(20)},
                                   {16 * kGiB, Duration::minutes(60), 1}};
  /// How long to wait for another process that makes the same entry: this, and for large modules
  /// as long as compiling takes.
  Duration wait_for_others = Duration::seconds(2);
};

class CompileProcesses final : public execution::ModuleCompiler {
 public:
  /// For the node's log.
  using Say = std::function<void(const std::string& line)>;

  /// The store outlives this.
  CompileProcesses(CodeStore& store, Say say, CompileOptions options = {});

  [[nodiscard]] execution::wasm::HostResult<execution::wasm::CompiledModule> compile(
      const state::Blob& code) override;

  /// Has the entry made, if nobody has or does: one attempt, and no harm if it fails.
  void compile_ahead(const state::Blob& code);

 private:
  using Answer = execution::wasm::HostResult<execution::wasm::CompiledModule>;

  [[nodiscard]] crypto::Digest key_of(const state::Blob& code) const;
  [[nodiscard]] std::optional<Answer> stored(const crypto::Digest& key);
  /// The lock; or the answer, if another made it meanwhile; or neither, if that takes too long.
  struct Turn {
    std::optional<io::linux::FileLock> lock;
    std::optional<Answer> answer;
  };
  [[nodiscard]] Turn await_turn(const crypto::Digest& key, const state::Blob& code);
  struct Made {
    Slice record;
    Answer answer;
  };
  using Attempt = CompileOptions::Attempt;
  /// An error: the machine's trouble.
  [[nodiscard]] Result<Made> run_child(const state::Blob& code, const Attempt& attempt) const;
  [[nodiscard]] Made run_children(const state::Blob& code) const;
  void keep(const crypto::Digest& key, const state::Blob& code, const Made& made);

  CodeStore& store_;
  Say say_;
  CompileOptions options_;
  crypto::Digest build_;
};

}  // namespace icpd::node
