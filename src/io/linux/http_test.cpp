#include <condition_variable>
#include <future>
#include <gtest/gtest.h>
#include <mutex>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "io/linux/http_client.hpp"
#include "io/linux/http_server.hpp"

namespace icpd::io::linux {
namespace {

constexpr Duration kDeadline = Duration::seconds(30);

/// A client that sends exactly these bytes.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    const timeval deadline{.tv_sec = 30, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
  }
  ~RawClient() { ::close(socket_); }
  RawClient(const RawClient&) = delete;

  RawClient& send(std::string_view text) {
    EXPECT_EQ(::send(socket_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
    return *this;
  }
  /// Everything until the server closes.
  std::string read_to_end() {
    while (receive() > 0) {
    }
    return std::move(received_);
  }
  /// Everything up to and with `end`.
  std::string read_until(std::string_view end) {
    while (received_.find(end) == std::string::npos && receive() > 0) {
    }
    const std::size_t size = std::min(received_.size(), received_.find(end) + end.size());
    std::string head = received_.substr(0, size);
    received_.erase(0, size);
    return head;
  }

 private:
  ssize_t receive() {
    char buffer[4096];
    const ssize_t n = ::recv(socket_, buffer, sizeof buffer, 0);
    if (n > 0) received_.append(buffer, static_cast<std::size_t>(n));
    return n;
  }
  int socket_;
  std::string received_;
};

HttpResponse text(std::string body) {
  return HttpResponse{
      .status = 200, .content_type = "text/plain", .headers = {}, .body = Slice(to_bytes(body))};
}

/// Answers with what was asked.
void echo(HttpRequest request, HttpResponder respond) {
  std::string answer = request.method + " " + request.target + " ";
  answer += as_text(request.body);
  respond(text(answer));
}

std::unique_ptr<HttpServer> serve(HttpHandler handler, HttpServerConfig config = {}) {
  auto server = HttpServer::start(std::move(config), std::move(handler));
  EXPECT_TRUE(server.ok()) << server.error().message;
  return std::move(server).value();
}

HttpRequest get(std::string target) {
  return HttpRequest{
      .method = "GET", .target = std::move(target), .headers = {}, .body = {}, .peer = {}};
}
HttpRequest post(std::string target, Bytes body) {
  return HttpRequest{.method = "POST",
                     .target = std::move(target),
                     .headers = {},
                     .body = Slice(std::move(body)),
                     .peer = {}};
}

std::string body_of(const HttpOutcome& outcome) {
  if (!outcome.ok()) return "failed: " + outcome.error().message;
  return std::string(as_text(outcome->body));
}

TEST(HttpServer, gives_the_handler_the_whole_request) {
  HttpRequest seen;
  const auto server = serve([&](HttpRequest request, HttpResponder respond) {
    seen = std::move(request);
    respond(text("ok"));
  });
  RawClient client(server->port());
  client.send(
      "POST /a/b?c=d HTTP/1.1\r\nHost: x\r\nX-Thing:  one two \r\nContent-Length: 3\r\n\r\n");
  client.send("abc");
  EXPECT_EQ(client.read_until("ok"),
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, "/a/b?c=d");
  EXPECT_EQ(seen.path(), "/a/b");
  EXPECT_EQ(seen.header("x-thing"), "one two");
  EXPECT_EQ(as_text(seen.body), "abc");
  EXPECT_EQ(seen.peer, "127.0.0.1");
}

TEST(HttpServer, answers_pipelined_requests_in_order_also_when_answers_come_late) {
  std::mutex mutex;
  std::vector<HttpResponder> waiting;
  std::condition_variable changed;
  const auto server = serve([&](HttpRequest request, HttpResponder respond) {
    const std::lock_guard lock(mutex);
    if (request.target == "/late") {
      waiting.push_back(std::move(respond));
      changed.notify_all();
    } else {
      respond(text(request.target));
    }
  });
  RawClient client(server->port());
  client.send("GET /late HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n");
  std::thread later([&] {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return !waiting.empty(); });
    waiting.front()(text("late"));
  });
  later.join();
  const std::string all = client.read_until("/3");
  EXPECT_LT(all.find("\r\nlate"), all.find("\r\n/2"));
  EXPECT_LT(all.find("\r\n/2"), all.find("\r\n/3"));
}

