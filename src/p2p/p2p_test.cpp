#include "p2p/p2p.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace icpd::p2p {
namespace {

using types::ArtifactId;
using types::NodeId;

NodeId node(std::uint8_t n) {
  return NodeId(*types::Principal::from_bytes(Bytes{n, 0x02}));
}

Shared<types::EncodedArtifact> ingress(std::size_t size, std::uint8_t fill = 0) {
  return types::encode(types::IngressArtifact{Slice(Bytes(size, fill))});
}

Shared<types::EncodedArtifact> notarization_share(std::uint64_t height) {
  types::NotarizationShare share;
  share.height = types::Height{height};
  share.signer = node(9);
  return types::encode(share);
}

/// A core, and what it did in its last step by kind of action.
struct Core {
  P2p p2p;
  Time now = Time::from_seconds(1000);
  Actions actions;

  Core& operator()(const Input& input) {
    actions = p2p.step(now, input);
    return *this;
  }
  Core& frame(const NodeId& peer, Channel channel, const Frame& frame, std::uint64_t session = 1) {
    return (*this)(FrameReceived{peer, SessionNumber{session}, channel, encode(frame)});
  }
  /// The actions are those of both steps.
  Core& up(const NodeId& peer, std::uint64_t session = 1, std::uint64_t peer_horizon = 0) {
    Actions at_once = (*this)(SessionUp{peer, SessionNumber{session}}).actions;
    frame(peer, Channel::kUrgent, Horizon{types::Height{peer_horizon}}, session);
    actions.insert(actions.begin(), at_once.begin(), at_once.end());
    return *this;
  }
  Core& down(const NodeId& peer, std::uint64_t session = 1) {
    return (*this)(SessionDown{peer, SessionNumber{session}});
  }
  Core& publish(const Shared<types::EncodedArtifact>& artifact, bool urgent = false) {
    return (*this)(Publish{artifact->id, artifact->bytes, urgent});
  }
  Core& after(Duration duration) {
    now = now + duration;
    return (*this)(TimerFired{});
  }

