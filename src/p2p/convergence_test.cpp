// Several cores over links that break: once they hold, everybody gets everything that is active.
#include <deque>
#include <gtest/gtest.h>
#include <set>

#include "base/prng.hpp"
#include "p2p/p2p.hpp"

namespace icpd::p2p {
namespace {

using types::ArtifactId;
using types::NodeId;

/// One direction of one connection; what is in it is lost with the session.
using Pipe = std::deque<Slice>;

class Network {
 public:
  Network(std::size_t size, std::uint64_t seed) : prng_(seed), nodes_(size) {
    for (std::size_t i = 0; i < size; ++i)
      nodes_[i].id =
          NodeId(*types::Principal::from_bytes(Bytes{static_cast<std::uint8_t>(i), 0x02}));
  }

  void random_step() {
    const std::size_t a = prng_.below(nodes_.size());
    const std::size_t b = (a + 1 + prng_.below(nodes_.size() - 1)) % nodes_.size();
    switch (prng_.below(20)) {
      case 0:
        return is_linked(a, b) ? unlink(a, b) : link(a, b);
      case 1:
      case 2:
        return publish(a);
      case 3:
        return withdraw(a);
      case 4:
        now_ = now_ + Duration::milliseconds(static_cast<std::int64_t>(prng_.below(3000)));
        return step(a, TimerFired{});
      default:
        return deliver(a, b, static_cast<Channel>(prng_.below(kChannels)));
    }
  }

  void link_all() {
    for (std::size_t a = 0; a < nodes_.size(); ++a) {
      for (std::size_t b = 0; b < a; ++b) {
        if (!is_linked(a, b)) link(a, b);
      }
    }
  }

  /// Until nothing moves any more.
  void settle() {
    for (int quiet_rounds = 0; quiet_rounds < 3;) {
      bool moved = false;
      for (std::size_t a = 0; a < nodes_.size(); ++a) {
        for (std::size_t b = 0; b < nodes_.size(); ++b) {
          for (const Channel channel : {Channel::kUrgent, Channel::kBulk}) {
            while (a != b && !pipe(a, b, channel).empty()) {
              deliver(a, b, channel);
              moved = true;
            }
          }
        }
      }
      quiet_rounds = moved ? 0 : quiet_rounds + 1;
      if (moved) continue;
      now_ = now_ + Duration::seconds(31);
      for (std::size_t a = 0; a < nodes_.size(); ++a)
        step(a, TimerFired{});
    }
  }

  void expect_everybody_has_all_that_is_active() const {
    for (const Node& from : nodes_) {
      for (const ArtifactId& id : from.active) {
        for (const Node& to : nodes_)
          EXPECT_TRUE(to.pool.contains(id));
      }
    }
  }
  [[nodiscard]] std::size_t closed() const { return closed_; }
  [[nodiscard]] std::size_t delivered() const { return delivered_; }

 private:
  struct Node {
    NodeId id;
    P2p core;
    std::map<ArtifactId, Slice> pool;
    std::set<ArtifactId> active;
  };

  [[nodiscard]] std::size_t index_of(const NodeId& id) const { return id.view()[0]; }
  [[nodiscard]] bool is_linked(std::size_t a, std::size_t b) const {
    return links_.contains({std::min(a, b), std::max(a, b)});
  }
  Pipe& pipe(std::size_t a, std::size_t b, Channel channel) {
    return pipes_[std::tuple(a, b, channel)];
  }

  void link(std::size_t a, std::size_t b) {
    const SessionNumber number{++sessions_};
    links_[{std::min(a, b), std::max(a, b)}] = number;
    step(a, SessionUp{nodes_[b].id, number});
    step(b, SessionUp{nodes_[a].id, number});
  }
  void unlink(std::size_t a, std::size_t b) {
    const SessionNumber number = links_.at({std::min(a, b), std::max(a, b)});
    links_.erase({std::min(a, b), std::max(a, b)});
    for (const Channel channel : {Channel::kUrgent, Channel::kBulk}) {
      pipe(a, b, channel).clear();
      pipe(b, a, channel).clear();
    }
    step(a, SessionDown{nodes_[b].id, number});
    step(b, SessionDown{nodes_[a].id, number});
  }

  void publish(std::size_t a) {
    // Small, announced, and answered in pieces.
    static constexpr std::size_t kSizes[] = {20, 900, 3000, kChunkSizeMax + 5};
    Bytes content = prng_.bytes(kSizes[prng_.below(100) == 0 ? 3 : prng_.below(3)]);
    const auto artifact = types::encode(types::IngressArtifact{Slice(std::move(content))});
    nodes_[a].pool[artifact->id] = artifact->bytes;
    nodes_[a].active.insert(artifact->id);
    step(a, Publish{artifact->id, artifact->bytes, prng_.chance(1, 2)});
  }
  void withdraw(std::size_t a) {
    auto& active = nodes_[a].active;
    if (active.empty()) return;
    const auto it = std::next(active.begin(), static_cast<long>(prng_.below(active.size())));
    const ArtifactId id = *it;
    active.erase(it);
    step(a, Withdraw{id});
  }
  void deliver(std::size_t a, std::size_t b, Channel channel) {
    Pipe& from = pipe(a, b, channel);
    if (from.empty()) return;
    const Slice frame = from.front();
    from.pop_front();
    step(b,
         FrameReceived{nodes_[a].id, links_.at({std::min(a, b), std::max(a, b)}), channel, frame});
  }

  void step(std::size_t a, const Input& input) {
    for (const Action& action : nodes_[a].core.step(now_, input))
      std::visit([&](const auto& one) { act(a, one); }, action);
  }
  void act(std::size_t a, const Send& send) {
    const std::size_t b = index_of(send.peer);
    ASSERT_TRUE(is_linked(a, b));
    pipe(a, b, send.channel).push_back(send.frame);
  }
  void act(std::size_t, const CloseSession& close) {
    ++closed_;
    ADD_FAILURE() << close.reason;
  }
  void act(std::size_t a, const Deliver& deliver) {
    ++delivered_;
    nodes_[a].pool[deliver.artifact->id] = deliver.artifact->bytes;
  }
  void act(std::size_t a, const LookUp& look_up) {
    const auto it = nodes_[a].pool.find(look_up.id);
    std::optional<Slice> bytes;
    if (it != nodes_[a].pool.end() && prng_.chance(1, 2)) bytes = it->second;
    step(a, Answer{look_up.ticket, bytes});
  }
  template <typename Other>
  void act(std::size_t, const Other&) {}

  Prng prng_;
  Time now_ = Time::from_seconds(1);
  std::vector<Node> nodes_;
  std::map<std::pair<std::size_t, std::size_t>, SessionNumber> links_;
  std::map<std::tuple<std::size_t, std::size_t, Channel>, Pipe> pipes_;
  std::uint64_t sessions_ = 0;
  std::size_t closed_ = 0;
  std::size_t delivered_ = 0;
};

void converges(std::size_t size, std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  Network network(size, seed);
  for (int i = 0; i < 2000; ++i)
    network.random_step();
  network.link_all();
  network.settle();
  network.expect_everybody_has_all_that_is_active();
  EXPECT_EQ(network.closed(), 0u);
  EXPECT_GT(network.delivered(), 0u);
}

TEST(P2pConvergence, two_nodes_over_breaking_links) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed)
    converges(2, seed);
}

TEST(P2pConvergence, four_nodes_over_breaking_links) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed)
    converges(4, seed);
}

}  // namespace
}  // namespace icpd::p2p
