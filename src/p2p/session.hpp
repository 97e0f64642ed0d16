// One session with one peer: what goes out, and what the peer has asked for.
//
// Outgoing announcements are not queued: a session remembers, for each channel, the commit number
// up to which it has sent the table of active artifacts (p2p/broadcast.hpp). It sends the rest as
// the window opens, oldest first, so a new session begins with all active artifacts that are not
// below the peer's horizon, and what is withdrawn before its turn is never sent.
//
// Flow control: on each channel the sender has at most kWindowBytes under way that the receiver has
// not acknowledged. Horizons, acknowledgements, requests and cancellations are outside of the
// windows; their number is bounded by what they speak of.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>

#include "p2p/actions.hpp"
#include "p2p/broadcast.hpp"

namespace icpd::p2p {

class Session {
 public:
  Session(types::NodeId peer, SessionNumber number) : peer_(std::move(peer)), number_(number) {}

  [[nodiscard]] SessionNumber number() const { return number_; }

  /// Says what this node needs no more. Once, before anything else.
  void greet(const Horizon& horizon, Actions& actions) const;
  /// The peer's horizon. An error if it said so before.
  [[nodiscard]] Status<> greeted(const Horizon& horizon);

  /// Sends what the windows admit: announcements first, then pieces of answers.
  void pump(const Broadcast& broadcast, Actions& actions);

  /// The peer took in more. An error if it claims what was never sent.
  [[nodiscard]] Status<> acknowledged(const Acknowledge& acknowledge);
  /// A windowed frame of this size came in. Acknowledges now and then.
  void took_in(Channel channel, std::size_t frame_size, Actions& actions);

  /// The peer opens a request. An error if it has too many open or the number doesn't grow.
  [[nodiscard]] Status<> requested(const Request& request);
  /// The peer gave a request up; unknown ones were answered already.
  void cancelled(RequestNumber request);
  /// Nothing means that we don't have it. Ignored unless the request is open and not yet answered.
  void answer(RequestNumber request, std::optional<Slice> bytes);

  void send(Channel channel, const Frame& frame, Actions& actions) const;

 private:
  struct Outgoing {
    /// The oldest commit number that may not have been sent.
    CommitNumber from{1};
    std::uint64_t sent = 0;
    std::uint64_t acknowledged = 0;
  };
  struct Incoming {
    std::uint64_t taken = 0;
    std::uint64_t acknowledged = 0;
  };
  struct Answer {
    std::optional<Slice> bytes;
    std::size_t sent = 0;
  };
  struct Asked {
    bool is_range = false;
    /// No value until the replica has answered.
    std::optional<Answer> answer;
  };

  [[nodiscard]] bool has_room(Channel channel, std::size_t frame_size) const;
  /// Sends the frame if the window admits it.
  [[nodiscard]] bool try_send(Channel channel, const Slice& frame, Actions& actions);
  void pump_announcements(const Broadcast& broadcast, Channel channel, Actions& actions);
  void pump_answers(Actions& actions);
  /// True when the last piece is out, false when the window is full.
  [[nodiscard]] bool pump_answer(RequestNumber request, Answer& answer, Actions& actions);
  void close_request(RequestNumber request);

  types::NodeId peer_;
  SessionNumber number_;
  std::optional<Horizon> peer_horizon_;
  std::array<Outgoing, kChannels> out_;
  std::array<Incoming, kChannels> in_;
  RequestNumber last_request_;
  /// Open requests of the peer.
  std::map<RequestNumber, Asked> requests_;
  std::size_t range_requests_ = 0;
  /// Those with an answer, in the order in which the answers are sent, one after the other.
  std::deque<RequestNumber> answered_;
};

}  // namespace icpd::p2p
