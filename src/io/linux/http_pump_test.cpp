#include "io/linux/http_pump.hpp"

#include <gtest/gtest.h>

#include "io/linux/http_server.hpp"

namespace icpd::io::linux {
namespace {

/// Sends the numbers from 0 on, until so many are answered.
class Numbers final : public PumpDriver {
 public:
  explicit Numbers(std::size_t count) : count_(count) {}

  std::optional<Slice> next(PumpConnection connection) override {
    busy.resize(std::max(busy.size(), connection.number + 1));
    EXPECT_FALSE(busy[connection.number]) << "one request at a time";
    if (sent_ == count_) return std::nullopt;
    busy[connection.number] = true;
    const std::string body = std::to_string(sent_++);
    return Slice(to_bytes(post_head("/", "localhost", "text/plain", body.size()) + body));
  }
  void answered(PumpConnection connection, unsigned status, Slice body) override {
    busy[connection.number] = false;
    statuses.push_back(status);
    bodies.emplace_back(as_text(body));
  }
  void lost(PumpConnection connection) override {
    busy[connection.number] = false;
    ++losses;
  }
  bool is_finished() override { return statuses.size() + losses == count_; }

  std::vector<bool> busy;
  std::vector<unsigned> statuses;
  std::vector<std::string> bodies;
  std::size_t losses = 0;

 private:
  std::size_t count_;
  std::size_t sent_ = 0;
};

/// A server that answers with what came, and with 503 to "7".
std::unique_ptr<HttpServer> start_server(std::size_t body_size_max) {
  HttpServerConfig config;
  config.body_size_max = body_size_max;
  auto server = HttpServer::start(config, [](HttpRequest request, HttpResponder respond) {
    respond(HttpResponse{.status = as_text(request.body) == "7" ? 503U : 200U,
                         .content_type = "text/plain",
                         .headers = {},
                         .body = request.body});
  });
  return std::move(server).value();
}

TEST(HttpPump, sends_one_request_at_a_time_on_each_connection_and_gives_every_answer) {
  const auto server = start_server(100);
  Numbers numbers(50);
  HttpPump::make({{"127.0.0.1", server->port()}}, 3).value()->run(numbers);
  std::sort(numbers.bodies.begin(), numbers.bodies.end());
  std::vector<std::string> expected;
  for (int i = 0; i < 50; ++i)
    expected.push_back(std::to_string(i));
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(numbers.bodies, expected);
  EXPECT_EQ(std::count(numbers.statuses.begin(), numbers.statuses.end(), 503U), 1);
  EXPECT_EQ(numbers.busy.size(), 3U);
}

TEST(HttpPump, opens_a_connection_anew_that_the_server_closed) {
  const auto server = start_server(1);  // closes on a body of two digits
  Numbers numbers(14);
  HttpPump::make({{"127.0.0.1", server->port()}}, 1).value()->run(numbers);
  EXPECT_EQ(std::count(numbers.statuses.begin(), numbers.statuses.end(), 413U), 4);
  EXPECT_EQ(std::count(numbers.statuses.begin(), numbers.statuses.end(), 200U), 9);
}

TEST(HttpPump, wants_numeric_addresses_and_connections) {
  EXPECT_FALSE(HttpPump::make({{"localhost", 80}}, 1).ok());
  EXPECT_FALSE(HttpPump::make({{"127.0.0.1", 80}}, 0).ok());
  EXPECT_FALSE(HttpPump::make({}, 1).ok());
}

}  // namespace
}  // namespace icpd::io::linux
