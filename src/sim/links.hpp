// Links between nodes in virtual time: what io/linux gives a real node.
//
// A session is two ordered streams each way, one urgent, one bulk; frames of one stream keep their
// order, frames of two don't. Loss and partitions show as they do over TCP: nothing arrives, then
// the session ends and what was under way is lost; a new session begins after a pause.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "base/prng.hpp"
#include "p2p/p2p.hpp"
#include "sim/event_queue.hpp"

namespace icpd::sim {

struct LinkQuality {
  Duration delay_min = Duration::microseconds(200);
  Duration delay_max = Duration::milliseconds(2);
  /// Of 10,000 frames so many are lost, and their session with them.
  std::uint64_t loss_per_10000 = 0;
};

class Links {
 public:
  using Index = std::size_t;
  using Handler = std::function<void(Index node, p2p::Input input)>;

  Links(EventQueue& events, Prng random, std::vector<types::NodeId> nodes, Handler handler)
      : events_(events),
        random_(std::move(random)),
        nodes_(std::move(nodes)),
        handler_(std::move(handler)),
        up_(nodes_.size(), false) {}

  LinkQuality quality;

  /// The node listens and dials; its sessions begin soon.
  void node_up(Index node);
  /// All its sessions are gone.
  void node_down(Index node);
  /// Cuts the link; sessions end.
  void cut(Index a, Index b);
  /// Cuts in one direction only: what `from` sends doesn't arrive.
  void cut_one_way(Index from, Index to);
  void heal();
  void break_session(Index a, Index b);

  void send(Index from, const p2p::Send& send);
  void close(Index from, const p2p::CloseSession& close);

  struct Figures {
    std::uint64_t frames = 0;
    std::uint64_t lost = 0;
    /// Came before one of the same session that was sent earlier, on the other stream.
    std::uint64_t overtaken = 0;
  };
  [[nodiscard]] const Figures& figures() const { return figures_; }

 private:
  using Pair = std::pair<Index, Index>;
  struct Session {
    p2p::SessionNumber number;
    /// When the newest frame of each stream arrives.
    std::map<std::pair<Index, p2p::Channel>, Time> streams;
    /// What these send is lost until the session ends: a stream has no gaps.
    std::set<Index> mute;
  };

  [[nodiscard]] static Pair pair(Index a, Index b) { return {std::min(a, b), std::max(a, b)}; }
  [[nodiscard]] bool may_connect(Index a, Index b) const;
  void connect_later(Index a, Index b, Duration pause);
  void end(Index a, Index b, Duration pause);
  [[nodiscard]] Index index_of(const types::NodeId& node) const;
  Duration delay();

  EventQueue& events_;
  Prng random_;
  std::vector<types::NodeId> nodes_;
  Handler handler_;
  std::vector<bool> up_;
  std::map<Pair, Session> sessions_;
  std::set<Pair> dialling_;
  std::set<Pair> cut_;
  std::set<Pair> cut_one_way_;
  std::uint64_t last_session_ = 0;
  Figures figures_;
};

}  // namespace icpd::sim
