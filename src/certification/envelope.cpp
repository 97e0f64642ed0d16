#include "certification/envelope.hpp"

#include "codec/cbor.hpp"
#include "crypto/representation_hash.hpp"

namespace icpd::certification {
namespace {

using codec::cbor::Writer;
using crypto::Digest;
using crypto::MapHash;
using types::CallContent;
using types::Delegation;
using types::QueryContent;
using types::ReadStateContent;
using types::RequestBase;
using types::SenderInfo;

constexpr std::string_view request_type(const CallContent&) {
  return "call";
}
constexpr std::string_view request_type(const QueryContent&) {
  return "query";
}
constexpr std::string_view request_type(const ReadStateContent&) {
  return "read_state";
}

// ------------------------------------------------------------------------------------- hashing

Digest hash_of_targets(const std::vector<types::CanisterId>& targets) {
  std::vector<Digest> hashes;
  hashes.reserve(targets.size());
  for (const auto& target : targets)
    hashes.push_back(crypto::hash_of_blob(target.view()));
  return crypto::hash_of_array(hashes);
}

Digest hash_of_paths(const std::vector<std::vector<Slice>>& paths) {
  std::vector<Digest> hashes;
  for (const auto& path : paths) {
    std::vector<Digest> labels;
    for (const Slice& label : path)
      labels.push_back(crypto::hash_of_blob(label));
    hashes.push_back(crypto::hash_of_array(labels));
  }
  return crypto::hash_of_array(hashes);
}

void hash_base(MapHash& map, const RequestBase& base) {
  map.blob("sender", base.sender.view()).nat("ingress_expiry", base.ingress_expiry.ns);
  if (base.nonce) map.blob("nonce", *base.nonce);
  if (base.sender_info) {
    const SenderInfo& info = *base.sender_info;
    map.digest("sender_info", MapHash()
                                  .blob("info", info.info)
                                  .blob("signer", info.signer)
                                  .blob("sig", info.signature)
                                  .finish());
  }
}

template <typename T>
void hash_rest(MapHash& map, const T& call) {
  map.blob("canister_id", call.canister_id.view())
      .text("method_name", call.method_name)
      .blob("arg", call.arg);
}
void hash_rest(MapHash& map, const ReadStateContent& read) {
  map.digest("paths", hash_of_paths(read.paths));
}

// ------------------------------------------------------------------------------------- writing

std::size_t base_fields(const RequestBase& base) {
  return 3 + (base.nonce ? 1 : 0) + (base.sender_info ? 1 : 0);
}

void write_base(Writer& out, const RequestBase& base, std::string_view type) {
  out.text("request_type").text(type);
  out.text("sender").bytes(base.sender.view());
  out.text("ingress_expiry").unsigned_integer(base.ingress_expiry.ns);
  if (base.nonce) out.text("nonce").bytes(*base.nonce);
  if (base.sender_info) {
    out.text("sender_info").map(3);
    out.text("info").bytes(base.sender_info->info);
    out.text("signer").bytes(base.sender_info->signer);
    out.text("sig").bytes(base.sender_info->signature);
  }
}

template <typename T>
void write_content(Writer& out, const T& call) {
  out.map(base_fields(call) + 3);
  write_base(out, call, request_type(call));
  out.text("canister_id").bytes(call.canister_id.view());
  out.text("method_name").text(call.method_name);
  out.text("arg").bytes(call.arg);
}
void write_content(Writer& out, const ReadStateContent& read) {
  out.map(base_fields(read) + 1);
  write_base(out, read, request_type(read));
  out.text("paths").array(read.paths.size());
  for (const auto& path : read.paths) {
    out.array(path.size());
    for (const Slice& label : path)
      out.bytes(label);
  }
}

void write_delegation(Writer& out, const Delegation& delegation) {
  out.map(2).text("delegation");
  out.map(2 + (delegation.targets ? 1U : 0U) + (delegation.permissions ? 1U : 0U));
  out.text("pubkey").bytes(delegation.public_key);
  out.text("expiration").unsigned_integer(delegation.expiration.ns);
  if (delegation.targets) {
    out.text("targets").array(delegation.targets->size());
    for (const auto& target : *delegation.targets)
      out.bytes(target.view());
  }
  if (delegation.permissions) out.text("permissions").text(*delegation.permissions);
  out.text("signature").bytes(delegation.signature);
}

}  // namespace

types::RequestId request_id(const types::RequestContent& content) {
  return std::visit(
      [](const auto& each) {
        MapHash map;
        map.text("request_type", request_type(each));
        hash_base(map, each);
        hash_rest(map, each);
        return types::RequestId{map.finish().bytes};
      },
      content);
}

crypto::Digest delegation_hash(const Delegation& delegation) {
  MapHash map;
  map.blob("pubkey", delegation.public_key).nat("expiration", delegation.expiration.ns);
  if (delegation.targets) map.digest("targets", hash_of_targets(*delegation.targets));
  if (delegation.permissions) map.text("permissions", *delegation.permissions);
  return map.finish();
}

Bytes request_message(const types::RequestId& id) {
  return crypto::message_in_domain("ic-request", id);
}
Bytes delegation_message(const Delegation& delegation) {
  return crypto::message_in_domain("ic-request-auth-delegation", delegation_hash(delegation));
}
Bytes sender_info_message(ByteView info) {
  return crypto::message_in_domain("ic-sender-info", info);
}

Bytes encode_envelope(const types::RequestContent& content,
                      const std::optional<EnvelopeSignature>& signature) {
  Writer out;
  const bool delegated = signature && !signature->delegations.empty();
  out.self_describe().map(signature ? (delegated ? 4 : 3) : 1).text("content");
  std::visit([&](const auto& each) { write_content(out, each); }, content);
  if (signature) {
    out.text("sender_pubkey").bytes(signature->public_key_der);
    out.text("sender_sig").bytes(signature->signature);
  }
  if (delegated) {
    out.text("sender_delegation").array(signature->delegations.size());
    for (const Delegation& delegation : signature->delegations)
      write_delegation(out, delegation);
  }
  return std::move(out).finish();
}

}  // namespace icpd::certification
