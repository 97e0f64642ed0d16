#include "node/batch_processor.hpp"

#include "io/linux/system.hpp"

namespace icpd::node {

namespace {

/// Consensus has at most kBatchesMax batches under way; finished checkpoints come beside them.
constexpr std::size_t kBatchWorkMax = 64;
/// One a checkpoint interval, plus what catch-up packages release.
constexpr std::size_t kCheckpointWorkMax = 64;

}  // namespace

BatchProcessor::BatchProcessor(state::ReplicatedState tip, execution::Environment& environment,
                               state::CheckpointStore& store, Sink sink, Failed failed)
    : tip_(std::move(tip)),
      environment_(environment),
      store_(store),
      sink_(std::move(sink)),
      failed_(std::move(failed)),
      batches_(kBatchWorkMax),
      checkpoints_(kCheckpointWorkMax),
      batch_thread_([this] { run_batches(); }),
      checkpoint_thread_([this] { run_checkpoints(); }) {}

BatchProcessor::~BatchProcessor() {
  batches_.close();
  (void)batches_.pop_all(Duration{});
  batch_thread_.join();
  checkpoints_.close();
  checkpoint_thread_.join();
}

void BatchProcessor::execute(replica::ExecuteBatch batch) {
  batches_.push(std::move(batch));
}

void BatchProcessor::keep_checkpoints_from(types::Height height) {
  checkpoints_.push(height);
}

void BatchProcessor::run_batches() {
  io::linux::name_this_thread("batches");
  BatchWork work;
  while (batches_.pop(work)) {
    if (const auto* batch = std::get_if<replica::ExecuteBatch>(&work)) {
      process(*batch);
    } else {
      state::adopt(tip_, *std::get<Shared<state::Checkpoint>>(work));
    }
  }
}

void BatchProcessor::process(const replica::ExecuteBatch& work) {
  auto outcome = message_routing::process_batch(tip_, work.batch, *work.registry, environment_);
  const replica::Snapshot snapshot{state::ReplicatedState(tip_)};
  sink_(replica::BatchExecuted{work.batch.height, snapshot, Shared(std::move(outcome))});
  if (work.batch.is_checkpoint) checkpoints_.push(snapshot);
}

void BatchProcessor::run_checkpoints() {
  io::linux::name_this_thread("checkpoints");
  io::linux::lower_this_thread(5);
  CheckpointWork work;
  while (checkpoints_.pop(work)) {
    if (const auto* height = std::get_if<types::Height>(&work)) {
      const auto kept = store_.keep_from(*height);
      if (!kept.ok()) failed_("removing old checkpoints: " + kept.error().message);
      continue;
    }
    const replica::Snapshot& snapshot = std::get<replica::Snapshot>(work);
    auto written = store_.write(*snapshot);
    if (!written.ok()) {
      failed_("writing the checkpoint of height " + to_string(snapshot->height()) + ": " +
              written.error().message +
              ". What was durable is kept: put this right and start the node again");
      return;
    }
    sink_(replica::CheckpointDone{written->height, written->hash});
    batches_.push(Shared(std::move(written).value()));
  }
}

}  // namespace icpd::node
