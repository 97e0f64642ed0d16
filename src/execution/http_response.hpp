// What a node does with an HTTPS outcall that it finds in the state, but for the network itself:
// what it sends, and what becomes of what it gets. Pure functions; all nodes that got the same
// response make the same of it.
//
//   what is sent ─> [network] ─> response ─> sizes ─> transform ─> reply for consensus
//
// | a response | becomes (SYS_FATAL where nothing is said) |
// | --- | --- |
// | its headers are larger than max_response_bytes | "Header size exceeds ..." |
// | headers and body together are | "Http body exceeds size limit ..." |
// | more than 64 headers, one above 8 KiB, all above 48 KiB | the text of such a request |
// | there is no transform | the response, in Candid |
// | the transform fails or rejects | its reject |
// | the transform's reply is larger than max_response_bytes | "Transformed http response ..." |
// | it is, for a committee, no response | CANISTER_ERROR: the node's answer is read |
// | else | the transform's reply |
//
// The transform is a query method of the canister that made the call, on a certified state. It is
// called by the management canister, with `record { response; context }`, as
// `canister_query` in the context of transforms: it sees no certificate. What it changes is
// dropped, and it costs the canister nothing but its part of the outcall's price.
#pragma once

#include "execution/environment.hpp"
#include "state/http_outcalls.hpp"
#include "state/replicated_state.hpp"

namespace icpd::execution {

struct HttpResponse {
  std::uint64_t status = 0;
  std::vector<state::HttpHeader> headers;
  Slice body;
};

/// Nothing may be sent but over HTTPS.
[[nodiscard]] std::optional<types::Reject> check_before_sending(const state::HttpRequest& request);
/// The headers as they are sent: with "user-agent: ic/1.0" if there is none.
[[nodiscard]] std::vector<state::HttpHeader> headers_to_send(const state::HttpRequest& request);

struct FinishedResponse {
  types::ResponsePayload payload;
  /// Of the transform.
  std::uint64_t instructions = 0;
};
[[nodiscard]] FinishedResponse finish_response(const state::ReplicatedState& state,
                                               const state::HttpOutcall& outcall,
                                               const HttpResponse& response,
                                               Environment& environment);

}  // namespace icpd::execution
