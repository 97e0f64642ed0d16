// Arguments and results of HTTPS outcalls: http_request as ic.did (interface specification 0.66.0)
// declares it, with `pricing_version` beside it, and flexible_http_request (reference 6.1, 5.6),
// which isn't in ic.did yet. What management_types.hpp says of views and amounts holds here.
#pragma once

#include "execution/management_types.hpp"

namespace icpd::execution::management {

struct HttpHeaderArg {
  std::string name;
  std::string value;
  bool operator==(const HttpHeaderArg&) const = default;
  static constexpr auto kCandid =
      record(field<"name">(&HttpHeaderArg::name), field<"value">(&HttpHeaderArg::value));
};

/// A response, from the network or from a transform.
struct HttpRequestResult {
  Uint128 status = 0;
  std::vector<HttpHeaderArg> headers;
  ByteView body;
  static constexpr auto kCandid = record(field<"status">(&HttpRequestResult::status),
                                         field<"headers">(&HttpRequestResult::headers),
                                         field<"body">(&HttpRequestResult::body));
};

struct HttpTransformArgs {
  HttpRequestResult response;
  ByteView context;
  static constexpr auto kCandid = record(field<"response">(&HttpTransformArgs::response),
                                         field<"context">(&HttpTransformArgs::context));
};
using HttpTransformFunction =
    candid::Func<std::tuple<HttpTransformArgs>, std::tuple<HttpRequestResult>, candid::kQuery>;
struct HttpTransformArg {
  HttpTransformFunction function;
  ByteView context;
  static constexpr auto kCandid = record(field<"function">(&HttpTransformArg::function),
                                         field<"context">(&HttpTransformArg::context));
};

/// In the order of state::HttpMethod.
using HttpMethodArg =
    Variants<Case<"get">, Case<"head">, Case<"post">, Case<"put">, Case<"delete">, Case<"patch">>;

struct HttpRequestArgs {
  std::string url;
  std::optional<std::uint64_t> max_response_bytes;
  HttpMethodArg method;
  std::vector<HttpHeaderArg> headers;
  std::optional<ByteView> body;
  std::optional<HttpTransformArg> transform;
  std::optional<bool> is_replicated;
  std::optional<std::uint32_t> pricing_version;
  static constexpr auto kCandid =
      record(field<"url">(&HttpRequestArgs::url),
             field<"max_response_bytes">(&HttpRequestArgs::max_response_bytes),
             field<"method">(&HttpRequestArgs::method), field<"headers">(&HttpRequestArgs::headers),
             field<"body">(&HttpRequestArgs::body), field<"transform">(&HttpRequestArgs::transform),
             field<"is_replicated">(&HttpRequestArgs::is_replicated),
             field<"pricing_version">(&HttpRequestArgs::pricing_version));
};

struct ReplicationCounts {
  std::uint32_t total_requests = 0;
  std::uint32_t min_responses = 0;
  std::uint32_t max_responses = 0;
  static constexpr auto kCandid =
      record(field<"total_requests">(&ReplicationCounts::total_requests),
             field<"min_responses">(&ReplicationCounts::min_responses),
             field<"max_responses">(&ReplicationCounts::max_responses));
};
struct FlexibleHttpRequestArgs {
  std::string url;
  std::optional<std::uint64_t> max_response_bytes;
  HttpMethodArg method;
  std::vector<HttpHeaderArg> headers;
  std::optional<ByteView> body;
  std::optional<HttpTransformArg> transform;
  std::optional<ReplicationCounts> replication;
  static constexpr auto kCandid =
      record(field<"url">(&FlexibleHttpRequestArgs::url),
             field<"max_response_bytes">(&FlexibleHttpRequestArgs::max_response_bytes),
             field<"method">(&FlexibleHttpRequestArgs::method),
             field<"headers">(&FlexibleHttpRequestArgs::headers),
             field<"body">(&FlexibleHttpRequestArgs::body),
             field<"transform">(&FlexibleHttpRequestArgs::transform),
             field<"replication">(&FlexibleHttpRequestArgs::replication));
};

// What a flexible outcall answers.

template <typename T>
using ResourceUsage = Variants<Case<"used", T>, Case<"exceeded", candid::Reserved>>;
struct HttpResourceReport {
  std::optional<ResourceUsage<std::uint64_t>> raw_response_bytes;
  std::optional<ResourceUsage<std::uint64_t>> http_roundtrip_time_ms;
  std::optional<ResourceUsage<std::uint64_t>> transform_instructions;
  std::optional<ResourceUsage<std::uint64_t>> transformed_response_bytes;
  std::optional<ResourceUsage<Uint128>> cycles;
  static constexpr auto kCandid =
      record(field<"raw_response_bytes">(&HttpResourceReport::raw_response_bytes),
             field<"http_roundtrip_time_ms">(&HttpResourceReport::http_roundtrip_time_ms),
             field<"transform_instructions">(&HttpResourceReport::transform_instructions),
             field<"transformed_response_bytes">(&HttpResourceReport::transformed_response_bytes),
             field<"cycles">(&HttpResourceReport::cycles));
};
struct FlexibleNodeError {
  std::string code;
  std::string message;
  static constexpr auto kCandid = record(field<"code">(&FlexibleNodeError::code),
                                         field<"message">(&FlexibleNodeError::message));
};
struct FlexibleNodeDetail {
  Principal node_id;
  HttpResourceReport report;
  std::optional<FlexibleNodeError> error;
  static constexpr auto kCandid = record(field<"node_id">(&FlexibleNodeDetail::node_id),
                                         field<"report">(&FlexibleNodeDetail::report),
                                         field<"error">(&FlexibleNodeDetail::error));
};
using FlexibleGlobalError =
    Variants<Case<"invalid_parameters", candid::Reserved>, Case<"timeout", candid::Reserved>,
             Case<"out_of_cycles", candid::Reserved>, Case<"responses_too_large", candid::Reserved>,
             Case<"too_many_rejects", candid::Reserved>>;
struct FlexibleHttpError {
  std::optional<FlexibleGlobalError> global_error;
  std::vector<FlexibleNodeDetail> node_details;
  std::string message;
  static constexpr auto kCandid = record(field<"global_error">(&FlexibleHttpError::global_error),
                                         field<"node_details">(&FlexibleHttpError::node_details),
                                         field<"message">(&FlexibleHttpError::message));
};
using FlexibleHttpResult =
    Variants<Case<"ok", std::vector<HttpRequestResult>>, Case<"err", FlexibleHttpError>>;

}  // namespace icpd::execution::management
