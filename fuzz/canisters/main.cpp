// Makes random canisters and compares all ways of running them (comparison.hpp).
//
//   fuzz_canisters FIRST COUNT [STEP]     seeds FIRST, FIRST + STEP, ...
//
// Prints the seeds it is at, so that a crash names them too, and at the end its counts. Status 1: a
// difference; its seed, the smallest module found that shows it, and how to see it again.
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <span>

#include "comparison.hpp"

namespace {

using namespace icpd;
using namespace icpd::fuzz;

/// Canisters in one subnet.
constexpr std::size_t kGroup = 12;

struct Seeds {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::uint64_t step = 1;
};

std::optional<Seeds> parse(std::span<char*> words) {
  Seeds seeds;
  std::array<std::uint64_t*, 3> into = {&seeds.first, &seeds.count, &seeds.step};
  if (words.size() < 2 || words.size() > into.size()) return std::nullopt;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word(words[i]);
    const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), *into.at(i));
    if (failed != std::errc() || end != word.data() + word.size()) return std::nullopt;
  }
  return seeds;
}

/// Where it is, for who looks at a module with other tools.
std::string save(const Bytes& module, std::uint64_t seed) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("icpd-fuzz-" + std::to_string(seed) + ".wasm"))
          .string();
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(module.data()),
            static_cast<std::streamsize>(module.size()));
  return path;
}

/// All that is compared of one canister.
std::string differences(Comparison& comparison, const Drawn& drawn) {
  std::vector<Uploaded> alone;
  std::string differs = comparison.run_alone(drawn, &alone);
  if (differs.empty() && !alone.empty()) differs = comparison.run_in_rounds(alone);
  return differs;
}

void report(Comparison& comparison, std::uint64_t seed, const std::string& differs) {
  std::cout << "seed " << seed << ": " << differs << "\n  again: fuzz_canisters " << seed << " 1\n"
            << std::flush;
  const Draws smallest = shrink(draws_of(seed), [&](const Draws& draws) {
    return !differences(comparison, module_of(draws)).empty();
  });
  const Drawn drawn = module_of(smallest);
  std::cout << "  smaller: " << differences(comparison, drawn) << "\n  a module of "
            << drawn.module.size() << " bytes: " << save(drawn.module, seed) << '\n';
}

void print(const Counts& counts, std::size_t backends) {
  std::cout << "modules " << counts.modules << " long_runs " << counts.long_runs << " messages "
            << counts.messages << " trapped " << counts.trapped << " over_limit "
            << counts.over_limit << " instructions " << counts.instructions << " pauses "
            << counts.pauses << " in_rounds " << counts.in_rounds << " backends " << backends
            << '\n';
}

int run(const Seeds& seeds) {
  Comparison comparison;
  std::vector<Uploaded> group;
  std::vector<std::uint64_t> seeds_of_group;
  for (std::uint64_t i = 0; i < seeds.count; ++i) {
    const std::uint64_t seed = seeds.first + i * seeds.step;
    if (i % kGroup == 0) std::cout << "at seed " << seed << '\n' << std::flush;
    const std::size_t before = group.size();
    const std::string differs = comparison.run_alone(module_of(draws_of(seed)), &group);
    if (!differs.empty()) return report(comparison, seed, differs), 1;
    if (group.size() > before) seeds_of_group.push_back(seed);
    if (group.empty() || (group.size() < kGroup && i + 1 < seeds.count)) continue;
    const std::string in_rounds = comparison.run_in_rounds(group);
    if (!in_rounds.empty()) {
      std::cout << "canisters of seeds";
      for (const std::uint64_t one : seeds_of_group)
        std::cout << ' ' << one;
      std::cout << " together: " << in_rounds << "\n  again: fuzz_canisters "
                << seeds_of_group.front() << ' '
                << (seeds_of_group.back() - seeds_of_group.front()) / seeds.step + 1 << ' '
                << seeds.step << '\n';
      for (const std::uint64_t one : seeds_of_group) {
        const std::string alone = differences(comparison, module_of(draws_of(one)));
        if (!alone.empty()) return report(comparison, one, alone), 1;
      }
      return 1;
    }
    group.clear();
    seeds_of_group.clear();
  }
  print(comparison.counts(), comparison.backends());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto seeds = parse(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
  if (!seeds) {
    std::cerr << "usage: fuzz_canisters FIRST COUNT [STEP]\n";
    return 2;
  }
  return run(*seeds);
}
