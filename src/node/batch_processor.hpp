// The batch processor's thread owns the tip of the replicated state and runs one batch after the
// other on it; beside it a checkpoint worker writes the states of checkpoint heights.
//
//   ExecuteBatch ──▶ [batch thread] ──▶ BatchExecuted (with a snapshot)
//                        │ snapshot           ▲ adopt: pages that are on disk now
//                        ▼                    │
//                   [checkpoint thread] ──▶ CheckpointDone
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "execution/environment.hpp"
#include "node/channel.hpp"
#include "replica/step.hpp"
#include "state/checkpoint.hpp"

namespace icpd::node {

class BatchProcessor {
 public:
  /// Where results go; called from the two threads.
  using Sink = std::function<void(replica::Input)>;
  /// Something on disk went wrong; the node must stop.
  using Failed = std::function<void(std::string reason)>;

  /// The environment and the store outlive the processor.
  BatchProcessor(state::ReplicatedState tip, execution::Environment& environment,
                 state::CheckpointStore& store, Sink sink, Failed failed);
  /// Finishes the batch under way, drops the rest.
  ~BatchProcessor();

  void execute(replica::ExecuteBatch batch);
  void keep_checkpoints_from(types::Height height);

 private:
  using BatchWork = std::variant<replica::ExecuteBatch, Shared<state::Checkpoint>>;
  using CheckpointWork = std::variant<replica::Snapshot, types::Height>;

  void run_batches();
  void run_checkpoints();
  void process(const replica::ExecuteBatch& work);

  state::ReplicatedState tip_;
  execution::Environment& environment_;
  state::CheckpointStore& store_;
  Sink sink_;
  Failed failed_;
  Channel<BatchWork> batches_;
  Channel<CheckpointWork> checkpoints_;
  std::thread batch_thread_;
  std::thread checkpoint_thread_;
};

}  // namespace icpd::node