  template <typename T>
  [[nodiscard]] std::vector<T> all() const {
    std::vector<T> found;
    for (const Action& action : actions) {
      if (const auto* one = std::get_if<T>(&action)) found.push_back(*one);
    }
    return found;
  }
  template <typename T>
  [[nodiscard]] T only() const {
    const auto found = all<T>();
    EXPECT_EQ(found.size(), 1u);
    return found.empty() ? T{} : found.front();
  }
  /// The frames of one kind that were sent to a peer.
  template <typename T>
  [[nodiscard]] std::vector<T> sent(const NodeId& peer) const {
    std::vector<T> found;
    for (const Send& send : all<Send>()) {
      if (send.peer != peer) continue;
      const Frame frame = *decode(send.frame, send.channel);
      if (const auto* one = std::get_if<T>(&frame)) found.push_back(*one);
    }
    return found;
  }
  [[nodiscard]] std::vector<ArtifactId> delivered() const {
    std::vector<ArtifactId> ids;
    for (const Deliver& deliver : all<Deliver>())
      ids.push_back(deliver.artifact->id);
    return ids;
  }
  [[nodiscard]] std::string closed_because() const {
    const auto closes = all<CloseSession>();
    return closes.empty() ? "" : closes.front().reason;
  }
};

Update inline_update(const Shared<types::EncodedArtifact>& artifact, std::uint64_t commit,
                     std::uint32_t slot) {
  return Update{CommitNumber{commit}, SlotNumber{slot}, artifact->id, artifact->bytes};
}
Update announcement(const Shared<types::EncodedArtifact>& artifact, std::uint64_t commit,
                    std::uint32_t slot) {
  return Update{CommitNumber{commit}, SlotNumber{slot}, artifact->id, std::nullopt};
}

TEST(P2pBroadcast, sends_small_artifacts_inside_their_announcement) {
  Core a;
  a.up(node(1));
  const auto small = ingress(100);
  const auto updates = a.publish(small).sent<Update>(node(1));
  ASSERT_EQ(updates.size(), 1u);
  EXPECT_EQ(updates[0], inline_update(small, 1, 0));
  EXPECT_EQ(a.only<Send>().channel, Channel::kBulk);
}

TEST(P2pHorizon, is_told_first_and_nothing_is_announced_before_the_peers) {
  Core a;
  a.publish(ingress(100));
  a(Horizon{types::Height{7}});
  a(SessionUp{node(1), SessionNumber{1}});
  EXPECT_THAT(a.sent<Horizon>(node(1)), testing::ElementsAre(Horizon{types::Height{7}}));
  EXPECT_EQ(a.all<Send>().size(), 1u);
  a.frame(node(1), Channel::kUrgent, Horizon{});
  EXPECT_EQ(a.sent<Update>(node(1)).size(), 1u);
}

TEST(P2pHorizon, spares_a_peer_what_it_needs_no_more) {
  Core a;
  const auto package = [](std::uint64_t height) {
    types::CatchUpPackageShare share;
    share.height = types::Height{height};
    return types::encode(share);
  };
  const auto body = ingress(100);
  a.publish(notarization_share(4)).publish(notarization_share(5)).publish(package(1)).publish(body);
  std::vector<ArtifactId> announced;
  for (const Update& update : a.up(node(1), 1, 5).sent<Update>(node(1)))
    announced.push_back(update.id);
  EXPECT_THAT(announced, testing::ElementsAre(notarization_share(5)->id, package(1)->id, body->id));
  // What comes later and is lower, too; and another peer gets all.
  EXPECT_TRUE(a.publish(notarization_share(3)).sent<Update>(node(1)).empty());
  EXPECT_EQ(a.publish(notarization_share(6)).sent<Update>(node(1)).size(), 1u);
  EXPECT_EQ(a.up(node(2)).sent<Update>(node(2)).size(), 6u);
}

TEST(P2pHorizon, is_told_once) {
  Core a;
  a.up(node(1)).frame(node(1), Channel::kUrgent, Horizon{types::Height{1}});
  EXPECT_EQ(a.closed_because(), "tells its horizon twice");
}

TEST(P2pBroadcast, sends_large_artifacts_by_id_unless_they_are_urgent) {
  Core a;
  a.up(node(1));
  const auto large = ingress(kInlineSizeMax);
  EXPECT_EQ(a.publish(large).sent<Update>(node(1))[0], announcement(large, 1, 0));
  const auto urgent = ingress(kInlineSizeMax, 1);
  EXPECT_EQ(a.publish(urgent, true).sent<Update>(node(1))[0], inline_update(urgent, 2, 1));
  EXPECT_EQ(a.only<Send>().channel, Channel::kUrgent);
  const auto huge = ingress(kUrgentInlineSizeMax);
  EXPECT_EQ(a.publish(huge, true).sent<Update>(node(1))[0], announcement(huge, 3, 2));
}

TEST(P2pBroadcast, encodes_an_announcement_once_for_all_peers) {
  Core a;
  a.up(node(1)).up(node(2)).publish(ingress(100));
  const auto sends = a.all<Send>();
  ASSERT_EQ(sends.size(), 2u);
  EXPECT_EQ(sends[0].frame.data(), sends[1].frame.data());
}

TEST(P2pBroadcast, reuses_the_slot_of_what_was_withdrawn) {
  Core a;
  a.up(node(1)).publish(ingress(1, 1));
  a.publish(ingress(1, 2));
  EXPECT_TRUE(a(Withdraw{ingress(1, 1)->id}).actions.empty());
  EXPECT_EQ(a.publish(ingress(1, 3)).sent<Update>(node(1))[0], inline_update(ingress(1, 3), 3, 0));
}

TEST(P2pBroadcast, publishes_an_active_artifact_only_once) {
  Core a;
  a.up(node(1)).publish(ingress(1));
  EXPECT_TRUE(a.publish(ingress(1)).actions.empty());
}

TEST(P2pBroadcast, sends_all_active_artifacts_in_a_new_session_and_nothing_withdrawn) {
  Core a;
  a.publish(ingress(1, 1));
  a.publish(ingress(1, 2));
  a.publish(ingress(1, 3));
  a(Withdraw{ingress(1, 2)->id});
  const auto first = a.up(node(1)).sent<Update>(node(1));
  EXPECT_EQ(first, (std::vector<Update>{inline_update(ingress(1, 1), 1, 0),
                                        inline_update(ingress(1, 3), 3, 2)}));
  EXPECT_EQ(a.up(node(1), 2).sent<Update>(node(1)), first);
}

TEST(P2pBroadcast, evicts_the_lowest_height_when_a_table_is_full) {
  Core a;
  for (std::uint64_t h = 1; h <= kConsensusSlotsMax; ++h)
    EXPECT_TRUE(a.publish(notarization_share(h + 10)).actions.empty());
  EXPECT_EQ(a.publish(notarization_share(5)).only<Evicted>().id, notarization_share(11)->id);
  EXPECT_EQ(a.p2p.active(), kConsensusSlotsMax);
}

TEST(P2pBroadcast, keeps_in_the_table_what_the_window_does_not_admit) {
  Core a;
  a.up(node(1));
  std::uint64_t cost = 0;
  std::size_t sent = 0;
  std::uint32_t n = 0;
  const auto content = [&n] {
    Bytes bytes(kUrgentInlineSizeMax - 64, 7);
    store_be(bytes, n);
    return types::encode(types::IngressArtifact{Slice(std::move(bytes))});
  };
  for (; n < 40; ++n) {
    for (const Send& send : a.publish(content(), true).all<Send>()) {
      cost += frame_cost(send.frame.size());
      ++sent;
    }
  }
  EXPECT_LE(cost, kWindowBytes);
  EXPECT_GT(cost, kWindowBytes - kFrameSizeMax);
  EXPECT_LT(sent, 40u);
  // Withdrawn before its turn: never sent.
  n = static_cast<std::uint32_t>(sent);
  a(Withdraw{content()->id});
  a.frame(node(1), Channel::kUrgent, Acknowledge{Channel::kUrgent, cost});
  EXPECT_EQ(a.sent<Update>(node(1)).size(), 40 - sent - 1);
}

TEST(P2pReceive, delivers_the_first_announcement_only) {
  Core b;
  b.up(node(1)).up(node(2));
  const auto share = notarization_share(3);
  EXPECT_THAT(b.frame(node(1), Channel::kUrgent, inline_update(share, 1, 0)).delivered(),
              testing::ElementsAre(share->id));
  EXPECT_THAT(b.frame(node(2), Channel::kUrgent, inline_update(share, 1, 0)).delivered(),
              testing::IsEmpty());
  EXPECT_TRUE(b.all<CloseSession>().empty());
}

TEST(P2pReceive, ignores_an_older_commit_for_a_slot) {
  Core b;
  b.up(node(1));
  b.frame(node(1), Channel::kUrgent, inline_update(notarization_share(3), 7, 0));
  EXPECT_TRUE(
      b.frame(node(1), Channel::kBulk, inline_update(notarization_share(4), 6, 0)).actions.empty());
  EXPECT_EQ(b.p2p.known(), 1u);
}

TEST(P2pReceive, forgets_what_a_newer_commit_replaces) {
  Core b;
  b.up(node(1));
  b.frame(node(1), Channel::kUrgent, inline_update(notarization_share(3), 6, 0));
  b.frame(node(1), Channel::kUrgent, inline_update(notarization_share(4), 7, 0));
  EXPECT_EQ(b.p2p.known(), 1u);
}

TEST(P2pReceive, empties_the_table_of_a_peer_whose_session_ends) {
  Core b;
  b.up(node(1));
  b.frame(node(1), Channel::kUrgent, inline_update(notarization_share(3), 6, 0));
  b.down(node(1));
  EXPECT_EQ(b.p2p.known(), 0u);
}

TEST(P2pReceive, does_not_deliver_what_it_published_itself) {
  Core b;
  b.publish(ingress(10));
  b.up(node(1));
  EXPECT_THAT(b.frame(node(1), Channel::kBulk, inline_update(ingress(10), 1, 0)).delivered(),
              testing::IsEmpty());
}

TEST(P2pReceive, ignores_frames_of_a_session_that_is_over) {
  Core b;
  b.up(node(1), 5);
  EXPECT_TRUE(
      b.frame(node(1), Channel::kBulk, inline_update(ingress(10), 1, 0), 4).actions.empty());
  EXPECT_TRUE(b.down(node(1), 4).actions.empty());
  EXPECT_EQ(b.p2p.sessions(), 1u);
}

TEST(P2pReceive, acknowledges_when_an_eighth_of_the_window_is_taken_in) {
  Core b;
  b.up(node(1));
  std::uint64_t taken = 0;
  for (std::uint32_t n = 0; taken < kAcknowledgeBytes; ++n) {
    EXPECT_TRUE(b.sent<Acknowledge>(node(1)).empty());
    const auto artifact = ingress(kUrgentInlineSizeMax - 64, static_cast<std::uint8_t>(n));
    const Frame frame = inline_update(artifact, n + 1, n);
    taken += frame_cost(encode(frame).size());
    b.frame(node(1), Channel::kUrgent, frame);
  }
  const auto acknowledged = b.sent<Acknowledge>(node(1));
  ASSERT_EQ(acknowledged.size(), 1u);
  EXPECT_EQ(acknowledged[0], (Acknowledge{Channel::kUrgent, taken}));
}

/// Each row breaks one rule; the session goes, everything else stays.
TEST(P2pReceive, closes_the_session_of_a_peer_that_breaks_a_rule) {
  const auto share = notarization_share(3);
  Update wrong_id = inline_update(share, 1, 0);
  wrong_id.id.hash.bytes[0] ^= 1;
  Update garbage = inline_update(share, 1, 0);
  garbage.content = Slice(Bytes{0x7F});
  const struct {
    const char* reason;
    Channel channel;
    Slice frame;
  } rows[] = {
      {"unknown alternative", Channel::kUrgent, Slice(Bytes{0x7F})},
      {"bytes after the record", Channel::kUrgent, Slice(Bytes{3, 1, 0})},
      {"frame too long", Channel::kUrgent, Slice(Bytes(kFrameSizeMax + 1))},
      {"slot number over the limit", Channel::kUrgent,
       encode(inline_update(share, 1, kConsensusSlotsMax))},
      {"announcement carries too much", Channel::kBulk,
       encode(inline_update(ingress(kInlineSizeMax), 1, 0))},
      {"artifact isn't what its id says", Channel::kUrgent, encode(wrong_id)},
      {"unknown alternative", Channel::kUrgent, encode(garbage)},
      {"frame on the wrong channel", Channel::kBulk, encode(Acknowledge{})},
      {"frame on the wrong channel", Channel::kUrgent, encode(Absent{RequestNumber{1}})},
      {"frame on the wrong channel", Channel::kBulk, encode(Cancel{RequestNumber{1}})},
      {"frame on the wrong channel", Channel::kUrgent, encode(Chunk{RequestNumber{1}, true, {}})},
      {"acknowledges what was never sent", Channel::kUrgent,
       encode(Acknowledge{Channel::kBulk, 1})},
      {"acknowledges nothing new", Channel::kUrgent, encode(Acknowledge{Channel::kBulk, 0})},
      {"request number doesn't grow", Channel::kUrgent,
       encode(Request{RequestNumber{0}, share->id})},
      {"range request too long", Channel::kUrgent,
       encode(Request{RequestNumber{1}, RangeQuery{Slice(Bytes(kRangeQuerySizeMax + 1))}})},
      {"answer to nothing that was asked", Channel::kBulk, encode(Absent{RequestNumber{1}})},
      {"answer to nothing that was asked", Channel::kBulk,
       encode(Chunk{RequestNumber{1}, true, {}})},
      {"a piece of an answer that isn't the last is not full", Channel::kBulk,
       encode(Chunk{RequestNumber{1}, false, Slice(Bytes(kChunkSizeMax - 1))})},
      {"piece of an answer too long", Channel::kBulk,
       encode(Chunk{RequestNumber{1}, true, Slice(Bytes(kChunkSizeMax + 1))})},
  };
  for (const auto& row : rows) {
    Core b;
    b.up(node(1)).up(node(2));
    b.frame(node(1), Channel::kUrgent, inline_update(notarization_share(8), 1, 5));
    b(FrameReceived{node(1), SessionNumber{1}, row.channel, row.frame});
    EXPECT_EQ(b.closed_because(), row.reason);
    EXPECT_EQ(b.p2p.sessions(), 1u) << row.reason;
    EXPECT_EQ(b.p2p.known(), 0u) << row.reason;
    EXPECT_TRUE(b.delivered().empty()) << row.reason;
  }
}

TEST(P2pReceive, closes_the_session_of_a_peer_that_another_layer_accuses) {
  Core b;
  b.up(node(1));
  EXPECT_EQ(b(Misbehaved{node(1), "two blocks for one height"}).closed_because(),
            "two blocks for one height");
  EXPECT_TRUE(b(Misbehaved{node(1), "again"}).actions.empty());
}

TEST(P2pFetch, fetches_what_was_only_announced) {
  Core b;
  b.up(node(1));
  const auto large = ingress(3 * kChunkSizeMax / 2);
  const auto requests =
      b.frame(node(1), Channel::kBulk, announcement(large, 1, 0)).sent<Request>(node(1));
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0], (Request{RequestNumber{1}, large->id}));
  EXPECT_EQ(b.only<SetTimer>().at, b.now + kRequestTimeout);
  const Slice first = large->bytes.part(0, kChunkSizeMax);
  const Slice second = large->bytes.part(kChunkSizeMax, large->bytes.size() - kChunkSizeMax);
  EXPECT_TRUE(
      b.frame(node(1), Channel::kBulk, Chunk{RequestNumber{1}, false, first}).delivered().empty());
  b.frame(node(1), Channel::kBulk, Chunk{RequestNumber{1}, true, second});
  EXPECT_THAT(b.delivered(), testing::ElementsAre(large->id));
  EXPECT_EQ(b.p2p.wanted(), 0u);
}

