// Requests of users, from and to CBOR (interface specification, "HTTPS Interface").
//
//   CBOR 55799 { "content": { "request_type": "call" | "query" | "read_state", ... },
//                ? "sender_pubkey": DER, ? "sender_sig": bytes,
//                ? "sender_delegation": [ { "delegation": { "pubkey", "expiration", ? "targets",
//                                           ? "permissions" }, "signature" } ] }
//
// Reading checks the form only: every required field once, of the right kind and within its bounds,
// and no others, since a field that we don't know could change what the sender meant. Who sent it
// and whether it is still good is request_auth.hpp's. Byte strings of the result share the input.
//
// The request id is the representation-independent hash of the content.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/hash.hpp"
#include "types/requests.hpp"

namespace icpd::certification {

/// Errors name the field. Bounds: types/limits.hpp (nonce, method name, paths, labels,
/// delegations, targets). 4 µs for a signed call of 250 bytes, then 0.6 µs for each KiB: the hash.
[[nodiscard]] Result<types::Envelope> parse_envelope(const Slice& bytes);

[[nodiscard]] types::RequestId request_id(const types::RequestContent& content);

/// Hash of what a delegation signs: its map without the signature.
[[nodiscard]] crypto::Digest delegation_hash(const types::Delegation& delegation);

/// What is signed, domains included.
[[nodiscard]] Bytes request_message(const types::RequestId& id);
[[nodiscard]] Bytes delegation_message(const types::Delegation& delegation);
[[nodiscard]] Bytes sender_info_message(ByteView info);

/// How an envelope is signed; all absent for the anonymous sender.
struct EnvelopeSignature {
  Slice public_key_der;
  Slice signature;
  std::vector<types::Delegation> delegations;
};
/// For clients: the envelope in CBOR.
[[nodiscard]] Bytes encode_envelope(const types::RequestContent& content,
                                    const std::optional<EnvelopeSignature>& signature);

}  // namespace icpd::certification
