#include "sim/adversary.hpp"

#include <algorithm>
#include <limits>

#include "consensus/fast_crypto.hpp"

namespace icpd::sim {

namespace {

using replica::Encoded;
using types::Height;

constexpr Time kBeginning = Time::from_seconds(1'700'000'000);
constexpr Duration kCryptoTime = Duration::microseconds(100);
constexpr std::size_t kKnownBodiesMax = 300;
/// Whoever gets a forgery ends the session, so a forger that is always at it is never heard.
constexpr std::uint64_t kForgeryOneIn = 40;
/// A forgery is taken back after that; else each new session would begin and end with it.
constexpr Duration kForgeryStays = Duration::milliseconds(100);
/// What it may publish again; it stays within the slots that peers give each other.
constexpr std::size_t kPublishedMax = 50;

template <typename Share>
bool spoil_if(types::Artifact& artifact) {
  auto* share = std::get_if<Share>(&artifact);
  if (share == nullptr) return false;
  share->signature.bytes[0] ^= 1;
  return true;
}

}  // namespace

Adversary::Adversary(EventQueue& events, Prng random, const Subnet& subnet, std::size_t index,
                     std::vector<Misdeed> misdeeds, World world)
    : events_(events),
      random_(std::move(random)),
      subnet_(subnet),
      index_(index),
      misdeeds_(std::move(misdeeds)),
      world_(std::move(world)),
      signer_(consensus::make_fast_signer(subnet.keys[index],
                                          crypto::MemberIndex{static_cast<std::uint32_t>(index)})),
      crypto_(consensus::make_fast_crypto()),
      forger_(random_.fork(), subnet, index, *signer_) {
  for (std::size_t i = 0; i < subnet.nodes.size(); ++i) {
    if (i != index) peers_[subnet.nodes[i]];
  }
}

bool Adversary::likes(Misdeed misdeed) const {
  return std::find(misdeeds_.begin(), misdeeds_.end(), misdeed) != misdeeds_.end();
}

consensus::Moment Adversary::moment() const {
  return {kBeginning + (events_.now() - Time{}), events_.now()};
}

void Adversary::start() {
  consensus::Recovered fresh{subnet_.genesis, {}, {}, Height{0}, subnet_.genesis_root};
  consensus_ =
      consensus::Consensus::make({subnet_.nodes[index_], subnet_.id, signer_.get(), crypto_.get()},
                                 registry::Registry(subnet_.registry), std::move(fresh))
          .value();
  carry_out(consensus_->start(moment()));
}

void Adversary::step(consensus::Input input) {
  carry_out(consensus_->step(moment(), std::move(input)));
}

void Adversary::input(p2p::Input input) {
  if (const auto* up = std::get_if<p2p::SessionUp>(&input)) {
    tell(up->peer, *up);
    // Whoever is asked for a range and lies loses the session, and does nothing else meanwhile.
    if (likes(Misdeed::kLiesInRanges) && random_.chance(1, 4))
      publish(up->peer, types::encode(forger_.false_claim(consensus_->finalized())));
    return;
  }
  if (const auto* down = std::get_if<p2p::SessionDown>(&input)) return tell(down->peer, *down);
  if (const auto* frame = std::get_if<p2p::FrameReceived>(&input)) return tell(frame->peer, *frame);
}

void Adversary::tell(const types::NodeId& peer, p2p::Input input) {
  handle(peer, peers_.at(peer).step(events_.now(), input));
}

void Adversary::handle(const types::NodeId& peer, p2p::Actions actions) {
  for (const p2p::Action& action : actions) {
    if (const auto* a = std::get_if<p2p::Send>(&action)) {
      world_.send(*a);
    } else if (const auto* a = std::get_if<p2p::CloseSession>(&action)) {
      world_.close(*a);
    } else if (const auto* a = std::get_if<p2p::Deliver>(&action)) {
      seen(a->artifact);
      // Its core would take its own second block for the work of somebody with its key.
      const auto* proposal = std::get_if<types::BlockProposal>(&a->artifact->artifact);
      if (proposal != nullptr && proposal->block->maker == subnet_.nodes[index_]) continue;
      if (a->artifact->id.kind != types::ArtifactKind::kIngress)
        events_.after({}, [this, from = a->from, artifact = a->artifact] {
          step(consensus::ArtifactReceived{from, artifact});
        });
    } else if (const auto* a = std::get_if<p2p::LookUp>(&action)) {
      answer(peer, *a);
    } else if (const auto* a = std::get_if<p2p::LookUpRange>(&action)) {
      answer(peer, *a);
    } else if (const auto* a = std::get_if<p2p::SetTimer>(&action)) {
      const Time at = std::max(a->at, events_.now());
      events_.after(at - events_.now(), [this, peer] { tell(peer, p2p::TimerFired{}); });
    }
  }
}

void Adversary::answer(const types::NodeId& peer, const p2p::LookUp& ask) {
  std::optional<Slice> bytes;
  const auto hash = types::IngressHash::from(ask.id.hash);
  const auto body = bodies_.find(*hash);
  if (body != bodies_.end()) bytes = body->second->bytes;
  if (likes(Misdeed::kHidesBodies)) {
    bytes.reset();
    world_.did("hides bodies");
  }
  events_.after({}, [this, peer, ask, bytes] { tell(peer, p2p::Answer{ask.ticket, bytes}); });
}

void Adversary::answer(const types::NodeId& peer, const p2p::LookUpRange& ask) {
  std::optional<Slice> bytes;
  if (likes(Misdeed::kLiesInRanges)) {
    const Height from{consensus_->finalized().minus_or_zero(random_.below(20))};
    bytes = random_.chance(1, 8)
                ? Slice(random_.bytes(100))
                : Slice(codec::to_record(forger_.false_range(consensus_->answer_range(from))));
    world_.did("lies in ranges");
  }
  events_.after({}, [this, peer, ask, bytes] { tell(peer, p2p::Answer{ask.ticket, bytes}); });
}

void Adversary::seen(const Encoded& artifact) {
  if (artifact->id.kind == types::ArtifactKind::kIngress) {
    const auto hash = *types::IngressHash::from(artifact->id.hash);
    if (!bodies_.emplace(hash, artifact).second) return;
    forger_.remember(artifact->artifact);
    known_bodies_.push_back(hash);
    if (known_bodies_.size() > kKnownBodiesMax) {
      // Not in order: some old ones, long executed, stay to be named again.
      const auto gone =
          known_bodies_.begin() + static_cast<std::ptrdiff_t>(random_.below(known_bodies_.size()));
      bodies_.erase(*gone);
      known_bodies_.erase(gone);
    }
    return;
  }
  if (const auto* proposal = std::get_if<types::BlockProposal>(&artifact->artifact);
      proposal != nullptr && likes(Misdeed::kSignsEverything))
    sign_everything(*proposal);
  forge(artifact->artifact);
}

void Adversary::broadcast_later(types::Artifact artifact) {
  const Encoded encoded = types::encode(std::move(artifact));
  events_.after({}, [this, encoded] {
    for (auto& [peer, p2p] : peers_)
      publish(peer, encoded);
  });
  events_.after(kForgeryStays, [this, encoded] {
    for (auto& [peer, p2p] : peers_)
      tell(peer, p2p::Withdraw{encoded->id});
  });
}

void Adversary::forge_package(Height height) {
  const auto summary = consensus_->final_block(height);
  const auto root = world_.root(height);
  if (!summary || !root) return;
  if (auto forged = forger_.false_package(*summary, *root)) {
    broadcast_later(std::move(*forged));
    world_.did("forges catch-up packages");
  }
}

void Adversary::forge(const types::Artifact& seen) {
  forger_.remember(seen);
  if (const auto* share = std::get_if<types::CatchUpPackageShare>(&seen);
      share != nullptr && likes(Misdeed::kForgesCertificates))
    forge_package(share->height);
  if (likes(Misdeed::kForgesCertificates) && random_.chance(1, kForgeryOneIn)) {
    if (auto forged = forger_.false_certificate(seen)) {
      broadcast_later(std::move(*forged));
      world_.did("forges certificates");
    }
  }
  const auto* proposal = std::get_if<types::BlockProposal>(&seen);
  if (proposal == nullptr || !likes(Misdeed::kUsurps) || !random_.chance(1, kForgeryOneIn)) return;
  broadcast_later(forger_.usurping(*proposal));
  world_.did("usurps");
}

void Adversary::publish(const types::NodeId& peer, const Encoded& artifact) {
  tell(peer, p2p::Publish{artifact->id, artifact->bytes, true});
}

void Adversary::broadcast(const Encoded& original) {
  Encoded artifact = original;
  const auto* proposal = std::get_if<types::BlockProposal>(&artifact->artifact);
  const bool is_own = proposal != nullptr && proposal->block->maker == subnet_.nodes[index_];
  if (is_own && likes(Misdeed::kEquivocates)) return equivocate(*proposal);
  if (is_own && likes(Misdeed::kBendsTime) && random_.chance(1, 2)) {
    artifact = types::encode(forger_.out_of_time(*proposal));
    world_.did("bends time");
  }
  if (is_own && likes(Misdeed::kBlamesOthers) && random_.chance(1, 4)) {
    artifact = types::encode(forger_.blaming(std::get<types::BlockProposal>(artifact->artifact)));
    world_.did("blames others");
  }
  if (is_own && likes(Misdeed::kForgesCertificates) && random_.chance(1, 2)) {
    broadcast_later(forger_.false_quorum(std::get<types::BlockProposal>(artifact->artifact).block));
    world_.did("forges certificates");
  }
  if (likes(Misdeed::kSpoilsShares)) artifact = spoilt(artifact);
  for (auto& [peer, p2p] : peers_) {
    if (likes(Misdeed::kWithholds) && random_.chance(1, 2)) {
      world_.did("withholds");
      continue;
    }
    publish(peer, artifact);
  }
  if (!likes(Misdeed::kRepeatsItself)) return;
  published_.push_back(artifact);
  if (published_.size() > kPublishedMax) published_.pop_front();
  if (random_.chance(1, 4)) repeat_itself();
}

void Adversary::repeat_itself() {
  const Encoded again = published_[random_.below(published_.size())];
  for (auto& [peer, p2p] : peers_) {
    tell(peer, p2p::Withdraw{again->id});
    publish(peer, again);
  }
  world_.did("repeats itself");
}

void Adversary::equivocate(const types::BlockProposal& proposal) {
  types::Block other = *proposal.block;
  other.context.time = other.context.time + Duration::nanoseconds(1);
  const types::HashedBlock hashed(std::move(other));
  const Bytes message = types::proposal_message({hashed->height, hashed.hash(), subnet_.id});
  const Encoded versions[2] = {types::encode(proposal),
                               types::encode(types::BlockProposal{hashed, signer_->sign(message)})};
  for (auto& [peer, p2p] : peers_) {
    publish(peer, versions[random_.below(2)]);
    if (random_.chance(1, 4)) publish(peer, versions[random_.below(2)]);
    if (!likes(Misdeed::kForgesCertificates) || !random_.chance(1, 4)) continue;
    const auto& version = std::get<types::BlockProposal>(versions[random_.below(2)]->artifact);
    publish(peer, types::encode(forger_.false_quorum(version.block)));
    world_.did("forges certificates");
  }
  world_.did("equivocates");
}

void Adversary::sign_everything(const types::BlockProposal& proposal) {
  const Height height = proposal.block->height;
  const types::BlockReference about{height, proposal.block.hash(), subnet_.id};
  const types::NodeId& self = subnet_.nodes[index_];
  const Encoded shares[2] = {
      types::encode(types::NotarizationShare{
          {height, about.block, self, signer_->sign(types::notarization_message(about))}}),
      types::encode(types::FinalizationShare{
          {height, about.block, self, signer_->sign(types::finalization_message(about))}})};
  // Not at once: the peer's p2p core is at work.
  events_.after({}, [this, notarization = shares[0], finalization = shares[1]] {
    for (auto& [peer, p2p] : peers_) {
      publish(peer, notarization);
      publish(peer, finalization);
    }
  });
  world_.did("signs everything");
}

Encoded Adversary::spoilt(const Encoded& artifact) const {
  types::Artifact copy = artifact->artifact;
  const bool spoilt =
      spoil_if<types::NotarizationShare>(copy) || spoil_if<types::FinalizationShare>(copy) ||
      spoil_if<types::BeaconShare>(copy) || spoil_if<types::TapeShare>(copy) ||
      spoil_if<types::CertificationShare>(copy) || spoil_if<types::CatchUpPackageShare>(copy);
  if (!spoilt) return artifact;
  world_.did("spoils shares");
  return types::encode(std::move(copy));
}

types::IngressHash Adversary::own_message(FalseCall kind) {
  const Encoded artifact = types::encode(forger_.false_call(kind, moment().wall));
  const auto hash = *types::IngressHash::from(artifact->id.hash);
  bodies_.emplace(hash, artifact);
  return hash;
}

void Adversary::name_messages_seen(types::DataPayload& payload) {
  if (known_bodies_.empty()) return;
  const auto any = [&] { return known_bodies_[random_.below(known_bodies_.size())]; };
  for (int i = 0; i < 3; ++i)
    payload.ingress.push_back(any());
  // Perhaps executed, perhaps in a block already, perhaps expired.
  world_.did("proposes what it has seen");
  if (!random_.chance(1, 2)) return;
  payload.ingress.push_back(payload.ingress.front());
  world_.did("names a message twice");
}

void Adversary::lie_about_queries(types::DataPayload& payload, Height height) {
  const std::uint64_t epoch =
      subnet_.genesis_state->topology().parameters.query_stats_epoch(height);
  if (epoch == 0) return;
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  types::QueryStatsReport report{epoch - 1, {{counter_canister(), {kMost, kMost, kMost, kMost}}}};
  // The counts alone can't be refused; but the same again can.
  world_.did("reports queries without number");
  switch (random_.below(8)) {
    case 0:
      ++report.epoch;
      world_.did("reports queries of a running epoch");
      break;
    case 1:
      report.canisters.push_back(report.canisters.front());
      world_.did("reports a canister's queries twice");
      break;
    case 2:
      report.canisters.front().canister = types::canister_id_from_index(1'000'000);
      world_.did("reports queries of a canister that isn't there");
      break;
    default:
      break;
  }
  payload.query_stats = std::move(report);
}

types::DataPayload Adversary::payload(Height height) {
  types::DataPayload payload;
  if (likes(Misdeed::kLiesAboutQueries) && random_.chance(1, 2)) lie_about_queries(payload, height);
  if (!likes(Misdeed::kForgesPayloads)) return payload;
  switch (random_.below(6)) {
    case 0:
      payload.ingress.push_back(own_message(FalseCall::kForged));
      world_.did("proposes a forged message");
      break;
    case 1:
      payload.ingress.push_back(own_message(FalseCall::kExpired));
      world_.did("proposes an expired message");
      break;
    case 2:
      payload.ingress.push_back(own_message(FalseCall::kFromTheFuture));
      world_.did("proposes a message from the future");
      break;
    case 3:
      payload.ingress.push_back(*types::IngressHash::from(random_.bytes(32)));
      world_.did("proposes a message that nobody has");
      break;
    case 4:
      payload.responses.responses.push_back(
          {.call = types::SubnetCallId{1 + random_.below(12)},
           .answer = types::AgreedAnswer{types::Reply{Slice(random_.bytes(8))}},
           .spending = {{subnet_.nodes.front(), types::Cycles{0}}}});
      world_.did("proposes an answer that nobody gave");
      break;
    default:
      name_messages_seen(payload);
      break;
  }
  return payload;
}

void Adversary::commit_next() {
  if (committing_ || batches_.empty() || batches_.begin()->first != next_batch_) return;
  committing_ = true;
  commit_when_known();
}

void Adversary::commit_when_known() {
  const auto root = world_.root(next_batch_);
  if (!root) return events_.after(Duration::milliseconds(10), [this] { commit_when_known(); });
  const Height height = next_batch_;
  const bool is_checkpoint = batches_.at(height).batch.is_checkpoint;
  batches_.erase(height);
  ++next_batch_;
  committing_ = false;
  step(consensus::StateCommitted{height, *root, false, std::nullopt});
  const auto hash = world_.state_hash(height);
  if (is_checkpoint && hash) step(consensus::CheckpointHashed{height, *hash});
  commit_next();
}

void Adversary::carry_out(consensus::Actions actions) {
  for (const consensus::Action& action : actions) {
    if (const auto* a = std::get_if<consensus::Broadcast>(&action)) {
      broadcast(a->artifact);
    } else if (const auto* a = std::get_if<consensus::Withdraw>(&action)) {
      for (auto& [peer, p2p] : peers_)
        tell(peer, p2p::Withdraw{a->id});
    } else if (const auto* a = std::get_if<consensus::RunCrypto>(&action)) {
      events_.after(kCryptoTime, [this, ask = *a] {
        step(consensus::CryptoDone{ask.id, consensus::run(*crypto_, *ask.job)});
      });
    } else if (const auto* a = std::get_if<consensus::BuildPayload>(&action)) {
      events_.after({}, [this, id = a->question.id, height = a->question.height] {
        step(consensus::PayloadBuilt{id, payload(height)});
      });
    } else if (const auto* a = std::get_if<consensus::CheckPayload>(&action)) {
      events_.after({}, [this, id = a->question.id] {
        step(consensus::PayloadChecked{id, consensus::PayloadVerdict::kValid});
      });
    } else if (const auto* a = std::get_if<consensus::DeliverBatch>(&action)) {
      deliver(*a);
    } else if (const auto* a = std::get_if<consensus::SetTimer>(&action)) {
      const Time at = std::max(a->steady, events_.now());
      events_.after(at - events_.now(), [this] { step(consensus::TimerFired{}); });
    } else if (const auto* a = std::get_if<consensus::WantRange>(&action)) {
      // It lives with what it gets from broadcasts.
      events_.after({}, [this, peer = a->peer] { step(consensus::RangeFailed{peer}); });
    }
  }
}

void Adversary::deliver(const consensus::DeliverBatch& delivered) {
  batches_.emplace(delivered.batch.height, delivered);
  // Not at once: the consensus core is at work.
  events_.after(Duration::milliseconds(1), [this] { commit_next(); });
}

}  // namespace icpd::sim