TEST(P2pFetch, answers_with_what_is_active_in_pieces) {
  Core a;
  a.up(node(1));
  const auto large = ingress(3 * kChunkSizeMax / 2);
  a.publish(large);
  const auto chunks =
      a.frame(node(1), Channel::kUrgent, Request{RequestNumber{1}, large->id}).sent<Chunk>(node(1));
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_FALSE(chunks[0].last);
  EXPECT_TRUE(chunks[1].last);
  Bytes joined = to_bytes(chunks[0].bytes);
  append(joined, chunks[1].bytes);
  EXPECT_EQ(Slice(joined), large->bytes);
}

TEST(P2pFetch, asks_the_replica_for_what_is_not_active) {
  Core a;
  a.up(node(1));
  const auto one = ingress(10);
  const auto look_up =
      a.frame(node(1), Channel::kUrgent, Request{RequestNumber{1}, one->id}).only<LookUp>();
  EXPECT_EQ(look_up.id, one->id);
  const auto chunks = a(Answer{look_up.ticket, one->bytes}).sent<Chunk>(node(1));
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0], (Chunk{RequestNumber{1}, true, one->bytes}));
  EXPECT_TRUE(a(Answer{look_up.ticket, one->bytes}).actions.empty()) << "answered once";
}

TEST(P2pFetch, says_absent_when_the_replica_has_nothing) {
  Core a;
  a.up(node(1));
  const auto look_up =
      a.frame(node(1), Channel::kUrgent, Request{RequestNumber{1}, ingress(1)->id}).only<LookUp>();
  EXPECT_EQ(a(Answer{look_up.ticket, std::nullopt}).sent<Absent>(node(1)).size(), 1u);
}

