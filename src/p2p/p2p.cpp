#include "p2p/p2p.hpp"

#include <algorithm>

namespace icpd::p2p {

Actions P2p::step(Time now, const Input& input) {
  Actions actions;
  std::visit([&](const auto& one) { take(now, one, actions); }, input);
  downloads_.advance(now, announcements_, sessions_, actions);
  for (auto& [peer, session] : sessions_)
    session.pump(broadcast_, actions);
  set_timer(actions);
  return actions;
}

void P2p::set_timer(Actions& actions) {
  const std::optional<Time> deadline = downloads_.deadline();
  // A timer that is too early costs a step; moving it with every answer would cost more.
  if (!deadline || (timer_ && *timer_ <= *deadline)) return;
  timer_ = deadline;
  actions.emplace_back(SetTimer{*deadline});
}

Session& P2p::session(const types::NodeId& peer) {
  const auto it = sessions_.find(peer);
  ensure(it != sessions_.end());
  return it->second;
}

// Sessions.

void P2p::take(Time now, const SessionUp& input, Actions& actions) {
  const auto old = sessions_.find(input.peer);
  if (old != sessions_.end()) {
    if (old->second.number() >= input.session) return;
    drop(now, input.peer, actions);
  }
  const Session& made =
      sessions_.emplace(input.peer, Session(input.peer, input.session)).first->second;
  made.greet(horizon_, actions);
  downloads_.peer_up(input.peer);
}

void P2p::take(Time now, const SessionDown& input, Actions& actions) {
  const auto it = sessions_.find(input.peer);
  if (it != sessions_.end() && it->second.number() == input.session) drop(now, input.peer, actions);
}

void P2p::take(Time now, const Misbehaved& input, Actions& actions) {
  if (sessions_.contains(input.peer)) close(now, input.peer, input.reason, actions);
}

void P2p::close(Time now, const types::NodeId& peer, std::string reason, Actions& actions) {
  const SessionNumber number = session(peer).number();
  drop(now, peer, actions);
  actions.emplace_back(CloseSession{peer, number, std::move(reason)});
}

void P2p::drop(Time now, const types::NodeId& peer, Actions& actions) {
  downloads_.peer_down(peer, now);
  sessions_.erase(peer);
  for (const types::ArtifactId& id : announcements_.drop_peer(peer))
    downloads_.forgotten(id, sessions_, actions);
}

// Frames.

void P2p::take(Time now, const FrameReceived& input, Actions& actions) {
  const auto it = sessions_.find(input.peer);
  if (it == sessions_.end() || it->second.number() != input.session) return;
  const Status<> status = read_frame(now, input, actions);
  if (!status.ok()) close(now, input.peer, status.error().message, actions);
}

Status<> P2p::read_frame(Time now, const FrameReceived& input, Actions& actions) {
  const Frame frame = TRY(decode(input.frame, input.channel));
  if (is_windowed(frame)) session(input.peer).took_in(input.channel, input.frame.size(), actions);
  return std::visit([&](const auto& one) { return read(now, input.peer, one, actions); }, frame);
}

Status<> P2p::read(Time, const types::NodeId& peer, const Update& frame, Actions& actions) {
  const Announcements::Change change = announcements_.apply(peer, frame);
  if (!change.accepted) return {};
  if (change.forgotten) downloads_.forgotten(*change.forgotten, sessions_, actions);
  // What is published while some slot holds it is marked then.
  if (change.is_first && broadcast_.find(frame.id) != nullptr) {
    announcements_.mark_delivered(frame.id);
    return {};
  }
  if (change.is_delivered) return {};
  if (frame.content) return arrived(peer, frame.id, *frame.content, actions);
  downloads_.announced(frame.id, peer);
  return {};
}

Status<> P2p::arrived(const types::NodeId& peer, const types::ArtifactId& id, const Slice& content,
                      Actions& actions) {
  Shared<types::EncodedArtifact> artifact = TRY(types::decode(content));
  if (artifact->id != id) return Err("artifact isn't what its id says");
  downloads_.finish(id, sessions_, actions);
  announcements_.mark_delivered(id);
  actions.emplace_back(Deliver{peer, std::move(artifact)});
  return {};
}

Status<> P2p::read(Time, const types::NodeId& peer, const Acknowledge& frame, Actions&) {
  return session(peer).acknowledged(frame);
}

Status<> P2p::read(Time, const types::NodeId& peer, const Request& frame, Actions& actions) {
  Session& from = session(peer);
  TRY(from.requested(frame));
  const Ticket ticket{peer, from.number(), frame.number};
  if (const auto* range = std::get_if<RangeQuery>(&frame.what)) {
    actions.emplace_back(LookUpRange{ticket, range->bytes});
    return {};
  }
  const auto& id = std::get<types::ArtifactId>(frame.what);
  if (const Broadcast::Active* active = broadcast_.find(id)) {
    from.answer(frame.number, active->content);
  } else {
    actions.emplace_back(LookUp{ticket, id});
  }
  return {};
}

Status<> P2p::read(Time, const types::NodeId& peer, const Cancel& frame, Actions&) {
  session(peer).cancelled(frame.number);
  return {};
}

Status<> P2p::read(Time now, const types::NodeId& peer, const Absent& frame, Actions&) {
  return downloads_.absent(peer, frame.number, now);
}

Status<> P2p::read(Time now, const types::NodeId& peer, const Chunk& frame, Actions& actions) {
  const std::optional<Downloads::Arrival> arrival = TRY(downloads_.chunk(peer, frame, now));
  if (!arrival) return {};
  if (const auto* range = std::get_if<RangeId>(&arrival->what)) {
    actions.emplace_back(RangeArrived{*range, peer, arrival->bytes});
    return {};
  }
  return arrived(peer, std::get<types::ArtifactId>(arrival->what), arrival->bytes, actions);
}

Status<> P2p::read(Time, const types::NodeId& peer, const Horizon& frame, Actions&) {
  return session(peer).greeted(frame);
}

// What the replica asks for.

void P2p::take(Time, const Publish& input, Actions& actions) {
  const Channel channel = input.urgent ? Channel::kUrgent : Channel::kBulk;
  const auto evicted = broadcast_.publish(input.id, input.content, channel);
  if (evicted) actions.emplace_back(Evicted{*evicted});
  announcements_.mark_delivered(input.id);
  downloads_.finish(input.id, sessions_, actions);
}

void P2p::take(Time, const Withdraw& input, Actions&) {
  broadcast_.withdraw(input.id);
}

void P2p::take(Time now, const Fetch& input, Actions& actions) {
  if (!downloads_.ask(input.id, input.sources, now)) actions.emplace_back(FetchRefused{input.id});
}

void P2p::take(Time, const CancelFetch& input, Actions& actions) {
  downloads_.finish(input.id, sessions_, actions);
  // Peers may announce it; without the replica's wish it is fetched like anything they announce.
  if (!announcements_.is_delivered(input.id)) fetch_announced(input.id);
}

void P2p::take(Time, const FetchAgain& input, Actions&) {
  if (!announcements_.is_delivered(input.id) || broadcast_.find(input.id) != nullptr) return;
  announcements_.mark_delivered(input.id, false);
  fetch_announced(input.id);
}

void P2p::fetch_announced(const types::ArtifactId& id) {
  for (const types::NodeId& peer : announcements_.sources(id))
    downloads_.announced(id, peer);
}

void P2p::take(Time now, const FetchRange& input, Actions& actions) {
  downloads_.ask_range(input.range, input.query, input.peers, now, sessions_, actions);
}

void P2p::take(Time, const CancelRange& input, Actions& actions) {
  downloads_.cancel_range(input.range, sessions_, actions);
}

void P2p::take(Time, const Answer& input, Actions&) {
  const auto it = sessions_.find(input.ticket.peer);
  if (it == sessions_.end() || it->second.number() != input.ticket.session) return;
  it->second.answer(input.ticket.request, input.bytes);
}

void P2p::take(Time, const Horizon& input, Actions&) {
  ensure(input.height >= horizon_.height, "what isn't needed is never needed again");
  horizon_ = input;
}

void P2p::take(Time, const TimerFired&, Actions&) {
  timer_.reset();
}

}  // namespace icpd::p2p
