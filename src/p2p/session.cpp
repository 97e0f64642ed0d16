#include "p2p/session.hpp"

#include <algorithm>

namespace icpd::p2p {

void Session::send(Channel channel, const Frame& frame, Actions& actions) const {
  actions.emplace_back(Send{peer_, number_, channel, encode(frame)});
}

bool Session::has_room(Channel channel, std::size_t frame_size) const {
  const Outgoing& out = out_[index(channel)];
  ensure(out.sent >= out.acknowledged);
  return out.sent - out.acknowledged + frame_cost(frame_size) <= kWindowBytes;
}

bool Session::try_send(Channel channel, const Slice& frame, Actions& actions) {
  if (!has_room(channel, frame.size())) return false;
  out_[index(channel)].sent += frame_cost(frame.size());
  actions.emplace_back(Send{peer_, number_, channel, frame});
  return true;
}

void Session::pump(const Broadcast& broadcast, Actions& actions) {
  pump_announcements(broadcast, Channel::kUrgent, actions);
  pump_announcements(broadcast, Channel::kBulk, actions);
  pump_answers(actions);
}

void Session::greet(const Horizon& horizon, Actions& actions) const {
  send(Channel::kUrgent, horizon, actions);
}

Status<> Session::greeted(const Horizon& horizon) {
  if (peer_horizon_) return Err("tells its horizon twice");
  peer_horizon_ = horizon;
  return {};
}

void Session::pump_announcements(const Broadcast& broadcast, Channel channel, Actions& actions) {
  if (!peer_horizon_) return;
  Outgoing& out = out_[index(channel)];
  while (out.from <= broadcast.newest(channel)) {
    const Broadcast::Active* active = broadcast.next(channel, out.from);
    if (active == nullptr) {
      out.from = broadcast.newest(channel) + 1;
      return;
    }
    ensure(active->commit >= out.from);
    if (!is_below(*peer_horizon_, active->id) && !try_send(channel, active->frame, actions)) return;
    out.from = active->commit + 1;
  }
}

void Session::pump_answers(Actions& actions) {
  while (!answered_.empty()) {
    const RequestNumber request = answered_.front();
    Asked& asked = requests_.at(request);
    ensure(asked.answer.has_value());
    if (!pump_answer(request, *asked.answer, actions)) return;
    close_request(request);
  }
}

bool Session::pump_answer(RequestNumber request, Answer& answer, Actions& actions) {
  if (!answer.bytes) return try_send(Channel::kBulk, encode(Absent{request}), actions);
  for (;;) {
    const std::size_t left = answer.bytes->size() - answer.sent;
    const std::size_t size = std::min(left, kChunkSizeMax);
    // Before the copy; what is too tight by a few bytes is found by try_send.
    if (!has_room(Channel::kBulk, size)) return false;
    const Chunk chunk{request, size == left, answer.bytes->part(answer.sent, size)};
    if (!try_send(Channel::kBulk, encode(chunk), actions)) return false;
    answer.sent += size;
    if (chunk.last) return true;
  }
}

Status<> Session::acknowledged(const Acknowledge& acknowledge) {
  Outgoing& out = out_[index(acknowledge.channel)];
  if (acknowledge.total > out.sent) return Err("acknowledges what was never sent");
  if (acknowledge.total <= out.acknowledged) return Err("acknowledges nothing new");
  out.acknowledged = acknowledge.total;
  return {};
}

void Session::took_in(Channel channel, std::size_t frame_size, Actions& actions) {
  Incoming& in = in_[index(channel)];
  in.taken += frame_cost(frame_size);
  ensure(in.taken > in.acknowledged);
  if (in.taken - in.acknowledged < kAcknowledgeBytes) return;
  in.acknowledged = in.taken;
  send(Channel::kUrgent, Acknowledge{channel, in.taken}, actions);
}

Status<> Session::requested(const Request& request) {
  const bool is_range = std::holds_alternative<RangeQuery>(request.what);
  if (request.number <= last_request_) return Err("request number doesn't grow");
  if (requests_.size() >= kRequestsServedMax) return Err("too many open requests");
  if (is_range && range_requests_ >= kRangesMax) return Err("too many open range requests");
  last_request_ = request.number;
  if (is_range) ++range_requests_;
  requests_.emplace(request.number, Asked{is_range, std::nullopt});
  return {};
}

void Session::close_request(RequestNumber request) {
  const auto it = requests_.find(request);
  ensure(it != requests_.end());
  if (it->second.is_range) --range_requests_;
  if (it->second.answer) std::erase(answered_, request);
  requests_.erase(it);
}

void Session::cancelled(RequestNumber request) {
  if (requests_.contains(request)) close_request(request);
}

void Session::answer(RequestNumber request, std::optional<Slice> bytes) {
  ensure(!bytes || bytes->size() <= std::max(kArtifactSizeMax, kRangeAnswerSizeMax),
         "answers keep the bound that the asker enforces");
  const auto it = requests_.find(request);
  if (it == requests_.end() || it->second.answer) return;
  it->second.answer = Answer{std::move(bytes), 0};
  answered_.push_back(request);
}

}  // namespace icpd::p2p
