// A few consensus cores in one process and virtual time, for tests only.
//
// Links lose, delay, reorder and duplicate; what a node broadcasts is sent again until it withdraws
// it or the peer has it. Crashes drop what is not persisted. Execution is a hash chain.
#pragma once

#include <algorithm>
#include <map>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include "base/prng.hpp"
#include "consensus/consensus.hpp"
#include "consensus/fast_crypto.hpp"

namespace icpd::consensus::testing {

using types::Height;
using Encoded = Shared<types::EncodedArtifact>;

struct Chaos {
  std::uint64_t loss_percent = 0;
  std::uint64_t duplicate_percent = 0;
  Duration delay_min = Duration::milliseconds(1);
  Duration delay_max = Duration::milliseconds(1);
  Duration resend = Duration::milliseconds(50);
  Duration persist = Duration::microseconds(500);
  Duration execute = Duration::milliseconds(1);
};

/// What a faulty node does beside the protocol; bits.
enum Fault : unsigned {
  kHonest = 0,
  kEquivocate = 1,
  kBadShares = 2,
  kWithhold = 4,
  kDoubleSign = 8
};

class Cluster {
 public:
  struct Options {
    std::size_t nodes = 4;
    std::uint64_t seed = 1;
    std::uint64_t interval_length = 9;
    bool ingress = true;
  };

  explicit Cluster(const Options& options) : random_(options.seed), ingress_(options.ingress) {
    make_registry(options);
    for (std::size_t i = 0; i < options.nodes; ++i) {
      nodes_.emplace_back();
      Node& node = nodes_.back();
      node.package = genesis_package(*snapshot_, subnet_, {});
      node.roots[Height{0}] = types::StateRoot{};
      node.signer = make_fast_signer(keys_[i], crypto::MemberIndex{static_cast<std::uint32_t>(i)});
    }
  }

  Chaos chaos;
  /// Ranges begin no lower, as where bodies are missing.
  Height served_from;
  std::vector<std::string> failures;
  /// One line for each action of interest, if wanted.
  std::function<void(std::size_t, const Action&)> observe;
  /// Links that are cut: (a, b) with a < b.
  std::set<std::pair<std::size_t, std::size_t>> cut;
  std::map<Height, types::BlockHash> chain;

  void start_all() {
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      start(i);
  }
  void start(std::size_t i) {
    Node& node = nodes_[i];
    ensure(!node.core);
    if (node.retired) return;
    Recovered recovered{node.package, node.log, node.watermark, node.state_height,
                        node.roots.at(node.state_height)};
    auto made = Consensus::make({ids_[i], subnet_, node.signer.get(), crypto_.get()},
                                registry::Registry(snapshot_), std::move(recovered));
    if (!made.ok()) {
      failures.push_back("node " + std::to_string(i) + ": " + made.error().message);
      return;
    }
    node.core = std::move(*made);
    ++node.life;
    node.executed = node.queued = node.state_height;
    node.batches.clear();
    act(i, node.core->start(moment()));
    feed(i, IngressWaiting{ingress_});
    for (std::size_t from = 0; from < nodes_.size(); ++from) {
      if (from == i || !nodes_[from].core) continue;
      for (const auto& [id, artifact] : nodes_[from].active)
        send(from, i, artifact);
    }
  }
  void crash(std::size_t i) {
    nodes_[i].core.reset();
    nodes_[i].active.clear();
    nodes_[i].held.clear();
    ++nodes_[i].life;
  }
  void retire(std::size_t i) {
    nodes_[i].retired = true;
    crash(i);
  }
  [[nodiscard]] std::size_t retired() const {
    return static_cast<std::size_t>(
        std::count_if(nodes_.begin(), nodes_.end(), [](const Node& node) { return node.retired; }));
  }
  void set_fault(std::size_t i, unsigned fault) { nodes_[i].fault = fault; }
  void partition(const std::set<std::size_t>& side) {
    for (std::size_t a = 0; a < nodes_.size(); ++a) {
      for (std::size_t b = a + 1; b < nodes_.size(); ++b) {
        if (side.contains(a) != side.contains(b)) cut.insert({a, b});
      }
    }
  }
  void heal() { cut.clear(); }

