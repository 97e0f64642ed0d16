// Bodies of messages that blocks of the chain name, kept for peers that are behind.
//
// A final block's bodies stay until its height is purged or until all bodies take more than
// kBodiesBytesMax; then the lowest heights go, and ranges begin above them. A node further behind
// than that finds nobody to help it, and says so (consensus/range.hpp). What isn't executed here is
// never given up: after a restart that is all since the checkpoint, else at most what certification
// may lag behind (consensus/rules.hpp).
#pragma once

#include <map>
#include <optional>

#include "base/digest_map.hpp"
#include "replica/ingress_pool.hpp"
#include "types/block.hpp"

namespace icpd::replica {

inline constexpr std::size_t kBodiesBytesMax = 256 * kMiB;

class Bodies {
 public:
  struct Body {
    SharedIngress message;
    Encoded artifact;
    types::Height height;
  };

  /// Keeps the message for a block of this height; of several blocks, for the highest.
  void keep(types::Height height, const SharedIngress& message, const Encoded& artifact);
  [[nodiscard]] const Body* find(const types::IngressHash& hash) const;
  /// Heights up to this one may go when there is no room.
  void executed(types::Height height);
  void purge_below(types::Height height);
  /// Bodies of all kept blocks from this height on are here.
  [[nodiscard]] types::Height complete_from() const { return complete_from_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void make_room();

  DigestMap<types::IngressHash, Body> bodies_;
  /// Also of those that moved to a higher height since.
  std::map<types::Height, std::vector<types::IngressHash>> by_height_;
  types::Height complete_from_;
  types::Height executed_;
  std::size_t bytes_ = 0;
};

}  // namespace icpd::replica
