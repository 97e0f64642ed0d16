#include "execution/http_response.hpp"

#include <algorithm>

#include "execution/http_errors.hpp"
#include "execution/http_outcall_types.hpp"
#include "execution/query.hpp"

namespace icpd::execution {
namespace {

using namespace management;
using types::Reject;
using types::RejectCode;

constexpr std::string_view kHttps = "https://";
constexpr std::string_view kUserAgent = "user-agent";
constexpr std::string_view kUserAgentValue = "ic/1.0";

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool equal_whatever_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::optional<Reject> check_size(const HttpResponse& response, std::uint64_t size_max) {
  const std::uint64_t headers = state::headers_size(response.headers);
  if (headers > size_max) return response_headers_too_large(size_max);
  if (headers + response.body.size() > size_max) return response_body_too_large(size_max);
  const auto checked = check_headers_and_body(response.headers, response.body.size());
  if (!checked.ok()) return Reject{RejectCode::kSysFatal, checked.error().message};
  return std::nullopt;
}

HttpRequestResult in_candid(const HttpResponse& response) {
  HttpRequestResult result;
  result.status = response.status;
  for (const state::HttpHeader& header : response.headers)
    result.headers.push_back({header.name, header.value});
  result.body = response.body;
  return result;
}

FinishedResponse transform(const state::ReplicatedState& state, const state::HttpOutcall& outcall,
                           const HttpRequestResult& response, Environment& environment) {
  const state::HttpTransform& wish = *outcall.request.transform;
  Bytes arg = candid::encode_args(HttpTransformArgs{response, wish.context});
  QueryAnswer answer = execute_transform(
      state, {outcall.call->sender, wish.method_name, Slice(std::move(arg))}, environment);
  if (!answer.result.ok()) {
    QueryReject reject = std::move(answer.result).error();
    return {Reject{reject.reject_code, std::move(reject.message)}, answer.instructions};
  }
  Slice reply = std::move(answer.result).value();
  const std::uint64_t size_max = outcall.request.response_size_max();
  if (reply.size() > size_max) return {transformed_too_large(size_max), answer.instructions};
  if (outcall.replication == state::HttpReplication::kCommittee) {
    const auto decoded = candid::decode_arg<HttpRequestResult>(reply);
    if (!decoded.ok())
      return {transformed_is_no_response(Error(decoded.error()).message), answer.instructions};
  }
  return {types::Reply{std::move(reply)}, answer.instructions};
}

}  // namespace

std::optional<Reject> check_before_sending(const state::HttpRequest& request) {
  const std::string_view scheme = std::string_view(request.url).substr(0, kHttps.size());
  if (!equal_whatever_case(scheme, kHttps)) return https_only();
  return std::nullopt;
}

std::vector<state::HttpHeader> headers_to_send(const state::HttpRequest& request) {
  std::vector<state::HttpHeader> headers = request.headers;
  const bool named = std::ranges::any_of(headers, [](const state::HttpHeader& header) {
    return equal_whatever_case(header.name, kUserAgent);
  });
  if (!named) headers.push_back({std::string(kUserAgent), std::string(kUserAgentValue)});
  return headers;
}

FinishedResponse finish_response(const state::ReplicatedState& state,
                                 const state::HttpOutcall& outcall, const HttpResponse& response,
                                 Environment& environment) {
  if (auto reject = check_size(response, outcall.request.response_size_max()))
    return {std::move(*reject), 0};
  const HttpRequestResult result = in_candid(response);
  if (outcall.request.transform) return transform(state, outcall, result, environment);
  return {types::Reply{Slice(candid::encode_args(result))}, 0};
}

}  // namespace icpd::execution
