// What must hold over all nodes, whatever happens (DESIGN §9, "simulation").
//
//  1. Agreement: one final block for each height, whoever reports it.
//  2. One state: equal roots for each height, also after replays.
//  3. At most once: a request is executed for the first time at one height only.
//  4. Nothing acknowledged is lost: a client that saw its reply in a certified state finds its
//     increment in the counter forever after; and the counter never counts what nobody sent.
//  5. Honest nodes are never accused, and never stop but for being too far behind.
//  6. What a node has shown to clients it shows again after a crash: the final chain in its log
//     reaches every state that it published.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "message_routing/batch.hpp"
#include "types/block.hpp"

namespace icpd::sim {

class Checks {
 public:
  void finalized(std::size_t node, const types::HashedBlock& block);
  void executed(std::size_t node, types::Height height,
                const message_routing::BatchOutcome& outcome);
  void published(std::size_t node, types::Height height);
  void restarted(std::size_t node, types::Height finalized);
  void failed(std::string what);

  [[nodiscard]] bool ok() const { return failures_.empty(); }
  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }
  [[nodiscard]] std::optional<types::StateRoot> root(types::Height height) const;
  [[nodiscard]] types::Height top() const {
    return blocks_.empty() ? types::Height{0} : blocks_.rbegin()->first;
  }
  /// Executed increments, by request; nothing else runs.
  [[nodiscard]] std::size_t executions() const { return executed_at_.size(); }

 private:
  std::map<types::Height, types::BlockHash> blocks_;
  std::map<types::Height, types::StateRoot> roots_;
  std::map<types::RequestId, types::Height> executed_at_;
  std::map<std::size_t, types::Height> published_;
  std::vector<std::string> failures_;
};

}  // namespace icpd::sim