TEST(P2pFetch, drops_the_answer_to_a_cancelled_request) {
  Core a;
  a.up(node(1));
  const auto look_up =
      a.frame(node(1), Channel::kUrgent, Request{RequestNumber{1}, ingress(1)->id}).only<LookUp>();
  a.frame(node(1), Channel::kUrgent, Cancel{RequestNumber{1}});
  EXPECT_TRUE(a(Answer{look_up.ticket, ingress(1)->bytes}).actions.empty());
}

TEST(P2pFetch, goes_to_another_source_when_one_is_silent) {
  Core b;
  b.up(node(1)).up(node(2));
  const auto large = ingress(5000);
  b.frame(node(1), Channel::kBulk, announcement(large, 1, 0));
  EXPECT_TRUE(
      b.frame(node(2), Channel::kBulk, announcement(large, 1, 0)).sent<Request>(node(2)).empty());
  b.after(kRequestTimeout);
  EXPECT_EQ(b.sent<Cancel>(node(1)).size(), 1u);
  EXPECT_EQ(b.sent<Request>(node(2)).size(), 1u);
  // A late answer of the first is no offence, and isn't used.
  b.frame(node(1), Channel::kBulk, Chunk{RequestNumber{1}, true, large->bytes});
  EXPECT_TRUE(b.actions.empty());
}

