// What must hold of the batches that honest nodes execute, before it matters what executing them
// did:
//
//  1. One batch for each height, also in replays: same time, randomness, messages in their order.
//  2. Time grows with the height, and no block is ahead of every honest clock.
//  3. A request is in one batch only, and not after its expiry nor 5 minutes before it.
//  4. The block was made by the node whose turn it was, and names as failed exactly those whose
//     turn was before it, by the beacon of the height before.
//
// The first node to execute a height is asked everything, the others only whether theirs is the
// same.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "consensus/committee.hpp"
#include "sim/statements.hpp"
#include "types/batch.hpp"

namespace icpd::sim {

/// How far the clock of an honest node may be from the true time.
inline constexpr Duration kSkewMax = Duration::seconds(2);

class OrderChecks {
 public:
  using Failed = Statements::Failed;

  OrderChecks(Shared<consensus::Committee> committee, Failed failed)
      : committee_(std::move(committee)), failed_(std::move(failed)) {}

  /// A node executes the batch; `wall` is the true time.
  void executes(const types::Batch& batch, Time wall, const Statements& statements);
  /// As Checks::restarted says.
  void forget_from(types::Height height);

 private:
  void is_new(const types::Batch& batch, Time wall, const Statements& statements);
  void has_its_turn(const types::Batch& batch, const types::Beacon& before);

  Shared<consensus::Committee> committee_;
  Failed failed_;
  std::map<types::Height, crypto::Digest> batches_;
  std::map<types::Height, Time> times_;
  std::map<types::RequestId, types::Height> included_at_;
};

}  // namespace icpd::sim
