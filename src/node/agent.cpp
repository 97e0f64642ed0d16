#include "node/agent.hpp"

#include "codec/cbor.hpp"
#include "crypto/hash.hpp"
#include "crypto/user_signature.hpp"
#include "node/agent_answers.hpp"

namespace icpd::node {
namespace {

using certification::Certificate;
using certification::HashTree;
using Kind = AgentError::Kind;

/// Between sending a call and its expiry; the network allows five minutes.
constexpr Duration kCallLifetime = Duration::minutes(4);
/// How far the time of an answer may be from ours.
constexpr Duration kAgeMax = Duration::minutes(5);
constexpr Duration kPollPause = Duration::milliseconds(100);
/// Times that a call is sent, or asked for, while no server answers.
constexpr int kAttemptsMax = 5;
constexpr std::size_t kNonceSize = 16;

std::unexpected<AgentError> fail(Kind kind, std::string message) {
  return std::unexpected<AgentError>(AgentError{kind, std::move(message), {}});
}

Slice label(std::string_view text) {
  return Slice::copy_of(as_bytes(text));
}

bool is_recent(Time time, Time now) {
  return now < time + kAgeMax && time < now + kAgeMax;
}

}  // namespace

Agent::Agent(Parts parts, Identity identity)
    : parts_(std::move(parts)), identity_(std::move(identity)) {}

types::RequestBase Agent::base() {
  Bytes nonce(kNonceSize);
  parts_.entropy.fill(nonce);
  return {.sender = identity_.principal(),
          .ingress_expiry = parts_.clock.now() + kCallLifetime,
          .nonce = Slice(std::move(nonce)),
          .sender_info = {}};
}

Bytes Agent::envelope(const types::RequestContent& content) const {
  return certification::encode_envelope(content,
                                        identity_.sign(certification::request_id(content)));
}

AgentResult<Slice> Agent::post(const std::string& path, Slice body) {
  io::HttpRequest request;
  request.method = "POST";
  request.target = path;
  request.headers = {{"content-type", "application/cbor"}};
  request.body = std::move(body);
  auto response = parts_.transport.send(std::move(request));
  if (!response.ok()) return fail(Kind::kUnreachable, response.error().message);
  if (response->status == 202) return Slice();
  if (response->status == 200) return response->body;
  return fail(Kind::kRefused, "the node answered " + std::to_string(response->status) + ": " +
                                  std::string(as_text(response->body)));
}

AgentResult<Slice> Agent::post_call(const std::string& path, const Slice& body) {
  for (int attempt = 1;; ++attempt) {
    auto answer = post(path, body);
    const bool again = !answer.ok() && answer.error().kind == Kind::kUnreachable;
    if (!again || attempt == kAttemptsMax) return answer;
    parts_.transport.pause(kPollPause);
  }
}

AgentResult<Agent::Verified> Agent::verify(ByteView bytes, const types::CanisterId& effective) {
  const auto certificate = Certificate::decode(Slice::copy_of(bytes));
  if (!certificate.ok()) return fail(Kind::kUntrusted, Error(certificate.error()).message);
  const auto certifier = certification::verify_certificate(*certificate, parts_.root);
  if (!certifier.ok()) return fail(Kind::kUntrusted, certifier.error().message);
  if (!certifier->speaks_for(effective))
    return fail(Kind::kUntrusted,
                "the certificate's subnet may not speak for canister " + effective.text());
  const auto time = certificate->time();
  if (!time.ok()) return fail(Kind::kUntrusted, time.error().message);
  if (!is_recent(*time, parts_.clock.now()))
    return fail(Kind::kUntrusted,
                "the certificate's time is more than five minutes from this machine's clock");
  const types::SubnetId subnet =
      certifier->delegated
          ? certifier->delegated->subnet
          : types::SubnetId(types::Principal::self_authenticating(parts_.root.key.der()));
  return Verified{certificate->tree, subnet};
}

AgentResult<Slice> Agent::update(const Call& call) {
  types::CallContent content;
  static_cast<types::RequestBase&>(content) = base();
  content.canister_id = call.canister;
  content.method_name = call.method;
  content.arg = Slice::copy_of(call.arg);
  const Time expiry = content.ingress_expiry;
  last_request_ = certification::request_id(content);
  const auto body = TRY(post_call("/api/v4/canister/" + call.effective.text() + "/call",
                                  Slice(envelope(std::move(content)))));
  if (body.empty()) return poll(last_request_, call.effective, expiry);
  const Slice certificate = TRY(parse_call_reply(body));
  const Verified verified = TRY(verify(certificate, call.effective));
  auto outcome = outcome_in(verified.tree, last_request_);
  if (!outcome) return poll(last_request_, call.effective, expiry);
  return std::move(*outcome);
}

AgentResult<Slice> Agent::poll(const types::RequestId& id, const types::CanisterId& effective,
                               Time until) {
  int unanswered = 0;
  while (parts_.clock.now() < until) {
    const auto verified = read_verified(effective, {{label("request_status"), Slice::copy_of(id)}});
    if (verified.ok()) {
      auto outcome = outcome_in(verified->tree, id);
      if (outcome) return std::move(*outcome);
      unanswered = 0;
    } else if (verified.error().kind != Kind::kUnreachable || ++unanswered == kAttemptsMax) {
      return Err(verified.error());
    }
    parts_.transport.pause(kPollPause);
  }
  return fail(Kind::kTimeout,
              "no answer before the request expired; it is not known whether it "
              "was executed. Its id: " +
                  id.hex());
}

AgentResult<Agent::Verified> Agent::read_verified(const types::CanisterId& effective,
                                                  std::vector<Labels> paths) {
  types::ReadStateContent content;
  static_cast<types::RequestBase&>(content) = base();
  content.paths = std::move(paths);
  const Slice body = TRY(post("/api/v3/canister/" + effective.text() + "/read_state",
                              Slice(envelope(std::move(content)))));
  const auto certificate = parse_read_state_reply(body);
  if (!certificate.ok()) return fail(Kind::kUnreachable, certificate.error().message);
  return verify(*certificate, effective);
}

AgentResult<HashTree> Agent::read_state(const types::CanisterId& effective,
                                        std::vector<Labels> paths) {
  return TRY(read_verified(effective, std::move(paths))).tree;
}

AgentResult<Agent::NodeKeys> Agent::fetch_node_keys(const types::CanisterId& effective) {
  const Verified first = TRY(read_verified(effective, {{label("time")}}));
  const Slice subnet = Slice::copy_of(first.subnet.view());
  const Verified second = TRY(read_verified(effective, {{label("subnet"), subnet, label("node")}}));
  NodeKeys keys;
  const auto nodes = second.tree.find({as_bytes("subnet"), subnet.view(), as_bytes("node")});
  std::vector<HashTree> left;
  if (nodes) left.push_back(*nodes);
  while (!left.empty()) {
    const HashTree tree = left.back();
    left.pop_back();
    if (tree.kind() == HashTree::Kind::kFork) {
      left.push_back(tree.right());
      left.push_back(tree.left());
    } else if (tree.kind() == HashTree::Kind::kLabeled) {
      const auto node = types::Principal::from_bytes(tree.label());
      const auto key = tree.subtree().lookup({as_bytes("public_key")});
      if (node.ok() && key.found()) keys.emplace(*node, key.value);
    }
  }
  return keys;
}

Status<AgentError> Agent::check_query_signatures(const QueryReply& reply,
                                                 const types::RequestId& id,
                                                 const types::CanisterId& effective) {
  if (reply.signatures.empty())
    return fail(Kind::kUntrusted, "the query's answer isn't signed by a node");
  if (!node_keys_) node_keys_ = TRY(fetch_node_keys(effective));
  for (const QuerySignature& signature : reply.signatures) {
    const auto key = node_keys_->find(signature.node);
    if (key == node_keys_->end())
      return fail(Kind::kUntrusted, "the query's answer is signed by " + signature.node.text() +
                                        ", which is no node of the subnet");
    if (!is_recent(signature.timestamp, parts_.clock.now()))
      return fail(Kind::kUntrusted, "the query's answer is more than five minutes old");
    const auto verified = crypto::verify_user_signature(
        key->second, signed_query_reply(reply, signature.timestamp, id), signature.signature);
    if (!verified.ok())
      return fail(Kind::kUntrusted, "the node's signature of the query's answer is not valid");
  }
  return {};
}

AgentResult<Slice> Agent::query(const Call& call) {
  types::QueryContent content;
  static_cast<types::RequestBase&>(content) = base();
  content.canister_id = call.canister;
  content.method_name = call.method;
  content.arg = Slice::copy_of(call.arg);
  const types::RequestId id = certification::request_id(content);
  const Slice body = TRY(post("/api/v3/canister/" + call.effective.text() + "/query",
                              Slice(envelope(std::move(content)))));
  const auto reply = parse_query_reply(body);
  if (!reply.ok()) return fail(Kind::kUnreachable, reply.error().message);
  TRY(check_query_signatures(*reply, id, call.effective));
  if (reply->replied) return reply->reply;
  return Err(rejected(reply->reject_code, reply->reject_message, reply->error_code.value_or("")));
}

Result<ServerStatus> fetch_status_unverified(Transport& transport) {
  io::HttpRequest request;
  request.method = "GET";
  request.target = "/api/v2/status";
  const io::HttpResponse response = TRY(transport.send(std::move(request)));
  if (response.status != 200)
    return Err("/api/v2/status answered " + std::to_string(response.status));
  const auto document = TRY(codec::cbor::Document::parse(response.body));
  ServerStatus status;
  status.root_key_der = to_bytes(TRY(TRY(document.root().get("root_key")).bytes()));
  const auto health = TRY(document.root().find("replica_health_status"));
  if (health) status.health = TRY(health->text());
  return status;
}

}  // namespace icpd::node
