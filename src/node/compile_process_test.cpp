#include "node/compile_process.hpp"

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>

#include "execution/wasm/assemble.hpp"
#include "io/linux/confined_run.hpp"
#include "io/linux/system.hpp"
#include "node/compile_ahead.hpp"

namespace icpd::node {
namespace {

namespace fs = std::filesystem;
namespace wasm = execution::wasm;

/// This test program is the child's program too: before the tests it looks for the word.
[[maybe_unused]] const bool kIsNoChild = [] {
  std::ifstream in("/proc/self/cmdline", std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size(); begin += words.back().size() + 1)
    words.emplace_back(text.c_str() + begin);
  if (words.size() > 1 && words[1] == kCompileWord)
    std::_Exit(run_compile_child(std::span(words).subspan(2)));
  return true;
}();

class Compiling : public testing::Test {
 protected:
  Compiling() { fs::create_directory(directory_); }
  ~Compiling() override { fs::remove_all(directory_); }

  static std::string new_directory() {
    std::string pattern = (fs::temp_directory_path() / "icpd-compile-XXXXXX").string();
    return ::mkdtemp(pattern.data());
  }
  std::unique_ptr<CodeStore> open() {
    return CodeStore::open(directory_ + "/code", entropy_).value();
  }
  CompileProcesses::Say hear() {
    return [this](const std::string& line) { heard_.push_back(line); };
  }
  static state::Blob blob(const std::string& text) {
    return state::Blob::of(Slice(wasm::assemble(text).value()));
  }
  /// A program that does this instead of compiling.
  std::string script(const std::string& commands) const {
    const std::string path = directory_ + "/program";
    std::ofstream(path) << "#!/bin/sh\necho x >> " << directory_ << "/runs\n" << commands << "\n";
    fs::permissions(path, fs::perms::owner_all);
    return path;
  }
  std::size_t runs() const {
    std::error_code none;
    const auto size = fs::file_size(directory_ + "/runs", none);
    return none ? 0 : size / 2;
  }

  std::string directory_ = new_directory();
  io::linux::SystemEntropy entropy_;
  std::vector<std::string> heard_;
};

const std::string kModule = R"((module (memory 1) (data (i32.const 3) "abc")
  (func (export "canister_update f") (drop (i32.const 1)))))";

TEST_F(Compiling, in_a_child_gives_what_it_gives_in_this_process) {
  const auto store = open();
  CompileProcesses compiler(*store, hear());
  const auto made = compiler.compile(blob(kModule));
  ASSERT_TRUE(made.ok()) << made.error().message;
  const wasm::Engine engine;
  const auto here = wasm::compile_module(engine, blob(kModule).bytes);
  ASSERT_TRUE(here.ok());
  EXPECT_EQ(wasm::encode(made), wasm::encode(here));
  EXPECT_TRUE(engine.load(made->facts, made->machine_code).ok());
  EXPECT_TRUE(heard_.empty());
}

TEST_F(Compiling, a_module_that_breaks_a_rule_is_refused_with_the_same_words) {
  const auto store = open();
  CompileProcesses compiler(*store, hear());
  const state::Blob bad = blob(R"((module (import "env" "f" (func))))");
  const auto made = compiler.compile(bad);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error(), wasm::compile_module(wasm::Engine(), bad.bytes).error());
}

TEST_F(Compiling, is_done_once_for_all_who_share_the_store) {
  const std::string program = script("exec /proc/" + std::to_string(::getpid()) + "/exe \"$@\"");
  {
    const auto store = open();
    CompileProcesses compiler(*store, hear(), {.program = program});
    ASSERT_TRUE(compiler.compile(blob(kModule)).ok());
    ASSERT_TRUE(compiler.compile(blob(kModule)).ok());
  }
  const auto store = open();
  CompileProcesses other(*store, hear(), {.program = program});
  ASSERT_TRUE(other.compile(blob(kModule)).ok());
  EXPECT_EQ(runs(), 1U);
}

TEST_F(Compiling, at_the_same_time_is_done_once_too) {
  const std::string program = script("exec /proc/" + std::to_string(::getpid()) + "/exe \"$@\"");
  {
    std::vector<std::jthread> nodes;
    for (int i = 0; i < 4; ++i) {
      nodes.emplace_back([&] {
        const auto store = open();
        CompileProcesses compiler(*store, [](const std::string&) {},
                                  {.program = program, .wait_for_others = Duration::minutes(5)});
        EXPECT_TRUE(compiler.compile(blob(kModule)).ok());
      });
    }
  }
  EXPECT_EQ(runs(), 1U);
}