TEST(P2pFetch, goes_to_another_source_when_the_first_has_it_no_more) {
  Core b;
  b.up(node(1)).up(node(2));
  const auto large = ingress(5000);
  b.frame(node(1), Channel::kBulk, announcement(large, 1, 0));
  b.frame(node(2), Channel::kBulk, announcement(large, 1, 0));
  b.frame(node(1), Channel::kBulk, Absent{RequestNumber{1}});
  EXPECT_EQ(b.sent<Request>(node(2)).size(), 1u);
}

TEST(P2pFetch, goes_to_another_source_when_a_session_ends) {
  Core b;
  b.up(node(1)).up(node(2));
  const auto large = ingress(5000);
  b.frame(node(1), Channel::kBulk, announcement(large, 1, 0));
  b.frame(node(2), Channel::kBulk, announcement(large, 1, 0));
  EXPECT_EQ(b.down(node(1)).sent<Request>(node(2)).size(), 1u);
}

TEST(P2pFetch, starts_again_with_all_sources_after_a_doubling_rest) {
  Core b;
  b.up(node(1));
  b.frame(node(1), Channel::kBulk, announcement(ingress(5000), 1, 0));
  Duration delay = kRetryDelayMin;
  for (std::uint64_t round = 1; round <= 5; ++round) {
    b.frame(node(1), Channel::kBulk, Absent{RequestNumber{round}});
    EXPECT_TRUE(b.sent<Request>(node(1)).empty());
    EXPECT_TRUE(b.after(delay - Duration{1}).sent<Request>(node(1)).empty());
    EXPECT_EQ(b.after(Duration{1}).sent<Request>(node(1)).size(), 1u) << round;
    delay = delay * 2;
  }
}

