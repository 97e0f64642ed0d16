// The sending side of the slot tables: what this node wants its peers to have.
//
// An active artifact has a slot in the table of its kind and the commit number of its publication.
// Withdrawing frees the slot and tells nobody: the next artifact in it overwrites it at the peers.
// There is one table for all peers; how far each peer's session has got is a commit number
// (p2p/session.hpp), so memory doesn't grow with the number of slow peers.
//
// Invariants
//  1. Two active artifacts of one kind never share a slot; slots are below slots_max(kind).
//  2. Commit numbers are never used twice; the later publication has the larger one.
//  3. The frame of an artifact is the same for all peers and sessions.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <vector>

#include "p2p/frame.hpp"
#include "p2p/limits.hpp"

namespace icpd::p2p {

class Broadcast {
 public:
  struct Active {
    types::ArtifactId id;
    Slice content;
    Channel channel = Channel::kBulk;
    SlotNumber slot;
    CommitNumber commit;
    /// The encoded Update.
    Slice frame;
  };

  /// Does nothing if the artifact is active. If the kind's table is full, the active artifact of
  /// lowest height makes room (among equals any one) and is the result.
  /// Needs content.size() <= kArtifactSizeMax.
  std::optional<types::ArtifactId> publish(const types::ArtifactId& id, Slice content,
                                           Channel channel);
  /// Does nothing if the artifact isn't active.
  void withdraw(const types::ArtifactId& id);

  [[nodiscard]] const Active* find(const types::ArtifactId& id) const;
  /// The oldest active artifact of a channel whose commit number is at least `from`, if any.
  [[nodiscard]] const Active* next(Channel channel, CommitNumber from) const;
  /// The commit number of the channel's newest publication, active or not; zero before the first.
  [[nodiscard]] CommitNumber newest(Channel channel) const { return newest_[index(channel)]; }
  [[nodiscard]] std::size_t size() const { return active_.size(); }

 private:
  struct Slots {
    std::vector<SlotNumber> free;
    std::uint32_t used_ever = 0;
  };

  [[nodiscard]] std::optional<SlotNumber> take_slot(types::ArtifactKind kind);
  [[nodiscard]] types::ArtifactId make_room(types::ArtifactKind kind);

  std::map<types::ArtifactId, Active> active_;
  std::array<std::map<CommitNumber, const Active*>, kChannels> by_commit_;
  std::array<Slots, types::kArtifactKinds> slots_;
  std::array<CommitNumber, kChannels> newest_;
  CommitNumber last_commit_;
};

}  // namespace icpd::p2p
