// Fetching from peers what was only announced, what a proposal names, and ranges.
//
// A wanted artifact has candidates: peers not yet tried in this round. It is asked of one at a
// time. A peer that says "absent", makes no progress for kRequestTimeout or loses its session is
// tried; when all are, the artifact rests for a doubling delay and a new round begins with all
// sources. A want ends when its artifact arrives, or when nobody announces it and the replica
// doesn't ask for it.
//
// Invariants
//  1. A wanted artifact is in exactly one of these: asked of one peer, waiting at every candidate
//     with a session, resting until a time.
//  2. At most kFetchesPerPeerMax artifacts are asked of one peer and kRangesMax ranges in all.
//  3. The order of a peer's waiting list is the order of ids: by kind, then height, so what decides
//     about agreement comes before bodies.
//  4. A peer sends its answers one after the other, so at most one is here in part.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "p2p/announcements.hpp"
#include "p2p/session.hpp"

namespace icpd::p2p {

class Downloads {
 public:
  using Sessions = std::map<types::NodeId, Session>;

  /// A whole answer, not yet checked.
  struct Arrival {
    std::variant<types::ArtifactId, RangeId> what;
    Slice bytes;
  };

  void peer_up(const types::NodeId& peer);
  void peer_down(const types::NodeId& peer, Time now);

  /// `peer` announced an artifact that we don't have.
  void announced(const types::ArtifactId& id, const types::NodeId& peer);
  /// Nobody announces it any more.
  void forgotten(const types::ArtifactId& id, const Sessions& sessions, Actions& actions);
  /// The replica asks, whoever announces it. `hints` are tried first; others after them, or at once
  /// if no hint has a session.
  /// False if too many are asked for.
  [[nodiscard]] bool ask(const types::ArtifactId& id, std::vector<types::NodeId> hints, Time now);
  /// It is here or no longer wanted.
  void finish(const types::ArtifactId& id, const Sessions& sessions, Actions& actions);

  /// Asks the peers one after the other, all if none are named. Gives RangeFailed if none has it.
  void ask_range(RangeId range, Slice query, std::vector<types::NodeId> peers, Time now,
                 const Sessions& sessions, Actions& actions);
  void cancel_range(RangeId range, const Sessions& sessions, Actions& actions);

  /// A piece of an answer. An error if it belongs to no request that we ever made, is too long, or
  /// comes between the pieces of another.
  [[nodiscard]] Result<std::optional<Arrival>> chunk(const types::NodeId& peer, const Chunk& chunk,
                                                     Time now);
  [[nodiscard]] Status<> absent(const types::NodeId& peer, RequestNumber request, Time now);

  /// Ends what takes too long, wakes what rested, and sends requests as far as the bounds admit.
  void advance(Time now, const Announcements& announcements, const Sessions& sessions,
               Actions& actions);
  /// When advance() has something to do without any other event.
  [[nodiscard]] std::optional<Time> deadline() const;
  [[nodiscard]] std::size_t wanted() const { return wants_.size(); }

 private:
  struct FlightKey {
    types::NodeId peer;
    RequestNumber request;
    friend auto operator<=>(const FlightKey&, const FlightKey&) = default;
    friend bool operator==(const FlightKey&, const FlightKey&) = default;
  };
  struct Flight {
    std::variant<types::ArtifactId, RangeId> what;
    Time deadline;
  };
  struct Peer {
    RequestNumber last_request;
    std::map<RequestNumber, Flight> flights;
    std::size_t fetches = 0;
    std::set<types::ArtifactId> waiting;
    /// The one answer of which some pieces are here.
    std::optional<RequestNumber> partial_of;
    Bytes partial;
  };
  struct Want {
    bool asked = false;
    std::vector<types::NodeId> hints;
    std::set<types::NodeId> candidates;
    std::optional<FlightKey> flight;
    std::optional<Time> rests_until;
    unsigned rounds_failed = 0;
  };
  struct Range {
    Slice query;
    /// The next to ask is the last.
    std::vector<types::NodeId> candidates;
    std::optional<FlightKey> flight;
  };
  using Wants = std::map<types::ArtifactId, Want>;

  [[nodiscard]] FlightKey open_flight(Peer& peer, const types::NodeId& id, Flight flight);
  /// Forgets the flight; gives what it was for.
  std::variant<types::ArtifactId, RangeId> close_flight(const FlightKey& key);
  void flight_failed(const FlightKey& key, Time now);
  void wait_at_candidates(Wants::value_type& want, Time now);
  void stop_waiting(Wants::value_type& want);
  void rest(Wants::value_type& want, Time now);
  void begin_round(Wants::value_type& want, const Announcements& announcements, Time now);
  void wake_rested(Time now, const Announcements& announcements);
  void start_fetches(Time now, const Sessions& sessions, Actions& actions);
  void start_fetch(const types::NodeId& id, Peer& peer, Time now, const Sessions& sessions,
                   Actions& actions);
  void start_ranges(Time now, const Sessions& sessions, Actions& actions);
  void cancel_flight(const FlightKey& key, const Sessions& sessions, Actions& actions);
  void add_all_peers(Want& want);

  std::map<types::NodeId, Peer> peers_;
  Wants wants_;
  std::size_t asked_ = 0;
  std::map<RangeId, Range> ranges_;
  std::set<std::pair<Time, FlightKey>> timeouts_;
  std::set<std::pair<Time, types::ArtifactId>> rests_;
};

}  // namespace icpd::p2p
