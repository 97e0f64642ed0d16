// The receiving side of the slot tables: what the peers say they have.
//
// One table for each peer and kind. A slot's content is replaced by an update with a larger commit
// number; an older one that comes late over the other channel is ignored. An artifact is known as
// long as some slot holds its id, and has as sources the peers whose slots do.
//
// Commit numbers begin with one. Memory: at most peers x sum of slots_max, whatever the peers send;
// a table is as long as its highest slot. A new session of a peer begins with drop_peer.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "base/digest_map.hpp"
#include "p2p/frame.hpp"

namespace icpd::types {

/// For DigestMap.
[[nodiscard]] inline ByteView uniform_part(const ArtifactId& id) {
  return id.hash;
}

}  // namespace icpd::types

namespace icpd::p2p {

class Announcements {
 public:
  /// What an update changed.
  struct Change {
    /// False for an update that is older than the slot's content: ignore it.
    bool accepted = false;
    /// No slot held the artifact before.
    bool is_first = false;
    /// As is_delivered.
    bool is_delivered = false;
    /// An artifact that lost its last source.
    std::optional<types::ArtifactId> forgotten;
  };

  Change apply(const types::NodeId& peer, const Update& update);
  /// Gives the artifacts that lost their last source.
  std::vector<types::ArtifactId> drop_peer(const types::NodeId& peer);

  /// True if we have it: it was delivered, or published here, since some peer announced it.
  [[nodiscard]] bool is_delivered(const types::ArtifactId& id) const;
  /// Remembered as long as some slot holds the id.
  void mark_delivered(const types::ArtifactId& id, bool delivered = true);
  /// In order of their ids.
  [[nodiscard]] std::vector<types::NodeId> sources(const types::ArtifactId& id) const;
  [[nodiscard]] std::size_t known() const { return known_.size(); }

 private:
  struct Slot {
    /// Zero while nothing was announced in it.
    CommitNumber commit;
    types::ArtifactId id;
  };
  struct Known {
    /// In how many slots of each peer it is, in order of the peers.
    using Sources = std::vector<std::pair<types::NodeId, std::uint32_t>>;
    Sources sources;
    bool delivered = false;
  };
  /// By slot number.
  using Table = std::vector<Slot>;
  using Tables = std::array<Table, types::kArtifactKinds>;

  /// Where the peer is among the sources, or would be.
  [[nodiscard]] static Known::Sources::iterator source_at(Known& known, const types::NodeId& peer);
  /// The artifact, and whether no slot held it before.
  std::pair<const Known&, bool> add_source(const types::NodeId& peer, const types::ArtifactId& id);
  /// True if that was its last slot.
  bool remove_source(const types::NodeId& peer, const types::ArtifactId& id);

  std::map<types::NodeId, Tables> tables_;
  DigestMap<types::ArtifactId, Known> known_;
};

}  // namespace icpd::p2p
