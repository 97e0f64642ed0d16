// What nodes make of the responses they fetch. Interface specification, "IC method http_request":
// limits of responses, transform; reference 7.7.
#include "execution/http_response.hpp"

#include "execution/test_outcalls.hpp"

namespace icpd::execution {
namespace {

using namespace testing;

/// Methods are transforms, or not.
const std::string kTransforms = with_imports(R"(
  (func (export "canister_query echo")
    (call $arg_copy (i32.const 4096) (i32.const 0) (call $arg_size))
    (call $append (i32.const 4096) (call $arg_size))
    (call $reply))
  ;; One byte each: length of the caller, whether there is a certificate, whether it is replicated.
  (func (export "canister_query context")
    (i32.store8 (i32.const 0) (call $caller_size))
    (i32.store8 (i32.const 1) (call $has_certificate))
    (i32.store8 (i32.const 2) (call $replicated))
    (call $append (i32.const 0) (i32.const 3))
    (call $reply))
  (global $count (mut i32) (i32.const 0))
  (func (export "canister_query count")
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (call $reply_byte (global.get $count)))
  (func (export "canister_query trap") (call $trap (i32.const 0) (i32.const 0)))
  (func (export "canister_query reject") (call $reject (i32.const 256) (i32.const 2)))
  (func (export "canister_update update") (call $reply))
  (func (export "canister_composite_query composite") (call $reply))
  (func (export "canister_query calls")
    (call $call_new (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
  (data (i32.const 256) "no")
  (table 1 funcref))");

state::HttpRequest request_with(std::optional<std::string> method) {
  state::HttpRequest request;
  request.url = "https://example.com/";
  if (method) request.transform = {*method, Slice::copy_of(as_bytes("context"))};
  return request;
}

class HttpResponses : public ::testing::Test {
 protected:
  state::HttpOutcall outcall(state::HttpRequest request) const {
    types::Request call;
    call.sender = canister_;
    return {.call = Shared<types::Request>(call),
            .time = {},
            .request = std::move(request),
            .nodes = {},
            .allowance = {}};
  }
  FinishedResponse finish(const state::HttpOutcall& outcall, const HttpResponse& response) {
    return finish_response(subnet_.state, outcall, response, subnet_.environment);
  }
  std::string finished(state::HttpRequest request, const HttpResponse& response) {
    return TestSubnet::without_backtrace(
        text(finish(outcall(std::move(request)), response).payload));
  }
  std::string transformed(std::string method, const HttpResponse& response = {}) {
    return finished(request_with(std::move(method)), response);
  }
  std::string prefixed(std::string_view why) const {
    return "rejected 5: Error from Canister " + canister_.text() + ": " + std::string(why);
  }

  TestSubnet subnet_;
  CanisterId canister_ = subnet_.deploy(kTransforms);
};

HttpResponse response_of(std::size_t headers, std::size_t body) {
  return {.status = 200,
          .headers = {{"name", std::string(headers - 4, 'v')}},
          .body = Slice(Bytes(body))};
}

TEST(HttpSending, goes_over_https_only) {
  const auto check = [](std::string url) {
    state::HttpRequest request;
    request.url = std::move(url);
    const auto reject = check_before_sending(request);
    return reject ? text(types::ResponsePayload(*reject)) : "sent";
  };
  EXPECT_EQ(check("https://example.com"), "sent");
  EXPECT_EQ(check("HTTPS://example.com"), "sent");
  for (const char* url : {"http://example.com", "https:/example.com", "example.com", ""})
    EXPECT_EQ(check(url), "rejected 1: Url needs to specify https scheme") << url;
}

TEST(HttpSending, says_who_it_is_unless_the_canister_does) {
  state::HttpRequest request;
  request.headers = {{"accept", "*/*"}};
  const std::vector<state::HttpHeader> with = {{"accept", "*/*"}, {"user-agent", "ic/1.0"}};
  EXPECT_EQ(headers_to_send(request), with);
  request.headers.push_back({"User-Agent", "mine"});
  EXPECT_EQ(headers_to_send(request), request.headers);
}

TEST_F(HttpResponses, without_a_transform_are_given_as_they_are) {
  const HttpResponse response{
      .status = 404, .headers = {{"a", "1"}, {"b", "2"}}, .body = Slice::copy_of(as_bytes("gone"))};
  const auto finished = finish(outcall(request_with(std::nullopt)), response);
  const auto& reply = std::get<types::Reply>(finished.payload).data;
  const auto decoded = codec::candid::decode_arg<management::HttpRequestResult>(reply);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->status, 404U);
  ASSERT_EQ(decoded->headers.size(), 2U);
  EXPECT_EQ(decoded->headers[1], (management::HttpHeaderArg{"b", "2"}));
  EXPECT_EQ(as_text(decoded->body), "gone");
  EXPECT_EQ(finished.instructions, 0U);
}

TEST_F(HttpResponses, keep_the_callers_limit) {
  state::HttpRequest request = request_with(std::nullopt);
  request.max_response_bytes = 100;
  EXPECT_TRUE(finished(request, response_of(100, 0)).starts_with("reply "));
  EXPECT_EQ(finished(request, response_of(101, 0)),
            "rejected 1: Header size exceeds specified response size limit 100");
  EXPECT_TRUE(finished(request, response_of(40, 60)).starts_with("reply "));
  EXPECT_EQ(finished(request, response_of(40, 61)),
            "rejected 1: Http body exceeds size limit of 100 bytes.");
  request.max_response_bytes.reset();
  EXPECT_TRUE(finished(request, response_of(10, 1'999'990)).starts_with("reply "));
  EXPECT_EQ(finished(request, response_of(10, 1'999'991)),
            "rejected 1: Http body exceeds size limit of 2000000 bytes.");
}

TEST_F(HttpResponses, keep_the_limits_of_headers) {
  HttpResponse many;
  many.headers.assign(64, {"n", "v"});
  EXPECT_TRUE(finished(request_with(std::nullopt), many).starts_with("reply "));
  many.headers.push_back({"n", "v"});
  EXPECT_EQ(finished(request_with(std::nullopt), many),
            "rejected 1: number of all http headers 65 exceeds 64");
  EXPECT_EQ(finished(request_with(std::nullopt), response_of(4 + 8193, 0)),
            "rejected 1: number of bytes to represent some http header value 8193 exceeds 8192");
}

TEST_F(HttpResponses, are_given_to_the_transform_with_its_context) {
  const HttpResponse response{
      .status = 200, .headers = {{"date", "today"}}, .body = Slice::copy_of(as_bytes("body"))};
  const auto finished = finish(outcall(request_with("echo")), response);
  const auto& reply = std::get<types::Reply>(finished.payload).data;
  const auto args = codec::candid::decode_arg<management::HttpTransformArgs>(reply);
  ASSERT_TRUE(args.ok());
  EXPECT_EQ(as_text(args->context), "context");
  EXPECT_EQ(args->response.status, 200U);
  EXPECT_EQ(args->response.headers[0].value, "today");
  EXPECT_EQ(as_text(args->response.body), "body");
  EXPECT_GT(finished.instructions, 0U);
}

TEST_F(HttpResponses, the_transform_is_called_by_the_management_canister_without_a_certificate) {
  EXPECT_EQ(transformed("context"), "reply " + std::string("\0\0\0", 3));
}

TEST_F(HttpResponses, what_a_transform_changes_is_dropped) {
  EXPECT_EQ(transformed("count"), "reply \x01");
  EXPECT_EQ(transformed("count"), "reply \x01");
}

TEST_F(HttpResponses, a_transform_may_fail) {
  EXPECT_EQ(transformed("trap"), prefixed("Canister called `ic0.trap` with message: "));
  EXPECT_EQ(transformed("reject"), "rejected 4: no");
  EXPECT_EQ(transformed("calls"),
            prefixed("Canister violated contract: \"ic0.call_new\" cannot be executed in "
                     "transform mode"));
  EXPECT_EQ(transformed("nothing"), prefixed("Canister has no query method 'nothing'."));
  EXPECT_EQ(transformed("update"), prefixed("Canister has no query method 'update'."));
  EXPECT_EQ(transformed("composite"),
            "rejected 5: Composite query cannot be called in replicated mode: 'composite'");
}

TEST_F(HttpResponses, a_transform_gives_no_more_than_the_caller_wants) {
  state::HttpRequest request = request_with("echo");
  const std::size_t size = transformed("echo").size() - std::string("reply ").size();
  request.max_response_bytes = size;
  EXPECT_TRUE(finished(request, {}).starts_with("reply "));
  request.max_response_bytes = size - 1;
  EXPECT_EQ(finished(request, {}),
            "rejected 1: Transformed http response exceeds limit: " + std::to_string(size - 1));
}

// A committee's responses are put together, so each has to be one.
TEST_F(HttpResponses, a_transform_for_a_committee_gives_a_response) {
  state::HttpOutcall asked = outcall(request_with("context"));
  asked.replication = state::HttpReplication::kCommittee;
  EXPECT_TRUE(text(finish(asked, {}).payload)
                  .starts_with("rejected 5: The transform's reply is not an HTTP response: "));
}

}  // namespace
}  // namespace icpd::execution