  /// Runs until `done` or until so much virtual time has passed; false in the second case.
  bool run(Duration limit, const std::function<bool()>& done) {
    const Time end = now_ + limit;
    while (!events_.empty() && failures.empty()) {
      if (done()) return true;
      if (events_.top().at > end) break;
      const Event event = events_.top();
      events_.pop();
      now_ = std::max(now_, event.at);
      event.action();
    }
    if (events_.empty() || !failures.empty()) return done();
    now_ = end;
    return done();
  }

  [[nodiscard]] Consensus* core(std::size_t i) { return nodes_[i].core.get(); }
  [[nodiscard]] bool honest(std::size_t i) const { return nodes_[i].fault == kHonest; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] const types::NodeId& id(std::size_t i) const { return ids_[i]; }
  [[nodiscard]] Height top() {
    Height top;
    for (Node& node : nodes_) {
      if (node.core) top = std::max(top, node.core->finalized());
    }
    return top;
  }
  /// Every honest node that lives has finalized, executed and certified at least this.
  [[nodiscard]] bool all_reached(Height height) {
    for (const Node& node : nodes_) {
      if (node.fault != kHonest || !node.core) continue;
      if (node.core->finalized() < height || node.core->certified() < height) return false;
    }
    return true;
  }
  [[nodiscard]] bool all_made_package(Height height) {
    return std::all_of(nodes_.begin(), nodes_.end(), [&](const Node& node) {
      return node.fault != kHonest || !node.core || node.core->caught_up() >= height;
    });
  }
  [[nodiscard]] std::size_t misbehaviours() const { return misbehaviours_; }
  [[nodiscard]] Prng& random() { return random_; }
  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  void feed(std::size_t i, Input input) {
    if (!nodes_[i].core) return;
    ++steps_;
    act(i, nodes_[i].core->step(moment(), std::move(input)));
  }
  [[nodiscard]] std::size_t index_of(const types::NodeId& id) const {
    return static_cast<std::size_t>(std::find(ids_.begin(), ids_.end(), id) - ids_.begin());
  }

 private:
  struct Node {
    std::unique_ptr<Signer> signer;
    std::unique_ptr<Consensus> core;
    unsigned fault = kHonest;
    /// Too far behind to go on.
    bool retired = false;
    /// Changes with every start and crash, so that events of another life are ignored.
    std::uint64_t life = 0;
    std::map<types::ArtifactId, Encoded> active;
    /// Actions that wait for a persist; in order.
    std::vector<Actions> held;
    // Durable.
    types::CatchUpPackage package;
    std::vector<Encoded> log;
    Watermark watermark;
    Height state_height;
    std::map<Height, types::StateRoot> roots;
    // Of this life.
    Height executed;
    /// Handed to execution.
    Height queued;
    std::map<Height, DeliverBatch> batches;
  };
  struct Event {
    Time at;
    std::uint64_t order;
    std::function<void()> action;
    bool operator<(const Event& other) const {
      return std::tie(other.at, other.order) < std::tie(at, order);
    }
  };

  void make_registry(const Options& options) {
    registry::Snapshot snapshot;
    snapshot.version = types::RegistryVersion{1};
    const std::size_t n = options.nodes;
    const auto low =
        crypto::deal(Bytes(32, 1), {crypto::ThresholdTag::kLow, static_cast<std::uint32_t>(n),
                                    static_cast<std::uint32_t>(registry::low_threshold(n)), 1});
    const auto high =
        crypto::deal(Bytes(32, 2), {crypto::ThresholdTag::kHigh, static_cast<std::uint32_t>(n),
                                    static_cast<std::uint32_t>(registry::high_threshold(n)), 1});
    registry::SubnetRecord subnet;
    subnet.public_key = high.transcript.coefficients.front();
    subnet.initial_transcripts = {Shared<crypto::Transcript>(low.transcript),
                                  Shared<crypto::Transcript>(high.transcript)};
    subnet.pacing.dkg_interval_length = options.interval_length;
    subnet.pacing.interval_time_min = Duration{};
    subnet_ = types::SubnetId(
        types::Principal::self_authenticating(crypto::BlsPublicKey::der_of(subnet.public_key)));
    std::map<types::NodeId, crypto::Ed25519PublicKey> made;
    for (std::size_t i = 0; i < n; ++i) {
      const auto digest = crypto::sha256("node " + std::to_string(i));
      const auto key = *crypto::Ed25519PublicKey::from(digest);
      const types::NodeId id(types::Principal::self_authenticating(key));
      made.emplace(id, key);
      snapshot.nodes[id].signing_key = key;
    }
    for (const auto& [id, key] : made) {
      ids_.push_back(id);
      keys_.push_back(key);
      subnet.members.push_back(id);
    }
    snapshot.root_subnet = subnet_;
    snapshot.subnets[subnet_] = std::move(subnet);
    snapshot_ = Shared<registry::Snapshot>(std::move(snapshot));
  }

