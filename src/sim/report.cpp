// A run's outcome as text, for programs and for people.
#include "sim/simulation.hpp"

namespace icpd::sim {

namespace {

std::string json_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

std::string json_counts(const std::map<std::string, std::uint64_t>& counts) {
  std::string out = "{";
  for (const auto& [kind, times] : counts)
    out += (out.size() == 1 ? "" : ", ") + json_text(kind) + ": " + std::to_string(times);
  return out + "}";
}

}  // namespace

std::uint64_t Report::fault_count() const {
  std::uint64_t count = 0;
  for (const auto& [kind, times] : faults)
    count += times;
  return count;
}

std::string to_json(const Report& report) {
  std::string out = "{\"seed\": " + std::to_string(report.seed);
  const auto number = [&](const char* name, std::uint64_t value) {
    out += std::string(", \"") + name + "\": " + std::to_string(value);
  };
  number("nodes", report.nodes);
  number("byzantine", report.byzantine);
  out += std::string(", \"ok\": ") + (report.ok() ? "true" : "false");
  number("heights", report.heights);
  number("heights_after_first_fault", report.heights_after_first_fault);
  number("updates", report.updates);
  number("requests", report.requests);
  number("executed", report.executed);
  number("queries_credited", report.queries_credited);
  number("events", report.events);
  number("frames", report.frames);
  number("frames_lost", report.frames_lost);
  number("frames_overtaken", report.frames_overtaken);
  number("virtual_ms", static_cast<std::uint64_t>(report.virtual_time.ns / 1'000'000));
  out += ", \"faults\": " + json_counts(report.faults);
  out += ", \"misdeeds\": " + json_counts(report.misdeeds);
  out += ", \"failures\": [";
  for (std::size_t i = 0; i < report.failures.size(); ++i)
    out += (i == 0 ? "" : ", ") + json_text(report.failures[i]);
  return out + "], \"trace_digest\": " + json_text(report.trace_digest) + "}";
}

std::string to_text(const Report& report) {
  std::string out = "seed " + std::to_string(report.seed) + ", " + std::to_string(report.nodes) +
                    " nodes, " + std::to_string(report.byzantine) + " Byzantine: ";
  out += report.ok() ? "holds" : "FAILS";
  out += ", " + std::to_string(report.heights) + " heights, " + std::to_string(report.updates) +
         " updates, " + std::to_string(report.fault_count()) + " faults of " +
         std::to_string(report.faults.size()) + " kinds, " +
         std::to_string(report.virtual_time.ns / 1'000'000'000) + " s";
  for (const std::string& failure : report.failures)
    out += "\n  " + failure;
  return out;
}

}  // namespace icpd::sim
