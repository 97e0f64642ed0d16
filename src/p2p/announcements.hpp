// The receiving side of the slot tables: what the peers say they have.
//
// One table for each peer and kind. A slot's content is replaced by an update with a larger commit
// number; an older one that comes late over the other channel is ignored. An artifact is known as
// long as some slot holds its id, and has as sources the peers whose slots do.
//
// Memory: at most peers x sum of slots_max, whatever the peers send. A new session of a peer begins
// with drop_peer.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "p2p/frame.hpp"

namespace icpd::p2p {

class Announcements {
 public:
  /// What an update changed.
  struct Change {
    /// False for an update that is older than the slot's content: ignore it.
    bool accepted = false;
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
    CommitNumber commit;
    types::ArtifactId id;
  };
  struct Known {
    /// In how many slots of each peer it is.
    std::map<types::NodeId, std::uint32_t> sources;
    bool delivered = false;
  };
  using Table = std::map<SlotNumber, Slot>;
  using Tables = std::array<Table, types::kArtifactKinds>;

  /// True if that was its last slot.
  bool remove_source(const types::NodeId& peer, const types::ArtifactId& id);

  std::map<types::NodeId, Tables> tables_;
  std::map<types::ArtifactId, Known> known_;
};

}  // namespace icpd::p2p
