// What a client asks of a node (interface specification, "Request: Call", "Query call", "Read
// state"), decoded but not yet believed: signature, expiry and rights are checked by
// certification/request_auth.hpp.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/units.hpp"
#include "types/ids.hpp"

namespace icpd::types {

/// The representation-independent hash of a request's content; names the request everywhere.
using RequestId = FixedBytes<struct RequestIdTag, 32>;
/// SHA-256 of the signed envelope's bytes as they came. Tells apart two envelopes of one request.
using IngressHash = FixedBytes<struct IngressHashTag, 32>;

/// Signed statement about the sender (interface specification, "sender_info").
struct SenderInfo {
  Slice info;
  Slice signer;
  Slice signature;
};

/// Fields that every request has.
struct RequestBase {
  Principal sender;
  Time ingress_expiry;
  std::optional<Slice> nonce;
  std::optional<SenderInfo> sender_info;
};

struct CallContent : RequestBase {
  CanisterId canister_id;
  std::string method_name;
  Slice arg;
};

struct QueryContent : RequestBase {
  CanisterId canister_id;
  std::string method_name;
  Slice arg;
};

struct ReadStateContent : RequestBase {
  /// Labels are byte strings; a path names a subtree of the certified state.
  std::vector<std::vector<Slice>> paths;
};

using RequestContent = std::variant<CallContent, QueryContent, ReadStateContent>;

struct Delegation {
  Slice public_key;
  Time expiration;
  /// Canisters that the delegation is for; absent: all.
  std::optional<std::vector<CanisterId>> targets;
  /// Absent, "all" or "queries".
  std::optional<std::string> permissions;
  Slice signature;
};

struct Envelope {
  RequestContent content;
  RequestId request_id;
  std::optional<Slice> sender_public_key;
  std::optional<Slice> sender_signature;
  std::vector<Delegation> delegations;
  /// The whole envelope, exactly as it came.
  Slice bytes;

  [[nodiscard]] const RequestBase& base() const {
    return std::visit([](const auto& c) -> const RequestBase& { return c; }, content);
  }
};

/// An update call on its way to execution: a call envelope that decoded, with its names.
/// Whether its signature was verified is the holder's knowledge, never this value's.
struct IngressMessage {
  Envelope envelope;  // content is a CallContent
  IngressHash hash;

  [[nodiscard]] const CallContent& call() const { return std::get<CallContent>(envelope.content); }
  [[nodiscard]] const RequestId& id() const { return envelope.request_id; }
  [[nodiscard]] std::size_t size() const { return envelope.bytes.size(); }
};

}  // namespace icpd::types
