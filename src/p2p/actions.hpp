// What the peer-to-peer core wants done (p2p/p2p.hpp), in this order.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/shared.hpp"
#include "p2p/frame.hpp"

namespace icpd::p2p {

/// Given by the links: grows with each session of a peer, so that what belongs to a lost session is
/// told from what belongs to its successor.
using SessionNumber = Strong<struct SessionNumberTag, std::uint64_t>;

/// Whom an answer goes to.
struct Ticket {
  types::NodeId peer;
  SessionNumber session;
  RequestNumber request;
  friend auto operator<=>(const Ticket&, const Ticket&) = default;
  friend bool operator==(const Ticket&, const Ticket&) = default;
};

/// Names a range request of this node; chosen by who asks, never used twice.
using RangeId = Strong<struct RangeIdTag, std::uint64_t>;

struct Send {
  types::NodeId peer;
  SessionNumber session;
  Channel channel = Channel::kUrgent;
  Slice frame;
};

/// The peer broke the protocol. All it had here is already gone; the links may let it come back.
struct CloseSession {
  types::NodeId peer;
  SessionNumber session;
  std::string reason;
};

/// An artifact that decodes and has the id it was announced by; nothing else is known about it.
struct Deliver {
  types::NodeId from;
  Shared<types::EncodedArtifact> artifact;
};

/// A peer asks for an artifact that isn't active here. Answer with Input Answer, at once or later.
struct LookUp {
  Ticket ticket;
  types::ArtifactId id;
};

struct LookUpRange {
  Ticket ticket;
  Slice query;
};

/// Bytes as the peer sent them, at most kRangeAnswerSizeMax.
struct RangeArrived {
  RangeId range;
  types::NodeId from;
  Slice bytes;
};
/// Nobody who was asked has it. Ask again later, or others.
struct RangeFailed {
  RangeId range;
};

/// More artifacts asked for than kAskedMax: this one isn't fetched.
struct FetchRefused {
  types::ArtifactId id;
};

/// Withdrawn because the table of its kind was full (Broadcast::publish).
struct Evicted {
  types::ArtifactId id;
};

/// Call step() with TimerFired at that time, or soon after. Replaces the timer set before.
struct SetTimer {
  Time at;
};

using Action = std::variant<Send, CloseSession, Deliver, LookUp, LookUpRange, RangeArrived,
                            RangeFailed, FetchRefused, Evicted, SetTimer>;
using Actions = std::vector<Action>;

}  // namespace icpd::p2p
