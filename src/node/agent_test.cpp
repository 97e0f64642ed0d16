#include "node/agent.hpp"

#include <gtest/gtest.h>

#include "certification/envelope.hpp"
#include "certification/request_auth.hpp"
#include "certification/test_subnet.hpp"
#include "codec/der.hpp"
#include "node/agent_answers.hpp"

namespace icpd::node {
namespace {

namespace cbor = codec::cbor;
using certification::branch;
using certification::entry;
using certification::HashTree;
using certification::TestSubnet;
using Kind = AgentError::Kind;

constexpr Time kNow = Time::from_seconds(1'700'000'000);

class FixedClock final : public io::Clock {
 public:
  Time time = kNow;
  Time now() override { return time; }
  Duration monotonic() override { return {}; }
};
class CountingEntropy final : public io::Entropy {
 public:
  void fill(MutableByteView out) override {
    for (auto& byte : out)
      byte = next_++;
  }

 private:
  std::uint8_t next_ = 1;
};

/// Answers as a node of the test subnet would, unless a test bends it.
class FakeServer final : public Transport {
 public:
  explicit FakeServer(FixedClock& clock) : clock_(clock) {}

  Result<io::HttpResponse> send(io::HttpRequest request) override {
    targets.push_back(request.target);
    envelope = certification::parse_envelope(request.body).value();
    ids.push_back(envelope.request_id);
    if (ids.size() <= lost) return Err("the connection was lost");
    if (status != 200) return io::HttpResponse{.status = status, .body = body};
    if (request.target.ends_with("/call")) return call();
    if (request.target.ends_with("/query")) return ok(query_body());
    return ok(wrap(certificate(read_tree())));
  }
  void pause(Duration time) override {
    clock_.time = clock_.time + time * kTimesSlower;
    ++pauses;
  }

  /// How much later a pause ends than it should: a few make a request expire.
  static constexpr std::int64_t kTimesSlower = 100;

  std::vector<std::string> targets;
  types::Envelope envelope;
  std::vector<types::RequestId> ids;
  /// The first requests get no answer.
  std::size_t lost = 0;
  unsigned status = 200;
  Slice body;
  TestSubnet subnet;
  bool answers_at_once = true;
  int polls_until_answer = 0;
  int pauses = 0;
  /// 0: no reject.
  std::uint8_t reject_code = 0;
  Time certified_time = kNow;
  bool tampered = false;
  bool query_signed_by_stranger = false;
  crypto::Ed25519SecretKey node_key{crypto::Ed25519SecretKey::Seed(Bytes(32, 9))};

 private:
  static io::HttpResponse ok(Bytes bytes) {
    return {.status = 200,
            .content_type = "application/cbor",
            .headers = {},
            .body = Slice(std::move(bytes))};
  }
  static Bytes wrap(ByteView certificate) {
    cbor::Writer w;
    w.self_describe().map(2).text("status").text("replied").text("certificate").bytes(certificate);
    return std::move(w).finish();
  }
  Bytes certificate(HashTree tree) {
    Bytes bytes = subnet.certificate(std::move(tree)).encode();
    const auto at = std::string(as_text(bytes)).find("the answer");
    if (tampered && at != std::string::npos) bytes[at] ^= 1;
    return bytes;
  }
  HashTree status_tree(const types::RequestId& id) {
    std::vector<HashTree> leaves;
    if (reject_code != 0) {
      leaves = {entry("error_code", as_bytes("IC0503")), entry("reject_code", Bytes{reject_code}),
                entry("reject_message", as_bytes("no")), entry("status", as_bytes("rejected"))};
    } else {
      leaves = {entry("reply", as_bytes("the answer")), entry("status", as_bytes("replied"))};
    }
    return HashTree::level({branch(as_bytes("request_status"), {branch(id, std::move(leaves))}),
                            certification::time_entry(certified_time)});
  }
  io::HttpResponse call() {
    asked_ = envelope.request_id;
    if (!answers_at_once) return {.status = 202};
    return ok(wrap(certificate(status_tree(asked_))));
  }
  types::Principal node_id() const { return types::Principal::self_authenticating(node_der()); }
  Bytes node_der() const {
    return codec::der::wrap_public_key(codec::der::KeyAlgorithm::kEd25519, node_key.public_key());
  }
  HashTree read_tree() {
    const auto& content = std::get<types::ReadStateContent>(envelope.content);
    const std::string_view first = as_text(content.paths[0][0]);
    if (first == "request_status" && polls_until_answer-- <= 0) return status_tree(asked_);
    if (first == "subnet") {
      HashTree node = branch(node_id().view(), {entry("public_key", node_der())});
      return HashTree::level(
          {branch(as_bytes("subnet"),
                  {branch(subnet.id.view(), {branch(as_bytes("node"), {std::move(node)})})}),
           certification::time_entry(certified_time)});
    }
    return HashTree::level({certification::time_entry(certified_time)});
  }
  Bytes query_body() {
    QueryReply reply;
    reply.replied = true;
    reply.reply = Slice(to_bytes("the answer"));
    const auto signature =
        node_key.sign(signed_query_reply(reply, certified_time, envelope.request_id));
    cbor::Writer w;
    w.self_describe().map(3).text("status").text("replied");
    w.text("reply").map(1).text("arg").bytes(as_bytes(tampered ? "The answer" : "the answer"));
    w.text("signatures").array(1).map(3);
    w.text("timestamp").unsigned_integer(certified_time.ns);
    w.text("signature").bytes(signature);
    w.text("identity")
        .bytes(query_signed_by_stranger ? types::Principal::anonymous().view() : node_id().view());
    return std::move(w).finish();
  }

  FixedClock& clock_;
  types::RequestId asked_;
};

class AgentTest : public testing::Test {
 protected:
  AgentResult<Slice> update() { return agent_.update(Call::to(canister_, "method", {1, 2})); }
  AgentResult<Slice> query() { return agent_.query(Call::to(canister_, "method", {1, 2})); }
  static Kind kind(const AgentResult<Slice>& result) {
    EXPECT_FALSE(result.ok());
    return result.ok() ? Kind::kUnreachable : result.error().kind;
  }

  types::CanisterId canister_ = types::canister_id_from_index(0x123);
  FixedClock clock_;
  CountingEntropy entropy_;
  FakeServer server_{clock_};
  Agent agent_{{server_, clock_, entropy_, server_.subnet.root()},
               Identity(new_secret_key(KeyKind::kEd25519, entropy_))};
};

TEST_F(AgentTest, gives_the_certified_reply_of_a_call) {
  const auto reply = update();
  ASSERT_TRUE(reply.ok()) << reply.error().message;
  EXPECT_EQ(as_text(*reply), "the answer");
  EXPECT_EQ(server_.targets,
            std::vector<std::string>{"/api/v4/canister/" + canister_.text() + "/call"});
}

TEST_F(AgentTest, signs_what_it_sends_so_that_a_node_accepts_it) {
  ASSERT_TRUE(update().ok());
  EXPECT_TRUE(certification::verify_request(server_.envelope, kNow, server_.subnet.root()).ok());
  EXPECT_TRUE(
      certification::check_expiry(server_.envelope, kNow, certification::latest_expiry(kNow)).ok());
  EXPECT_EQ(server_.envelope.base().sender, agent_.identity().principal());
  const auto first = server_.envelope.request_id;
  ASSERT_TRUE(update().ok());
  EXPECT_NE(server_.envelope.request_id, first) << "the same call twice is two requests";
}

TEST_F(AgentTest, asks_again_until_a_slow_call_has_ended) {
  server_.answers_at_once = false;
  server_.polls_until_answer = 3;
  const auto reply = update();
  ASSERT_TRUE(reply.ok()) << reply.error().message;
  EXPECT_EQ(as_text(*reply), "the answer");
  EXPECT_EQ(server_.pauses, 3);
}

TEST_F(AgentTest, sends_the_same_request_again_when_the_connection_is_lost) {
  server_.lost = 3;
  const auto reply = update();
  ASSERT_TRUE(reply.ok()) << reply.error().message;
  ASSERT_EQ(server_.ids.size(), 4U);
  EXPECT_EQ(server_.ids.front(), server_.ids.back()) << "another id would be another call";
}

TEST_F(AgentTest, gives_up_when_no_server_answers) {
  server_.lost = 1'000'000;
  EXPECT_EQ(kind(update()), Kind::kUnreachable);
  EXPECT_LT(server_.ids.size(), 20U);
}

TEST_F(AgentTest, gives_up_when_the_request_has_expired) {
  server_.answers_at_once = false;
  server_.polls_until_answer = 1'000'000;
  EXPECT_EQ(kind(update()), Kind::kTimeout);
}

TEST_F(AgentTest, names_the_reject) {
  server_.reject_code = 5;
  const auto reply = update();
  EXPECT_EQ(kind(reply), Kind::kRejected);
  EXPECT_EQ(reply.error().message, "failed: no (IC0503)");
  EXPECT_EQ(reply.error().error_code, "IC0503");
}

TEST_F(AgentTest, believes_no_changed_answer) {
  server_.tampered = true;
  EXPECT_EQ(kind(update()), Kind::kUntrusted);
  EXPECT_EQ(kind(query()), Kind::kUntrusted);
}

TEST_F(AgentTest, believes_no_other_root_key) {
  Agent agent({server_, clock_, entropy_, {server_.subnet.key.public_key()}}, Identity());
  EXPECT_EQ(kind(agent.update(Call::to(canister_, "method", {}))), Kind::kUntrusted);
}

TEST_F(AgentTest, believes_no_subnet_about_canisters_of_others) {
  canister_ = types::canister_id_from_index(0x1123);
  EXPECT_EQ(kind(update()), Kind::kUntrusted);
}

TEST_F(AgentTest, believes_no_old_answer) {
  server_.certified_time = kNow - Duration::minutes(6);
  EXPECT_EQ(kind(update()), Kind::kUntrusted);
  EXPECT_EQ(kind(query()), Kind::kUntrusted);
}

TEST_F(AgentTest, checks_a_querys_signature_against_the_certified_nodes) {
  const auto reply = query();
  ASSERT_TRUE(reply.ok()) << reply.error().message;
  EXPECT_EQ(as_text(*reply), "the answer");
  EXPECT_EQ(server_.targets.size(), 3U);
  ASSERT_TRUE(query().ok());
  EXPECT_EQ(server_.targets.size(), 4U) << "the nodes are asked for once";
}

TEST_F(AgentTest, believes_no_query_signed_by_a_stranger) {
  server_.query_signed_by_stranger = true;
  EXPECT_EQ(kind(query()), Kind::kUntrusted);
}

TEST_F(AgentTest, passes_on_what_a_node_refuses) {
  server_.status = 413;
  server_.body = Slice(to_bytes("too large"));
  const auto reply = update();
  EXPECT_EQ(kind(reply), Kind::kRefused);
  EXPECT_EQ(reply.error().message, "the node answered 413: too large");
}

TEST_F(AgentTest, takes_any_bytes_for_an_answer) {
  for (const char* hex : {"", "00", "d9d9f7a0", "a1667374617475736772657064"}) {
    const Slice body(*from_hex(hex));
    EXPECT_FALSE(parse_query_reply(body).ok());
    EXPECT_FALSE(parse_call_reply(body).ok());
    EXPECT_FALSE(parse_read_state_reply(body).ok());
  }
}

}  // namespace
}  // namespace icpd::node
