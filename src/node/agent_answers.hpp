// Answers of the HTTPS interface, from their CBOR or from a certified tree.
#pragma once

#include <optional>
#include <vector>

#include "node/agent.hpp"

namespace icpd::node {

struct QuerySignature {
  Time timestamp;
  Slice signature;
  types::Principal node;
};

/// The body of a query's answer; what it says is believed once a signature verifies.
struct QueryReply {
  bool replied = false;
  Slice reply;
  std::uint64_t reject_code = 0;
  std::string reject_message;
  std::optional<std::string> error_code;
  std::vector<QuerySignature> signatures;
};
[[nodiscard]] Result<QueryReply> parse_query_reply(const Slice& body);
/// What a node signs, with its domain.
[[nodiscard]] Bytes signed_query_reply(const QueryReply& reply, Time timestamp,
                                       const types::RequestId& id);

/// The body of a synchronous call: a certificate, or a reject that nobody certified.
[[nodiscard]] AgentResult<Slice> parse_call_reply(const Slice& body);
/// The certificate of a read_state answer.
[[nodiscard]] Result<Slice> parse_read_state_reply(const Slice& body);

/// The outcome of a request in a certified tree; nothing while it has none.
[[nodiscard]] std::optional<AgentResult<Slice>> outcome_in(const certification::HashTree& tree,
                                                           const types::RequestId& id);

[[nodiscard]] AgentError rejected(std::uint64_t code, std::string_view message,
                                  std::string_view error_code);

}  // namespace icpd::node
