#include "http/api.hpp"

#include <gtest/gtest.h>

#include "certification/envelope.hpp"
#include "codec/cbor.hpp"
#include "crypto/ed25519.hpp"
#include "http/bodies.hpp"

namespace icpd::http {
namespace {

namespace cbor = codec::cbor;
using types::CanisterId;

const CanisterId kCanister = types::canister_id_from_index(7);
const types::SubnetId kSubnet{types::Principal::self_authenticating(as_bytes("subnet"))};

class FakeState final : public CertifiedReader {
 public:
  types::Height height() const override { return types::Height{9}; }
  Time time() const override { return Time{1}; }
  types::SubnetId own_subnet() const override { return kSubnet; }
  types::SubnetId root_subnet() const override { return kSubnet; }
  bool in_own_range(const CanisterId& id) const override {
    return id == types::management_canister() || types::canister_index(id).value_or(100) < 10;
  }
  std::optional<RequestOwner> request_owner(const types::RequestId&) const override { return {}; }
  bool is_terminal(const types::RequestId&) const override { return terminal; }
  SectionVisibility metadata(const CanisterId&, std::string_view) const override {
    return SectionVisibility::kAbsent;
  }
  bool is_controller(const CanisterId&, const types::Principal&) const override { return false; }
  bool is_subnet_admin(const types::Principal&) const override { return everybody_is_admin; }
  /// The paths and form, as text, in place of a certificate.
  Bytes certificate(const std::vector<Path>& paths, DelegationForm form) const override {
    std::string text = "form " + std::to_string(static_cast<int>(form));
    for (const Path& path : paths)
      text += " /" + std::string(as_text(path.front()));
    return to_bytes(text);
  }
  bool terminal = false;
  bool everybody_is_admin = false;
};

/// Answers at once with what the test prepared.
class FakeNode final : public Backend {
 public:
  NodeStatus status() override { return {"healthy", to_bytes("root"), "1.0", 9}; }
  std::shared_ptr<const CertifiedReader> certified() override { return state; }
  void authenticate(Shared<types::Envelope> envelope,
                    Then<Result<Authenticated, HttpError>> then) override {
    ++authenticated;
    then(auth_error ? Result<Authenticated, HttpError>(Err(*auth_error))
                    : Authenticated{envelope->base().sender, std::nullopt});
  }
  void submit(Shared<types::IngressMessage> message,
              Then<Result<SubmitOutcome, HttpError>> then) override {
    submitted = message;
    then(outcome);
  }
  void wait_for(const types::RequestId&, Duration timeout,
                Then<std::shared_ptr<const CertifiedReader>> then) override {
    EXPECT_EQ(timeout, kSyncCallTimeout);
    then(times_out ? nullptr : state);
  }
  void query(Shared<types::Envelope>, Then<Result<QueryAnswer, HttpError>> then) override {
    then(answer);
  }
  types::NodeId node_id() override { return types::NodeId(types::Principal::anonymous()); }
  Bytes sign_query_response(const crypto::Digest& hash) override {
    signed_hash = hash;
    return to_bytes("signature");
  }
  Time now() override { return Time{42}; }

  std::shared_ptr<FakeState> state = std::make_shared<FakeState>();
  std::optional<HttpError> auth_error;
  SubmitOutcome outcome = Submitted::kAccepted;
  bool times_out = false;
  QueryAnswer answer{types::Reply{Slice(to_bytes("DIDL\0\0"))}, Time{1}};
  Shared<types::IngressMessage> submitted;
  crypto::Digest signed_hash;
  int authenticated = 0;
};

types::RequestBase anonymous_base() {
  types::RequestBase base;
  base.sender = types::Principal::anonymous();
  base.ingress_expiry = Time::from_seconds(1000);
  return base;
}

Bytes call_body(const CanisterId& canister = kCanister, std::size_t arg_size = 6) {
  types::CallContent content{anonymous_base(), canister, "increment", Slice(Bytes(arg_size))};
  return certification::encode_envelope(content, std::nullopt);
}
Bytes query_request_body() {
  types::QueryContent content{anonymous_base(), kCanister, "get", Slice(to_bytes("DIDL\0\0"))};
  return certification::encode_envelope(content, std::nullopt);
}
Bytes read_state_request_body() {
  types::ReadStateContent content{anonymous_base(), {{Slice(to_bytes("time"))}}};
  return certification::encode_envelope(content, std::nullopt);
}

class ApiTest : public testing::Test {
 protected:
  io::HttpResponse send(std::string method, std::string target, Bytes body = {},
                        std::string content_type = "application/cbor") {
    io::HttpRequest request{std::move(method), std::move(target), {}, Slice(std::move(body)), ""};
    if (!content_type.empty()) request.headers.emplace_back("content-type", content_type);
    std::optional<io::HttpResponse> answer;
    int answers = 0;
    Api(node).handle(std::move(request), [&](io::HttpResponse response) {
      answer = std::move(response);
      ++answers;
    });
    EXPECT_EQ(answers, 1) << "every request is answered once";
    return std::move(answer).value_or(io::HttpResponse{});
  }
  io::HttpResponse post(const char* version, const char* action, Bytes body,
                        const CanisterId& canister = kCanister) {
    return send("POST",
                std::string("/api/") + version + "/canister/" + canister.text() + "/" + action,
                std::move(body));
  }
  static std::string field(const io::HttpResponse& response, std::string_view name) {
    const auto document = cbor::Document::parse(response.body);
    EXPECT_TRUE(document.ok());
    EXPECT_TRUE(document->self_described());
    const auto item = document->root().get(name);
    if (!item.ok()) return "absent";
    if (item->is(cbor::Kind::kBytes)) return std::string(as_text(*item->bytes()));
    if (item->is(cbor::Kind::kUnsigned)) return std::to_string(*item->u64());
    return std::string(*item->text());
  }

