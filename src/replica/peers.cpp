// What peers send and ask for, beside artifacts that go straight to consensus.
#include "codec/record.hpp"
#include "replica/detail/core.hpp"

namespace icpd::replica::detail {

namespace {

struct RangeQuery {
  Height from;
  static constexpr auto kFields = std::tuple(&RangeQuery::from);
};

void range_failed(Core& core, p2p::RangeId range) {
  const auto asked = core.range_asked.extract(range);
  if (!asked.empty()) feed(core, consensus::RangeFailed{asked.mapped()});
}

void range_arrived(Core& core, const p2p::RangeArrived& arrived) {
  auto range = codec::from_record<consensus::ChainRange>(arrived.bytes);
  if (!range.ok()) {
    misbehaved(core, arrived.from, "sent a range that doesn't decode: " + range.error().message);
    return range_failed(core, arrived.range);
  }
  core.range_asked.erase(arrived.range);
  feed(core,
       consensus::RangeReceived{arrived.from, Shared<consensus::ChainRange>(std::move(*range))});
}

bool may_have_range(Core& core, const NodeId& peer) {
  RangesGiven& given = core.ranges_given[peer];
  if (core.now.steady - given.since >= Duration::seconds(1)) given = {core.now.steady, 0};
  return ++given.count <= kRangesAnsweredMax;
}

void answer_range(Core& core, const p2p::LookUpRange& ask) {
  const auto query = codec::from_record<RangeQuery>(ask.query);
  if (!query.ok()) {
    misbehaved(core, ask.ticket.peer, "asked for a range in words that don't decode");
    return;
  }
  std::optional<Slice> answer;
  if (may_have_range(core, ask.ticket.peer)) {
    answer = Slice(
        codec::to_record(core.consensus->answer_range(query->from, core.bodies.complete_from())));
    if (answer->size() > p2p::kRangeAnswerSizeMax) answer.reset();
  }
  tell_peers(core, p2p::Answer{ask.ticket, std::move(answer)});
}

/// Only bodies are asked for by name when they aren't active: blocks name them.
void answer_lookup(Core& core, const p2p::LookUp& ask) {
  std::optional<Slice> bytes;
  if (ask.id.kind == types::ArtifactKind::kIngress) {
    const auto hash = IngressHash::from(ask.id.hash);
    ensure(hash.has_value());
    if (const Encoded* body = body_artifact(core, *hash)) bytes = (*body)->bytes;
  }
  tell_peers(core, p2p::Answer{ask.ticket, std::move(bytes)});
}

struct Handler {
  Core& core;

  void operator()(p2p::Send& a) const { core.out.push_back(std::move(a)); }
  void operator()(p2p::CloseSession& a) const { core.out.push_back(std::move(a)); }
  void operator()(p2p::Deliver& a) const {
    if (a.artifact->id.kind == types::ArtifactKind::kIngress)
      return ingress_arrived(core, a.from, a.artifact);
    feed(core, consensus::ArtifactReceived{a.from, a.artifact});
  }
  void operator()(p2p::LookUp& a) const { answer_lookup(core, a); }
  void operator()(p2p::LookUpRange& a) const { answer_range(core, a); }
  void operator()(p2p::RangeArrived& a) const { range_arrived(core, a); }
  void operator()(p2p::RangeFailed& a) const { range_failed(core, a.range); }
  void operator()(p2p::FetchRefused&) const {
    if (!core.ask_again) core.ask_again = core.now.steady + kAskAgain;
  }
  // Its table was full, so peers get it from a block's maker or not at all.
  void operator()(p2p::Evicted&) const {}
  void operator()(p2p::SetTimer& a) const { core.p2p_timer = a.at; }
};

}  // namespace

void handle(Core& core, p2p::Actions actions) {
  for (p2p::Action& action : actions) {
    if (!core.stopped) std::visit(Handler{core}, action);
  }
}

void misbehaved(Core& core, const NodeId& peer, std::string reason) {
  tell_peers(core, p2p::Misbehaved{peer, std::move(reason)});
}

void want_range(Core& core, const consensus::WantRange& want) {
  const p2p::RangeId id{++core.ranges};
  core.range_asked.emplace(id, want.peer);
  tell_peers(core,
             p2p::FetchRange{id, Slice(codec::to_record(RangeQuery{want.from})), {want.peer}});
}

void remember_dropped(Core& core, const types::ArtifactId& id) {
  if (core.dropped.size() >= kDroppedMax) core.dropped.erase(core.dropped.begin());
  core.dropped.insert(id);
  if (!core.ask_again) core.ask_again = core.now.steady + kAskAgain;
}

void tell_horizon(Core& core) {
  const Height from = core.consensus->useful_from();
  if (from == core.told_horizon) return;
  core.told_horizon = from;
  tell_peers(core, p2p::Horizon{from});
}

void ask_again(Core& core) {
  for (const types::ArtifactId& id : std::exchange(core.dropped, {})) {
    if (id.height > core.consensus->finalized()) tell_peers(core, p2p::FetchAgain{id});
  }
  for (const auto& [hash, wanted] : core.wanted)
    tell_peers(core,
               p2p::Fetch{{types::ArtifactKind::kIngress, Height{0}, *crypto::Digest::from(hash)},
                          wanted.sources});
}

}  // namespace icpd::replica::detail
