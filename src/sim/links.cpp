#include "sim/links.hpp"

#include <algorithm>

namespace icpd::sim {

namespace {

/// As io/linux/links.hpp does it: at once after a loss, later if the peer misbehaved.
constexpr Duration kReconnect = Duration::milliseconds(20);
constexpr Duration kReconnectAfterMisdeed = Duration::seconds(1);
/// How long a dead session goes unnoticed.
constexpr Duration kNoticed = Duration::milliseconds(5);

}  // namespace

Links::Index Links::index_of(const types::NodeId& node) const {
  const auto found = std::find(nodes_.begin(), nodes_.end(), node);
  ensure(found != nodes_.end(), "frames go to members");
  return static_cast<Index>(found - nodes_.begin());
}

Duration Links::delay() {
  return Duration::nanoseconds(
      static_cast<std::int64_t>(random_.between(static_cast<std::uint64_t>(quality.delay_min.ns),
                                                static_cast<std::uint64_t>(quality.delay_max.ns))));
}

bool Links::may_connect(Index a, Index b) const {
  return up_[a] && up_[b] && !cut_.contains(pair(a, b)) && !cut_one_way_.contains({a, b}) &&
         !cut_one_way_.contains({b, a});
}

void Links::connect_later(Index a, Index b, Duration pause) {
  if (!dialling_.insert(pair(a, b)).second) return;
  events_.after(pause + delay(), [this, a, b] {
    dialling_.erase(pair(a, b));
    if (!may_connect(a, b) || sessions_.contains(pair(a, b))) return;
    const p2p::SessionNumber number{++last_session_};
    sessions_.emplace(pair(a, b), Session{number, {}, {}});
    handler_(a, p2p::SessionUp{nodes_[b], number});
    // The first may have ended it already.
    const auto session = sessions_.find(pair(a, b));
    if (session != sessions_.end() && session->second.number == number)
      handler_(b, p2p::SessionUp{nodes_[a], number});
  });
}

void Links::end(Index a, Index b, Duration pause) {
  const auto session = sessions_.extract(pair(a, b));
  if (session.empty()) return;
  const p2p::SessionNumber number = session.mapped().number;
  for (const auto& [here, there] : {std::pair(a, b), std::pair(b, a)}) {
    events_.after(kNoticed, [this, here, there, number] {
      if (up_[here]) handler_(here, p2p::SessionDown{nodes_[there], number});
    });
  }
  connect_later(a, b, pause);
}

void Links::node_up(Index node) {
  ensure(!up_[node]);
  up_[node] = true;
  for (Index other = 0; other < nodes_.size(); ++other) {
    if (other != node) connect_later(node, other, kReconnect);
  }
}

void Links::node_down(Index node) {
  up_[node] = false;
  for (Index other = 0; other < nodes_.size(); ++other) {
    if (other != node) end(node, other, kReconnect);
  }
}

void Links::cut(Index a, Index b) {
  cut_.insert(pair(a, b));
  end(a, b, kReconnect);
}

void Links::cut_one_way(Index from, Index to) {
  cut_one_way_.insert({from, to});
}

void Links::heal() {
  cut_.clear();
  cut_one_way_.clear();
  for (Index a = 0; a < nodes_.size(); ++a) {
    for (Index b = a + 1; b < nodes_.size(); ++b) {
      if (!sessions_.contains({a, b})) connect_later(a, b, kReconnect);
    }
  }
}

void Links::break_session(Index a, Index b) {
  end(a, b, kReconnect);
}

void Links::send(Index from, const p2p::Send& send) {
  const Index to = index_of(send.peer);
  const auto found = sessions_.find(pair(from, to));
  if (found == sessions_.end() || found->second.number != send.session) return;
  ++figures_.frames;
  if (found->second.mute.contains(from)) return;
  if (cut_one_way_.contains({from, to})) {
    found->second.mute.insert(from);
    // TCP notices after a while that nothing is acknowledged.
    events_.after(Duration::seconds(2), [this, from, to, number = send.session] {
      const auto session = sessions_.find(pair(from, to));
      if (session != sessions_.end() && session->second.number == number) end(from, to, kReconnect);
    });
    return;
  }
  if (random_.below(10'000) < quality.loss_per_10000) {
    ++figures_.lost;
    return end(from, to, kReconnect);
  }
  Time& stream = found->second.streams[{from, send.channel}];
  const Time at = std::max(stream, events_.now() + delay());
  for (const auto& [other, last] : found->second.streams) {
    if (other.first == from && last > at) ++figures_.overtaken;
  }
  stream = at;
  events_.after(at - events_.now(), [this, from, to, send] {
    const auto session = sessions_.find(pair(from, to));
    if (session == sessions_.end() || session->second.number != send.session) return;
    handler_(to, p2p::FrameReceived{nodes_[from], send.session, send.channel, send.frame});
  });
}

void Links::close(Index from, const p2p::CloseSession& close) {
  const Index to = index_of(close.peer);
  const auto found = sessions_.find(pair(from, to));
  if (found != sessions_.end() && found->second.number == close.session)
    end(from, to, kReconnectAfterMisdeed);
}

}  // namespace icpd::sim
