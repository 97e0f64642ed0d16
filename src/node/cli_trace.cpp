#include "node/cli_trace.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "crypto/hash.hpp"
#include "node/cli_text.hpp"

namespace icpd::node {
namespace {

using json = nlohmann::ordered_json;

/// A node completes its record a moment after the client has its answer.
constexpr int kTries = 20;
constexpr Duration kPause = Duration::milliseconds(25);

std::string text_at(const json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string()
             ? printable(object[key].get<std::string>())
             : "?";
}

std::string number_at(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_number_unsigned()) return "?";
  return grouped(object[key].get<std::uint64_t>());
}

/// "1 page", "2 pages".
std::string counted(const std::string& number, const std::string& thing) {
  return number + " " + thing + (number == "1" ? "" : "s");
}

std::string milliseconds_text(double ms) {
  const auto tenths = static_cast<long long>(ms * 10 + 0.5);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

/// "after 12.3 ms", or that this node didn't see it.
std::string after(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_number())
    return "unseen by this node";
  return "after " + milliseconds_text(object[key].get<double>());
}

std::string beginning(const std::string& text, std::size_t size) {
  return text.size() <= size ? text : text.substr(0, size) + "...";
}

const json& part(const json& trace, const char* key) {
  static const json kNothing;
  return trace.is_object() && trace.contains(key) ? trace[key] : kNothing;
}

bool is_from_client(const json& trace) {
  const json& p2p = part(trace, "peer_to_peer");
  return p2p.is_object() && p2p.contains("from_client") && p2p["from_client"] == true;
}

std::vector<std::string> urls_of(const NetworkTarget& network) {
  return network.node_urls.empty() ? std::vector<std::string>{network.url} : network.node_urls;
}

/// One node's record; nothing if it has none.
Result<std::optional<json>> record_of(const std::string& url, const types::RequestId& request) {
  const auto transport = TRY(http_transport(url));
  io::HttpRequest question;
  question.method = "GET";
  question.target = "/_/trace/" + request.hex();
  const io::HttpResponse answer = TRY(transport->send(std::move(question)));
  if (answer.status != 200) return std::optional<json>();
  json record = json::parse(as_text(answer.body), nullptr, false);
  if (!record.is_object()) return std::optional<json>();
  return std::optional(std::move(record));
}

/// The records of all nodes that have one, that of the node that got the call from its client
/// first. An error if nobody could be asked.
Result<std::vector<json>> find_records(const NetworkTarget& network,
                                       const types::RequestId& request) {
  std::vector<json> records;
  std::optional<Error> unreachable;
  bool asked = false;
  for (const std::string& url : urls_of(network)) {
    auto record = record_of(url, request);
    if (!record.ok()) {
      unreachable = record.error();
      continue;
    }
    asked = true;
    if (!record->has_value()) continue;
    const auto place = is_from_client(**record) ? records.begin() : records.end();
    records.insert(place, std::move(**record));
  }
  if (!asked && unreachable) return Err(*unreachable);
  return records;
}

/// The first record, with all of them in "nodes". Null if there is none.
Result<json> find_record(const NetworkTarget& network, const types::RequestId& request) {
  const std::vector<json> records = TRY(find_records(network, request));
  if (records.empty()) return json();
  json all = records.front();
  all["nodes"] = records;
  return all;
}

std::string dump(const json& record) {
  return record.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

bool is_complete(const json& record) {
  const json& certificate = part(record, "certificate");
  return certificate.is_object() && certificate.contains("certified_after_ms") &&
         certificate["certified_after_ms"].is_number();
}

/// When the other nodes had the call, by their own clocks: "; 3 other nodes had it, the last after
/// 1.2 ms". Empty where only one node was asked.
std::string spread(const json& trace) {
  const json& nodes = part(trace, "nodes");
  if (!nodes.is_array() || nodes.size() < 2) return "";
  const auto received_ms = [](const json& record) {
    const json& p2p = part(record, "peer_to_peer");
    if (!p2p.is_object() || !p2p.contains("received_ns")) return 0.0;
    return p2p["received_ns"].is_number() ? p2p["received_ns"].get<double>() / 1e6 : 0.0;
  };
  double last = 0;
  for (const json& node : nodes)
    last = std::max(last, received_ms(node) - received_ms(trace));
  return "; " + std::to_string(nodes.size() - 1) + " other nodes had it, the last after " +
         milliseconds_text(last);
}

std::string first_layer(const json& trace) {
  return std::string("\n  1 peer-to-peer     ") +
         (is_from_client(trace) ? "from its client" : "from another node") + spread(trace);
}

/// A call that no block has.
std::string without_block(const json& trace) {
  const json& p2p = part(trace, "peer_to_peer");
  const bool expired =
      p2p.is_object() && p2p.contains("expired_after_ms") && p2p["expired_after_ms"].is_number();
  return "\n  2 consensus        " +
         (expired ? "no block had it in time: expired " + after(p2p, "expired_after_ms")
                  : std::string("waits for a block")) +
         "\n";
}

/// What message routing did with the batch's calls; a node forgets it before the trace of a call
/// that it had long ago.
std::string queue_text(const json& routing) {
  const std::string queued = number_at(routing, "queued");
  return queued == "?" ? "" : ", put " + counted(queued, "call") + " into canisters' queues";
}

// ------------------------------------------------------------------------------ the certificate

/// Under the last line of a trace.
constexpr const char* kIndent = "                     ";

std::string short_key(const certification::TrustRoot& root) {
  return crypto::sha256(root.key.der()).hex().substr(0, 16) + "...";
}

/// Fetches the certificate of a call's outcome and verifies it. Error: why that can't be done here.
Status<> verify_outcome(Session& session, const types::CanisterId& canister,
                        const types::RequestId& request) {
  // What is about no canister was certified by the subnet of any.
  const bool is_management = canister == types::management_canister();
  const auto tree = TRY(session.agent().read_state(
      is_management ? session.network().some_canister : canister,
      {{Slice::copy_of(as_bytes("request_status")), Slice::copy_of(request)}}));
  if (!tree.lookup({as_bytes("request_status"), request.view(), as_bytes("status")}).found())
    return Err("the network has forgotten its outcome");
  return {};
}

/// Adds to the record's certificate what came of verifying it.
void add_verification(Session& session, const types::RequestId& request, json& record) {
  const auto canister = types::Principal::from_text(text_at(record, "canister"));
  const Status<> verified = canister.ok()
                                ? verify_outcome(session, types::CanisterId(*canister), request)
                                : Status<>(Err(canister.error().message));
  json& certificate = record["certificate"];
  certificate["root_key"] = to_hex(session.network().root.key.der());
  certificate["root_key_digest"] = short_key(session.network().root);
  certificate["verified"] = verified.ok();
  certificate["unverified_because"] = verified.ok() ? json() : json(verified.error().message);
}

std::string verification_text(const json& record) {
  const json& certificate = part(record, "certificate");
  const std::string key = "the root key " + text_at(certificate, "root_key_digest");
  if (certificate["verified"] == true) return kIndent + ("verified with " + key) + "\n";
  return kIndent + ("to be verified with " + key) +
         "; not done here: " + text_at(certificate, "unverified_because") + "\n";
}

}  // namespace

Result<std::string> trace_text(std::string_view text) {
  const json trace = json::parse(text, nullptr, false);
  if (!trace.is_object() || !trace.contains("consensus"))
    return Err("the node's trace can't be read");
  const json& consensus = part(trace, "consensus");
  const json& routing = part(trace, "message_routing");
  const json& execution = part(trace, "execution");
  const json& certificate = part(trace, "certificate");
  const std::string head = "call " + text_at(trace, "method") + " of canister " +
                           text_at(trace, "canister") + ", request " + text_at(trace, "request") +
                           first_layer(trace);
  if (number_at(consensus, "height") == "0") return head + without_block(trace);
  return head + "\n  2 consensus        block " + number_at(consensus, "height") + " with " +
         counted(number_at(consensus, "messages_in_block"), "message") + ", made by " +
         beginning(text_at(consensus, "block_maker"), 5) + "; " + number_at(consensus, "signers") +
         " of " + number_at(consensus, "members") + " signed; notarized " +
         after(consensus, "notarized_after_ms") + ", final " +
         after(consensus, "finalized_after_ms") +  //
         "\n  3 message routing  batch " + number_at(routing, "batch") + queue_text(routing) +
         ", state root " + beginning(text_at(routing, "state_root"), 16) + ", delivered " +
         after(routing, "delivered_after_ms") +  //
         "\n  4 execution        " + number_at(execution, "instructions") + " instructions, " +
         counted(number_at(execution, "dirty_pages"), "page") + " stored to, done " +
         after(execution, "executed_after_ms") +  //
         "\n    certificate      height " + number_at(certificate, "height") + ", " +
         after(certificate, "certified_after_ms") + "\n";
}

CommandResult show_trace(const TraceOptions& options, const Console& console) {
  const auto bytes = from_hex(options.request);
  const auto id = bytes ? types::RequestId::from(*bytes) : std::nullopt;
  if (!id)
    return usage_error("'" + options.request + "' isn't a request id: 64 hexadecimal digits");
  const auto session = TRY(Session::open(options.target, console));
  json record = TRY(find_record(session->network(), *id));
  if (record.is_null())
    return Err(CommandFailure("no node remembers request " + options.request +
                              "; each keeps its last 10,000"));
  const bool has_outcome = is_complete(record);
  if (has_outcome) add_verification(*session, *id, record);
  if (options.json) {
    console.out(dump(record));
    return {};
  }
  console.out(TRY(trace_text(dump(record))) + (has_outcome ? verification_text(record) : ""));
  return {};
}

CommandResult print_trace_of(const NetworkTarget& network, const types::RequestId& request,
                             const Console& console) {
  const auto pauser = TRY(http_transport(network.url));
  for (int i = 0; i < kTries; ++i) {
    const json record = TRY(find_record(network, request));
    if (is_complete(record)) {
      console.out(TRY(trace_text(dump(record))) + kIndent + "verified with the root key " +
                  short_key(network.root) + "\n");
      return {};
    }
    pauser->pause(kPause);
  }
  console.remark("No node has a whole trace of this call, request " + request.hex() + ".");
  return {};
}

}  // namespace icpd::node
