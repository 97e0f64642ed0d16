#include "node/local_gateway.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/entropy.hpp"
#include "node/local_ports.hpp"

namespace icpd::node {
namespace {

class CountingEntropy final : public io::Entropy {
 public:
  void fill(MutableByteView out) override {
    for (auto& byte : out)
      byte = static_cast<std::uint8_t>(getpid() + next_++);
  }

 private:
  int next_ = 0;
};

/// A node that the test plays by hand.
struct FakeNode {
  std::uint16_t port;
  int listening;
  int connection = -1;

  explicit FakeNode(std::uint16_t own_port)
      : port(own_port), listening(listen_on_loopback(own_port).value()) {}
  ~FakeNode() { die(); }
  bool accept() {
    if (connection < 0) connection = ::accept(listening, nullptr, nullptr);
    return connection >= 0;
  }
  void die() {
    if (connection >= 0) ::close(connection);
    if (listening >= 0) ::close(listening);
    connection = listening = -1;
  }
};

bool readable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, 0) == 1;
}

std::string read_now(int fd) {
  std::array<char, 4096> part;
  const ssize_t n = ::recv(fd, part.data(), part.size(), MSG_DONTWAIT);
  return n > 0 ? std::string(part.data(), static_cast<std::size_t>(n)) : "";
}

class GatewayTest : public testing::Test {
 protected:
  GatewayTest() : first_(ports_[0]), second_(ports_[1]) {}

  int client() {
    const int fd = begin_connecting(ports_[2]).value();
    until([&] { return gateway_.connections() > 0; });
    return fd;
  }
  template <typename F>
  void until(F&& condition) {
    for (int turn = 0; turn < 1000; ++turn) {
      if (condition()) return;
      loop_.run_once(Duration::milliseconds(10));
    }
    FAIL() << "did not happen";
  }
  std::string next(int fd) {
    std::string text;
    until([&] { return readable(fd); });
    return read_now(fd);
  }
  static void say(int fd, std::string_view text) {
    ASSERT_EQ(::send(fd, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

  CountingEntropy entropy_;
  std::vector<std::uint16_t> ports_ = choose_free_ports(entropy_, 3).value();
  FakeNode first_;
  FakeNode second_;
  std::vector<std::uint16_t> up_ = {ports_[0], ports_[1]};
  Loop loop_;
  Gateway gateway_{loop_, listen_on_loopback(ports_[2]).value(),
                   [this]() -> std::optional<std::uint16_t> {
                     if (up_.empty()) return std::nullopt;
                     return up_.front();
                   }};
};

TEST_F(GatewayTest, passes_requests_and_answers_on) {
  const int fd = client();
  say(fd, "ask");
  until([&] { return first_.accept(); });
  EXPECT_EQ(next(first_.connection), "ask");
  say(first_.connection, "answer");
  EXPECT_EQ(next(fd), "answer");
  ::close(fd);
  until([&] { return gateway_.connections() == 0; });
}

TEST_F(GatewayTest, asks_another_node_when_one_dies_before_it_answers) {
  const int fd = client();
  say(fd, "ask");
  until([&] { return first_.accept(); });
  EXPECT_EQ(next(first_.connection), "ask");
  up_.erase(up_.begin());
  first_.die();
  until([&] { return second_.accept(); });
  EXPECT_EQ(next(second_.connection), "ask");
  say(second_.connection, "answer");
  EXPECT_EQ(next(fd), "answer");
  ::close(fd);
}

TEST_F(GatewayTest, leaves_a_node_that_was_paused) {
  const int fd = client();
  say(fd, "ask");
  until([&] { return first_.accept(); });
  EXPECT_EQ(next(first_.connection), "ask");
  up_.erase(up_.begin());
  gateway_.leave(ports_[0]);
  until([&] { return second_.accept(); });
  EXPECT_EQ(next(second_.connection), "ask");
  ::close(fd);
}

TEST_F(GatewayTest, closes_in_the_middle_of_an_answer) {
  const int fd = client();
  say(fd, "ask");
  until([&] { return first_.accept(); });
  EXPECT_EQ(next(first_.connection), "ask");
  say(first_.connection, "half an ans");
  EXPECT_EQ(next(fd), "half an ans");
  up_.erase(up_.begin());
  first_.die();
  until([&] { return readable(fd); });
  EXPECT_EQ(read_now(fd), "");
  EXPECT_EQ(gateway_.connections(), 0U);
  ::close(fd);
}

TEST_F(GatewayTest, says_so_when_no_node_is_up) {
  up_.clear();
  const int fd = client();
  say(fd, "ask");
  const std::string answer = next(fd);
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  ::close(fd);
}

TEST_F(GatewayTest, names_who_holds_a_port) {
  EXPECT_FALSE(is_port_free(ports_[0]));
  EXPECT_NE(holder_of_port(ports_[0]).find(std::to_string(getpid())), std::string::npos);
}

}  // namespace
}  // namespace icpd::node
