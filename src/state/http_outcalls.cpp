#include "state/http_outcalls.hpp"

#include <algorithm>
#include <array>

#include "base/ensure.hpp"

namespace icpd::state {

std::string_view name(HttpMethod method) {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"});
  return kNames.at(static_cast<std::size_t>(method));
}

std::uint64_t headers_size(std::span<const HttpHeader> headers) {
  std::uint64_t size = 0;
  for (const HttpHeader& header : headers)
    size += header.name.size() + header.value.size();
  return size;
}

std::uint64_t HttpRequest::size_bytes() const {
  std::uint64_t size = url.size() + body.size() + headers_size(headers);
  if (transform) size += transform->method_name.size() + transform->context.size();
  return size;
}

bool HttpOutcall::has_node(const types::NodeId& node) const {
  return std::ranges::binary_search(nodes, node);
}

void HttpOutcalls::add(types::SubnetCallId id, HttpOutcall outcall) {
  ensure(waiting.empty() || waiting.rbegin()->first < id, "ids grow");
  ensure(std::ranges::is_sorted(outcall.nodes) && !outcall.nodes.empty(), "somebody fetches");
  bytes += outcall.request.size_bytes();
  waiting.emplace(id, std::move(outcall));
}

std::optional<Shared<HttpOutcall>> HttpOutcalls::take(types::SubnetCallId id) {
  const auto found = waiting.find(id);
  if (found == waiting.end()) return std::nullopt;
  Shared<HttpOutcall> outcall = std::move(found->second);
  waiting.erase(found);
  ensure(bytes >= outcall->request.size_bytes(), "what is taken was counted");
  bytes -= outcall->request.size_bytes();
  return outcall;
}

std::optional<Time> HttpOutcalls::next_deadline() const {
  std::optional<Time> next;
  if (!waiting.empty()) next = waiting.begin()->second->deadline();
  if (unsettled.empty()) return next;
  const Time settled = unsettled.begin()->second.deadline();
  return next ? std::min(*next, settled) : settled;
}

types::Cycles HttpOutcalls::cycles() const {
  types::Cycles sum{0};
  for (const auto& [id, outcall] : waiting)
    sum += outcall->call->payment.value + outcall->held().value;
  for (const auto& [id, settlement] : unsettled)
    sum += settlement.held().value;
  return sum;
}

}  // namespace icpd::state