TEST(P2pFetch, stops_when_nobody_announces_it_any_more) {
  Core b;
  b.up(node(1));
  b.frame(node(1), Channel::kBulk, announcement(ingress(5000), 1, 0));
  b.frame(node(1), Channel::kBulk, inline_update(ingress(5), 2, 0));
  EXPECT_EQ(b.sent<Cancel>(node(1)).size(), 1u);
  EXPECT_EQ(b.p2p.wanted(), 0u);
}

TEST(P2pFetch, punishes_a_wrong_answer_and_asks_another) {
  Core b;
  b.up(node(1)).up(node(2));
  const auto large = ingress(5000);
  b.frame(node(1), Channel::kBulk, announcement(large, 1, 0));
  b.frame(node(2), Channel::kBulk, announcement(large, 1, 0));
  b.frame(node(1), Channel::kBulk, Chunk{RequestNumber{1}, true, ingress(4999)->bytes});
  EXPECT_EQ(b.closed_because(), "artifact isn't what its id says");
  EXPECT_EQ(b.sent<Request>(node(2)).size(), 1u);
}

TEST(P2pFetch, refuses_answers_that_interleave_or_grow_too_long) {
  Core b;
  Core c;
  const Slice piece{Bytes(kChunkSizeMax)};
  for (Core* core : {&b, &c}) {
    core->up(node(1));
    core->frame(node(1), Channel::kBulk, announcement(ingress(5000, 1), 1, 0));
    core->frame(node(1), Channel::kBulk, announcement(ingress(5000, 2), 2, 1));
    for (std::size_t size = 0; size < kArtifactSizeMax; size += kChunkSizeMax) {
      core->frame(node(1), Channel::kBulk, Chunk{RequestNumber{1}, false, piece});
      EXPECT_EQ(core->closed_because(), "");
    }
  }
  b.frame(node(1), Channel::kBulk, Chunk{RequestNumber{2}, false, piece});
  EXPECT_EQ(b.closed_because(), "answers interleave");
  c.frame(node(1), Channel::kBulk, Chunk{RequestNumber{1}, false, piece});
  EXPECT_EQ(c.closed_because(), "answer too long");
}

