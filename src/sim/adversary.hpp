// A faulty node with a valid key: it follows the protocol where it wants to and breaks it where
// it can.
//
// It runs a consensus core to know what is going on, and tells each peer something else: it has a
// p2p core of its own for every peer. It knows all that a node can know, and the secret of nobody
// else.
//
// | fault | what it does |
// | --- | --- |
// | equivocates | two blocks for one height, each peer gets either, some both |
// | signs everything | notarization and finalization shares for every block it sees |
// | spoils shares | sends shares with bad signatures |
// | withholds | sends what it has to some peers only |
// | forges payloads | proposes ingress that is forged, expired, known, named twice or nowhere |
// | forges certificates | sends certificates, proofs and randomness that nobody agreed to |
// | usurps | proposes when it is another maker's turn |
// | bends time | proposes blocks of the past and of the future |
// | hides bodies | doesn't answer when asked for bodies or ranges |
// | lies in ranges | claims to be far ahead, and answers whoever asks with what doesn't fit |
// | repeats itself | publishes what it has published before, in slots of their own |
// | lies about queries | reports too many, too early, twice, or of canisters that aren't there |
// | blames others | names nodes as failed makers whose turn it wasn't before its own |
#pragma once

#include <deque>
#include <memory>
#include <string_view>

#include "base/prng.hpp"
#include "consensus/consensus.hpp"
#include "p2p/p2p.hpp"
#include "replica/ingress_pool.hpp"
#include "sim/event_queue.hpp"
#include "sim/forger.hpp"
#include "sim/network.hpp"

namespace icpd::sim {

enum class Misdeed : std::uint8_t {
  kEquivocates,
  kSignsEverything,
  kSpoilsShares,
  kWithholds,
  kForgesPayloads,
  kForgesCertificates,
  kUsurps,
  kBendsTime,
  kHidesBodies,
  kLiesInRanges,
  kRepeatsItself,
  kLiesAboutQueries,
  kBlamesOthers,
};
inline constexpr std::size_t kMisdeedCount = 13;

class Adversary {
 public:
  struct World {
    std::function<void(const p2p::Send&)> send;
    std::function<void(const p2p::CloseSession&)> close;
    /// The honest nodes' state root of a height, once one of them has it.
    std::function<std::optional<types::StateRoot>(types::Height)> root;
    std::function<std::optional<types::StateHash>(types::Height)> state_hash;
    /// Something it did; for the report.
    std::function<void(std::string_view what)> did;
  };

  Adversary(EventQueue& events, Prng random, const Subnet& subnet, std::size_t index,
            std::vector<Misdeed> misdeeds, World world);

  void start();
  void input(p2p::Input input);

 private:
  [[nodiscard]] bool likes(Misdeed misdeed) const;
  [[nodiscard]] consensus::Moment moment() const;
  void step(consensus::Input input);
  void carry_out(consensus::Actions actions);
  void tell(const types::NodeId& peer, p2p::Input input);
  void handle(const types::NodeId& peer, p2p::Actions actions);
  void publish(const types::NodeId& peer, const replica::Encoded& artifact);
  void broadcast(const replica::Encoded& artifact);
  void equivocate(const types::BlockProposal& proposal);
  void sign_everything(const types::BlockProposal& proposal);
  [[nodiscard]] replica::Encoded spoilt(const replica::Encoded& artifact) const;
  [[nodiscard]] types::DataPayload payload(types::Height height);
  void lie_about_queries(types::DataPayload& payload, types::Height height);
  [[nodiscard]] types::IngressHash own_message(FalseCall kind);
  void name_messages_seen(types::DataPayload& payload);
  void forge(const types::Artifact& seen);
  /// Before n - f nodes have made the right one.
  void forge_package(types::Height height);
  /// Not at once: the peer's p2p core is at work.
  void broadcast_later(types::Artifact artifact);
  void repeat_itself();
  void seen(const replica::Encoded& artifact);
  void answer(const types::NodeId& peer, const p2p::LookUp& ask);
  void answer(const types::NodeId& peer, const p2p::LookUpRange& ask);
  void deliver(const consensus::DeliverBatch& delivered);
  void commit_next();
  void commit_when_known();

  EventQueue& events_;
  Prng random_;
  const Subnet& subnet_;
  std::size_t index_;
  std::vector<Misdeed> misdeeds_;
  World world_;
  std::unique_ptr<consensus::Signer> signer_;
  std::unique_ptr<consensus::Crypto> crypto_;
  Forger forger_;
  std::unique_ptr<consensus::Consensus> consensus_;
  std::map<types::NodeId, p2p::P2p> peers_;
  std::map<types::IngressHash, replica::Encoded> bodies_;
  std::deque<types::IngressHash> known_bodies_;
  std::deque<replica::Encoded> published_;
  std::map<types::Height, consensus::DeliverBatch> batches_;
  types::Height next_batch_{1};
  bool committing_ = false;
};

}  // namespace icpd::sim
