// What consensus wants done, and the order of persisting and sending (DESIGN §6).
//
// Persists are numbered. What consensus put behind one waits in `held` until it is durable; what it
// put before one doesn't wait, even for older persists. A withdrawal takes back a broadcast that
// still waits.
#include <algorithm>

#include "replica/detail/core.hpp"

namespace icpd::replica::detail {

namespace {

/// Bodies that belong to the blocks that are stored, as far as they are here.
void add_bodies(Core& core, std::vector<Encoded>& artifacts) {
  for (const Encoded& artifact : artifacts) {
    const auto* proposal = std::get_if<types::BlockProposal>(&artifact->artifact);
    if (proposal == nullptr) continue;
    for (const IngressHash& hash : named_by(*proposal->block))
      core.bodies_to_save.insert(hash);
  }
  for (auto it = core.bodies_to_save.begin(); it != core.bodies_to_save.end();) {
    const Encoded* body = body_artifact(core, *it);
    if (body != nullptr) artifacts.push_back(*body);
    it = body != nullptr ? core.bodies_to_save.erase(it) : std::next(it);
  }
}

void cancel_held(Core& core, const types::ArtifactId& id) {
  for (Held& held : core.held) {
    std::erase_if(held.actions, [&](const consensus::Action& action) {
      const auto* broadcast = std::get_if<consensus::Broadcast>(&action);
      return broadcast != nullptr && broadcast->artifact->id == id;
    });
  }
}

struct Handler {
  Core& core;

  void operator()(consensus::Broadcast& a) const {
    tell_peers(core, p2p::Publish{a.artifact->id, a.artifact->bytes, a.urgent});
  }
  void operator()(consensus::Withdraw& a) const {
    cancel_held(core, a.id);
    tell_peers(core, p2p::Withdraw{a.id});
  }
  void operator()(consensus::Dropped& a) const { remember_dropped(core, a.id); }
  void operator()(consensus::Persist&) const { unreachable_state("persists are split off before"); }
  void operator()(consensus::PurgeBelow& a) const {
    core.bodies.purge_below(a.served);
    core.out.push_back(PurgeLog{a.height});
  }
  void operator()(consensus::BuildPayload& a) const { build_payload(core, a); }
  void operator()(consensus::CheckPayload& a) const { check_payload(core, a); }
  void operator()(consensus::RunCrypto& a) const { core.out.push_back(std::move(a)); }
  void operator()(consensus::DeliverBatch& a) const { deliver(core, a); }
  void operator()(consensus::Notarized& a) const {
    trace_block(core, a.block, BlockSeen::Stage::kNotarized);
    chain_changed(core);
    core.out.push_back(BlockSeen{BlockSeen::Stage::kNotarized, a.block});
  }
  void operator()(consensus::Finalized& a) const {
    trace_block(core, a.block, BlockSeen::Stage::kFinalized);
    block_final(core, a.block);
    core.out.push_back(BlockSeen{BlockSeen::Stage::kFinalized, a.block});
  }
  void operator()(consensus::Certified& a) const { certified(core, a.certification); }
  void operator()(consensus::CatchUpMade& a) const {
    // The one before stays, and the log reaches back to it: the newest may turn out damaged.
    core.out.push_back(KeepCheckpointsFrom{std::exchange(core.package, a.package->id.height)});
  }
  void operator()(consensus::PeerMisbehaved& a) const {
    misbehaved(core, a.peer, std::move(a.reason));
  }
  void operator()(consensus::WantRange& a) const { want_range(core, a); }
  void operator()(consensus::SetTimer& a) const { core.consensus_timer = a.steady; }
  void operator()(consensus::Stop& a) const { stop(core, std::move(a.reason)); }
};

}  // namespace

void handle(Core& core, consensus::Actions actions) {
  for (std::size_t i = 0; i < actions.size() && !core.stopped; ++i) {
    auto* persist = std::get_if<consensus::Persist>(&actions[i]);
    if (persist == nullptr) {
      std::visit(Handler{core}, actions[i]);
      continue;
    }
    add_bodies(core, persist->artifacts);
    ++core.persists;
    core.out.push_back(Persist{core.persists, std::move(persist->artifacts), persist->watermark});
    const auto rest = actions.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    const auto late = std::find_if(rest, actions.end(), [](const consensus::Action& action) {
      return std::holds_alternative<consensus::Withdraw>(action);
    });
    core.held.push_back({core.persists, consensus::Actions(std::make_move_iterator(rest),
                                                           std::make_move_iterator(late))});
    for (auto it = late; it != actions.end(); ++it)
      std::visit(Handler{core}, *it);
    return;
  }
}

void persisted(Core& core, const Persisted& input) {
  while (!core.held.empty() && core.held.front().number <= input.number) {
    consensus::Actions actions = std::move(core.held.front().actions);
    core.held.pop_front();
    for (consensus::Action& action : actions)
      std::visit(Handler{core}, action);
  }
}

}  // namespace icpd::replica::detail