TEST(P2pFetch, asks_the_named_sources_first_and_then_all) {
  Core b;
  b.up(node(1)).up(node(2));
  const ArtifactId id = ingress(100)->id;
  b(Fetch{id, {node(2)}});
  EXPECT_EQ(b.sent<Request>(node(2)).size(), 1u);
  b.frame(node(2), Channel::kBulk, Absent{RequestNumber{1}});
  b.after(kRetryDelayMin);
  EXPECT_EQ(b.sent<Request>(node(1)).size(), 1u);
  b.frame(node(1), Channel::kBulk, Chunk{RequestNumber{1}, true, ingress(100)->bytes});
  EXPECT_THAT(b.delivered(), testing::ElementsAre(id));
}

TEST(P2pFetch, waits_for_a_session_when_there_is_none) {
  Core b;
  EXPECT_TRUE(b(Fetch{ingress(100)->id, {}}).all<Send>().empty());
  EXPECT_EQ(b.up(node(1)).sent<Request>(node(1)).size(), 1u);
}

TEST(P2pFetch, takes_it_from_an_announcement_too) {
  Core b;
  b.up(node(1)).up(node(2));
  b(Fetch{ingress(100)->id, {node(1)}});
  b.frame(node(2), Channel::kBulk, inline_update(ingress(100), 1, 0));
  EXPECT_THAT(b.delivered(), testing::ElementsAre(ingress(100)->id));
  EXPECT_EQ(b.sent<Cancel>(node(1)).size(), 1u);
}

TEST(P2pFetch, bounds_what_it_asks_of_a_peer_and_for_the_replica) {
  Core b;
  b.up(node(1));
  std::size_t requests = 0;
  ArtifactId id = ingress(1)->id;
  for (std::size_t i = 0; i < kAskedMax; ++i) {
    store_be(MutableByteView(id.hash.bytes), static_cast<std::uint32_t>(i));
    requests += b(Fetch{id, {}}).sent<Request>(node(1)).size();
  }
  EXPECT_EQ(requests, kFetchesPerPeerMax);
  EXPECT_EQ(b(Fetch{ingress(2)->id, {}}).only<FetchRefused>().id, ingress(2)->id);
  b(CancelFetch{id});
  EXPECT_TRUE(b(Fetch{ingress(2)->id, {}}).all<FetchRefused>().empty());
}

TEST(P2pFetch, delivers_again_what_found_no_room_as_long_as_a_peer_announces_it) {
  Core b;
  b.up(node(1));
  const auto one = ingress(100);
  b.frame(node(1), Channel::kBulk, inline_update(one, 1, 0));
  b(FetchAgain{one->id});
  ASSERT_EQ(b.sent<Request>(node(1)).size(), 1u);
  b.frame(node(1), Channel::kBulk, Chunk{RequestNumber{1}, true, one->bytes});
  EXPECT_THAT(b.delivered(), testing::ElementsAre(one->id));

  b.frame(node(1), Channel::kBulk, inline_update(ingress(101), 2, 0));
  EXPECT_TRUE(b(FetchAgain{one->id}).all<Send>().empty());
  EXPECT_EQ(b.p2p.wanted(), 0u);
}

TEST(P2pFetch, spreads_a_burst_over_the_peers) {
  Core b;
  b.up(node(1)).up(node(2));
  ArtifactId id = ingress(1)->id;
  std::size_t first = 0;
  for (std::uint32_t i = 0; i < 100; ++i) {
    store_be(MutableByteView(id.hash.bytes), i);
    b(Fetch{id, {}});
    EXPECT_EQ(b.all<Send>().size(), 1u) << "one peer at a time";
    first += b.sent<Request>(node(1)).size();
  }
  EXPECT_EQ(first, 50u);
}

