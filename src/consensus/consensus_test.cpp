// One core against peers that the test plays: what a faulty peer sends costs it its session, and
// nothing that it sends takes the place of what others send.
#include "consensus/consensus.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "consensus/committee.hpp"
#include "consensus/fast_crypto.hpp"
#include "consensus/rules.hpp"

namespace icpd::consensus {
namespace {

using types::Height;
using Encoded = Shared<types::EncodedArtifact>;

constexpr Time kBeginning = Time::from_seconds(1'700'000'000);

crypto::Ed25519PublicKey key_of(std::size_t i) {
  return *crypto::Ed25519PublicKey::from(crypto::sha256("consensus test " + std::to_string(i)));
}

class ConsensusTest : public testing::Test {
 protected:
  static constexpr std::size_t kNodes = 4;

  void SetUp() override {
    registry::Snapshot snapshot;
    snapshot.version = types::RegistryVersion{1};
    registry::SubnetRecord record;
    const auto low = crypto::deal(Bytes(32, 1), {crypto::ThresholdTag::kLow, kNodes, 2, 1});
    const auto high = crypto::deal(Bytes(32, 2), {crypto::ThresholdTag::kHigh, kNodes, 3, 1});
    record.public_key = high.transcript.coefficients.front();
    record.initial_transcripts = {Shared<crypto::Transcript>(low.transcript),
                                  Shared<crypto::Transcript>(high.transcript)};
    subnet_ = types::SubnetId(
        types::Principal::self_authenticating(crypto::BlsPublicKey::der_of(record.public_key)));
    std::map<types::NodeId, crypto::Ed25519PublicKey> members;
    for (std::size_t i = 0; i < kNodes; ++i)
      members.emplace(types::NodeId(types::Principal::self_authenticating(key_of(i))), key_of(i));
    for (const auto& [id, key] : members) {
      signers_.push_back(
          make_fast_signer(key, crypto::MemberIndex{static_cast<std::uint32_t>(nodes_.size())}));
      nodes_.push_back(id);
      record.members.push_back(id);
      snapshot.nodes[id].signing_key = key;
    }
    snapshot.root_subnet = subnet_;
    snapshot.subnets.emplace(subnet_, std::move(record));
    registry_ = Shared<registry::Snapshot>(std::move(snapshot));
    genesis_ = genesis_package(*registry_, subnet_, {});
    const auto summary = std::get<types::SummaryPayload>(genesis_.content->block->payload);
    makers_ = Committee::make(*crypto_, *registry_, subnet_, summary.current)
                  .value()
                  ->makers(genesis_.content->beacon);
  }

  /// Of a member that makes no block at height 1, unless another is named.
  void start(Watermark watermark = {}, std::vector<Encoded> log = {}) {
    start_as(stranger(), watermark, std::move(log));
  }
  void start_as(std::size_t self, Watermark watermark = {}, std::vector<Encoded> log = {}) {
    self_ = self;
    core_ = Consensus::make({nodes_[self], subnet_, signers_[self].get(), crypto_.get()},
                            registry::Registry(registry_),
                            {genesis_, std::move(log), watermark, Height{0}, types::StateRoot{}})
                .value();
    take(core_->start(now()));
  }
  [[nodiscard]] std::size_t index_of(const types::NodeId& node) const {
    return static_cast<std::size_t>(std::find(nodes_.begin(), nodes_.end(), node) - nodes_.begin());
  }
  [[nodiscard]] std::size_t stranger() const {
    std::size_t i = 0;
    while (std::find(makers_.begin(), makers_.end(), nodes_[i]) != makers_.end())
      ++i;
    return i;
  }
  /// Any member that is neither this node nor its leader.
  [[nodiscard]] std::size_t other() const {
    std::size_t i = 0;
    while (i == self_ || nodes_[i] == makers_[0])
      ++i;
    return i;
  }

  [[nodiscard]] Moment now() const { return {kBeginning + (steady_ - Time{}), steady_}; }
  void step(Input input) { take(core_->step(now(), std::move(input))); }
  void pass(Duration duration) {
    steady_ = steady_ + duration;
    step(TimerFired{});
  }
  void receive(std::size_t from, const Encoded& artifact) {
    step(ArtifactReceived{nodes_[from], artifact});
  }
  void take(Actions actions) {
    for (Action& action : actions) {
      if (const auto* a = std::get_if<RunCrypto>(&action)) jobs_.push_back(*a);
      if (const auto* a = std::get_if<CheckPayload>(&action))
        step(PayloadChecked{a->question.id, PayloadVerdict::kValid});
      said_.push_back(std::move(action));
    }
  }
  void do_jobs() {
    while (!jobs_.empty()) {
      const RunCrypto job = jobs_.front();
      jobs_.erase(jobs_.begin());
      step(CryptoDone{job.id, run(*crypto_, *job.job)});
    }
  }
  template <typename T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const Action& action : said_) {
      if (const auto* one = std::get_if<T>(&action)) found.push_back(*one);
    }
    return found;
  }
  template <typename T>
  [[nodiscard]] bool has_sent() const {
    const auto sent = all<Broadcast>();
    return std::any_of(sent.begin(), sent.end(), [](const Broadcast& one) {
      return std::holds_alternative<T>(one.artifact->artifact);
    });
  }

