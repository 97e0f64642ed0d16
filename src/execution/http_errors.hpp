// What canisters are told about HTTPS outcalls that are refused or fail. The numbers in these texts
// are the limits of types/limits.hpp.
//
// Sources: reference 5.6, 7.7; public page "HTTPS outcalls", "Errors".
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "execution/errors.hpp"
#include "state/http_outcalls.hpp"
#include "types/consensus_responses.hpp"

namespace icpd::execution {

// -- Refused before anything is paid: IC0406, but for the first. --
/// IC0504.
[[nodiscard]] UserError api_not_enabled();
[[nodiscard]] UserError wrong_transform_principal(const types::Principal& caller, ByteView given);
[[nodiscard]] UserError invalid_max_response_bytes(std::uint64_t given);
[[nodiscard]] UserError url_too_long(std::size_t size);
[[nodiscard]] UserError method_not_replicated();
[[nodiscard]] UserError no_nodes_at_all();
[[nodiscard]] UserError no_more_nodes(std::uint32_t total, std::size_t nodes);
[[nodiscard]] UserError min_above_max(std::uint32_t min, std::uint32_t max);
[[nodiscard]] UserError max_above_total(std::uint32_t max, std::uint32_t total);
[[nodiscard]] UserError too_many_outcalls();
[[nodiscard]] UserError too_large_outcalls();
[[nodiscard]] UserError too_few_cycles_for_outcall(std::string_view method, Cycles attached,
                                                   Cycles required);
/// Of a request or a response: a limit of headers or of headers and body that it breaks.
[[nodiscard]] Status<UserError> check_headers_and_body(std::span<const state::HttpHeader> headers,
                                                       std::size_t body_size);

// -- What an accepted outcall ends with. --
[[nodiscard]] types::Reject outcall_timed_out();
[[nodiscard]] types::Reject nodes_diverged(types::SubnetCallId call, Time deadline,
                                           const types::DivergedAnswer& answer);

// -- What a node says of its own request. --
[[nodiscard]] types::Reject https_only();
[[nodiscard]] types::Reject response_headers_too_large(std::uint64_t size_max);
[[nodiscard]] types::Reject response_body_too_large(std::uint64_t size_max);
[[nodiscard]] types::Reject transformed_too_large(std::uint64_t size_max);
[[nodiscard]] types::Reject transformed_is_no_response(std::string_view why);

}  // namespace icpd::execution