TEST(P2pServe, refuses_more_open_requests_than_agreed) {
  Core a;
  a.up(node(1));
  for (std::uint64_t n = 1; n <= kRequestsServedMax; ++n)
    a.frame(node(1), Channel::kUrgent, Request{RequestNumber{n}, ingress(1)->id});
  EXPECT_EQ(a.closed_because(), "");
  a.frame(node(1), Channel::kUrgent,
          Request{RequestNumber{kRequestsServedMax + 1}, ingress(1)->id});
  EXPECT_EQ(a.closed_because(), "too many open requests");
}

TEST(P2pServe, refuses_more_open_range_requests_than_agreed) {
  Core a;
  a.up(node(1));
  for (std::uint64_t n = 1; n <= kRangesMax; ++n)
    a.frame(node(1), Channel::kUrgent, Request{RequestNumber{n}, RangeQuery{}});
  EXPECT_EQ(a.closed_because(), "");
  a.frame(node(1), Channel::kUrgent, Request{RequestNumber{kRangesMax + 1}, RangeQuery{}});
  EXPECT_EQ(a.closed_because(), "too many open range requests");
}

TEST(P2pRange, brings_the_bytes_of_the_first_peer_that_has_them) {
  Core b;
  b.up(node(1)).up(node(2));
  const Slice query(Bytes{1, 2, 3});
  b(FetchRange{RangeId{7}, query, {node(2), node(1)}});
  EXPECT_EQ(b.sent<Request>(node(2)),
            (std::vector<Request>{{RequestNumber{1}, RangeQuery{query}}}));
  b.frame(node(2), Channel::kBulk, Absent{RequestNumber{1}});
  EXPECT_EQ(b.sent<Request>(node(1)).size(), 1u);
  b.frame(node(1), Channel::kBulk, Chunk{RequestNumber{1}, true, Slice(Bytes{9})});
  const auto arrived = b.only<RangeArrived>();
  EXPECT_EQ(arrived.range, RangeId{7});
  EXPECT_EQ(arrived.from, node(1));
  EXPECT_EQ(arrived.bytes, Slice(Bytes{9}));
}

TEST(P2pRange, fails_when_nobody_has_it) {
  Core b;
  EXPECT_EQ(b(FetchRange{RangeId{1}, {}, {}}).only<RangeFailed>().range, RangeId{1});
  b.up(node(1));
  EXPECT_TRUE(b(FetchRange{RangeId{2}, {}, {}}).all<RangeFailed>().empty());
  EXPECT_EQ(b.down(node(1)).only<RangeFailed>().range, RangeId{2});
}

TEST(P2pRange, is_answered_by_the_replica) {
  Core a;
  a.up(node(1));
  const Slice query(Bytes{1, 2, 3});
  const auto look_up =
      a.frame(node(1), Channel::kUrgent, Request{RequestNumber{1}, RangeQuery{query}})
          .only<LookUpRange>();
  EXPECT_EQ(look_up.query, query);
  EXPECT_EQ(a(Answer{look_up.ticket, Slice(Bytes{5})}).sent<Chunk>(node(1)).size(), 1u);
}

TEST(P2pRange, of_no_bytes_is_an_answer) {
  Core a;
  a.up(node(1));
  a.frame(node(1), Channel::kUrgent, Request{RequestNumber{1}, RangeQuery{}});
  const Ticket ticket{node(1), SessionNumber{1}, RequestNumber{1}};
  EXPECT_EQ(a(Answer{ticket, Slice()}).sent<Chunk>(node(1)),
            (std::vector<Chunk>{{RequestNumber{1}, true, {}}}));
}

TEST(P2pTime, a_clock_that_jumps_back_ends_waits_early) {
  Core b;
  b.up(node(1)).up(node(2));
  b.frame(node(1), Channel::kBulk, announcement(ingress(5000), 1, 0));
  b.frame(node(2), Channel::kBulk, announcement(ingress(5000), 1, 0));
  b.now = Time::from_seconds(1);
  EXPECT_EQ(b(TimerFired{}).sent<Request>(node(2)).size(), 1u);
}

}  // namespace
}  // namespace icpd::p2p
