// How long the install of a module takes that no node has seen, and of one whose code is kept,
// beside what the engine alone takes to compile it:
//
//   install_times MODULE PROGRAM DIRECTORY SAMPLES
//   {"compile_ms": [...], "never_seen_ms": [...], "cached_ms": [...]}
//
// An install is what a round does from the waiting call to its reply: gunzip, rules of acceptance,
// metering, compiling, the canister's init. PROGRAM is icpd, whose compiling child is used.
// DIRECTORY is made for the kept code. Each sample has a module of its own: the same with another
// custom section.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "execution/test_subnet.hpp"
#include "execution/wasm/prepare.hpp"
#include "io/linux/system.hpp"
#include "node/compile_process.hpp"

namespace {

using namespace icpd;

/// With a custom section that no other has.
Bytes variant(Bytes module, int number) {
  const std::string name = "n" + std::to_string(1'000'000 + number);
  module.push_back(0);
  module.push_back(static_cast<std::uint8_t>(name.size() + 1));
  module.push_back(static_cast<std::uint8_t>(name.size()));
  append(module, as_bytes(name));
  return module;
}

template <typename F>
double milliseconds(F&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
      .count();
}

/// With an environment of its own, as after a restart.
double install(node::CompileProcesses& compiler, const Bytes& module) {
  execution::testing::TestSubnet subnet({}, &compiler);
  const types::CanisterId canister = subnet.create();
  state::IngressState answer;
  const double took = milliseconds([&] {
    answer = subnet.install(canister, module, to_bytes(as_bytes(std::string_view("DIDL\0\0", 6))));
  });
  ensure(std::holds_alternative<state::IngressReplied>(answer), "the module installs");
  return took;
}

void print(const char* name, const std::vector<double>& values, const char* end) {
  std::printf("\"%s\": [", name);
  for (const double& value : values)
    std::printf("%s%.3f", &value == values.data() ? "" : ", ", value);
  std::printf("]%s", end);
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) return 2;
  std::ifstream in(words[1], std::ios::binary);
  const Bytes module(std::istreambuf_iterator<char>(in), {});
  const std::string directory = words[3];
  io::linux::SystemEntropy entropy;
  const auto store = node::CodeStore::open(directory, entropy).value();
  node::CompileProcesses compiler(
      *store, [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); },
      {.program = words[2]});
  const execution::wasm::Engine engine;
  std::vector<double> compile;
  std::vector<double> never_seen;
  std::vector<double> cached;
  for (int sample = 0; sample < std::atoi(words[4]); ++sample) {
    const Bytes unseen = variant(module, sample);
    const auto prepared = execution::wasm::prepare(engine, Slice(unseen)).value();
    compile.push_back(milliseconds([&] { ensure(engine.compile(prepared.metered).ok()); }));
    never_seen.push_back(install(compiler, unseen));
    cached.push_back(install(compiler, unseen));
  }
  std::printf("{");
  print("compile_ms", compile, ", ");
  print("never_seen_ms", never_seen, ", ");
  print("cached_ms", cached, "}\n");
  return 0;
}
