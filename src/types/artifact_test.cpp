#include "types/artifact.hpp"

#include <gtest/gtest.h>
#include <set>

#include "base/prng.hpp"
#include "types/limits.hpp"

namespace icpd::types {
namespace {

HashedBlock data_block(std::uint64_t height) {
  Block block;
  block.height = Height{height};
  block.rank = Rank{1};
  block.maker = NodeId(Principal::self_authenticating(as_bytes("maker")));
  block.context.time = Time::from_seconds(height);
  block.failed_makers = {NodeId(Principal::self_authenticating(as_bytes("failed")))};
  block.payload =
      DataPayload{.ingress = {IngressHash{}, *IngressHash::from(Bytes(32, 7))},
                  .responses = {},
                  .query_stats = QueryStatsReport{3, {{canister_id_from_index(5), {.calls = 1}}}}};
  return HashedBlock(std::move(block));
}

HashedBlock summary_block(std::uint64_t height) {
  Block block;
  block.height = Height{height};
  const Shared<crypto::Transcript> transcript(crypto::Transcript{});
  block.payload = SummaryPayload{.interval_length = 499,
                                 .current = {transcript, transcript},
                                 .next = {transcript, transcript}};
  return HashedBlock(std::move(block));
}

/// One of each kind, at height 9.
std::vector<Artifact> one_of_each() {
  const Height at{9};
  const NodeId node(Principal::self_authenticating(as_bytes("node")));
  const BlockShare share{at, data_block(9).hash(), node, {}};
  const BlockQuorum quorum{at, data_block(9).hash(), {.signers = 7, .signatures = {{}, {}, {}}}};
  const Shared<CatchUpContent> package(
      CatchUpContent{summary_block(9), {{at, {}}, {}}, StateHash{}, StateRoot{}});
  return {BlockProposal{data_block(9), {}},
          NotarizationShare{share},
          Notarization{quorum},
          FinalizationShare{share},
          Finalization{quorum},
          BeaconShare{{at, {}}, node, {}},
          Beacon{{at, {}}, {}},
          TapeShare{{at, {}}, node, {}},
          Tape{{at, {}}, {}},
          CertificationShare{{at, {}}, node, {}},
          Certification{{at, {}}, {}},
          CatchUpPackageShare{at, {}, node, {}},
          CatchUpPackage{package, crypto::BlsSignature{}},
          EquivocationProof{.signer = node, .height = at},
          IngressArtifact{Slice::copy_of(as_bytes("a request"))}};
}

TEST(Artifact, every_kind_comes_back_from_its_bytes_with_the_same_id) {
  const auto all = one_of_each();
  ASSERT_EQ(all.size(), kArtifactKinds);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto encoded = encode(all[i]);
    EXPECT_EQ(static_cast<std::size_t>(encoded->id.kind), i);
    const auto decoded = decode(encoded->bytes);
    ASSERT_TRUE(decoded.ok()) << name(encoded->id.kind) << ": " << decoded.error().message;
    EXPECT_EQ((*decoded)->id, encoded->id) << name(encoded->id.kind);
    EXPECT_EQ((*decoded)->artifact.index(), all[i].index());
    EXPECT_EQ(encode((*decoded)->artifact)->bytes, encoded->bytes);
  }
}

TEST(Artifact, heights_are_those_of_the_content) {
  for (const Artifact& artifact : one_of_each()) {
    const bool is_ingress = std::holds_alternative<IngressArtifact>(artifact);
    EXPECT_EQ(height(artifact), Height{is_ingress ? 0u : 9u}) << name(kind(artifact));
  }
}

TEST(Artifact, ids_of_different_kinds_differ_even_where_the_content_is_alike) {
  std::set<crypto::Digest> hashes;
  for (const Artifact& artifact : one_of_each())
    hashes.insert(encode(artifact)->id.hash);
  EXPECT_EQ(hashes.size(), kArtifactKinds);
}

TEST(Artifact, the_id_of_ingress_is_the_hash_that_blocks_name) {
  const Slice bytes = Slice::copy_of(as_bytes("a request"));
  EXPECT_EQ(encode(IngressArtifact{bytes})->id.hash, crypto::sha256(bytes));
}

TEST(Artifact, a_cut_or_longer_record_is_an_error) {
  for (const Artifact& artifact : one_of_each()) {
    const Bytes whole = to_bytes(encode(artifact)->bytes);
    for (std::size_t size = 0; size < whole.size(); ++size)
      EXPECT_FALSE(decode(Slice::copy_of(ByteView(whole).first(size))).ok());
    Bytes longer = whole;
    longer.push_back(0);
    EXPECT_FALSE(decode(Slice(longer)).ok());
  }
}

TEST(Artifact, flipped_bits_give_an_error_or_another_id) {
  Prng random(42);
  for (const Artifact& artifact : one_of_each()) {
    const auto encoded = encode(artifact);
    for (int i = 0; i < 200; ++i) {
      Bytes bytes = to_bytes(encoded->bytes);
      bytes[random.below(bytes.size())] ^= static_cast<std::uint8_t>(1u << random.below(8));
      const auto decoded = decode(Slice(std::move(bytes)));
      if (decoded.ok()) {
        EXPECT_NE((*decoded)->id, encoded->id);
      }
    }
  }
}

TEST(Artifact, a_package_without_a_summary_is_refused) {
  const Shared<CatchUpContent> content(CatchUpContent{data_block(9), {}, StateHash{}, StateRoot{}});
  const auto encoded = encode(CatchUpPackage{content, crypto::BlsSignature{}});
  EXPECT_FALSE(decode(encoded->bytes).ok());
}

TEST(Artifact, the_largest_of_each_kind_fits_and_what_is_larger_is_refused) {
  const Shared<crypto::Transcript> transcript(crypto::Transcript{
      .coefficients = std::vector<crypto::BlsPublicKeyBytes>(crypto::kCommitteeMax)});
  Block summary;
  summary.payload =
      SummaryPayload{.current = {transcript, transcript}, .next = {transcript, transcript}};
  const CatchUpContent content{HashedBlock(summary), {}, {}, {}};
  Block full;
  const LateSpending late{SubnetCallId::max(),
                          {NodeId(Principal::self_authenticating(as_bytes("node"))),
                           Cycles{~static_cast<unsigned __int128>(0)}}};
  const auto answers = [&](std::size_t bytes) {
    return ConsensusResponses{
        .responses = {{SubnetCallId{1}, AgreedAnswer{Reply{Slice(Bytes(bytes))}}, {}}},
        .late = std::vector<LateSpending>(limits::kBlockLateSpendingCountMax, late)};
  };
  const CanisterQueryStats most{CanisterId(Principal::self_authenticating({})),
                                {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
  EXPECT_EQ(codec::to_record(most).size(), limits::kQueryStatsEntrySizeMax);
  full.payload = DataPayload{.ingress = std::vector<IngressHash>(limits::kBlockIngressCountMax),
                             .responses = answers(limits::kBlockResponsesSizeMax),
                             .query_stats = QueryStatsReport{
                                 UINT64_MAX, std::vector(limits::kBlockQueryStatsCountMax, most)}};
  full.failed_makers.resize(crypto::kCommitteeMax, NodeId(Principal::self_authenticating({})));
  crypto::QuorumCertificate certificate;
  certificate.signatures.resize(crypto::kCommitteeMax);
  const std::vector<Artifact> largest = {
      BlockProposal{HashedBlock(summary), {}},
      BlockProposal{HashedBlock(full), {}},
      Notarization{{{}, {}, certificate}},
      Finalization{{{}, {}, certificate}},
      CatchUpPackage{Shared<CatchUpContent>(content), crypto::BlsSignature{}},
      IngressArtifact{Slice(Bytes(limits::kRequestBodySizeMax))}};
  for (const Artifact& one : largest)
    EXPECT_LE(encode(one)->bytes.size(), size_max(kind(one))) << name(kind(one));

  full.payload = DataPayload{.ingress = {},
                             .responses = answers(limits::kBlockResponsesSizeMax + 400 * kKiB),
                             .query_stats = {}};
  const auto too_large = decode(encode(BlockProposal{HashedBlock(full), {}})->bytes);
  ASSERT_FALSE(too_large.ok());
  EXPECT_NE(too_large.error().message.find("larger than its kind may be"), std::string::npos);
}

TEST(SignedBytes, begin_with_the_length_and_name_of_their_domain) {
  const BlockReference about{Height{1}, {}, {}};
  const auto begins = [](const Bytes& message, std::string_view domain) {
    return message.size() > domain.size() && message[0] == domain.size() &&
           as_text(ByteView(message).subspan(1, domain.size())) == domain;
  };
  EXPECT_TRUE(begins(proposal_message(about), "block_metadata_domain"));
  EXPECT_TRUE(begins(notarization_message(about), "notarization_content_domain"));
  EXPECT_TRUE(begins(finalization_message(about), "finalization_content_domain"));
  EXPECT_TRUE(begins(signed_message(BeaconContent{}), "random_beacon_content_domain"));
  EXPECT_TRUE(begins(signed_message(TapeContent{}), "random_tape_content_domain"));
  EXPECT_TRUE(begins(catch_up_message({}), "catch_up_content_domain"));
}

// Interface specification, "Certification": clients verify len · "ic-state-root" · root.
TEST(SignedBytes, of_a_certification_are_the_bare_root_in_its_domain) {
  const StateRoot root = *StateRoot::from(Bytes(32, 0xAB));
  const Bytes expected = to_bytes("\x0Dic-state-root" + std::string(as_text(root)));
  EXPECT_EQ(signed_message(CertificationContent{Height{77}, root}), expected);
}

}  // namespace
}  // namespace icpd::types
