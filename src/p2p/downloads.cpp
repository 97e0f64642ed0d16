#include "p2p/downloads.hpp"

#include <algorithm>

namespace icpd::p2p {

namespace {

/// True also when the time lies further ahead than it was ever set: the clock jumped back.
bool is_due(Time at, Time now, Duration ahead_max) {
  return at <= now || at - now > ahead_max;
}

Duration rest_delay(unsigned rounds_failed) {
  Duration delay = kRetryDelayMin;
  for (unsigned i = 1; i < rounds_failed && delay < kRetryDelayMax; ++i)
    delay = delay * 2;
  return std::min(delay, kRetryDelayMax);
}

const Session& session_of(const Downloads::Sessions& sessions, const types::NodeId& peer) {
  const auto it = sessions.find(peer);
  ensure(it != sessions.end(), "who is asked has a session");
  return it->second;
}

}  // namespace

// Flights: requests under way.

Downloads::FlightKey Downloads::open_flight(Peer& peer, const types::NodeId& id, Flight flight) {
  const FlightKey key{id, ++peer.last_request};
  if (std::holds_alternative<types::ArtifactId>(flight.what)) ++peer.fetches;
  ensure(peer.fetches <= kFetchesPerPeerMax);
  timeouts_.emplace(flight.deadline, key);
  peer.flights.emplace(key.request, std::move(flight));
  return key;
}

std::variant<types::ArtifactId, RangeId> Downloads::close_flight(const FlightKey& key) {
  Peer& peer = peers_.at(key.peer);
  const auto it = peer.flights.find(key.request);
  ensure(it != peer.flights.end(), "a flight is closed once");
  const auto what = it->second.what;
  if (std::holds_alternative<types::ArtifactId>(what)) --peer.fetches;
  timeouts_.erase({it->second.deadline, key});
  peer.flights.erase(it);
  if (peer.partial_of == key.request) {
    peer.partial_of.reset();
    peer.partial = Bytes();
  }
  return what;
}

void Downloads::flight_failed(const FlightKey& key, Time now) {
  const auto what = close_flight(key);
  if (const auto* range = std::get_if<RangeId>(&what)) {
    ranges_.at(*range).flight.reset();
    return;
  }
  const auto want = wants_.find(std::get<types::ArtifactId>(what));
  ensure(want != wants_.end() && want->second.flight == key, "a flight belongs to its want");
  want->second.flight.reset();
  wait_at_candidates(*want, now);
}

void Downloads::cancel_flight(const FlightKey& key, const Sessions& sessions, Actions& actions) {
  close_flight(key);
  session_of(sessions, key.peer).send(Channel::kUrgent, Cancel{key.request}, actions);
}

// Wants: what is fetched by id.

void Downloads::wait_at_candidates(Wants::value_type& want, Time now) {
  auto& [id, state] = want;
  ensure(!state.flight && !state.rests_until);
  bool waits = false;
  for (const types::NodeId& candidate : state.candidates) {
    const auto peer = peers_.find(candidate);
    if (peer == peers_.end()) continue;
    peer->second.waiting.insert(id);
    waits = true;
  }
  if (!waits) rest(want, now);
}

void Downloads::stop_waiting(Wants::value_type& want) {
  auto& [id, state] = want;
  for (const types::NodeId& candidate : state.candidates) {
    const auto peer = peers_.find(candidate);
    if (peer != peers_.end()) peer->second.waiting.erase(id);
  }
  if (state.rests_until) rests_.erase({*state.rests_until, id});
  state.rests_until.reset();
}

void Downloads::rest(Wants::value_type& want, Time now) {
  auto& [id, state] = want;
  ++state.rounds_failed;
  state.candidates.clear();
  state.rests_until = now + rest_delay(state.rounds_failed);
  rests_.emplace(*state.rests_until, id);
}

void Downloads::begin_round(Wants::value_type& want, const Announcements& announcements, Time now) {
  auto& [id, state] = want;
  const auto sources = announcements.sources(id);
  state.candidates.insert(sources.begin(), sources.end());
  if (state.asked) add_all_peers(state);
  wait_at_candidates(want, now);
}

void Downloads::add_all_peers(Want& want) {
  for (const auto& [peer, state] : peers_)
    want.candidates.insert(peer);
}

void Downloads::announced(const types::ArtifactId& id, const types::NodeId& peer) {
  const auto want = wants_.try_emplace(id).first;
  Want& state = want->second;
  if (!state.flight) stop_waiting(*want);
  state.candidates.insert(peer);
  if (!state.flight) wait_at_candidates(*want, Time{});
}

void Downloads::forgotten(const types::ArtifactId& id, const Sessions& sessions, Actions& actions) {
  const auto want = wants_.find(id);
  if (want != wants_.end() && !want->second.asked) finish(id, sessions, actions);
}

bool Downloads::ask(const types::ArtifactId& id, std::vector<types::NodeId> hints, Time now) {
  const auto found = wants_.find(id);
  if (found == wants_.end() || !found->second.asked) {
    if (asked_ >= kAskedMax) return false;
    ++asked_;
  }
  const auto want = wants_.try_emplace(id).first;
  Want& state = want->second;
  state.asked = true;
  state.candidates.insert(hints.begin(), hints.end());
  const auto has_session = [this](const types::NodeId& peer) { return peers_.contains(peer); };
  if (std::none_of(state.candidates.begin(), state.candidates.end(), has_session))
    add_all_peers(state);
  if (state.flight) return true;
  stop_waiting(*want);
  wait_at_candidates(*want, now);
  return true;
}

void Downloads::finish(const types::ArtifactId& id, const Sessions& sessions, Actions& actions) {
  const auto want = wants_.find(id);
  if (want == wants_.end()) return;
  if (want->second.flight) cancel_flight(*want->second.flight, sessions, actions);
  stop_waiting(*want);
  if (want->second.asked) --asked_;
  wants_.erase(want);
}

// Peers.

void Downloads::peer_up(const types::NodeId& peer) {
  const auto [it, inserted] = peers_.try_emplace(peer);
  ensure(inserted, "a peer has one session at a time");
  for (auto& want : wants_) {
    Want& state = want.second;
    if (!state.asked) continue;
    if (!state.flight) stop_waiting(want);
    state.candidates.insert(peer);
    if (!state.flight) wait_at_candidates(want, Time{});
  }
}

void Downloads::peer_down(const types::NodeId& peer, Time now) {
  const auto it = peers_.find(peer);
  ensure(it != peers_.end());
  while (!it->second.flights.empty())
    flight_failed(FlightKey{peer, it->second.flights.begin()->first}, now);
  const std::set<types::ArtifactId> waiting = std::move(it->second.waiting);
  peers_.erase(it);
  for (const types::ArtifactId& id : waiting) {
    const auto want = wants_.find(id);
    ensure(want != wants_.end());
    want->second.candidates.erase(peer);
    if (!want->second.rests_until) wait_at_candidates(*want, now);
  }
}

// Ranges.

void Downloads::ask_range(RangeId range, Slice query, std::vector<types::NodeId> peers, Time now,
                          const Sessions& sessions, Actions& actions) {
  ensure(query.size() <= kRangeQuerySizeMax);
  ensure(!ranges_.contains(range), "a range id is used once");
  if (ranges_.size() >= kRangesMax) {
    actions.emplace_back(RangeFailed{range});
    return;
  }
  if (peers.empty()) {
    for (const auto& [peer, state] : peers_)
      peers.push_back(peer);
  }
  std::reverse(peers.begin(), peers.end());
  ranges_.emplace(range, Range{std::move(query), std::move(peers), std::nullopt});
  start_ranges(now, sessions, actions);
}

void Downloads::cancel_range(RangeId range, const Sessions& sessions, Actions& actions) {
  const auto it = ranges_.find(range);
  if (it == ranges_.end()) return;
  if (it->second.flight) cancel_flight(*it->second.flight, sessions, actions);
  ranges_.erase(it);
}

void Downloads::start_ranges(Time now, const Sessions& sessions, Actions& actions) {
  for (auto it = ranges_.begin(); it != ranges_.end();) {
    auto& [id, range] = *it;
    while (!range.flight && !range.candidates.empty()) {
      const types::NodeId peer = range.candidates.back();
      range.candidates.pop_back();
      const auto state = peers_.find(peer);
      if (state == peers_.end()) continue;
      range.flight = open_flight(state->second, peer, Flight{id, now + kRequestTimeout});
      session_of(sessions, peer)
          .send(Channel::kUrgent, Request{range.flight->request, RangeQuery{range.query}}, actions);
    }
    if (range.flight) {
      ++it;
      continue;
    }
    actions.emplace_back(RangeFailed{id});
    it = ranges_.erase(it);
  }
}

// Answers.

Result<std::optional<Downloads::Arrival>> Downloads::chunk(const types::NodeId& peer,
                                                           const Chunk& chunk, Time now) {
  Peer& state = peers_.at(peer);
  if (chunk.number > state.last_request) return Err("answer to nothing that was asked");
  const auto it = state.flights.find(chunk.number);
  if (it == state.flights.end()) return std::optional<Arrival>();
  if (state.partial_of && state.partial_of != chunk.number) return Err("answers interleave");
  Flight& flight = it->second;
  const bool is_range = std::holds_alternative<RangeId>(flight.what);
  const std::size_t size_max = is_range ? kRangeAnswerSizeMax : kArtifactSizeMax;
  if (chunk.bytes.size() > size_max - state.partial.size()) return Err("answer too long");
  const FlightKey key{peer, chunk.number};
  if (!chunk.last) {
    state.partial_of = chunk.number;
    append(state.partial, chunk.bytes);
    timeouts_.erase({flight.deadline, key});
    flight.deadline = now + kRequestTimeout;
    timeouts_.emplace(flight.deadline, key);
    return std::optional<Arrival>();
  }
  Arrival arrival{flight.what, chunk.bytes};
  if (state.partial_of) {
    append(state.partial, chunk.bytes);
    arrival.bytes = Slice(std::move(state.partial));
  }
  if (is_range) {
    close_flight(key);
    ranges_.erase(std::get<RangeId>(arrival.what));
  } else {
    flight_failed(key, now);  // until the caller has checked it and calls finish()
  }
  return std::optional<Arrival>(std::move(arrival));
}

Status<> Downloads::absent(const types::NodeId& peer, RequestNumber request, Time now) {
  const Peer& state = peers_.at(peer);
  if (request > state.last_request) return Err("answer to nothing that was asked");
  if (state.flights.contains(request)) flight_failed(FlightKey{peer, request}, now);
  return {};
}

// Time and capacity.

void Downloads::advance(Time now, const Announcements& announcements, const Sessions& sessions,
                        Actions& actions) {
  while (!timeouts_.empty() && is_due(timeouts_.begin()->first, now, kRequestTimeout)) {
    const FlightKey key = timeouts_.begin()->second;
    session_of(sessions, key.peer).send(Channel::kUrgent, Cancel{key.request}, actions);
    flight_failed(key, now);
  }
  wake_rested(now, announcements);
  start_ranges(now, sessions, actions);
  start_fetches(now, sessions, actions);
}

void Downloads::wake_rested(Time now, const Announcements& announcements) {
  // Collected first: those that find no peer rest again, and at the end of time at once.
  std::vector<types::ArtifactId> due;
  for (const auto& [at, id] : rests_) {
    if (!is_due(at, now, kRetryDelayMax)) break;
    due.push_back(id);
  }
  for (const types::ArtifactId& id : due) {
    const auto want = wants_.find(id);
    ensure(want != wants_.end());
    stop_waiting(*want);
    begin_round(*want, announcements, now);
  }
}

void Downloads::start_fetches(Time now, const Sessions& sessions, Actions& actions) {
  const auto can_start = [](const Peer& peer) {
    return !peer.waiting.empty() && peer.fetches < kFetchesPerPeerMax;
  };
  for (;;) {
    // The one with the least to do, so that a burst spreads over all that have it.
    auto next = peers_.end();
    for (auto it = peers_.begin(); it != peers_.end(); ++it) {
      if (can_start(it->second) &&
          (next == peers_.end() || it->second.fetches < next->second.fetches))
        next = it;
    }
    if (next == peers_.end()) return;
    start_fetch(next->first, next->second, now, sessions, actions);
  }
}

void Downloads::start_fetch(const types::NodeId& id, Peer& peer, Time now, const Sessions& sessions,
                            Actions& actions) {
  const auto want = wants_.find(*peer.waiting.begin());
  ensure(want != wants_.end() && !want->second.flight);
  stop_waiting(*want);
  want->second.candidates.erase(id);
  want->second.flight = open_flight(peer, id, Flight{want->first, now + kRequestTimeout});
  session_of(sessions, id)
      .send(Channel::kUrgent, Request{want->second.flight->request, want->first}, actions);
}

std::optional<Time> Downloads::deadline() const {
  std::optional<Time> earliest;
  if (!timeouts_.empty()) earliest = timeouts_.begin()->first;
  if (!rests_.empty() && (!earliest || rests_.begin()->first < *earliest))
    earliest = rests_.begin()->first;
  return earliest;
}

}  // namespace icpd::p2p
