#include "node/cli_sim.hpp"

#include <charconv>
#include <fstream>

#include "io/linux/system.hpp"
#include "node/progress.hpp"
#include "registry/records.hpp"
#include "sim/simulation.hpp"

namespace icpd::node {
namespace {

struct SeedRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  [[nodiscard]] std::uint64_t count() const { return last - first + 1; }
};

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

Result<SeedRange, CommandFailure> parse_range(const std::string& text) {
  const std::size_t dots = text.find("..");
  const auto first = parse_number(std::string_view(text).substr(0, dots));
  const auto last = dots == std::string::npos
                        ? std::nullopt
                        : parse_number(std::string_view(text).substr(dots + 2));
  if (!first || !last || *first > *last)
    return usage_error("--seeds: '" + text + "' is no range of seeds; write it as 1..100");
  if (*last - *first >= kSeedsMax)
    return usage_error("--seeds: more than " + std::to_string(kSeedsMax) + " seeds");
  return SeedRange{*first, *last};
}

Result<SeedRange, CommandFailure> seeds_of(const SimOptions& options) {
  if (options.seed && !options.seeds.empty())
    return usage_error("--seed and --seeds exclude each other");
  if (!options.seeds.empty()) return parse_range(options.seeds);
  if (!options.seed) return usage_error("which seed? Give --seed 1 or --seeds 1..100");
  return SeedRange{*options.seed, *options.seed};
}

CommandResult check(const SimOptions& options, const SeedRange& seeds) {
  if (options.nodes < 1 || options.nodes > kSimulatedNodesMax)
    return usage_error("--nodes: 1 to " + std::to_string(kSimulatedNodesMax));
  const std::size_t tolerated = registry::faults_tolerated(options.nodes);
  if (options.byzantine > tolerated)
    return usage_error("--byzantine: " + std::to_string(options.nodes) + " nodes bear at most " +
                       std::to_string(tolerated));
  if (options.heights < 1 || options.heights > kSimulatedHeightsMax)
    return usage_error("--heights: 1 to " + std::to_string(kSimulatedHeightsMax));
  if (!options.trace.empty() && seeds.count() > 1)
    return usage_error("--trace writes one seed's run; give --seed");
  return {};
}

/// What is under way, for those who watch; a pipe gets the seeds' own lines.
class Watch {
 public:
  Watch(const Console& console, const SeedRange& seeds)
      : console_(console), seeds_(seeds), progress_(console, clock_.monotonic()) {}

  void show(const sim::Report& so_far) {
    if (!console_.progress) return;
    std::string what = "Seed " + std::to_string(so_far.seed);
    if (seeds_.count() > 1)
      what += ", " + std::to_string(so_far.seed - seeds_.first) + " of " +
              std::to_string(seeds_.count()) + " done";
    what += ": height " + std::to_string(so_far.heights) + ", " + std::to_string(so_far.updates) +
            " updates, " + std::to_string(so_far.fault_count()) + " faults";
    progress_.show(clock_.monotonic(), what);
  }
  /// Before anything else is written.
  void clear() { progress_.clear(); }

 private:
  const Console& console_;
  SeedRange seeds_;
  io::linux::SystemClock clock_;
  Progress progress_;
};

std::string replay_command(const SimOptions& options, std::uint64_t seed) {
  std::string command =
      "icpd sim --seed " + std::to_string(seed) + " --nodes " + std::to_string(options.nodes);
  if (options.byzantine != 0) command += " --byzantine " + std::to_string(options.byzantine);
  if (options.heights != SimOptions{}.heights)
    command += " --heights " + std::to_string(options.heights);
  return command;
}

Result<std::ofstream> open_trace(const std::string& path) {
  std::ofstream file;
  if (path.empty()) return file;
  file.open(path, std::ios::trunc);
  if (!file) return Err("--trace: " + path + " can't be written");
  return file;
}

}  // namespace

CommandResult run_simulations(const SimOptions& options, const Console& console) {
  const SeedRange seeds = TRY(seeds_of(options));
  TRY(check(options, seeds));
  std::ofstream trace = TRY(open_trace(options.trace));
  Watch watch(console, seeds);
  std::uint64_t failed = 0;
  for (std::uint64_t i = 0; i < seeds.count(); ++i) {
    sim::Options one{.seed = seeds.first + i,
                     .nodes = options.nodes,
                     .byzantine = options.byzantine,
                     .heights = options.heights};
    one.watch = [&](const sim::Report& so_far) { watch.show(so_far); };
    if (trace.is_open()) one.trace = [&](const std::string& line) { trace << line << '\n'; };
    const sim::Report report = sim::simulate(one);
    watch.clear();
    console.line(options.json ? to_json(report) : to_text(report));
    if (report.ok()) continue;
    ++failed;
    console.remark("to run it again: " + replay_command(options, one.seed) + " --trace FILE");
  }
  if (trace.is_open() && !trace.flush()) return Err("--trace: " + options.trace + ": write failed");
  if (failed != 0)
    return Err(CommandFailure(std::to_string(failed) + " of " + std::to_string(seeds.count()) +
                              " seeds failed"));
  if (!options.json && seeds.count() > 1)
    console.line("all " + std::to_string(seeds.count()) + " seeds hold");
  return {};
}

}  // namespace icpd::node
