// What honest nodes say to each other, over all their crashes and restarts. A node that contradicts
// itself endangers agreement long before two blocks of one height are final, so that this is
// checked on its own:
//
//  1. A maker sends one block for each height.
//  2. A node sends at most one finalization share for each height, and then notarization shares for
//     no other block of that height.
//  3. No proof of equivocation against an honest node is passed on.
//  4. There is one random beacon for each height.
//  5. A node's own blocks and shares on blocks leave when they are durable, not before.
//
// Cost: each announcement of an artifact is decoded once for each sender, not for each receiver.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "p2p/p2p.hpp"
#include "types/artifact.hpp"

namespace icpd::sim {

class Statements {
 public:
  using Failed = std::function<void(std::string what)>;

  /// `nodes` by index; all are honest but those that is_faulty() names.
  Statements(std::vector<types::NodeId> nodes, Failed failed)
      : nodes_(std::move(nodes)),
        failed_(std::move(failed)),
        stored_(nodes_.size()),
        last_(nodes_.size()) {}

  void is_faulty(std::size_t node) { faulty_.insert(nodes_[node]); }
  /// The node has made it durable, or found it on its disk.
  void stored(std::size_t node, const types::ArtifactId& id) { stored_.at(node).insert(id); }
  /// An honest node sends this.
  void sent(std::size_t node, const p2p::Send& send);
  [[nodiscard]] const types::Beacon* beacon(types::Height height) const;

 private:
  struct Said {
    std::optional<types::BlockHash> made;
    std::set<types::BlockHash> notarized;
    std::optional<types::BlockHash> finalized;
  };

  void said(std::size_t node, const types::EncodedArtifact& artifact);
  void has_to_be_stored(std::size_t node, const types::ArtifactId& id);
  void made(std::size_t node, const types::HashedBlock& block);
  void shared(std::size_t node, const types::NotarizationShare& share);
  void shared(std::size_t node, const types::FinalizationShare& share);
  void check(std::size_t node, types::Height height, const Said& said);
  void contradiction(std::size_t node, types::Height height, const std::string& what);

  std::vector<types::NodeId> nodes_;
  Failed failed_;
  std::set<types::NodeId> faulty_;
  std::vector<std::set<types::ArtifactId>> stored_;
  /// The frame that each node sent last, kept so that its address stays its own.
  std::vector<Slice> last_;
  std::map<std::pair<std::size_t, types::Height>, Said> said_;
  std::map<types::Height, types::Beacon> beacons_;
};

}  // namespace icpd::sim
