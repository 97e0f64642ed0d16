// Calls of http_request and flexible_http_request: read, checked, paid, and put into the state.
#include <algorithm>

#include "base/prng.hpp"
#include "crypto/hash.hpp"
#include "execution/canister_cycles.hpp"
#include "execution/http_errors.hpp"
#include "execution/http_outcall_types.hpp"
#include "execution/http_prices.hpp"
#include "execution/management_handlers.hpp"

namespace icpd::execution {
namespace {

using namespace management;
namespace limits = types::limits;
using state::HttpMethod;
using state::HttpOutcall;
using state::HttpReplication;

/// The version in which nodes spend allowances.
constexpr std::uint32_t kPricedByUse = 2;

static_assert(std::variant_size_v<HttpMethodArg> ==
              static_cast<std::size_t>(HttpMethod::kPatch) + 1);

/// What both methods ask of a request, in the order in which it is looked at.
template <typename Args>
Result<state::HttpRequest, UserError> read_request(const ManagementCall& call, const Args& args) {
  state::HttpRequest request;
  if (args.transform) {
    const auto& function = args.transform->function;
    if (!std::ranges::equal(function.service.view(), call.caller.view()))
      return Err(wrong_transform_principal(call.caller, function.service.view()));
    request.transform = {function.method, Slice::copy_of(args.transform->context)};
  }
  if (args.max_response_bytes.value_or(0) > limits::kHttpResponseSizeMax)
    return Err(invalid_max_response_bytes(*args.max_response_bytes));
  if (args.url.size() > limits::kHttpUrlSizeMax) return Err(url_too_long(args.url.size()));
  for (const HttpHeaderArg& header : args.headers)
    request.headers.push_back({header.name, header.value});
  const ByteView body = args.body.value_or(ByteView());
  TRY(check_headers_and_body(request.headers, body.size()));
  request.url = args.url;
  request.method = static_cast<HttpMethod>(args.method.index());
  request.body = Slice::copy_of(body);
  request.max_response_bytes = args.max_response_bytes;
  return request;
}

/// Not to be done several times, or while earlier ones may still be under way.
bool needs_all_answers(HttpMethod method) {
  return method == HttpMethod::kPut || method == HttpMethod::kDelete ||
         method == HttpMethod::kPatch;
}

/// Of the subnet's nodes so many, which nobody could foresee; ascending.
std::vector<types::NodeId> draw_nodes(const ManagementScope& scope, types::SubnetCallId id,
                                      std::size_t count) {
  std::vector<types::NodeId> nodes;
  for (const auto& [node, key] : scope.state.topology().own().nodes)
    nodes.push_back(node);
  ensure(count >= 1 && count <= nodes.size());
  const crypto::Digest seed = crypto::Hasher("icpd-outcall-nodes")
                                  .update(scope.round.randomness.view())
                                  .number(id.value)
                                  .finish();
  Prng random(load_be<std::uint64_t>(seed.view()));
  for (std::size_t i = 0; i < count && count < nodes.size(); ++i)
    std::swap(nodes[i], nodes[i + random.below(nodes.size() - i)]);
  nodes.resize(count);
  std::ranges::sort(nodes);
  return nodes;
}

/// The fee leaves what is attached and is booked with the caller.
void pay_fee(ManagementScope& scope, ManagementCall& call, Cycles fee) {
  call.cycles -= fee.value;
  const CanisterId caller(call.caller);
  // A caller with a deadline may be gone.
  if (!scope.state.contains(caller))
    scope.state.write_metadata().metrics.consumed_by_deleted += fee.value;
  else
    scope.state.update(caller, [&](state::CanisterState& canister) {
      book(canister, state::CyclesUse::kHttpOutcalls, fee);
    });
}

Status<UserError> check_room(const ManagementScope& scope, const state::HttpRequest& request) {
  const state::HttpOutcalls& all = *scope.state.metadata().calls.http_outcalls;
  if (all.waiting.size() >= limits::kHttpOutcallsMax) return Err(too_many_outcalls());
  if (all.bytes + request.size_bytes() > limits::kHttpOutcallBytesMax)
    return Err(too_large_outcalls());
  return {};
}

Shared<types::Request> without_argument(const ManagementCall& call) {
  types::Request request = *std::get<Shared<types::Request>>(call.message);
  request.arg = Slice();
  request.payment = call.cycles;
  return Shared<types::Request>(std::move(request));
}

/// Takes what it costs and lets it wait. `outcall` has everything but id, nodes and cycles.
ManagementResult accept(ManagementScope& scope, ManagementCall& call, HttpOutcall outcall,
                        std::uint64_t fetchers, std::uint32_t pricing) {
  const FeeSchedule& fees = scope.round.subnet.fees;
  const HttpShape shape = shape_of(outcall, fetchers);
  TRY(check_room(scope, outcall.request));
  const std::uint64_t size = outcall.request.size_bytes();
  const std::uint64_t response_max = outcall.request.response_size_max();
  const Cycles fee = pricing == kPricedByUse ? http_base_fee(fees, shape, size)
                                             : fees.http_outcall_cost(size, response_max);
  if (call.cycles < fee) return Err(too_few_cycles_for_outcall(call.method, call.cycles, fee));
  pay_fee(scope, call, fee);
  const types::SubnetCallId id = scope.state.write_metadata().calls.new_id();
  outcall.nodes = draw_nodes(scope, id, fetchers);
  if (pricing == kPricedByUse && fees.charges()) {
    outcall.allowance = std::min(http_allowance_max(fees, shape, response_max),
                                 Cycles{call.cycles.value / fetchers});
    call.cycles -= outcall.held().value;
  }
  outcall.time = scope.round.time;
  outcall.call = without_argument(call);
  scope.state.write_metadata().calls.http_outcalls.write().add(id, std::move(outcall));
  return Later{};
}

/// Defaults and order of checks: reference 6.1.
Result<ReplicationCounts, UserError> counts_of(const FlexibleHttpRequestArgs& args,
                                               std::size_t nodes) {
  const auto n = static_cast<std::uint32_t>(nodes);
  if (!args.replication) return ReplicationCounts{n, 2 * n / 3 + 1, n};
  const ReplicationCounts counts = *args.replication;
  if (counts.total_requests < 1) return Err(no_nodes_at_all());
  if (counts.total_requests > n) return Err(no_more_nodes(counts.total_requests, n));
  if (counts.min_responses > counts.max_responses)
    return Err(min_above_max(counts.min_responses, counts.max_responses));
  if (counts.max_responses > counts.total_requests)
    return Err(max_above_total(counts.max_responses, counts.total_requests));
  return counts;
}

}  // namespace

ManagementResult http_request(ManagementScope& scope, ManagementCall& call) {
  if (!scope.round.parameters.http_requests) return Err(api_not_enabled());
  const auto args = TRY(decode_argument<HttpRequestArgs>(call));
  HttpOutcall outcall;
  outcall.request = TRY(read_request(call, args));
  const bool is_replicated = args.is_replicated.value_or(true);
  if (is_replicated && needs_all_answers(outcall.request.method))
    return Err(method_not_replicated());
  outcall.replication = is_replicated ? HttpReplication::kAllNodes : HttpReplication::kOneNode;
  const std::uint64_t fetchers = is_replicated ? scope.state.topology().subnet_size() : 1;
  // A version that isn't known is the first.
  const std::uint32_t pricing = args.pricing_version.value_or(1);
  return accept(scope, call, std::move(outcall), fetchers, pricing);
}

ManagementResult flexible_http_request(ManagementScope& scope, ManagementCall& call) {
  if (!scope.round.parameters.http_requests) return Err(api_not_enabled());
  const auto args = TRY(decode_argument<FlexibleHttpRequestArgs>(call));
  HttpOutcall outcall;
  outcall.request = TRY(read_request(call, args));
  const auto counts = TRY(counts_of(args, scope.state.topology().subnet_size()));
  const bool waits_for_all = counts.min_responses == counts.total_requests;
  if (needs_all_answers(outcall.request.method) && !waits_for_all)
    return Err(method_not_replicated());
  outcall.replication = HttpReplication::kCommittee;
  outcall.min_responses = counts.min_responses;
  outcall.max_responses = counts.max_responses;
  return accept(scope, call, std::move(outcall), counts.total_requests, kPricedByUse);
}

}  // namespace icpd::execution
