// What a node shows besides its public API.
//
//   GET /                  the list of these
//   GET /health            200 "healthy", or 503, the reason, and a line that explains it
//   GET /metrics           figures for Prometheus (node_metrics.hpp)
//   GET /_/dashboard       the four layers live, for people; with /_/dashboard.css, .js and .svg
//   GET /_/status.json     everything that the dashboard shows, below
//   GET /_/trace/<id>      the way of one call through the four layers; <id> in hexadecimal
//
// All of it costs only when asked. Answers may not be read by pages of other origins, and the
// dashboard may load and ask nothing but its own node (Content-Security-Policy).
//
// /_/status.json. Heights, counts and sums are numbers, sums since the process started. A moment
// `..._ms` is in milliseconds since 1970, null where this node didn't see it. A node's number is
// its place in `nodes`.
//
//   now_ms
//   node             id, number, version, health, reason, started_ms, cpu_seconds, resident_bytes
//   subnet           id, size, faults_tolerated, quorum
//   nodes[]          id, api_address (null: where its pages are isn't known), self,
//                    link: null for the node itself, else
//                      up, since_ms, reason, sessions, received {frames, bytes}, sent {...}
//   peer_to_peer     links, links_up, received {frames, bytes}, sent {...}
//   consensus        notarized, finalized, catch_up_package, final_blocks, artifacts
//     blocks[]       newest first: height, block, maker (number), rank, summary, messages,
//                      block_time_ms, notarized_ms, finalized_ms, signed_by [number], members,
//                      delivered_ms, executed_ms, executions, instructions, pages, certified_ms
//   message_routing  executed, certified, batches_waiting, batches, ingress_pool {messages, bytes},
//                      inducted, duplicates, refused, finished, state_root {height, hash};
//                      once there is a certified state: certified_time_ms, ingress_history,
//                      canisters_with_input, next_checkpoint, checkpoint_interval
//   execution        executions, instructions, pages;
//                      once there is a certified state: canisters_total, memory_bytes,
//                      heap_delta_bytes
//     canisters[]    at most 64: id, name, status, has_code, long_execution, waiting, heap_bytes,
//                      stable_bytes, memory_bytes, cycles (text), executions, instructions, pages,
//                      last_round, last_instructions
//   calls[]          newest first: request, canister, name, method, from_client, status, height,
//                      instructions, received_ms, {proposed, finalized, delivered, executed,
//                      certified}_after_ms, counted from received_ms
//
// /_/trace/<id>: request, node, canister, method, status ("received", "processing", "replied",
// "rejected", "done", "expired", or null), reject, and one object for each layer:
//
//   peer_to_peer     from_client, received_ns, expired_after_ms
//   consensus        height, block, block_maker, rank, messages_in_block, signers, signed_by [id],
//                      members, {proposed, notarized, finalized}_after_ms
//   message_routing  batch, queued (calls that it put into queues; null: forgotten),
//                      delivered_after_ms, state_root
//   execution        instructions, dirty_pages, executed_after_ms, finished_at_height
//   certificate      height, certified_after_ms
//
// A call that is still on its way has null and 0 where it hasn't come. 404: this node doesn't know
// it; it remembers the last 10,000 that ended since it started.
#pragma once

#include "http/backend.hpp"
#include "io/http.hpp"
#include "node/canister_names.hpp"
#include "node/node_report.hpp"
#include "node/protocol_thread.hpp"

namespace icpd::node {

struct PageParts {
  io::Clock& clock;
  http::Backend& backend;
  ProtocolThread& protocol;
  const Published& published;
  const QueryService& queries;
  types::NodeId node;
  types::SubnetId subnet;
  std::string version;
  /// In the order of the subnet.
  std::vector<MemberReport> members;
  /// What users call their canisters.
  CanisterNames names;
};

class NodePages {
 public:
  /// What the parts refer to outlives the pages and every request given to them.
  explicit NodePages(PageParts parts);

  /// Answers every request once.
  void handle(const io::HttpRequest& request, io::HttpResponder respond);

 private:
  [[nodiscard]] NodeReport report();
  [[nodiscard]] io::HttpResponse health();
  [[nodiscard]] io::HttpResponse metrics();
  [[nodiscard]] io::HttpResponse status();
  void trace(std::string_view hex, io::HttpResponder respond);

  PageParts parts_;
  Time started_;
};

}  // namespace icpd::node