  [[nodiscard]] Moment moment() const {
    return {Time::from_seconds(1'700'000'000) + (now_ - Time{}), now_};
  }
  void at(Duration delay, std::function<void()> action) {
    events_.push({now_ + delay, ++order_, std::move(action)});
  }
  /// Later, unless the node has crashed by then.
  void at_node(std::size_t i, Duration delay, std::function<void()> action) {
    at(delay, [this, i, life = nodes_[i].life, action = std::move(action)] {
      if (nodes_[i].life == life && nodes_[i].core) action();
    });
  }
  void feed_later(std::size_t i, Duration delay, Input input) {
    at_node(i, delay, [this, i, input = std::move(input)] { feed(i, input); });
  }

  void act(std::size_t i, Actions actions) {
    Node& node = nodes_[i];
    for (std::size_t k = 0; k < actions.size(); ++k) {
      if (const auto* persist = std::get_if<Persist>(&actions[k])) {
        Actions rest(std::make_move_iterator(actions.begin() + static_cast<std::ptrdiff_t>(k) + 1),
                     std::make_move_iterator(actions.end()));
        node.held.push_back(std::move(rest));
        at_node(i, chaos.persist, [this, i, persist = *persist] { durable(i, persist); });
        return;
      }
      act_one(i, actions[k]);
    }
  }
  void durable(std::size_t i, const Persist& persist) {
    Node& node = nodes_[i];
    node.log.insert(node.log.end(), persist.artifacts.begin(), persist.artifacts.end());
    ensure(persist.watermark.notarization >= node.watermark.notarization);
    node.watermark = persist.watermark;
    Actions rest = std::move(node.held.front());
    node.held.erase(node.held.begin());
    for (const Action& action : rest)
      act_one(i, action);
  }
  void cancel_held(std::size_t i, const types::ArtifactId& id) {
    for (Actions& actions : nodes_[i].held) {
      std::erase_if(actions, [&](const Action& action) {
        const auto* broadcast = std::get_if<Broadcast>(&action);
        return broadcast != nullptr && broadcast->artifact->id == id;
      });
    }
  }

  void act_one(std::size_t i, const Action& action) {
    if (observe) observe(i, action);
    Node& node = nodes_[i];
    if (const auto* a = std::get_if<Broadcast>(&action)) return broadcast(i, a->artifact);
    if (const auto* a = std::get_if<Withdraw>(&action)) {
      node.active.erase(a->id);
      cancel_held(i, a->id);
    } else if (const auto* a = std::get_if<RunCrypto>(&action)) {
      feed_later(i, Duration::microseconds(100),
                 CryptoDone{a->id, consensus::run(*crypto_, *a->job)});
    } else if (const auto* a = std::get_if<BuildPayload>(&action)) {
      types::DataPayload payload;
      if (ingress_) payload.ingress.push_back(*types::IngressHash::from(random_.bytes(32)));
      feed_later(i, Duration::microseconds(200), PayloadBuilt{a->question.id, payload});
    } else if (const auto* a = std::get_if<CheckPayload>(&action)) {
      feed_later(i, Duration::microseconds(200),
                 PayloadChecked{a->question.id, PayloadVerdict::kValid});
    } else if (const auto* a = std::get_if<DeliverBatch>(&action)) {
      feed_batch(i, *a);
    } else if (const auto* a = std::get_if<SetTimer>(&action)) {
      feed_later(i, a->steady - now_, TimerFired{});
    } else if (const auto* a = std::get_if<WantRange>(&action)) {
      want_range(i, *a);
    } else if (const auto* a = std::get_if<Finalized>(&action)) {
      if (node.fault == kHonest) check_finalized(i, a->block);
    } else if (const auto* a = std::get_if<CatchUpMade>(&action)) {
      take_package(i, a->package);
    } else if (const auto* a = std::get_if<PeerMisbehaved>(&action)) {
      ++misbehaviours_;
      if (node.fault == kHonest && honest(index_of(a->peer)))
        failures.push_back("an honest node was accused: " + a->reason);
    } else if (const auto* a = std::get_if<Stop>(&action)) {
      // Who is further behind than what peers keep says so and stops.
      if (a->reason.ends_with("state sync"))
        at_node(i, Duration{}, [this, i] { retire(i); });
      else if (node.fault == kHonest)
        failures.push_back("stopped: " + a->reason);
    }
  }

  /// A checkpoint's batch waits for its persist, so those above it may come before it.
  void feed_batch(std::size_t i, const DeliverBatch& delivered) {
    Node& node = nodes_[i];
    node.batches.emplace(delivered.batch.height, delivered);
    while (!node.batches.empty() && node.batches.begin()->first == node.queued + 1) {
      const DeliverBatch next = node.batches.extract(node.batches.begin()).mapped();
      node.queued = next.batch.height;
      at_node(i, chaos.execute, [this, i, next] { execute(i, next); });
    }
  }
  void execute(std::size_t i, const DeliverBatch& delivered) {
    Node& node = nodes_[i];
    const Height height = delivered.batch.height;
    ensure(height == node.executed + 1);
    node.executed = height;
    const auto root = *types::StateRoot::from(crypto::sha256_concat(
        {node.roots.at(height - 1), delivered.block.hash(), delivered.batch.randomness}));
    node.roots[height] = root;
    feed(i, StateCommitted{height, root, false, std::nullopt});
    if (delivered.batch.is_checkpoint)
      feed_later(i, Duration::milliseconds(5),
                 CheckpointHashed{height, *types::StateHash::from(root)});
  }
  void take_package(std::size_t i, const Encoded& artifact) {
    Node& node = nodes_[i];
    node.package = std::get<types::CatchUpPackage>(artifact->artifact);
    node.state_height = artifact->id.height;
    std::erase_if(node.log,
                  [&](const Encoded& kept) { return kept->id.height + 50 < node.state_height; });
  }
  void want_range(std::size_t i, const WantRange& want) {
    const std::size_t peer = index_of(want.peer);
    at_node(i, delay() * 2, [this, i, peer, want] {
      if (!nodes_[peer].core || is_cut(i, peer)) return feed(i, RangeFailed{want.peer});
      feed(i, RangeReceived{want.peer, Shared<ChainRange>(nodes_[peer].core->answer_range(
                                           want.from, served_from))});
    });
  }
  void check_finalized(std::size_t i, const types::HashedBlock& block) {
    const auto [known, fresh] = chain.emplace(block->height, block.hash());
    if (!fresh && known->second != block.hash())
      failures.push_back("node " + std::to_string(i) + " finalized another block at height " +
                         to_string(block->height));
  }

  [[nodiscard]] bool is_cut(std::size_t a, std::size_t b) const {
    return cut.contains({std::min(a, b), std::max(a, b)});
  }
  Duration delay() {
    return Duration::nanoseconds(
        static_cast<std::int64_t>(random_.between(static_cast<std::uint64_t>(chaos.delay_min.ns),
                                                  static_cast<std::uint64_t>(chaos.delay_max.ns))));
  }

  void broadcast(std::size_t i, const Encoded& artifact) {
    Node& node = nodes_[i];
    if (node.fault != kHonest) return broadcast_faulty(i, artifact);
    node.active.emplace(artifact->id, artifact);
    for (std::size_t peer = 0; peer < nodes_.size(); ++peer) {
      if (peer != i) send(i, peer, artifact);
    }
  }
  /// Tries until the peer has it or the sender withdrew it.
  void send(std::size_t from, std::size_t to, const Encoded& artifact) {
    const bool lost = random_.below(100) < chaos.loss_percent || is_cut(from, to);
    const Duration wait = lost ? chaos.resend : delay();
    const auto life = nodes_[from].life;
    const auto receiver_life = nodes_[to].life;
    at(wait, [this, from, to, artifact, lost, life, receiver_life] {
      if (nodes_[from].life != life || nodes_[to].life != receiver_life) return;
      if (lost) {
        if (nodes_[from].active.contains(artifact->id)) send(from, to, artifact);
        return;
      }
      receive(from, to, artifact);
      if (random_.below(100) < chaos.duplicate_percent) receive(from, to, artifact);
    });
  }
  void receive(std::size_t from, std::size_t to, const Encoded& artifact) {
    if (nodes_[to].fault & kDoubleSign) sign_anything(to, artifact);
    // Its core would take its own second block for the work of somebody with its key.
    const auto* proposal = std::get_if<types::BlockProposal>(&artifact->artifact);
    if (nodes_[to].fault != kHonest && proposal != nullptr && proposal->block->maker == ids_[to])
      return;
    feed(to, ArtifactReceived{ids_[from], artifact});
  }

  // ---- faulty nodes ----

  void broadcast_faulty(std::size_t i, Encoded artifact) {
    Node& node = nodes_[i];
    const auto* proposal = std::get_if<types::BlockProposal>(&artifact->artifact);
    if ((node.fault & kEquivocate) && proposal != nullptr && proposal->block->maker == ids_[i])
      return equivocate(i, *proposal);
    if (node.fault & kBadShares) artifact = spoil(artifact);
    node.active.emplace(artifact->id, artifact);
    for (std::size_t peer = 0; peer < nodes_.size(); ++peer) {
      if (peer == i || ((node.fault & kWithhold) && random_.chance(1, 2))) continue;
      send(i, peer, artifact);
    }
  }
  void equivocate(std::size_t i, const types::BlockProposal& proposal) {
    types::Block other = *proposal.block;
    other.context.time = other.context.time + Duration::nanoseconds(1);
    const types::HashedBlock hashed(std::move(other));
    const Bytes message = types::proposal_message({hashed->height, hashed.hash(), subnet_});
    const Encoded versions[2] = {
        types::encode(proposal),
        types::encode(types::BlockProposal{hashed, nodes_[i].signer->sign(message)})};
    for (const Encoded& version : versions)
      nodes_[i].active.emplace(version->id, version);
    for (std::size_t peer = 0; peer < nodes_.size(); ++peer) {
      if (peer == i) continue;
      send(i, peer, versions[random_.below(2)]);
      if (random_.chance(1, 4)) send(i, peer, versions[random_.below(2)]);
    }
  }
  [[nodiscard]] static Encoded spoil(const Encoded& artifact) {
    types::Artifact copy = artifact->artifact;
    if (auto* a = std::get_if<types::NotarizationShare>(&copy)) a->signature.bytes[0] ^= 1;
    if (auto* a = std::get_if<types::FinalizationShare>(&copy)) a->signature.bytes[0] ^= 1;
    if (auto* a = std::get_if<types::BeaconShare>(&copy)) a->signature.bytes[0] ^= 1;
    if (auto* a = std::get_if<types::TapeShare>(&copy)) a->signature.bytes[0] ^= 1;
    if (auto* a = std::get_if<types::CertificationShare>(&copy)) a->signature.bytes[0] ^= 1;
    if (auto* a = std::get_if<types::CatchUpPackageShare>(&copy)) a->signature.bytes[0] ^= 1;
    return types::encode(std::move(copy));
  }
  /// Notarizes and finalizes every proposal it sees.
  void sign_anything(std::size_t i, const Encoded& artifact) {
    const auto* proposal = std::get_if<types::BlockProposal>(&artifact->artifact);
    if (proposal == nullptr || !nodes_[i].core) return;
    const Height height = proposal->block->height;
    const types::BlockReference about{height, proposal->block.hash(), subnet_};
    const Encoded shares[2] = {types::encode(types::NotarizationShare{
                                   {height, about.block, ids_[i],
                                    nodes_[i].signer->sign(types::notarization_message(about))}}),
                               types::encode(types::FinalizationShare{
                                   {height, about.block, ids_[i],
                                    nodes_[i].signer->sign(types::finalization_message(about))}})};
    for (const Encoded& share : shares) {
      nodes_[i].active.emplace(share->id, share);
      for (std::size_t peer = 0; peer < nodes_.size(); ++peer) {
        if (peer != i) send(i, peer, share);
      }
    }
  }

  Prng random_;
  bool ingress_ = false;
  Time now_;
  std::uint64_t order_ = 0;
  std::uint64_t steps_ = 0;
  std::size_t misbehaviours_ = 0;
  std::priority_queue<Event> events_;
  std::unique_ptr<Crypto> crypto_ = make_fast_crypto();
  Shared<registry::Snapshot> snapshot_;
  types::SubnetId subnet_;
  std::vector<types::NodeId> ids_;
  std::vector<crypto::Ed25519PublicKey> keys_;
  std::vector<Node> nodes_;
};

}  // namespace icpd::consensus::testing
