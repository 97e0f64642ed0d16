#include "execution/http_errors.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "types/ids.hpp"

namespace icpd::execution {
namespace {

namespace limits = types::limits;
using types::Reject;
using types::RejectCode;

UserError refused(std::string text) {
  return {ErrorCode::kCanisterRejectedMessage, std::move(text)};
}

/// "1_603_092_800".
std::string grouped(Cycles cycles) {
  std::string text = types::to_text(cycles);
  for (std::size_t at = text.size(); at > 3;)
    text.insert(at -= 3, 1, '_');
  return text;
}

UserError too_large(std::string_view what, std::size_t size, std::size_t size_max) {
  return refused(std::string(what) + " " + std::to_string(size) + " exceeds " +
                 std::to_string(size_max));
}

std::string count(std::string_view name, std::size_t number) {
  return std::string(name) + " (" + std::to_string(number) + ")";
}

}  // namespace

UserError api_not_enabled() {
  return {ErrorCode::kCanisterContractViolation, "This API is not enabled on this subnet"};
}
UserError wrong_transform_principal(const types::Principal& caller, ByteView given) {
  const auto principal = types::Principal::from_bytes(given);
  return refused("transform principal id expected to be " + caller.text() + ", got " +
                 (principal.ok() ? principal->text() : to_hex(given)));
}
UserError invalid_max_response_bytes(std::uint64_t given) {
  return refused("max_response_bytes expected to be in the range [0.." +
                 std::to_string(limits::kHttpResponseSizeMax) + "], got " + std::to_string(given));
}
UserError url_too_long(std::size_t size) {
  return too_large("url size", size, limits::kHttpUrlSizeMax);
}
UserError method_not_replicated() {
  return refused("The requested HTTP method is only allowed for non-replicated requests.");
}
UserError no_nodes_at_all() {
  return refused(count("total_requests", 0) + " must be at least 1");
}
UserError no_more_nodes(std::uint32_t total, std::size_t nodes) {
  return refused(count("total_requests", total) + " must not exceed " +
                 count("the number of available nodes", nodes));
}
UserError min_above_max(std::uint32_t min, std::uint32_t max) {
  return refused(count("min_responses", min) + " must not exceed " + count("max_responses", max));
}
UserError max_above_total(std::uint32_t max, std::uint32_t total) {
  return refused(count("max_responses", max) + " must not exceed " +
                 count("total_requests", total));
}
UserError too_many_outcalls() {
  return refused("max number (" + std::to_string(limits::kHttpOutcallsMax) +
                 ") of http requests in-flight reached.");
}
UserError too_large_outcalls() {
  return refused("max size (" + std::to_string(limits::kHttpOutcallBytesMax) +
                 " bytes) of http requests in-flight reached.");
}
UserError too_few_cycles_for_outcall(std::string_view method, Cycles attached, Cycles required) {
  return refused(std::string(method) + " request sent with " + grouped(attached) + " cycles, but " +
                 grouped(required) + " cycles are required.");
}

Status<UserError> check_headers_and_body(std::span<const state::HttpHeader> headers,
                                         std::size_t body_size) {
  std::size_t name_size = 0;
  std::size_t value_size = 0;
  const std::size_t total = state::headers_size(headers);
  for (const state::HttpHeader& header : headers) {
    name_size = std::max(name_size, header.name.size());
    value_size = std::max(value_size, header.value.size());
  }
  if (headers.size() > limits::kHttpHeadersMax)
    return Err(too_large("number of all http headers", headers.size(), limits::kHttpHeadersMax));
  if (name_size > limits::kHttpHeaderSizeMax)
    return Err(too_large("number of bytes to represent some http header name", name_size,
                         limits::kHttpHeaderSizeMax));
  if (value_size > limits::kHttpHeaderSizeMax)
    return Err(too_large("number of bytes to represent some http header value", value_size,
                         limits::kHttpHeaderSizeMax));
  if (total > limits::kHttpHeadersSizeMax)
    return Err(too_large("total number of bytes to represent all http header names and values",
                         total, limits::kHttpHeadersSizeMax));
  if (total + body_size > limits::kHttpRequestSizeMax)
    return Err(too_large(
        "total number of bytes to represent all http header names and values and http body",
        total + body_size, limits::kHttpRequestSizeMax));
  return {};
}

Reject outcall_timed_out() {
  return {RejectCode::kSysTransient, "Canister http request timed out"};
}
Reject nodes_diverged(types::SubnetCallId call, Time deadline,
                      const types::DivergedAnswer& answer) {
  std::string hashes;
  for (const types::ContentCount& content : answer.contents) {
    if (!hashes.empty()) hashes += ", ";
    hashes += "[" + content.content.hex() + ": " + std::to_string(content.nodes) + "]";
  }
  return {RejectCode::kSysTransient,
          shortened("No consensus could be reached. Replicas had different responses. Details: "
                    "request_id: " +
                    to_string(call) + ", timeout: " + std::to_string(deadline.ns) +
                    ", hashes: " + hashes)};
}

Reject https_only() {
  return {RejectCode::kSysFatal, "Url needs to specify https scheme"};
}
Reject response_headers_too_large(std::uint64_t size_max) {
  return {RejectCode::kSysFatal,
          "Header size exceeds specified response size limit " + std::to_string(size_max)};
}
Reject response_body_too_large(std::uint64_t size_max) {
  return {RejectCode::kSysFatal,
          "Http body exceeds size limit of " + std::to_string(size_max) + " bytes."};
}
Reject transformed_too_large(std::uint64_t size_max) {
  return {RejectCode::kSysFatal,
          "Transformed http response exceeds limit: " + std::to_string(size_max)};
}
Reject transformed_is_no_response(std::string_view why) {
  return {RejectCode::kCanisterError,
          "The transform's reply is not an HTTP response: " + std::string(why)};
}

}  // namespace icpd::execution
