// What a replica does with bodies of messages: a payload is judged at its block's time, whatever
// the clock says, and no maker can make a node wait, fetch or remember without end.
#include "replica/replica.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "certification/envelope.hpp"
#include "codec/record.hpp"
#include "consensus/committee.hpp"
#include "consensus/fast_crypto.hpp"
#include "consensus/genesis.hpp"
#include "message_routing/topology.hpp"
#include "state/certified_tree.hpp"
#include "state/state_hash.hpp"
#include "state/testing.hpp"

namespace icpd::replica {
namespace {

using types::Height;
using Encoded = Shared<types::EncodedArtifact>;

/// As replica/peers.cpp asks for a range.
struct RangeWords {
  Height from;
  static constexpr auto kFields = std::tuple(&RangeWords::from);
};

constexpr Time kBeginning = Time::from_seconds(1'700'000'000);

crypto::Ed25519PublicKey key_of(std::size_t i) {
  return *crypto::Ed25519PublicKey::from(crypto::sha256("replica test " + std::to_string(i)));
}

registry::SubnetRecord subnet_record(std::size_t n) {
  const auto deal = [n](crypto::ThresholdTag tag, std::size_t threshold) {
    return crypto::deal(
        Bytes(32, static_cast<std::uint8_t>(tag)),
        {tag, static_cast<std::uint32_t>(n), static_cast<std::uint32_t>(threshold), 1});
  };
  const auto low = deal(crypto::ThresholdTag::kLow, registry::low_threshold(n));
  const auto high = deal(crypto::ThresholdTag::kHigh, registry::high_threshold(n));
  registry::SubnetRecord record;
  // Every block reports queries of the height before.
  record.query_stats_epoch_heights = 1;
  record.public_key = high.transcript.coefficients.front();
  record.initial_transcripts = {Shared<crypto::Transcript>(low.transcript),
                                Shared<crypto::Transcript>(high.transcript)};
  return record;
}

/// One replica of a subnet of four; the test plays the others. Nothing is executed.
class ReplicaTest : public testing::Test {
 protected:
  static constexpr std::size_t kNodes = 4;

  void SetUp() override {
    registry::Snapshot snapshot;
    snapshot.version = types::RegistryVersion{1};
    registry::SubnetRecord record = subnet_record(kNodes);
    std::map<types::NodeId, crypto::Ed25519PublicKey> members;
    for (std::size_t i = 0; i < kNodes; ++i)
      members.emplace(types::NodeId(types::Principal::self_authenticating(key_of(i))), key_of(i));
    for (const auto& [id, key] : members) {
      nodes_.push_back(id);
      signers_.push_back(consensus::make_fast_signer(
          key, crypto::MemberIndex{static_cast<std::uint32_t>(signers_.size())}));
      record.members.push_back(id);
      snapshot.nodes[id] = {.signing_key = key, .link_key = key};
    }
    const auto root = crypto::BlsPublicKey::decode(record.public_key);
    subnet_ = types::SubnetId(types::Principal::self_authenticating(root->der()));
    snapshot.root_subnet = subnet_;
    snapshot.subnets.emplace(subnet_, std::move(record));
    snapshot.routing_table.push_back({0, types::limits::kCanisterIdsPerSubnet - 1, subnet_});
    registry_ = Shared<registry::Snapshot>(std::move(snapshot));

    state::ReplicatedState state(message_routing::network_topology(*registry_, subnet_));
    state.put(state::testing::make_canister(0, 1'000'000'000'000));
    const auto state_root = state::hash_state(state);
    const auto hash = state::state_hash(state);
    genesis_ = consensus::genesis_package(*registry_, subnet_, {hash, state_root});
    const auto summary = std::get<types::SummaryPayload>(genesis_.content->block->payload);
    leader_ = consensus::Committee::make(*crypto_, *registry_, subnet_, summary.current)
                  .value()
                  ->makers(genesis_.content->beacon)[0];
    // The replica is not the leader of height 1, and so makes no block before the leader's.
    self_ = nodes_[0] == leader_ ? 1 : 0;
    peer_ = nodes_[2] == leader_ ? 3 : 2;
    replica_ =
        Replica::make({{nodes_[self_], subnet_, signers_[self_].get(), crypto_.get()}, {*root}},
                      registry::Registry(registry_),
                      {.genesis = genesis_,
                       .state = Snapshot(std::move(state)),
                       .root = state_root,
                       .hash = hash})
            .value();
    take(replica_->start(now()));
    for (std::size_t i = 0; i < kNodes; ++i) {
      if (i == self_) continue;
      step(SessionUp{nodes_[i], p2p::SessionNumber{1}});
      from_peer(i, p2p::Horizon{}, p2p::Channel::kUrgent);
    }
  }

  [[nodiscard]] consensus::Moment now() const {
    return {kBeginning + (steady_ - Time{}) + jumped_, steady_};
  }
  void step(Input input) { take(replica_->step(now(), std::move(input))); }
  void pass(Duration duration) {
    steady_ = steady_ + duration;
    step(TimerFired{});
  }

  /// Does at once what the world would do, and remembers what was sent.
  void take(Actions actions) {
    std::vector<Input> answers;
    for (Action& action : actions) {
      if (const auto* a = std::get_if<RunCrypto>(&action))
        answers.emplace_back(CryptoDone{a->id, consensus::run(*crypto_, *a->job)});
      if (const auto* a = std::get_if<Persist>(&action)) answers.emplace_back(Persisted{a->number});
      if (const auto* a = std::get_if<VerifySignatures>(&action)) {
        std::vector<bool> good;
        for (const auto& checks : a->messages)
          good.push_back(certification::verify_all(checks).ok());
        answers.emplace_back(SignaturesVerified{a->id, std::move(good)});
      }
      if (const auto* a = std::get_if<p2p::Send>(&action)) sent(*a);
      if (const auto* a = std::get_if<p2p::CloseSession>(&action)) closed_.push_back(a->reason);
      if (const auto* a = std::get_if<Stop>(&action)) stopped_ = a->reason;
    }
    for (Input& answer : answers)
      step(std::move(answer));
  }
  void sent(const p2p::Send& send) {
    const auto frame = p2p::decode(send.frame, send.channel);
    ASSERT_TRUE(frame.ok());
    if (const auto* request = std::get_if<p2p::Request>(&*frame)) {
      if (const auto* id = std::get_if<types::ArtifactId>(&request->what))
        requests_[id->hash] = {send.peer, request->number};
    }
    if (const auto* update = std::get_if<p2p::Update>(&*frame)) {
      const auto artifact = update->content ? types::decode(*update->content)
                                            : Result<Shared<types::EncodedArtifact>>(Err("no"));
      if (artifact.ok()) published_[update->id] = *artifact;
    }
  }

  void from_peer(std::size_t peer, const p2p::Frame& frame, p2p::Channel channel) {
    step(FrameReceived{nodes_[peer], p2p::SessionNumber{1}, channel, p2p::encode(frame)});
  }
  void publish(std::size_t peer, const Encoded& artifact) {
    from_peer(peer,
              p2p::Update{p2p::CommitNumber{++commits_}, p2p::SlotNumber{commits_ % 1'000},
                          artifact->id, artifact->bytes},
              p2p::Channel::kUrgent);
  }
  /// Whoever was asked answers with this body. False if nobody was.
  bool give(const Encoded& body) {
    const auto asked = requests_.find(body->id.hash);
    if (asked == requests_.end()) return false;
    const auto [peer, number] = asked->second;
    requests_.erase(asked);
    const auto index =
        static_cast<std::size_t>(std::find(nodes_.begin(), nodes_.end(), peer) - nodes_.begin());
    from_peer(index, p2p::Chunk{number, true, body->bytes}, p2p::Channel::kBulk);
    return true;
  }

  [[nodiscard]] Encoded message(std::uint64_t n, Duration expires_in, std::size_t size = 10,
                                bool forged = false) const {
    types::CallContent call;
    call.sender = forged ? types::Principal::self_authenticating(as_bytes("somebody"))
                         : types::Principal::anonymous();
    call.ingress_expiry = now().wall + expires_in;
    call.canister_id = types::canister_id_from_index(0);
    call.method_name = "go";
    call.arg = Slice(Bytes(size));
    Bytes nonce;
    append_be(nonce, n);
    call.nonce = Slice(std::move(nonce));
    std::optional<certification::EnvelopeSignature> signature;
    if (forged) signature = {Slice(Bytes(44, 1)), Slice(Bytes(64, 2)), {}};
    return types::encode(
        types::IngressArtifact{Slice(certification::encode_envelope(call, signature))});
  }

  /// The leader's proposal of height 1.
  [[nodiscard]] Encoded proposal(
      const std::vector<Encoded>& messages,
      std::optional<types::QueryStatsReport> query_stats = std::nullopt) {
    types::Block block;
    block.parent = genesis_.content->block.hash();
    block.height = Height{1};
    block.maker = leader_;
    block.context = {types::RegistryVersion{1}, Height{0}, now().wall};
    types::DataPayload payload;
    for (const Encoded& one : messages)
      payload.ingress.push_back(*types::IngressHash::from(one->id.hash));
    payload.query_stats = std::move(query_stats);
    block.payload = std::move(payload);
    const types::HashedBlock hashed(std::move(block));
    maker_ = static_cast<std::size_t>(std::find(nodes_.begin(), nodes_.end(), hashed->maker) -
                                      nodes_.begin());
    const Bytes signed_bytes = types::proposal_message({Height{1}, hashed.hash(), subnet_});
    return types::encode(types::BlockProposal{hashed, signers_[maker_]->sign(signed_bytes)});
  }
  [[nodiscard]] bool has_signed(const Encoded& proposed) const {
    const auto& block = std::get<types::BlockProposal>(proposed->artifact).block;
    for (const auto& [id, artifact] : published_) {
      const auto* share = std::get_if<types::NotarizationShare>(&artifact->artifact);
      if (share != nullptr && share->block == block.hash()) return true;
    }
    return false;
  }

  Time steady_ = Time::from_seconds(100);
  Duration jumped_;
  std::vector<types::NodeId> nodes_;
  std::vector<std::unique_ptr<consensus::Signer>> signers_;
  std::unique_ptr<consensus::Crypto> crypto_ = consensus::make_fast_crypto();
  types::SubnetId subnet_;
  Shared<registry::Snapshot> registry_;
  types::CatchUpPackage genesis_;
  std::unique_ptr<Replica> replica_;
  std::uint32_t commits_ = 0;
  types::NodeId leader_;
  std::size_t self_ = 0;
  std::size_t maker_ = 0;
  /// Neither this node nor the leader.
  std::size_t peer_ = 0;
  std::map<crypto::Digest, std::pair<types::NodeId, p2p::RequestNumber>> requests_;
  std::map<types::ArtifactId, Encoded> published_;
  std::vector<std::string> closed_;
  std::string stopped_;
};

TEST_F(ReplicaTest, signs_a_block_whose_message_comes_after_it) {
  const auto body = message(1, Duration::minutes(1));
  const auto block = proposal({body});
  publish(maker_, block);
  pass(Duration::milliseconds(500));
  EXPECT_FALSE(has_signed(block));
  ASSERT_TRUE(give(body));
  pass(Duration::seconds(2));
  EXPECT_TRUE(has_signed(block));
}

// A laptop that slept, or all nodes down for an hour: the only maker has signed its block and makes
// no other, so the block must still be judged.
TEST_F(ReplicaTest, judges_a_block_at_its_own_time_though_its_message_has_expired_since) {
  const auto body = message(1, Duration::minutes(1));
  const auto block = proposal({body});
  jumped_ = Duration::minutes(60);
  publish(maker_, block);
  pass(Duration::milliseconds(500));
  ASSERT_TRUE(give(body));
  pass(Duration::seconds(2));
  EXPECT_TRUE(has_signed(block));
}

TEST_F(ReplicaTest, keeps_a_message_that_a_proposal_names_beyond_its_expiry) {
  const auto first = message(1, Duration::seconds(30));
  const auto second = message(2, Duration::minutes(1));
  publish(peer_, first);
  const auto block = proposal({first, second});
  publish(maker_, block);
  pass(Duration::seconds(2));
  jumped_ = Duration::minutes(60);
  pass(Duration::seconds(2));
  EXPECT_EQ(replica_->figures().pool_messages, 1u);
  ASSERT_TRUE(give(second));
  pass(Duration::seconds(2));
  EXPECT_TRUE(has_signed(block));
}

TEST_F(ReplicaTest, signs_a_block_that_reports_queries_of_the_epoch_before) {
  const types::CanisterId canister = types::canister_id_from_index(0);
  const auto block = proposal({}, types::QueryStatsReport{0, {{canister, {1, 2, 3, 4}}}});
  publish(maker_, block);
  pass(Duration::seconds(2));
  EXPECT_TRUE(has_signed(block));
}

TEST_F(ReplicaTest, does_not_sign_a_block_whose_report_of_queries_breaks_a_rule) {
  const types::CanisterId canister = types::canister_id_from_index(0);
  const auto block = proposal({}, types::QueryStatsReport{1, {{canister, {1, 2, 3, 4}}}});
  publish(maker_, block);
  pass(Duration::seconds(2));
  EXPECT_FALSE(has_signed(block));
  EXPECT_TRUE(closed_.empty());
}

TEST_F(ReplicaTest, forgets_a_message_that_expires_and_is_named_by_nobody) {
  publish(peer_, message(1, Duration::seconds(30)));
  EXPECT_EQ(replica_->figures().pool_messages, 1u);
  pass(Duration::minutes(1));
  EXPECT_EQ(replica_->figures().pool_messages, 0u);
}

TEST_F(ReplicaTest, refuses_a_block_before_all_of_its_too_many_bytes_are_here) {
  std::vector<Encoded> bodies;
  for (std::uint64_t n = 0; n < 10; ++n)
    bodies.push_back(message(n, Duration::minutes(1), 1'000'000));
  const auto block = proposal(bodies);
  publish(maker_, block);
  pass(Duration::milliseconds(500));
  ASSERT_EQ(requests_.size(), 10u);
  std::size_t fetched = 0;
  for (const Encoded& body : bodies) {
    // In pieces, as the link demands.
    const auto asked = requests_.extract(body->id.hash);
    if (asked.empty()) continue;
    const auto [peer, number] = asked.mapped();
    const auto index =
        static_cast<std::size_t>(std::find(nodes_.begin(), nodes_.end(), peer) - nodes_.begin());
    for (std::size_t at = 0; at < body->bytes.size(); at += p2p::kChunkSizeMax) {
      const std::size_t left = body->bytes.size() - at;
      const std::size_t size = std::min(left, p2p::kChunkSizeMax);
      from_peer(index, p2p::Chunk{number, size == left, body->bytes.part(at, size)},
                p2p::Channel::kBulk);
    }
    fetched = replica_->figures().pool_messages;
  }
  EXPECT_EQ(fetched, 5u) << "4 MiB and the one that was too much";
  pass(Duration::seconds(5));
  EXPECT_FALSE(has_signed(block));
  EXPECT_TRUE(closed_.empty());
}

TEST_F(ReplicaTest, closes_on_a_peer_that_publishes_what_its_sender_did_not_sign) {
  publish(peer_, message(1, Duration::minutes(1), 10, true));
  ASSERT_EQ(closed_.size(), 1u);
  EXPECT_EQ(closed_[0], "sent ingress that its sender didn't sign");
}

TEST_F(ReplicaTest, does_not_blame_who_was_asked_for_a_body) {
  const auto forged = message(1, Duration::minutes(1), 10, true);
  const auto block = proposal({forged});
  publish(maker_, block);
  pass(Duration::seconds(2));
  ASSERT_TRUE(give(forged));
  pass(Duration::seconds(2));
  EXPECT_FALSE(has_signed(block));
  EXPECT_TRUE(closed_.empty());
}

TEST_F(ReplicaTest, answers_few_ranges_a_second) {
  std::size_t answered = 0;
  const auto ask = [&](std::uint64_t number) {
    const Slice query(codec::to_record(RangeWords{Height{1}}));
    const auto actions = replica_->step(
        now(), FrameReceived{
                   nodes_[peer_], p2p::SessionNumber{1}, p2p::Channel::kUrgent,
                   p2p::encode(p2p::Request{p2p::RequestNumber{number}, p2p::RangeQuery{query}})});
    for (const Action& action : actions) {
      const auto* send = std::get_if<p2p::Send>(&action);
      if (send == nullptr) continue;
      const auto frame = p2p::decode(send->frame, send->channel);
      answered += std::holds_alternative<p2p::Chunk>(*frame) ? 1 : 0;
    }
  };
  for (std::uint64_t number = 1; number <= 100; ++number)
    ask(number);
  EXPECT_EQ(answered, 10u);
  steady_ = steady_ + Duration::seconds(1);
  ask(101);
  EXPECT_EQ(answered, 11u);
}

}  // namespace
}  // namespace icpd::replica