TEST(HttpServer, reads_a_chunked_body) {
  const auto server = serve(echo);
  RawClient client(server->port());
  client.send("POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n");
  client.send("0\r\n\r\n");
  EXPECT_NE(client.read_until("abcde").find("POST /c abcde"), std::string::npos);
}

TEST(HttpServer, tells_a_client_that_asks_first_to_go_on) {
  const auto server = serve(echo);
  RawClient client(server->port());
  client.send("POST /c HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_NE(client.read_until("abc").find("200 OK"), std::string::npos);
}

TEST(HttpServer, closes_when_the_client_wants_it) {
  const auto server = serve(echo);
  RawClient modern(server->port());
  modern.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_NE(modern.read_to_end().find("connection: close\r\n\r\nGET / "), std::string::npos);
  RawClient old(server->port());
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_NE(old.read_to_end().find("connection: close"), std::string::npos);
}

TEST(HttpServer, sends_no_body_for_head_and_204) {
  const auto server = serve([](HttpRequest request, HttpResponder respond) {
    HttpResponse response = text("abc");
    if (request.target == "/none") response.status = 204;
    respond(std::move(response));
  });
  RawClient client(server->port());
  client.send("HEAD / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.read_until("\r\n\r\n").ends_with("content-length: 3\r\n\r\n"));
  client.send("GET /none HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read_to_end(),
            "HTTP/1.1 204 No Content\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n");
}

TEST(HttpServer, refuses_what_it_says_it_refuses) {
  const auto server = serve(echo, {.head_size_max = 1000, .body_size_max = 10});
  const struct {
    std::string request;
    const char* status;
  } rows[] = {
      {"nonsense\r\n\r\n", "400 Bad Request"},
      {"GET / HTTP/2.0\r\n\r\n", "400 Bad Request"},
      {std::string("GET / HTTP/1.1\r\nA: \x01\r\n\r\n"), "400 Bad Request"},
      {"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400 Bad Request"},
      {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400 Bad Request"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "400 Bad Request"},
      {"GET /" + std::string(1000, 'x') + " HTTP/1.1\r\n\r\n",
       "431 Request Header Fields Too Large"},
      {"POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n", "413 Payload Too Large"},
      {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n",
       "413 Payload Too Large"},
  };
  for (const auto& row : rows) {
    RawClient client(server->port());
    const std::string answer = client.send(row.request).read_to_end();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 " + std::string(row.status) + "\r\n"))
        << row.request << " -> " << answer;
    EXPECT_NE(answer.find("connection: close\r\n"), std::string::npos);
    const std::size_t body = answer.find("\r\n\r\n") + 4;
    EXPECT_GT(answer.size(), body + 10) << "says why: " << answer;
    EXPECT_TRUE(answer.ends_with('\n')) << answer;
  }
}

TEST(HttpServer, lets_a_client_read_the_refusal_of_a_body_that_it_is_still_sending) {
  const auto server = serve(echo, {.body_size_max = 10});
  const auto client = HttpClient::start();
  const auto outcome =
      client->fetch({"127.0.0.1", server->port()}, post("/", Bytes(4 * kMiB)), kDeadline);
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  EXPECT_EQ(outcome->status, 413u);
}

TEST(HttpServer, gives_slow_senders_up) {
  const auto server = serve(echo, {.receive_time_max = Duration::milliseconds(1)});
  RawClient slow(server->port());
  slow.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc");
  const std::string answer = slow.read_to_end();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n")) << answer;
  EXPECT_NE(answer.find("\r\n\r\nthe request wasn't complete within"), std::string::npos) << answer;
}

TEST(HttpServer, closes_idle_connections) {
  const auto server = serve(echo, {.idle_time_max = Duration::milliseconds(1)});
  RawClient idle(server->port());
  EXPECT_EQ(idle.read_to_end(), "");
}

TEST(HttpServer, turns_connections_away_over_its_limits) {
  for (const HttpServerConfig& config : {HttpServerConfig{.connections_max = 2},
                                         HttpServerConfig{.connections_per_address_max = 2}}) {
    const auto server = serve(echo, config);
    RawClient one(server->port());
    RawClient two(server->port());
    two.send("GET / HTTP/1.1\r\n\r\n").read_until("GET /");
    RawClient three(server->port());
    EXPECT_TRUE(three.read_to_end().starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    one.send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_NE(one.read_until("GET /").find("200 OK"), std::string::npos);
  }
}

TEST(HttpServer, limits_the_rate_of_an_address) {
  const auto server = serve(echo, {.requests_per_second = 1, .requests_burst = 2});
  RawClient client(server->port());
  for (const char* status : {"200 OK", "200 OK", "429 Too Many Requests"}) {
    client.send("HEAD / HTTP/1.1\r\n\r\n");
    EXPECT_NE(client.read_until("\r\n\r\n").find(status), std::string::npos);
  }
}

TEST(HttpServer, answers_500_for_a_responder_that_is_dropped) {
  const auto server = serve([](const HttpRequest&, const HttpResponder&) {});
  RawClient client(server->port());
  client.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 500 Internal Server Error"));
}

TEST(HttpServer, leaves_out_headers_that_would_split_the_answer) {
  const auto server = serve([](const HttpRequest&, HttpResponder respond) {
    HttpResponse response = text("x");
    response.headers = {{"a", "b\r\nevil: 1"}, {"good", "1"}};
    respond(std::move(response));
  });
  RawClient client(server->port());
  const std::string head = client.send("GET / HTTP/1.1\r\n\r\n").read_until("\r\n\r\n");
  EXPECT_EQ(head.find("evil"), std::string::npos);
  EXPECT_NE(head.find("good: 1"), std::string::npos);
}

TEST(HttpServer, is_outlived_by_responders) {
  std::promise<HttpResponder> kept;
  auto server =
      serve([&](const HttpRequest&, HttpResponder respond) { kept.set_value(std::move(respond)); });
  RawClient client(server->port());
  client.send("GET / HTTP/1.1\r\n\r\n");
  HttpResponder respond = kept.get_future().get();
  server.reset();
  EXPECT_EQ(client.read_to_end(), "");
  respond(text("too late"));
}

TEST(HttpServer, drains_by_answering_what_was_asked) {
  std::promise<HttpResponder> kept;
  const auto server =
      serve([&](const HttpRequest&, HttpResponder respond) { kept.set_value(std::move(respond)); });
  RawClient idle(server->port());
  RawClient asking(server->port());
  asking.send("GET / HTTP/1.1\r\n\r\n");
  HttpResponder respond = kept.get_future().get();
  std::thread draining([&] { server->drain(kDeadline); });
  EXPECT_EQ(idle.read_to_end(), "");
  respond(text("bye"));
  EXPECT_TRUE(asking.read_to_end().ends_with("connection: close\r\n\r\nbye"));
  draining.join();
}

TEST(HttpServer, names_an_address_that_is_taken) {
  const auto first = serve(echo);
  const auto second = HttpServer::start({.port = first->port()}, echo);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message,
            "HTTP address 127.0.0.1:" + std::to_string(first->port()) + ": Address already in use");
}

TEST(HttpClient, gets_answers_one_after_the_other_and_at_the_same_time) {
  const auto server = serve(echo);
  const auto client = HttpClient::start();
  const HttpEndpoint endpoint{"127.0.0.1", server->port()};
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(body_of(client->fetch(endpoint, get("/a"), kDeadline)), "GET /a ");
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t answered = 0;
  constexpr std::size_t kRequests = 200;
  for (std::size_t i = 0; i < kRequests; ++i) {
    client->send(endpoint, post("/b", to_bytes(std::to_string(i))), kDeadline,
                 [&, i](HttpOutcome outcome) {
                   const std::lock_guard lock(mutex);
                   EXPECT_EQ(body_of(outcome), "POST /b " + std::to_string(i));
                   ++answered;
                   changed.notify_all();
                 });
  }
  std::unique_lock lock(mutex);
  EXPECT_TRUE(
      changed.wait_for(lock, std::chrono::seconds(30), [&] { return answered == kRequests; }));
}

TEST(HttpClient, sends_headers_and_gives_those_of_the_answer) {
  const auto server = serve([](HttpRequest request, HttpResponder respond) {
    HttpResponse response = text(std::string(request.header("x-question")));
    response.headers = {{"X-Answer", "42"}};
    respond(std::move(response));
  });
  const auto client = HttpClient::start();
  HttpRequest request = get("/");
  request.headers = {{"x-question", "why"}};
  const auto outcome = client->fetch({"localhost", server->port()}, request, kDeadline);
  ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  EXPECT_EQ(as_text(outcome->body), "why");
  EXPECT_EQ(outcome->content_type, "text/plain");
  EXPECT_EQ(outcome->headers,
            (std::vector<std::pair<std::string, std::string>>{{"x-answer", "42"}}));
}

TEST(HttpClient, tells_a_server_that_is_not_there_from_one_that_does_not_answer) {
  const auto client = HttpClient::start();
  std::uint16_t port = 0;
  {
    const auto gone = serve(echo);
    port = gone->port();
  }
  const auto refused = client->fetch({"127.0.0.1", port}, get("/"), kDeadline);
  ASSERT_FALSE(refused.ok());
  EXPECT_TRUE(refused.error().never_sent);
  HttpResponder kept;
  const auto silent =
      serve([&](const HttpRequest&, HttpResponder respond) { kept = std::move(respond); });
  const auto late =
      client->fetch({"127.0.0.1", silent->port()}, get("/"), Duration::milliseconds(50));
  ASSERT_FALSE(late.ok());
  EXPECT_FALSE(late.error().never_sent);
}

TEST(HttpClient, replaces_a_kept_connection_that_the_server_closed) {
  auto server = serve(echo);
  const auto client = HttpClient::start();
  const HttpEndpoint endpoint{"127.0.0.1", server->port()};
  EXPECT_EQ(body_of(client->fetch(endpoint, get("/1"), kDeadline)), "GET /1 ");
  server.reset();
  server = serve(echo, {.port = endpoint.port});
  EXPECT_EQ(body_of(client->fetch(endpoint, get("/2"), kDeadline)), "GET /2 ");
}

TEST(HttpClient, fails_what_is_under_way_when_it_goes) {
  HttpResponder kept;
  std::promise<void> asked;
  const auto silent = serve([&](const HttpRequest&, HttpResponder respond) {
    kept = std::move(respond);
    asked.set_value();
  });
  auto client = HttpClient::start();
  std::string message;
  client->send({"127.0.0.1", silent->port()}, get("/"), kDeadline,
               [&](const HttpOutcome& outcome) { message = outcome.error().message; });
  asked.get_future().get();
  client.reset();
  EXPECT_TRUE(message.ends_with("client is closed")) << message;
}

TEST(HttpClient, reads_where_a_url_points) {
  EXPECT_EQ(endpoint_of("http://localhost:8000").value(), (HttpEndpoint{"localhost", 8000}));
  EXPECT_EQ(endpoint_of("http://a.b/c:9/").value(), (HttpEndpoint{"a.b", 80}));
  EXPECT_EQ(endpoint_of("http://[::1]:8/x").value(), (HttpEndpoint{"::1", 8}));
  EXPECT_EQ(endpoint_of("http://[::1]").value(), (HttpEndpoint{"::1", 80}));
  for (const char* bad : {"https://x", "x", "http://", "http://x:", "http://x:70000", "http://:1",
                          "http://x:1y", "http://[::1"})
    EXPECT_FALSE(endpoint_of(bad).ok()) << bad;
}

}  // namespace
}  // namespace icpd::io::linux