TEST_F(Compiling, ahead_leaves_nothing_to_do_for_later) {
  const auto store = open();
  const std::string program = script("exec /proc/" + std::to_string(::getpid()) + "/exe \"$@\"");
  CompileProcesses compiler(*store, hear(), {.program = program});
  {
    CompileAhead ahead(compiler);
    std::atomic<bool> looked = false;
    ahead.hint([&]() -> std::optional<state::Blob> {
      looked = true;
      looked.notify_all();
      return blob(kModule);
    });
    looked.wait(false);
  }
  EXPECT_EQ(runs(), 1U);
  EXPECT_TRUE(compiler.compile(blob(kModule)).ok());
  EXPECT_EQ(runs(), 1U);
}

TEST_F(Compiling, ahead_does_no_harm_when_it_fails) {
  const auto store = open();
  CompileProcesses compiler(*store, hear(), {.program = script("kill -9 $$")});
  compiler.compile_ahead(blob(kModule));
  EXPECT_EQ(runs(), 1U);
  EXPECT_TRUE(heard_.empty());
}

TEST_F(Compiling, doesnt_wait_for_ever_for_one_who_holds_the_lock) {
  const auto store = open();
  std::vector<io::linux::FileLock> locks;
  for (int i = 0; locks.size() < 16; ++i) {
    if (auto lock = store->try_lock(crypto::sha256(std::to_string(i))))
      locks.push_back(std::move(*lock));
  }
  CompileProcesses compiler(*store, hear(), {.wait_for_others = Duration::milliseconds(10)});
  EXPECT_TRUE(compiler.compile(blob(kModule)).ok());
}

TEST_F(Compiling, a_damaged_entry_is_made_anew) {
  const auto store = open();
  CompileProcesses compiler(*store, hear());
  const auto made = compiler.compile(blob(kModule));
  ASSERT_TRUE(made.ok());
  for (const auto& file : fs::directory_iterator(directory_ + "/code")) {
    if (file.path().extension() == ".code") fs::resize_file(file.path(), 100);
  }
  const auto again = compiler.compile(blob(kModule));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->machine_code, made->machine_code);
}

TEST_F(Compiling, a_child_that_dies_is_tried_again) {
  const auto store = open();
  const std::string program =
      script("[ $(wc -l < " + directory_ + "/runs) -ge 3 ] || kill -9 $$\nexec /proc/" +
             std::to_string(::getpid()) + "/exe \"$@\"");
  CompileProcesses compiler(*store, hear(), {.program = program});
  EXPECT_TRUE(compiler.compile(blob(kModule)).ok());
  EXPECT_EQ(runs(), 3U);
  ASSERT_EQ(heard_.size(), 2U);
  EXPECT_NE(heard_[0].find("its process was ended by signal 9"), std::string::npos);
}

TEST_F(Compiling, a_panic_of_the_compiler_is_an_invalid_module_for_all) {
  const auto store = open();
  CompileProcesses compiler(*store, hear(), {.program = script("exit 101")});
  for (int i = 0; i < 2; ++i) {
    const auto made = compiler.compile(blob(kModule));
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().code, types::ErrorCode::kCanisterInvalidWasm);
  }
  EXPECT_EQ(runs(), 1U);
}

TEST_F(Compiling, nonsense_from_a_child_is_no_answer) {
  const auto store = open();
  const std::string program = script("[ $(wc -l < " + directory_ +
                                     "/runs) -ge 2 ] || { echo nonsense; exit 0; }\nexec /proc/" +
                                     std::to_string(::getpid()) + "/exe \"$@\"");
  CompileProcesses compiler(*store, hear(), {.program = program});
  EXPECT_TRUE(compiler.compile(blob(kModule)).ok());
  EXPECT_EQ(runs(), 2U);
}

TEST_F(Compiling, too_little_memory_is_this_machines_trouble_and_more_of_it_helps) {
  const auto store = open();
  CompileProcesses compiler(
      *store, hear(),
      {.attempts = {{16 * kMiB, Duration::minutes(5)}, {8 * kGiB, Duration::minutes(5)}}});
  EXPECT_TRUE(compiler.compile(blob(kModule)).ok());
  EXPECT_EQ(heard_.size(), io::linux::kAllIsBounded ? 1U : 0U);
}

using CompilingDeath = Compiling;
TEST_F(CompilingDeath, ends_this_process_when_the_last_attempt_fails) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  const auto store = open();
  CompileProcesses compiler(*store, hear(), {.program = script("kill -9 $$")});
  EXPECT_DEATH(std::ignore = compiler.compile(blob(kModule)), "can't be compiled on this machine");
}

TEST_F(Compiling, the_child_refuses_to_be_started_by_others) {
  EXPECT_NE(run_compile_child({}), 0);
  EXPECT_NE(run_compile_child(std::vector<std::string>{"1", "x", "10", "0"}), 0);
}

}  // namespace
}  // namespace icpd::node
