#include "io/linux/links.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <gtest/gtest.h>
#include <mutex>
#include <netinet/in.h>
#include <optional>
#include <set>
#include <sys/socket.h>
#include <unistd.h>

namespace icpd::io::linux {
namespace {

/// Far more than anything here takes; only a failing test waits that long.
constexpr std::chrono::seconds kDeadline{30};

using Seed = std::array<std::uint8_t, 32>;
Seed seed(std::uint8_t n) {
  Seed result{};
  result.fill(n);
  return result;
}

/// Events as values, waited for by condition.
class Inbox {
 public:
  void push(LinkEvent event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
    changed_.notify_all();
  }
  /// The next event that is a T; earlier others are dropped.
  template <typename T>
  std::optional<T> next() {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (!changed_.wait_for(lock, kDeadline, [&] { return !events_.empty(); }))
        return std::nullopt;
      LinkEvent event = std::move(events_.front());
      events_.pop_front();
      if (auto* wanted = std::get_if<T>(&event)) return std::move(*wanted);
    }
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return events_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<LinkEvent> events_;
};

struct Node {
  explicit Node(std::uint8_t n, std::uint16_t port = 0, std::size_t frame_size_max = 512 * kKiB) {
    LinkConfig config;
    config.secret_seed = seed(n);
    config.listen_port = port;
    config.frame_size_max = frame_size_max;
    auto started =
        Links::start(config, [inbox = inbox](LinkEvent event) { inbox->push(std::move(event)); });
    EXPECT_TRUE(started.ok()) << started.error().message;
    links = std::move(started).value();
  }
  [[nodiscard]] LinkPeer as_peer() const { return {links->key(), "127.0.0.1", links->port()}; }

