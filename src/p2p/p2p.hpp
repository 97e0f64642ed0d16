// Peer-to-peer: each node of a subnet tells each other node what it has, and gets what it lacks.
//
// The protocol: abortable broadcast by slot tables
// -------------------------------------------------
// A node doesn't promise to deliver every artifact it ever published, only those that are still
// active when the peer can take them ("Abortable broadcast", arXiv 2410.22080). It keeps a table of
// active artifacts; each has a slot, and each publication a growing commit number. It tells every
// peer "slot 7, commit 42: this artifact". The peer keeps a copy of the table: of two updates for
// one slot the larger commit number wins. Withdrawing frees the slot and says nothing; its next
// content overwrites it. Small and urgent artifacts are inside the update, others are fetched by
// id.
//
//   node A                                  node B
//   publish x            slot 0, commit 1 ->   learns x
//   publish y (5 KiB)    slot 1, commit 2 ->   wants y
//                                         <-   request 1: y
//                        answer to 1: y   ->   checks the hash of y, learns y
//   withdraw x, publish z slot 0, commit 3 ->   slot 0 is z: A vouches for x no more
//
// A new session empties B's copy, and A sends all active slots again, so whatever a lost connection
// swallowed is repaired without remembering what was sent. It leaves out what B says that it needs
// no more (its horizon): most of what is active is there for nodes that were away for a while.
//
// Why it holds
//  - Everything active is learnt: within a session, frames of a channel arrive in order, and a
//    session goes through the table by commit number until the end; what is published later has a
//    larger number. The two channels may overtake each other; the commit number orders them.
//  - Memory is bounded by peers x slots, whatever peers send, and a slow peer costs a number, not a
//    queue: what it can't take yet stays in the table.
//  - Ids are computed from the content. A claimed id is believed only to the effect that an
//  artifact
//    that we already have needn't be sent again by the one who claims it.
//
// A peer that breaks the protocol loses its session, and nothing else happens.
//
// This is a pure state machine: the same inputs give the same actions. `now` should not go back; if
// it does, waits end early.
#pragma once

#include <map>
#include <string>

#include "p2p/announcements.hpp"
#include "p2p/broadcast.hpp"
#include "p2p/downloads.hpp"
#include "p2p/session.hpp"

namespace icpd::p2p {

/// Both channels are open and authenticated. Ends an older session of that peer.
struct SessionUp {
  types::NodeId peer;
  SessionNumber session;
};
/// Ignored if that session isn't the peer's current one.
struct SessionDown {
  types::NodeId peer;
  SessionNumber session;
};
struct FrameReceived {
  types::NodeId peer;
  SessionNumber session;
  Channel channel = Channel::kUrgent;
  Slice frame;
};

/// Urgent: the subnet waits for it (this node's own consensus artifacts). It is sent whole and at
/// once. Not urgent: ingress, and what peers likely have (validated artifacts of others).
struct Publish {
  types::ArtifactId id;
  /// At most kArtifactSizeMax.
  Slice content;
  bool urgent = false;
};
struct Withdraw {
  types::ArtifactId id;
};

/// Get this artifact, announced or not, until it is delivered or CancelFetch. `sources` (who sent
/// what names it) are tried first. At most kAskedMax at a time.
struct Fetch {
  types::ArtifactId id;
  std::vector<types::NodeId> sources;
};
struct CancelFetch {
  types::ArtifactId id;
};
/// It was delivered and there was no room for it: deliver it again if some peer still announces it.
struct FetchAgain {
  types::ArtifactId id;
};

/// Ask for a range; at most kRangesMax at a time, the query at most kRangeQuerySizeMax. `peers` are
/// asked one after the other until one has an answer; if empty, all.
struct FetchRange {
  RangeId range;
  Slice query;
  std::vector<types::NodeId> peers;
};
struct CancelRange {
  RangeId range;
};

/// The answer to LookUp or LookUpRange; nothing if we don't have it.
struct Answer {
  Ticket ticket;
  std::optional<Slice> bytes;
};

/// Another layer found what this peer sent to be against the protocol.
struct Misbehaved {
  types::NodeId peer;
  std::string reason;
};

struct TimerFired {};

/// A Horizon says from which height on the replica needs artifacts; it doesn't sink. Peers whose
/// sessions begin later are told.
using Input =
    std::variant<SessionUp, SessionDown, FrameReceived, Publish, Withdraw, Fetch, CancelFetch,
                 FetchAgain, FetchRange, CancelRange, Answer, Misbehaved, Horizon, TimerFired>;

class P2p {
 public:
  [[nodiscard]] Actions step(Time now, const Input& input);

  /// Figures for metrics and tests.
  [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }
  [[nodiscard]] std::size_t active() const { return broadcast_.size(); }
  [[nodiscard]] std::size_t known() const { return announcements_.known(); }
  [[nodiscard]] std::size_t wanted() const { return downloads_.wanted(); }

 private:
  void take(Time now, const SessionUp& input, Actions& actions);
  void take(Time now, const SessionDown& input, Actions& actions);
  void take(Time now, const FrameReceived& input, Actions& actions);
  void take(Time now, const Publish& input, Actions& actions);
  void take(Time now, const Withdraw& input, Actions& actions);
  void take(Time now, const Fetch& input, Actions& actions);
  void take(Time now, const CancelFetch& input, Actions& actions);
  void take(Time now, const FetchAgain& input, Actions& actions);
  void take(Time now, const FetchRange& input, Actions& actions);
  void take(Time now, const CancelRange& input, Actions& actions);
  void take(Time now, const Answer& input, Actions& actions);
  void take(Time now, const Misbehaved& input, Actions& actions);
  void take(Time now, const Horizon& input, Actions& actions);
  void take(Time now, const TimerFired& input, Actions& actions);

  // One frame of a peer with a session; an error closes it.
  [[nodiscard]] Status<> read(Time now, const types::NodeId& peer, const Update& frame,
                              Actions& actions);
  [[nodiscard]] Status<> read(Time now, const types::NodeId& peer, const Acknowledge& frame,
                              Actions& actions);
  [[nodiscard]] Status<> read(Time now, const types::NodeId& peer, const Request& frame,
                              Actions& actions);
  [[nodiscard]] Status<> read(Time now, const types::NodeId& peer, const Cancel& frame,
                              Actions& actions);
  [[nodiscard]] Status<> read(Time now, const types::NodeId& peer, const Absent& frame,
                              Actions& actions);
  [[nodiscard]] Status<> read(Time now, const types::NodeId& peer, const Chunk& frame,
                              Actions& actions);
  [[nodiscard]] Status<> read(Time now, const types::NodeId& peer, const Horizon& frame,
                              Actions& actions);
  [[nodiscard]] Status<> read_frame(Time now, const FrameReceived& input, Actions& actions);

  [[nodiscard]] Status<> arrived(const types::NodeId& peer, const types::ArtifactId& id,
                                 const Slice& content, Actions& actions);
  void fetch_announced(const types::ArtifactId& id);
  [[nodiscard]] Session& session(const types::NodeId& peer);
  void close(Time now, const types::NodeId& peer, std::string reason, Actions& actions);
  void drop(Time now, const types::NodeId& peer, Actions& actions);
  void set_timer(Actions& actions);

  Broadcast broadcast_;
  Announcements announcements_;
  Downloads downloads_;
  std::map<types::NodeId, Session> sessions_;
  Horizon horizon_;
  std::optional<Time> timer_;
};

}  // namespace icpd::p2p