  /// `claimed` is said to have made it, `signer` signs it.
  [[nodiscard]] Encoded proposal(std::uint64_t height, const types::NodeId& claimed,
                                 std::size_t signer, std::uint64_t variant = 0,
                                 std::vector<types::NodeId> failed = {}) const {
    types::Block block;
    block.rank = types::Rank{claimed == makers_[1] ? 1U : 0U};
    block.failed_makers = std::move(failed);
    block.parent = genesis_.content->block.hash();
    block.height = Height{height};
    block.maker = claimed;
    block.context = {types::RegistryVersion{1}, Height{0},
                     kBeginning + Duration::nanoseconds(static_cast<std::int64_t>(variant))};
    const types::HashedBlock hashed(std::move(block));
    return types::encode(types::BlockProposal{
        hashed,
        signers_[signer]->sign(types::proposal_message({Height{height}, hashed.hash(), subnet_}))});
  }
  [[nodiscard]] Encoded false_notarization(std::uint64_t variant) const {
    types::Notarization made;
    made.height = Height{1};
    made.block = *types::BlockHash::from(crypto::sha256(std::to_string(variant)));
    made.certificate.signers = 7;
    made.certificate.signatures.resize(3);
    return types::encode(std::move(made));
  }

  Time steady_ = Time::from_seconds(100);
  std::unique_ptr<Crypto> crypto_ = make_fast_crypto();
  std::vector<types::NodeId> nodes_;
  std::vector<std::unique_ptr<Signer>> signers_;
  types::SubnetId subnet_;
  Shared<registry::Snapshot> registry_;
  types::CatchUpPackage genesis_;
  std::vector<types::NodeId> makers_;
  std::size_t self_ = 0;
  std::unique_ptr<Consensus> core_;
  std::vector<RunCrypto> jobs_;
  Actions said_;
};

TEST_F(ConsensusTest, a_peer_cannot_fill_the_place_of_another_makers_block) {
  start();
  const std::size_t leader = index_of(makers_[0]);
  const std::size_t before = core_->pool_size();
  for (std::uint64_t i = 0; i < 100; ++i)
    receive(other(), proposal(9, makers_[0], other(), i));
  EXPECT_LE(core_->pool_size(), before + 5);
  said_.clear();
  receive(leader, proposal(9, makers_[0], leader, 1000));
  EXPECT_TRUE(all<Dropped>().empty());
}

TEST_F(ConsensusTest, one_bad_artifact_costs_one_check) {
  start();
  const std::size_t before = core_->pool_size();
  for (std::uint64_t i = 0; i < 100; ++i)
    receive(other(), false_notarization(i));
  ASSERT_EQ(jobs_.size(), 1u) << "of those that say the same one at a time";
  do_jobs();
  EXPECT_EQ(all<PeerMisbehaved>().size(), 1u);
  EXPECT_EQ(core_->pool_size(), before);
}

// Who failed to make a block before is what the ranking says, so that nobody has to be believed.
TEST_F(ConsensusTest, a_block_names_as_failed_those_whose_turn_was_before) {
  start();
  const std::size_t second = index_of(makers_[1]);
  const std::vector<std::vector<types::NodeId>> wrong = {
      {}, {makers_[1]}, {makers_[0], makers_[1]}, {nodes_[stranger()]}};
  for (const auto& failed : wrong) {
    said_.clear();
    receive(second, proposal(1, makers_[1], second, 0, failed));
    do_jobs();
    ASSERT_EQ(all<PeerMisbehaved>().size(), 1u);
    EXPECT_EQ(all<PeerMisbehaved>()[0].reason,
              "sent a proposal of a wrong maker, rank or list of those before");
  }
  said_.clear();
  receive(second, proposal(1, makers_[1], second, 0, {makers_[0]}));
  do_jobs();
  EXPECT_TRUE(all<PeerMisbehaved>().empty());
}

// DESIGN §6: a node that sees its own key in use elsewhere stops signing and says so.
TEST_F(ConsensusTest, stops_when_its_key_is_in_use_elsewhere) {
  start_as(index_of(makers_[0]));
  receive(other(), proposal(1, makers_[0], self_));
  do_jobs();
  const auto stops = all<Stop>();
  ASSERT_EQ(stops.size(), 1u);
  EXPECT_NE(stops[0].reason.find("its key is in use elsewhere"), std::string::npos);
  step(TimerFired{});
  EXPECT_FALSE(has_sent<types::NotarizationShare>());
}

TEST_F(ConsensusTest, takes_back_its_own_block_that_it_forgot_over_a_crash) {
  start_as(index_of(makers_[0]), {.block = Height{1}});
  receive(other(), proposal(1, makers_[0], self_));
  do_jobs();
  EXPECT_TRUE(all<Stop>().empty());
  pass(Duration::seconds(2));
  EXPECT_TRUE(has_sent<types::NotarizationShare>());
}

TEST_F(ConsensusTest, a_forged_signature_under_its_name_stops_nobody) {
  start_as(index_of(makers_[0]));
  receive(other(), proposal(1, makers_[0], other()));
  do_jobs();
  EXPECT_TRUE(all<Stop>().empty());
  EXPECT_EQ(all<PeerMisbehaved>().size(), 1u);
}

// A finalization share says that this node signs no other notarization share of the height. It
// counts though only the watermark remembers it.
TEST_F(ConsensusTest, notarizes_nothing_at_a_height_whose_finalization_share_it_forgot) {
  const std::size_t self = stranger();
  const auto block = proposal(1, makers_[0], index_of(makers_[0]));
  types::NotarizationShare known;
  known.height = Height{1};
  known.signer = nodes_[self];
  for (const Height finalization : {Height{0}, Height{1}}) {
    said_.clear();
    start({.notarization = Height{1}, .finalization = finalization}, {types::encode(known)});
    receive(index_of(makers_[0]), block);
    do_jobs();
    pass(Duration::seconds(2));
    EXPECT_EQ(all<Persist>().empty(), finalization == Height{1});
  }
}

TEST_F(ConsensusTest, refuses_a_log_that_does_not_reach_down_to_the_state) {
  const std::size_t maker = index_of(makers_[0]);
  const auto make = [&](std::uint64_t height) {
    return Consensus::make({nodes_[0], subnet_, signers_[0].get(), crypto_.get()},
                           registry::Registry(registry_),
                           {genesis_, {proposal(height, makers_[0], maker)}, {}, Height{0}, {}});
  };
  EXPECT_TRUE(make(1).ok());
  const auto refused = make(9);
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("the log begins at height 9"), std::string::npos);
}

TEST_F(ConsensusTest, asks_those_that_failed_least_whatever_others_claim) {
  start();
  const std::size_t liar = other();
  const auto claims = [&](std::size_t peer, std::uint64_t height) {
    receive(peer, types::encode(types::Certification{{Height{height}, {}}, {}}));
  };
  std::vector<std::size_t> honest;
  for (std::size_t i = 0; i < kNodes; ++i) {
    if (i != self_ && i != liar) honest.push_back(i);
  }
  claims(liar, 1'000'000'000);
  for (const std::size_t peer : honest)
    claims(peer, 100);
  std::map<std::size_t, int> asked;
  for (int i = 0; i < 20; ++i) {
    pass(Duration::seconds(2));
    for (const WantRange& want : all<WantRange>()) {
      ++asked[index_of(want.peer)];
      said_.clear();
      // The liar lets every request time out; the others have no more than a node that is as far.
      pass(Duration::seconds(2));
      step(RangeFailed{want.peer});
    }
  }
  EXPECT_GE(asked[honest[0]], 3);
  EXPECT_GE(asked[honest[1]], 3);
}

}  // namespace
}  // namespace icpd::consensus