  std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>();
  std::unique_ptr<Links> links;
};

void introduce(Node& a, Node& b) {
  a.links->set_peers({b.as_peer()});
  b.links->set_peers({a.as_peer()});
}

TEST(Links, know_the_key_of_a_seed) {
  // RFC 8032, section 7.1, test 1.
  const Bytes secret =
      *from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
  Seed rfc{};
  std::copy(secret.begin(), secret.end(), rfc.begin());
  EXPECT_EQ(link_key_of(rfc).hex(),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
}

TEST(Links, carry_frames_both_ways_in_order_on_both_channels) {
  Node a(1);
  Node b(2);
  introduce(a, b);
  const auto up_a = a.inbox->next<LinkUp>();
  const auto up_b = b.inbox->next<LinkUp>();
  ASSERT_TRUE(up_a && up_b);
  EXPECT_EQ(up_a->peer, b.links->key());
  EXPECT_EQ(up_b->peer, a.links->key());
  for (const LinkChannel channel : {LinkChannel::kUrgent, LinkChannel::kBulk}) {
    for (std::uint8_t i = 0; i < 100; ++i)
      a.links->send(b.links->key(), up_a->session, channel, Slice(Bytes(1 + i * 100u, i)));
    for (std::uint8_t i = 0; i < 100; ++i) {
      const auto frame = b.inbox->next<LinkFrame>();
      ASSERT_TRUE(frame);
      EXPECT_EQ(frame->channel, channel);
      EXPECT_EQ(frame->session, up_b->session);
      EXPECT_EQ(frame->bytes, Slice(Bytes(1 + i * 100u, i)));
    }
    b.links->send(a.links->key(), up_b->session, channel, Slice(Bytes(512 * kKiB, 7)));
    const auto back = a.inbox->next<LinkFrame>();
    ASSERT_TRUE(back);
    EXPECT_EQ(back->bytes, Slice(Bytes(512 * kKiB, 7)));
  }
}

TEST(Links, join_four_nodes_each_with_each) {
  std::vector<std::unique_ptr<Node>> nodes;
  std::vector<LinkPeer> peers;
  for (std::uint8_t n = 1; n <= 4; ++n) {
    nodes.push_back(std::make_unique<Node>(n));
    peers.push_back(nodes.back()->as_peer());
  }
  for (const auto& node : nodes)
    node->links->set_peers(peers);
  for (const auto& node : nodes) {
    std::set<LinkKey> up;
    for (int i = 0; i < 3; ++i) {
      const auto event = node->inbox->next<LinkUp>();
      ASSERT_TRUE(event);
      up.insert(event->peer);
    }
    EXPECT_EQ(up.size(), 3u);
    EXPECT_FALSE(up.contains(node->links->key()));
  }
}

TEST(Links, refuse_a_key_that_is_not_a_peers) {
  Node a(1);
  Node b(2);
  Node stranger(3);
  // The stranger takes the place of whichever would dial, and of whichever would accept.
  stranger.links->set_peers({a.as_peer(), b.as_peer()});
  LinkPeer not_b = stranger.as_peer();
  not_b.key = b.links->key();
  a.links->set_peers({not_b});
  b.links->set_peers({a.as_peer()});
  introduce(a, b);
  EXPECT_TRUE(a.inbox->next<LinkUp>());
  EXPECT_TRUE(b.inbox->next<LinkUp>());
  EXPECT_EQ(stranger.inbox->size(), 0u);
}

TEST(Links, survive_strangers_that_do_not_speak_tls) {
  Node a(1);
  Node b(2);
  for (int i = 0; i < 20; ++i) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(a.links->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    (void)!::write(socket, "GET / HTTP/1.1\r\n\r\n", i);
    ::close(socket);
  }
  introduce(a, b);
  EXPECT_TRUE(a.inbox->next<LinkUp>());
}

TEST(Links, end_on_both_sides_when_one_closes_and_come_back) {
  Node a(1);
  Node b(2);
  introduce(a, b);
  for (Node* closer : {&a, &b}) {
    Node* other = closer == &a ? &b : &a;
    const auto up = closer->inbox->next<LinkUp>();
    const auto up_other = other->inbox->next<LinkUp>();
    ASSERT_TRUE(up && up_other);
    closer->links->close(other->links->key(), up->session, "garbage");
    const auto down = closer->inbox->next<LinkDown>();
    const auto down_other = other->inbox->next<LinkDown>();
    ASSERT_TRUE(down && down_other);
    EXPECT_EQ(down->reason, "garbage");
    EXPECT_EQ(down->session, up->session);
    EXPECT_EQ(down_other->session, up_other->session);
  }
  EXPECT_TRUE(a.inbox->next<LinkUp>());
}

TEST(Links, find_a_node_again_that_restarts) {
  for (const std::uint8_t first : {1, 2}) {
    Node a(first);
    auto b = std::make_unique<Node>(static_cast<std::uint8_t>(3 - first));
    introduce(a, *b);
    const auto up = a.inbox->next<LinkUp>();
    ASSERT_TRUE(up);
    const std::uint16_t port = b->links->port();
    b.reset();
    ASSERT_TRUE(a.inbox->next<LinkDown>());
    Node again(static_cast<std::uint8_t>(3 - first), port);
    again.links->set_peers({a.as_peer()});
    const auto up_again = a.inbox->next<LinkUp>();
    ASSERT_TRUE(up_again);
    EXPECT_LT(up->session, up_again->session);
    // Frames for the lost session go nowhere, those for the new one arrive.
    a.links->send(again.links->key(), up->session, LinkChannel::kBulk, Slice(Bytes{1}));
    a.links->send(again.links->key(), up_again->session, LinkChannel::kBulk, Slice(Bytes{2}));
    const auto frame = again.inbox->next<LinkFrame>();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->bytes, Slice(Bytes{2}));
  }
}

TEST(Links, end_with_a_node_that_is_no_longer_a_peer) {
  Node a(1);
  Node b(2);
  introduce(a, b);
  ASSERT_TRUE(a.inbox->next<LinkUp>());
  a.links->set_peers({});
  const auto down = a.inbox->next<LinkDown>();
  ASSERT_TRUE(down);
  EXPECT_EQ(down->reason, "no longer a peer");
  EXPECT_TRUE(b.inbox->next<LinkDown>());
}

TEST(Links, end_when_a_frame_is_over_the_limit) {
  Node a(1);
  Node b(2, 0, 100);
  introduce(a, b);
  const auto up = a.inbox->next<LinkUp>();
  ASSERT_TRUE(up);
  a.links->send(b.links->key(), up->session, LinkChannel::kUrgent, Slice(Bytes(101)));
  const auto down = b.inbox->next<LinkDown>();
  ASSERT_TRUE(down);
  EXPECT_EQ(down->reason, "frame over the limit");
  EXPECT_TRUE(a.inbox->next<LinkDown>());
}

TEST(Links, stop_reading_while_too_much_is_unprocessed) {
  Node a(1);
  Node b(2);
  introduce(a, b);
  const auto up = a.inbox->next<LinkUp>();
  ASSERT_TRUE(up);
  constexpr std::size_t kFrame = 512 * kKiB;
  constexpr std::size_t kFrames = 100;
  static_assert(kFrames * kFrame > 3 * kUnprocessedMax);
  for (std::uint8_t i = 0; i < kFrames; ++i)
    a.links->send(b.links->key(), up->session, LinkChannel::kBulk, Slice(Bytes(kFrame, i)));
  std::deque<LinkFrame> held;
  const auto take = [&] {
    auto frame = b.inbox->next<LinkFrame>();
    ASSERT_TRUE(frame);
    held.push_back(std::move(*frame));
  };
  while (held.size() * kFrame < kUnprocessedMax)
    take();
  // What follows on the other channel has overtaken all that isn't read.
  a.links->send(b.links->key(), up->session, LinkChannel::kUrgent, Slice(Bytes{42}));
  take();
  EXPECT_EQ(held.back().channel, LinkChannel::kUrgent);
  EXPECT_EQ(b.inbox->size(), 0u);
  held.pop_back();
  for (std::uint8_t i = 0; i < kFrames; ++i) {
    if (held.empty()) take();
    EXPECT_EQ(held.front().bytes.view()[0], i);
    held.pop_front();
  }
}

TEST(Links, name_an_address_that_is_taken) {
  Node a(1);
  LinkConfig config;
  config.secret_seed = seed(2);
  config.listen_port = a.links->port();
  const auto second = Links::start(config, [](const LinkEvent&) {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().message, "link address 127.0.0.1:" + std::to_string(a.links->port()) +
                                        ": Address already in use");
}

}  // namespace
}  // namespace icpd::io::linux
