#include "node/node_metrics.hpp"

#include <charconv>

namespace icpd::node {

namespace {

std::string number(double value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value);
  return {text.data(), end.ptr};
}

double seconds(Time time) {
  return static_cast<double>(time.ns) / 1e9;
}

/// Writes families one after the other. Labels are words of ours and ids, which need no escapes.
class Writer {
 public:
  using Samples = std::vector<std::pair<std::string, std::uint64_t>>;

  void gauge(const std::string& name, const char* help, std::uint64_t value) {
    head(name, help, "gauge");
    text_ += name + " " + std::to_string(value) + "\n";
  }
  void gauge(const std::string& name, const char* help, double value) {
    head(name, help, "gauge");
    text_ += name + " " + number(value) + "\n";
  }
  void counter(const std::string& name, const char* help, std::uint64_t value) {
    head(name, help, "counter");
    text_ += name + " " + std::to_string(value) + "\n";
  }
  void counter(const std::string& name, const char* help, double value) {
    head(name, help, "counter");
    text_ += name + " " + number(value) + "\n";
  }
  void labelled(const std::string& name, const char* help, const char* type,
                const Samples& samples) {
    head(name, help, type);
    for (const auto& [labels, value] : samples)
      text_ += name + "{" + labels + "} " + std::to_string(value) + "\n";
  }
  void histogram(const std::string& name, const char* help, const DurationHistogram& h) {
    head(name, help, "histogram");
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < h.kEnds.size(); ++i) {
      below += h.counts[i];
      text_ += name + "_bucket{le=\"" + number(h.kEnds[i]) + "\"} " + std::to_string(below) + "\n";
    }
    text_ += name + "_bucket{le=\"+Inf\"} " + std::to_string(h.count()) + "\n";
    text_ += name + "_sum " + number(h.sum_seconds) + "\n";
    text_ += name + "_count " + std::to_string(h.count()) + "\n";
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void head(const std::string& name, const char* help, const char* type) {
    text_ += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
  }
  std::string text_;
};

void write_links(Writer& out, const NodeReport& report) {
  Writer::Samples up, frames, bytes;
  for (const auto& [peer, link] : report.records.links) {
    const std::string label = "peer=\"" + peer.text() + "\"";
    up.emplace_back(label, link.up ? 1 : 0);
    frames.emplace_back(label + ",direction=\"received\"", link.received.frames);
    frames.emplace_back(label + ",direction=\"sent\"", link.sent.frames);
    bytes.emplace_back(label + ",direction=\"received\"", link.received.bytes);
    bytes.emplace_back(label + ",direction=\"sent\"", link.sent.bytes);
  }
  out.gauge("transport_sessions", "Peers with a session.", report.records.figures.sessions);
  out.labelled("icpd_link_up", "Whether the link to a peer is up.", "gauge", up);
  out.labelled("icpd_link_frames_total", "Frames of the protocol, by peer.", "counter", frames);
  out.labelled("icpd_link_bytes_total", "Bytes of these frames.", "counter", bytes);
}

void write_consensus(Writer& out, const NodeReport& report) {
  const replica::Replica::Figures& f = report.records.figures;
  const auto pool = [](const char* type) {
    return "pool_type=\"validated\",type=\"" + std::string(type) + "\",stat=\"max\"";
  };
  out.labelled("artifact_pool_consensus_height_stat", "Heights of what is in the pool.", "gauge",
               {{pool("notarization"), f.notarized.value},
                {pool("finalization"), f.finalized.value},
                {pool("catch_up_package"), f.package.value}});
  out.gauge("icpd_consensus_pool_artifacts", "Artifacts in the consensus pools.", f.artifacts);
  Writer::Samples makers;
  for (const MemberReport& member : report.members) {
    const auto made = report.records.totals.blocks_by_maker.find(member.id);
    makers.emplace_back("maker=\"" + member.id.text() + "\"",
                        made == report.records.totals.blocks_by_maker.end() ? 0 : made->second);
  }
  out.labelled("icpd_final_blocks_total", "Blocks that became final, by maker.", "counter", makers);
}

void write_routing(Writer& out, const NodeReport& report) {
  const replica::Replica::Figures& f = report.records.figures;
  const RecordTotals& totals = report.records.totals;
  out.gauge("consensus_batch_height", "Height of the batches sent to message routing.",
            f.executed.value + f.batches_waiting);
  out.gauge("icpd_batches_waiting", "Final batches that aren't executed.", f.batches_waiting);
  out.gauge("state_manager_max_resident_height", "Height of the newest state in memory.",
            f.executed.value);
  out.gauge("state_manager_latest_certified_height", "Height of the latest certified state.",
            f.certified.value);
  out.histogram("mr_process_batch_duration_seconds",
                "From a batch handed to execution to its hashed state.", totals.batch_time);
  out.histogram("state_manager_certification_latency_seconds",
                "From a hashed state to its certification.", totals.certification_time);
  out.labelled("mr_inducted_ingress_message_count", "Users' calls of batches, by outcome.",
               "counter",
               {{"status=\"success\"", totals.ingress.inducted},
                {"status=\"Duplicate\"", totals.ingress.duplicates},
                {"status=\"Refused\"", totals.ingress.refused}});
  out.gauge("icpd_ingress_pool_messages", "Calls that wait for a block.", f.pool_messages);
  out.gauge("icpd_ingress_pool_bytes", "Bytes of these calls.", f.pool_bytes);
  out.histogram("icpd_call_duration_seconds",
                "From a call of a client of this node to its certificate.", totals.call_time);
  if (!report.state) return;
  out.gauge("replicated_state_ingress_history_length", "Calls in the ingress history.",
            report.state->ingress_history);
  out.gauge("mr_next_checkpoint_height", "Height of the next checkpoint.",
            report.state->next_checkpoint.value);
  out.gauge("icpd_certified_time_seconds", "Time of the latest certified state.",
            seconds(report.state->time));
}

void write_execution(Writer& out, const NodeReport& report,
                     const std::optional<CanisterCounts>& canisters) {
  const RecordTotals& totals = report.records.totals;
  out.counter("icpd_executions_total", "Messages, tasks and management calls executed.",
              totals.executions);
  out.counter("icpd_instructions_total", "Instructions executed.", totals.instructions);
  out.counter("icpd_dirty_pages_total", "Pages that canisters stored to.", totals.pages);
  if (!report.state) return;
  out.gauge("current_heap_delta", "Bytes of pages written since the last checkpoint.",
            report.state->heap_delta_bytes);
  out.gauge("canister_memory_usage_bytes", "Memory of all canisters.", report.state->memory_bytes);
  if (!canisters) return;
  out.labelled("replicated_state_registered_canisters", "Canisters by status.", "gauge",
               {{"status=\"running\"", canisters->running},
                {"status=\"stopping\"", canisters->stopping},
                {"status=\"stopped\"", canisters->stopped}});
}

void write_queries(Writer& out, const QueryFigures& figures) {
  out.counter("icpd_queries_total", "Queries of clients.", figures.queries);
  out.counter("icpd_queries_from_cache_total", "Of these, answered without running the canister.",
              figures.from_cache);
  out.gauge("icpd_query_cache_bytes", "Bytes of kept answers.", figures.cache_bytes);
  out.counter("icpd_query_methods_total", "Methods that queries evaluated.",
              figures.evaluated.calls);
  out.counter("icpd_query_instructions_total", "Instructions of these methods.",
              figures.evaluated.instructions);
}

void write_process(Writer& out, const NodeReport& report) {
  out.labelled("icpd_info", "The version of icpd.", "gauge",
               {{"version=\"" + report.version + "\"", 1}});
  out.gauge("icpd_healthy", "Whether /health answers 200.",
            std::uint64_t{report.health == "healthy"});
  out.counter("process_cpu_seconds_total", "CPU time of this process.",
              report.process.cpu.to_ms() / 1e3);
  out.gauge("process_resident_memory_bytes", "Resident memory.", report.process.resident_bytes);
  out.gauge("process_open_fds", "Open files.", report.process.open_files);
  out.gauge("process_start_time_seconds", "When this process started.", seconds(report.started));
}

}  // namespace

CanisterCounts count_canisters(const state::ReplicatedState& state) {
  CanisterCounts counts;
  for (const auto& [id, canister] : state.canisters()) {
    if (canister->is_running())
      ++counts.running;
    else
      ++(canister->is_stopping() ? counts.stopping : counts.stopped);
  }
  return counts;
}

std::string metrics_text(const NodeReport& report, const std::optional<CanisterCounts>& canisters) {
  Writer out;
  write_links(out, report);
  write_consensus(out, report);
  write_routing(out, report);
  write_execution(out, report, canisters);
  write_queries(out, report.queries);
  write_process(out, report);
  return out.take();
}

}  // namespace icpd::node
