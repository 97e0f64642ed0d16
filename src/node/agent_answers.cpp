#include "node/agent_answers.hpp"

#include "codec/leb128.hpp"
#include "crypto/representation_hash.hpp"

namespace icpd::node {
namespace {

namespace cbor = codec::cbor;
using certification::Lookup;

constexpr std::size_t kSignaturesMax = 64;

/// Who says no: codes of the interface specification, "Reject codes". Code 5 is the system's too
/// where a canister has no code, no such method or no cycles.
std::string_view name_of_reject(std::uint64_t code) {
  constexpr std::array<std::string_view, 7> kNames = {"rejected with an unknown code",
                                                      "refused",
                                                      "refused for now",
                                                      "no such destination",
                                                      "the canister rejected it",
                                                      "failed",
                                                      "it isn't known whether it was executed"};
  return kNames[code < kNames.size() ? code : 0];
}

Result<std::optional<std::string>> optional_text(const cbor::Item& map, const char* key) {
  const auto item = TRY(map.find(key));
  if (!item) return std::optional<std::string>();
  return std::optional<std::string>(std::string(TRY(item->text())));
}

Result<QuerySignature> parse_signature(const cbor::Item& item) {
  QuerySignature signature;
  signature.timestamp = Time{TRY(TRY(item.get("timestamp")).u64())};
  signature.signature = Slice::copy_of(TRY(TRY(item.get("signature")).bytes()));
  signature.node = TRY(types::Principal::from_bytes(TRY(TRY(item.get("identity")).bytes())));
  return signature;
}

Status<> parse_signatures(const cbor::Item& root, QueryReply& reply) {
  const cbor::Item list = TRY(root.get("signatures"));
  if (!list.is(cbor::Kind::kArray) || list.size() > kSignaturesMax)
    return Err("signatures: not a short array");
  for (auto item = list.first(); item; item = item->next_in(list))
    reply.signatures.push_back(TRY(parse_signature(*item)));
  return {};
}

}  // namespace

AgentError rejected(std::uint64_t code, std::string_view message, std::string_view error_code) {
  AgentError error;
  error.kind = AgentError::Kind::kRejected;
  error.message = std::string(name_of_reject(code)) + ": " + std::string(message) +
                  (error_code.empty() ? "" : " (" + std::string(error_code) + ")");
  error.error_code = error_code;
  return error;
}

Result<QueryReply> parse_query_reply(const Slice& body) {
  const cbor::Document document = TRY(cbor::Document::parse(body));
  const cbor::Item root = document.root();
  const std::string_view status = TRY(TRY(root.get("status")).text());
  QueryReply reply;
  reply.replied = status == "replied";
  if (reply.replied) {
    reply.reply = Slice::copy_of(TRY(TRY(TRY(root.get("reply")).get("arg")).bytes()));
  } else if (status == "rejected") {
    reply.reject_code = TRY(TRY(root.get("reject_code")).u64());
    reply.reject_message = TRY(TRY(root.get("reject_message")).text());
    reply.error_code = TRY(optional_text(root, "error_code"));
  } else {
    return Err("a query's answer of status '" + std::string(status) + "'");
  }
  TRY(parse_signatures(root, reply));
  return reply;
}

Bytes signed_query_reply(const QueryReply& reply, Time timestamp, const types::RequestId& id) {
  crypto::MapHash map;
  if (reply.replied) {
    map.text("status", "replied");
    map.digest("reply", crypto::MapHash().blob("arg", reply.reply).finish());
  } else {
    map.text("status", "rejected");
    map.nat("reject_code", reply.reject_code).text("reject_message", reply.reject_message);
    if (reply.error_code) map.text("error_code", *reply.error_code);
  }
  map.nat("timestamp", timestamp.ns).blob("request_id", id);
  return crypto::message_in_domain("ic-response", map.finish());
}

AgentResult<Slice> parse_call_reply(const Slice& body) {
  const auto parse = [&]() -> Result<AgentResult<Slice>> {
    const cbor::Document document = TRY(cbor::Document::parse(body));
    const cbor::Item root = document.root();
    const std::string_view status = TRY(TRY(root.get("status")).text());
    if (status == "replied")
      return AgentResult<Slice>(Slice::copy_of(TRY(TRY(root.get("certificate")).bytes())));
    if (status != "non_replicated_rejection")
      return Err("a call's answer of status '" + std::string(status) + "'");
    const std::uint64_t code = TRY(TRY(root.get("reject_code")).u64());
    const std::string_view message = TRY(TRY(root.get("reject_message")).text());
    const auto error_code = TRY(optional_text(root, "error_code"));
    return AgentResult<Slice>(Err(rejected(code, message, error_code.value_or(""))));
  };
  auto parsed = parse();
  if (!parsed.ok())
    return Err(AgentError{AgentError::Kind::kUnreachable, parsed.error().message, {}});
  return std::move(parsed).value();
}

Result<Slice> parse_read_state_reply(const Slice& body) {
  const cbor::Document document = TRY(cbor::Document::parse(body));
  return Slice::copy_of(TRY(TRY(document.root().get("certificate")).bytes()));
}

std::optional<AgentResult<Slice>> outcome_in(const certification::HashTree& tree,
                                             const types::RequestId& id) {
  const auto leaf = [&](std::string_view name) {
    return tree.lookup({as_bytes("request_status"), id.view(), as_bytes(name)});
  };
  const Lookup status = leaf("status");
  if (!status.found()) return std::nullopt;
  const std::string_view text = as_text(status.value);
  if (text == "replied") return AgentResult<Slice>(leaf("reply").value);
  if (text == "done")
    return AgentResult<Slice>(
        Err(AgentError{AgentError::Kind::kTimeout,
                       "the call was executed, but its answer is forgotten already",
                       {}}));
  if (text != "rejected") return std::nullopt;
  const Lookup code = leaf("reject_code");
  const auto number = codec::decode_leb128_canonical(code.value);
  return AgentResult<Slice>(Err(rejected(number.value_or(0), as_text(leaf("reject_message").value),
                                         as_text(leaf("error_code").value))));
}

}  // namespace icpd::node
