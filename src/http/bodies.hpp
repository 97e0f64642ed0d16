// The CBOR bodies that endpoints answer with (interface specification, "HTTPS Interface").
#pragma once

#include "base/bytes.hpp"
#include "crypto/hash.hpp"
#include "http/backend.hpp"
#include "io/http.hpp"
#include "types/error_code.hpp"

namespace icpd::http {

/// 200 with a CBOR body.
[[nodiscard]] io::HttpResponse cbor_response(Bytes body);
/// A short text for people; agents print it.
[[nodiscard]] io::HttpResponse text_response(unsigned status, std::string_view text);
[[nodiscard]] io::HttpResponse error_response(const HttpError& error);

[[nodiscard]] Bytes status_body(const NodeStatus& status);
/// {status: "replied", certificate}
[[nodiscard]] Bytes call_replied_body(ByteView certificate);
/// {status: "non_replicated_rejection", reject_code, reject_message, error_code}; the asynchronous
/// endpoint leaves `status` out.
[[nodiscard]] Bytes call_rejected_body(const types::UserError& error, bool with_status);
[[nodiscard]] Bytes read_state_body(ByteView certificate);

struct NodeSignature {
  Time timestamp;
  Bytes signature;
  types::NodeId node;
};
[[nodiscard]] Bytes query_body(const QueryAnswer& answer, const NodeSignature& signature);

/// hash_of_map of a query answer: what the node signs under "ic-response".
[[nodiscard]] crypto::Digest query_response_hash(const QueryAnswer& answer, Time timestamp,
                                                 const types::RequestId& request);

}  // namespace icpd::http
