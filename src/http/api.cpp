#include "http/api.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "certification/envelope.hpp"
#include "http/bodies.hpp"
#include "http/read_state_policy.hpp"
#include "http/routes.hpp"
#include "types/effective_canister.hpp"
#include "types/limits.hpp"

namespace icpd::http {

namespace {

namespace limits = types::limits;

/// One request on its way through the checks; every path through it answers once.
struct Exchange {
  Backend& backend;
  Route route;
  io::HttpResponder respond;

  void fail(const HttpError& error) { respond(error_response(error)); }
};
using ExchangePtr = std::unique_ptr<Exchange>;

constexpr std::string_view kCborType = "application/cbor";

Result<types::Envelope, HttpError> decode_envelope(const io::HttpRequest& request) {
  const std::string_view type = request.header("content-type");
  if (type.substr(0, type.find(';')) != kCborType)
    return Err(HttpError{400, "content type must be application/cbor"});
  if (request.body.size() > limits::kRequestBodySizeMax)
    return Err(HttpError{413, "request body larger than 5 MiB"});
  auto envelope = certification::parse_envelope(request.body);
  if (!envelope.ok()) return Err(HttpError{400, envelope.error().message});
  return std::move(envelope).value();
}

/// What a request at a subnet's path may be about (interface specification, "Effective subnet id").
constexpr auto kSubnetCalls =
    std::to_array<std::string_view>({"create_canister", "provisional_create_canister_with_cycles"});
constexpr auto kSubnetQueries = std::to_array<std::string_view>({"list_canisters"});

template <typename Content>
Status<HttpError> check_effective_subnet(const Content& content,
                                         std::span<const std::string_view> methods) {
  if (content.canister_id == types::management_canister() &&
      std::ranges::find(methods, content.method_name) != methods.end())
    return {};
  return Err(HttpError{
      400, "the method '" + content.method_name + "' can't be called at the path of a subnet"});
}

/// The id in the URL must be that of the canister that the request is about. Calls of the
/// management canister that name none are let through: they create one, or are refused behind the
/// door, where the methods are known.
template <typename Content>
Status<HttpError> check_effective_canister(const Route& route, const Content& content) {
  const auto effective =
      types::effective_canister_id(content.canister_id, content.method_name, content.arg);
  if (!effective.ok() || !effective->has_value() || (*effective)->principal == route.id) return {};
  return Err(HttpError{400, "the effective canister id in the path is " + route.id.text() +
                                ", that of the request is " + (*effective)->text()});
}

Status<HttpError> check_own_subnet(const Route& route, const CertifiedReader& state) {
  if (route.scope == Scope::kSubnet) {
    if (types::SubnetId(route.id) == state.own_subnet()) return {};
    return Err(HttpError{400, "this node belongs to subnet " + state.own_subnet().text()});
  }
  if (state.in_own_range(types::CanisterId(route.id))) return {};
  return Err(HttpError{400, "canister id " + route.id.text() + " isn't hosted by this subnet"});
}

// ---------------------------------------------------------------------------------------- calls

void answer_with_certificate(ExchangePtr exchange, const types::RequestId& id,
                             const CertifiedReader& state) {
  const DelegationForm form = exchange->route.version == 3 ? DelegationForm::kCanisterRangesFlat
                                                           : DelegationForm::kCanisterRangesTree;
  const Path path = {Slice(to_bytes("request_status")), Slice::copy_of(id)};
  const Bytes certificate = state.certificate({path}, form);
  exchange->respond(cbor_response(call_replied_body(certificate)));
}

void await_certificate(ExchangePtr exchange, const types::RequestId& id) {
  Backend& backend = exchange->backend;
  backend.wait_for(
      id, kSyncCallTimeout,
      [exchange = std::move(exchange), id](std::shared_ptr<const CertifiedReader> state) mutable {
        if (state == nullptr) return exchange->respond(text_response(202, ""));
        answer_with_certificate(std::move(exchange), id, *state);
      });
}

void on_submitted(ExchangePtr exchange, const types::RequestId& id,
                  Result<SubmitOutcome, HttpError> result) {
  if (!result.ok()) return exchange->fail(result.error());
  if (const auto* refused = std::get_if<types::UserError>(&*result)) {
    const bool with_status = exchange->route.version != 2;
    return exchange->respond(cbor_response(call_rejected_body(*refused, with_status)));
  }
  if (std::get<Submitted>(*result) == Submitted::kOverloaded)
    return exchange->fail({503, "the node can't take more calls at the moment"});
  if (exchange->route.version == 2) return exchange->respond(text_response(202, ""));
  await_certificate(std::move(exchange), id);
}

void call(ExchangePtr exchange, Shared<types::Envelope> envelope) {
  const auto* content = std::get_if<types::CallContent>(&envelope->content);
  if (content == nullptr) return exchange->fail({400, "request_type must be call"});
  if (envelope->bytes.size() > limits::kIngressMessageSizeMax)
    return exchange->fail({413, "call larger than 2 MiB"});
  const bool at_subnet = exchange->route.scope == Scope::kSubnet;
  const auto effective = at_subnet ? check_effective_subnet(*content, kSubnetCalls)
                                   : check_effective_canister(exchange->route, *content);
  if (!effective.ok()) return exchange->fail(effective.error());
  const auto state = exchange->backend.certified();
  if (state == nullptr) return exchange->fail({503, "no certified state yet"});
  const auto own = check_own_subnet(exchange->route, *state);
  if (!own.ok()) return exchange->fail(own.error());

  Backend& backend = exchange->backend;
  backend.authenticate(envelope, [exchange = std::move(exchange), envelope,
                                  state](Result<Authenticated, HttpError> sender) mutable {
    if (!sender.ok()) return exchange->fail(sender.error());
    if (exchange->route.scope == Scope::kSubnet && !state->is_subnet_admin(sender->sender))
      return exchange->fail({403, "only admins of the subnet may call at its path"});
    const types::RequestId id = envelope->request_id;
    // Asked again, a finished request is answered from the state: to its sender alone.
    if (exchange->route.version != 2 && state->is_terminal(id))
      return answer_with_certificate(std::move(exchange), id, *state);
    Backend& node = exchange->backend;
    const auto hash = types::IngressHash::from(crypto::sha256(envelope->bytes));
    node.submit(
        Shared(types::IngressMessage{*envelope, *hash}),
        [exchange = std::move(exchange), id](Result<SubmitOutcome, HttpError> result) mutable {
          on_submitted(std::move(exchange), id, std::move(result));
        });
  });
}

// -------------------------------------------------------------------------------------- queries

void on_query_answer(ExchangePtr exchange, const types::RequestId& id,
                     Result<QueryAnswer, HttpError> answer) {
  if (!answer.ok()) return exchange->fail(answer.error());
  Backend& backend = exchange->backend;
  const Time timestamp = backend.now();
  const Bytes signature = backend.sign_query_response(query_response_hash(*answer, timestamp, id));
  exchange->respond(cbor_response(query_body(*answer, {timestamp, signature, backend.node_id()})));
}

void query(ExchangePtr exchange, Shared<types::Envelope> envelope) {
  const auto* content = std::get_if<types::QueryContent>(&envelope->content);
  if (content == nullptr) return exchange->fail({400, "request_type must be query"});
  const auto effective = exchange->route.scope == Scope::kSubnet
                             ? check_effective_subnet(*content, kSubnetQueries)
                             : check_effective_canister(exchange->route, *content);
  if (!effective.ok()) return exchange->fail(effective.error());
  const auto state = exchange->backend.certified();
  if (state == nullptr) return exchange->fail({503, "no certified state yet"});
  const auto own = check_own_subnet(exchange->route, *state);
  if (!own.ok()) return exchange->fail(own.error());

  Backend& backend = exchange->backend;
  backend.authenticate(envelope, [exchange = std::move(exchange),
                                  envelope](Result<Authenticated, HttpError> sender) mutable {
    if (!sender.ok()) return exchange->fail(sender.error());
    Backend& node = exchange->backend;
    const types::RequestId id = envelope->request_id;
    node.query(envelope,
               [exchange = std::move(exchange), id](Result<QueryAnswer, HttpError> answer) mutable {
                 on_query_answer(std::move(exchange), id, std::move(answer));
               });
  });
}

// ----------------------------------------------------------------------------------- read_state

void on_reader(ExchangePtr exchange, const types::ReadStateContent& content,
               const Authenticated& sender) {
  const auto state = exchange->backend.certified();
  if (state == nullptr) return exchange->fail({503, "no certified state yet"});
  const auto own = check_own_subnet(exchange->route, *state);
  if (!own.ok()) return exchange->fail(own.error());
  ReadStateEndpoint endpoint{.version = exchange->route.version, .canister = {}, .subnet = {}};
  if (exchange->route.scope == Scope::kCanister)
    endpoint.canister.emplace(exchange->route.id);
  else
    endpoint.subnet.emplace(exchange->route.id);
  const auto paths = readable_paths(content.paths, endpoint, sender, *state);
  if (!paths.ok()) return exchange->fail(paths.error());
  exchange->respond(
      cbor_response(read_state_body(state->certificate(*paths, endpoint.delegation_form()))));
}

void read_state(ExchangePtr exchange, Shared<types::Envelope> envelope) {
  if (!std::holds_alternative<types::ReadStateContent>(envelope->content))
    return exchange->fail({400, "request_type must be read_state"});
  Backend& backend = exchange->backend;
  backend.authenticate(envelope, [exchange = std::move(exchange),
                                  envelope](Result<Authenticated, HttpError> sender) mutable {
    if (!sender.ok()) return exchange->fail(sender.error());
    on_reader(std::move(exchange), std::get<types::ReadStateContent>(envelope->content), *sender);
  });
}

// ----------------------------------------------------------------------------------------- CORS

void allow_any_origin(io::HttpResponse& response) {
  response.headers.emplace_back("access-control-allow-origin", "*");
  response.headers.emplace_back("x-content-type-options", "nosniff");
}

io::HttpResponse preflight_response() {
  io::HttpResponse response{.status = 204, .content_type = {}, .headers = {}, .body = {}};
  allow_any_origin(response);
  response.headers.emplace_back("access-control-allow-methods", "GET, POST, HEAD, OPTIONS");
  response.headers.emplace_back("access-control-allow-headers",
                                "accept, content-type, user-agent, range");
  response.headers.emplace_back("access-control-max-age", "600");
  return response;
}

}  // namespace

void Api::handle(io::HttpRequest request, io::HttpResponder respond) {
  if (request.method == "OPTIONS") return respond(preflight_response());
  io::HttpResponder with_cors = [respond = std::move(respond)](io::HttpResponse response) mutable {
    allow_any_origin(response);
    respond(std::move(response));
  };
  auto found = route(request.method, request.path());
  if (!found.ok()) return with_cors(error_response(found.error()));
  if (found->action == Action::kStatus)
    return with_cors(cbor_response(status_body(backend_.status())));

  auto envelope = decode_envelope(request);
  if (!envelope.ok()) return with_cors(error_response(envelope.error()));
  auto exchange =
      std::make_unique<Exchange>(backend_, std::move(found).value(), std::move(with_cors));
  const Shared shared(std::move(envelope).value());
  switch (exchange->route.action) {
    case Action::kCall:
      return call(std::move(exchange), shared);
    case Action::kQuery:
      return query(std::move(exchange), shared);
    case Action::kReadState:
      return read_state(std::move(exchange), shared);
    case Action::kStatus:
      break;
  }
  unreachable_state("status was answered above");
}

}  // namespace icpd::http
