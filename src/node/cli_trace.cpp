#include "node/cli_trace.hpp"

#include <nlohmann/json.hpp>

#include "crypto/hash.hpp"

namespace icpd::node {
namespace {

using nlohmann::json;

/// A node completes its record a moment after the client has its answer.
constexpr int kTries = 20;
constexpr Duration kPause = Duration::milliseconds(25);

std::string text_at(const json& object, const char* key) {
  return object.is_object() && object.contains(key) && object[key].is_string()
             ? object[key].get<std::string>()
             : "?";
}

/// 1234567 as "1,234,567".
std::string number_at(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_number_unsigned()) return "?";
  std::string text = std::to_string(object[key].get<std::uint64_t>());
  for (std::size_t at = text.size(); at > 3; at -= 3)
    text.insert(at - 3, ",");
  return text;
}

/// "after 12.3 ms", or that this node didn't see it.
std::string after(const json& object, const char* key) {
  if (!object.is_object() || !object.contains(key) || !object[key].is_number())
    return "unseen by this node";
  const auto tenths = static_cast<long long>(object[key].get<double>() * 10 + 0.5);
  return "after " + std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " ms";
}

std::string brief(const std::string& text, std::size_t size) {
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

/// The record of the node that got the call from its client, else any; empty if no node has one.
Result<std::string> find_record(const NetworkTarget& network, const types::RequestId& request) {
  std::string found;
  Error unreachable;
  for (const std::string& url : urls_of(network)) {
    const auto transport = TRY(http_transport(url));
    io::HttpRequest question;
    question.method = "GET";
    question.target = "/_/trace/" + request.hex();
    const auto answer = transport->send(std::move(question));
    if (!answer.ok()) unreachable = answer.error();
    if (!answer.ok() || answer->status != 200) continue;
    const std::string text(as_text(answer->body));
    const json record = json::parse(text, nullptr, false);
    if (record.is_discarded()) continue;
    if (is_from_client(record)) return text;
    found = text;
  }
  if (found.empty() && !unreachable.message.empty()) return Err(unreachable);
  return found;
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
  return "call " + text_at(trace, "method") + " of canister " + text_at(trace, "canister") +
         "\n  1 peer-to-peer     " +
         (is_from_client(trace) ? "from its client, passed on to the other nodes"
                                : "from another node") +
         "\n  2 consensus        block " + number_at(consensus, "height") + " with " +
         number_at(consensus, "messages_in_block") + " messages, made by " +
         brief(text_at(consensus, "block_maker"), 5) + "; " + number_at(consensus, "signers") +
         " of " + number_at(consensus, "members") + " signed; notarized " +
         after(consensus, "notarized_after_ms") + ", final " +
         after(consensus, "finalized_after_ms") +  //
         "\n  3 message routing  batch " + number_at(routing, "batch") + ", state root " +
         brief(text_at(routing, "state_root"), 16) + ", delivered " +
         after(routing, "delivered_after_ms") +  //
         "\n  4 execution        " + number_at(execution, "instructions") + " instructions, " +
         number_at(execution, "dirty_pages") + " pages stored to, done " +
         after(execution, "executed_after_ms") +  //
         "\n    certificate      height " + number_at(certificate, "height") + ", " +
         after(certificate, "certified_after_ms") + "\n";
}

CommandResult show_trace(const TraceOptions& options, const Console& console) {
  const auto bytes = from_hex(options.request);
  const auto id = bytes ? types::RequestId::from(*bytes) : std::nullopt;
  if (!id) return UsageErr("'" + options.request + "' isn't a request id: 64 hexadecimal digits");
  const NetworkTarget network = TRY(find_network(options.target.network, console));
  const std::string record = TRY(find_record(network, *id));
  if (record.empty())
    return Err(CommandFailure("no node remembers request " + options.request +
                              "; each keeps its last 10,000"));
  console.out(options.json ? record : TRY(trace_text(record)));
  return {};
}

CommandResult print_trace_of(const NetworkTarget& network, const types::RequestId& request,
                             const Console& console) {
  const auto pauser = TRY(http_transport(network.url));
  for (int i = 0; i < kTries; ++i) {
    const std::string record = TRY(find_record(network, request));
    if (!record.empty()) {
      const std::string key = crypto::sha256(network.root.key.der()).hex().substr(0, 16);
      console.out(TRY(trace_text(record)) + "                     verified with the root key " +
                  key + "...\n");
      return {};
    }
    pauser->pause(kPause);
  }
  console.remark("No node has a trace of this call.");
  return {};
}

}  // namespace icpd::node