  FakeNode node;
};

TEST_F(ApiTest, status_tells_root_key_and_health) {
  const auto response = send("GET", "/api/v2/status", {}, "");
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(field(response, "root_key"), "root");
  EXPECT_EQ(field(response, "replica_health_status"), "healthy");
  EXPECT_EQ(field(response, "certified_height"), "9");
}

TEST_F(ApiTest, an_asynchronous_call_is_202_with_an_empty_body) {
  const auto response = post("v2", "call", call_body());
  EXPECT_EQ(response.status, 202u);
  EXPECT_TRUE(response.body.empty());
  EXPECT_EQ(node.submitted->call().method_name, "increment");
  EXPECT_EQ(ByteView(node.submitted->hash).size(), 32u);
}

TEST_F(ApiTest, synchronous_calls_answer_with_the_certificate_in_their_delegation_form) {
  EXPECT_EQ(field(post("v3", "call", call_body()), "certificate"), "form 0 /request_status");
  const auto v4 = post("v4", "call", call_body());
  EXPECT_EQ(field(v4, "status"), "replied");
  EXPECT_EQ(field(v4, "certificate"), "form 1 /request_status");
}

TEST_F(ApiTest, a_synchronous_call_that_takes_too_long_is_202) {
  node.times_out = true;
  const auto response = post("v4", "call", call_body());
  EXPECT_EQ(response.status, 202u);
  EXPECT_TRUE(response.body.empty());
}

TEST_F(ApiTest, a_finished_request_is_answered_from_the_state_without_a_second_submission) {
  node.state->terminal = true;
  EXPECT_EQ(post("v4", "call", call_body()).status, 200u);
  EXPECT_FALSE(node.submitted);
}

// Interface specification, "Request: Read state": the answer of a call is for its sender, who shows
// it by a signature.
TEST_F(ApiTest, a_finished_request_is_not_shown_to_whoever_cannot_sign_it) {
  node.state->terminal = true;
  node.auth_error = HttpError{400, "bad signature"};
  EXPECT_EQ(post("v4", "call", call_body()).status, 400u);
}

Bytes management_call(std::string method, Bytes arg) {
  types::CallContent content{anonymous_base(), types::management_canister(), std::move(method),
                             Slice(std::move(arg))};
  return certification::encode_envelope(content, std::nullopt);
}

// Interface specification, "Effective canister id": any principal for canister creation; agents
// take that of the management canister.
TEST_F(ApiTest, a_canister_can_be_created_at_the_management_canisters_own_path) {
  const char* create = "provisional_create_canister_with_cycles";
  const CanisterId management = types::management_canister();
  EXPECT_EQ(post("v4", "call", management_call(create, to_bytes("any")), management).status, 200u);
  EXPECT_EQ(post("v4", "call", management_call(create, to_bytes("any"))).status, 200u);
  EXPECT_EQ(post("v3", "read_state", read_state_request_body(), management).status, 200u);
  EXPECT_EQ(post("v4", "call", call_body(), management).status, 400u);
  EXPECT_EQ(post("v3", "query", query_request_body(), management).status, 400u);
  const CanisterId elsewhere = types::canister_id_from_index(11);
  EXPECT_EQ(post("v4", "call", management_call(create, {}), elsewhere).status, 400u);
}

// Interface specification, "Effective subnet id".
TEST_F(ApiTest, at_a_subnets_path_admins_create_canisters_and_list_them) {
  const auto at_subnet = [&](const char* action, const auto& content) {
    return send("POST",
                std::string("/api/") + (action[0] == 'c' ? "v4" : "v3") + "/subnet/" +
                    kSubnet.text() + "/" + action,
                certification::encode_envelope(content, std::nullopt));
  };
  const auto call = [&](std::string method) {
    return at_subnet("call", types::CallContent{anonymous_base(), types::management_canister(),
                                                std::move(method), Slice(to_bytes("DIDL\0\0"))});
  };
  const auto query = [&](const CanisterId& receiver, std::string method) {
    return at_subnet("query", types::QueryContent{anonymous_base(), receiver, std::move(method),
                                                  Slice(to_bytes("DIDL\0\0"))});
  };
  EXPECT_EQ(call("create_canister").status, 403u);
  EXPECT_EQ(call("provisional_create_canister_with_cycles").status, 403u);
  node.state->everybody_is_admin = true;
  EXPECT_EQ(call("create_canister").status, 200u);
  EXPECT_EQ(node.submitted->call().method_name, "create_canister");
  EXPECT_EQ(call("start_canister").status, 400u);
  EXPECT_EQ(query(types::management_canister(), "list_canisters").status, 200u);
  EXPECT_EQ(query(types::management_canister(), "canister_status").status, 400u);
  EXPECT_EQ(query(kCanister, "list_canisters").status, 400u);
}

// A method that names no canister gets its reject from the filter, which knows the methods.
TEST_F(ApiTest, a_management_call_that_names_no_canister_reaches_the_filter) {
  node.outcome = types::UserError{types::ErrorCode::kCanisterRejectedMessage, "refused by name"};
  const auto response = post("v4", "call", management_call("raw_rand", to_bytes("DIDL")));
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(field(response, "status"), "non_replicated_rejection");
  EXPECT_EQ(field(response, "reject_message"), "refused by name");
}

TEST_F(ApiTest, a_refusal_of_the_filter_is_a_200_with_its_codes) {
  node.outcome = types::UserError{types::ErrorCode::kCanisterRejectedMessage, "no"};
  const auto v4 = post("v4", "call", call_body());
  EXPECT_EQ(v4.status, 200u);
  EXPECT_EQ(field(v4, "status"), "non_replicated_rejection");
  EXPECT_EQ(field(v4, "reject_code"), "4");
  EXPECT_EQ(field(v4, "error_code"), "IC0406");
  EXPECT_EQ(field(v4, "reject_message"), "no");
  EXPECT_EQ(field(post("v2", "call", call_body()), "status"), "absent");
}

TEST_F(ApiTest, a_node_without_room_answers_503) {
  node.outcome = Submitted::kOverloaded;
  EXPECT_EQ(post("v4", "call", call_body()).status, 503u);
}

TEST_F(ApiTest, a_node_without_certified_state_answers_503) {
  node.state = nullptr;
  EXPECT_EQ(post("v4", "call", call_body()).status, 503u);
  EXPECT_EQ(post("v3", "query", query_request_body()).status, 503u);
  EXPECT_EQ(post("v3", "read_state", read_state_request_body()).status, 503u);
}

TEST_F(ApiTest, cheap_checks_come_before_signatures) {
  EXPECT_EQ(post("v4", "call", to_bytes("not cbor")).status, 400u);
  EXPECT_EQ(post("v4", "call", query_request_body()).status, 400u);
  EXPECT_EQ(post("v4", "call", call_body(types::canister_id_from_index(8))).status, 400u);
  const CanisterId elsewhere = types::canister_id_from_index(11);
  EXPECT_EQ(post("v4", "call", call_body(elsewhere), elsewhere).status, 400u);
  EXPECT_EQ(post("v4", "call", call_body(kCanister, 3 * kMiB)).status, 413u);
  EXPECT_EQ(node.authenticated, 0);
}

TEST_F(ApiTest, a_call_has_2_mib_and_every_body_5) {
  const auto sized = [](auto body_of, std::size_t size) {
    const std::size_t beside = body_of(kMiB).size() - kMiB;
    Bytes body = body_of(size - beside);
    EXPECT_EQ(body.size(), size);
    return body;
  };
  const auto call_of = [](std::size_t arg) { return call_body(kCanister, arg); };
  EXPECT_EQ(post("v4", "call", sized(call_of, 2 * kMiB)).status, 200u);
  const io::HttpResponse large = post("v4", "call", sized(call_of, 2 * kMiB + 1));
  EXPECT_EQ(large.status, 413u);
  EXPECT_EQ(as_text(large.body), "call larger than 2 MiB");

  const auto query_of = [](std::size_t arg) {
    const types::QueryContent content{anonymous_base(), kCanister, "get", Slice(Bytes(arg))};
    return certification::encode_envelope(content, std::nullopt);
  };
  EXPECT_EQ(post("v3", "query", sized(query_of, 5 * kMiB)).status, 200u);
  const io::HttpResponse larger = post("v3", "query", sized(query_of, 5 * kMiB + 1));
  EXPECT_EQ(larger.status, 413u);
  EXPECT_EQ(as_text(larger.body), "request body larger than 5 MiB");
}

TEST_F(ApiTest, the_body_must_be_cbor_by_its_type) {
  const std::string target = "/api/v4/canister/" + kCanister.text() + "/call";
  EXPECT_EQ(send("POST", target, call_body(), "application/json").status, 400u);
  EXPECT_EQ(send("POST", target, call_body(), "").status, 400u);
  EXPECT_EQ(send("POST", target, call_body(), "application/cbor; charset=x").status, 200u);
}

TEST_F(ApiTest, a_refused_signature_has_the_status_of_its_error) {
  node.auth_error = HttpError{403, "bad signature"};
  for (const auto& response :
       {post("v4", "call", call_body()), post("v3", "query", query_request_body()),
        post("v3", "read_state", read_state_request_body())}) {
    EXPECT_EQ(response.status, 403u);
    EXPECT_EQ(as_text(response.body), "bad signature");
  }
  EXPECT_FALSE(node.submitted);
}

// Interface specification, "Query call": the signature is over the hash of answer, time and id.
TEST_F(ApiTest, a_query_answer_carries_the_nodes_signature) {
  const auto response = post("v3", "query", query_request_body());
  EXPECT_EQ(field(response, "status"), "replied");
  const auto document = cbor::Document::parse(response.body);
  const auto signatures = document->root().get("signatures");
  ASSERT_TRUE(signatures.ok());
  ASSERT_EQ(signatures->size(), 1u);
  const cbor::Item signature = *signatures->first();
  EXPECT_EQ(*signature.get("timestamp")->u64(), 42u);
  EXPECT_EQ(as_text(*signature.get("signature")->bytes()), "signature");
  const auto parsed = certification::parse_envelope(Slice(query_request_body()));
  EXPECT_EQ(node.signed_hash, query_response_hash(node.answer, Time{42}, parsed->request_id));
}

// Vector of the reference sheet, section 6.5: replied "DIDL\0\0", timestamp 1, request id zero.
TEST(QueryResponse, hash_follows_the_specification) {
  const Bytes reply = *from_hex("4449444c0000");
  const QueryAnswer answer{types::Reply{Slice(reply)}, Time{1}};
  EXPECT_EQ(query_response_hash(answer, Time{1}, types::RequestId{}).hex(),
            "48d83ae265cd11782a652cf44ede6d742d0e352c50ca63ac851258d7d6a7fd1e");
}

TEST_F(ApiTest, a_rejected_query_is_signed_too) {
  node.answer.result = QueryReject{types::RejectCode::kCanisterError, "none",
                                   types::ErrorCode::kCanisterMethodNotFound};
  const auto response = post("v2", "query", query_request_body());
  EXPECT_EQ(response.status, 200u);
  EXPECT_EQ(field(response, "status"), "rejected");
  EXPECT_EQ(field(response, "reject_code"), "5");
  EXPECT_EQ(field(response, "error_code"), "IC0536");
}

TEST_F(ApiTest, read_state_answers_with_a_certificate_of_the_paths) {
  EXPECT_EQ(field(post("v2", "read_state", read_state_request_body()), "certificate"),
            "form 0 /time");
  EXPECT_EQ(field(post("v3", "read_state", read_state_request_body()), "certificate"),
            "form 1 /time");
  const auto subnet =
      send("POST", "/api/v3/subnet/" + kSubnet.text() + "/read_state", read_state_request_body());
  EXPECT_EQ(field(subnet, "certificate"), "form 2 /time");
  const auto other = send("POST", "/api/v3/subnet/2vxsx-fae/read_state", read_state_request_body());
  EXPECT_EQ(other.status, 400u);
}

TEST_F(ApiTest, browsers_of_any_origin_may_call) {
  const auto preflight = send("OPTIONS", "/api/v2/status", {}, "");
  EXPECT_EQ(preflight.status, 204u);
  const auto has_origin = [](const io::HttpResponse& response) {
    for (const auto& [name, value] : response.headers) {
      if (name == "access-control-allow-origin") return value == "*";
    }
    return false;
  };
  EXPECT_TRUE(has_origin(preflight));
  EXPECT_TRUE(has_origin(post("v4", "call", call_body())));
  EXPECT_TRUE(has_origin(post("v4", "call", to_bytes("not cbor"))));
}

TEST_F(ApiTest, unknown_versions_are_404_and_wrong_methods_405) {
  EXPECT_EQ(post("v5", "call", call_body()).status, 404u);
  EXPECT_EQ(send("GET", "/api/v4/canister/" + kCanister.text() + "/call").status, 405u);
}

}  // namespace
}  // namespace icpd::http
