// One simulated node: a whole replica, its artifact log and checkpoints on a disk that crashes, and
// real execution; only threads, links and time are virtual.
//
// A crash loses everything but what the disk kept (disk.hpp). It may come in the midst of what was
// under way: an append to the log, its purge, a checkpoint.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "base/prng.hpp"
#include "execution/environment.hpp"
#include "replica/artifact_log.hpp"
#include "replica/replica.hpp"
#include "sim/disk.hpp"
#include "sim/event_queue.hpp"
#include "sim/network.hpp"
#include "state/checkpoint.hpp"

namespace icpd::sim {

/// How slow things are, from .. to.
struct Latencies {
  Duration persist_min = Duration::microseconds(200);
  Duration persist_max = Duration::milliseconds(2);
  Duration crypto = Duration::microseconds(300);
  Duration execute_min = Duration::microseconds(500);
  Duration execute_max = Duration::milliseconds(5);
  Duration checkpoint = Duration::milliseconds(20);
};

class Node {
 public:
  /// What a node shows to those who watch it.
  struct Watcher {
    std::function<void(const p2p::Send&)> send;
    std::function<void(const types::ArtifactId&)> stored;
    std::function<void(const p2p::CloseSession&)> close;
    std::function<void(const replica::BlockSeen&)> block;
    std::function<void(const types::Batch&, const message_routing::BatchOutcome&)> executed;
    std::function<void(types::Height, const types::StateHash&)> checkpointed;
    std::function<void(const replica::PublishCertified&)> certified;
    std::function<void(const std::string& reason)> stopped;
    std::function<void(replica::SubmissionId, bool accepted)> answered;
  };

  Node(EventQueue& events, Prng random, const Subnet& subnet, std::size_t index, Watcher watcher);

  /// Error: the node refuses what it finds on its disk.
  [[nodiscard]] Status<> start();
  /// The machine stops. Gives what that did to the disk. Needs is_up().
  CrashFigures crash();
  /// The process ends, the machine goes on. Gives whether the newest record of its log was lost
  /// (log_rots). Needs is_up().
  bool kill();
  [[nodiscard]] bool is_up() const { return replica_ != nullptr; }
  void input(replica::Input input);

  /// Needs is_up().
  [[nodiscard]] const replica::Replica* replica() const { return replica_.get(); }
  /// The highest final height that it has seen, in this life or the one before.
  [[nodiscard]] types::Height finalized() const { return finalized_; }
  [[nodiscard]] const replica::Snapshot& certified_state() const { return certified_; }
  [[nodiscard]] execution::Environment& environment() { return *environment_; }
  /// To be harmed while the node is down.
  [[nodiscard]] SimDisk& disk() { return disk_; }

  Latencies latencies;
  /// Wall clock minus true time; may be changed while the node runs.
  Duration skew;
  /// The newest record of the log may be lost although it was durable. That is a fault of the node:
  /// what it stored it may have told others.
  bool log_rots = false;

 private:
  using LogWork = std::variant<replica::Persist, replica::PurgeLog>;

  [[nodiscard]] consensus::Moment moment() const;
  void after(Duration delay, std::function<void()> action);
  Duration between(Duration low, Duration high);
  void carry_out(replica::Actions actions);
  void persist(const replica::Persist& action);
  void write_next();
  void execute(const replica::ExecuteBatch& action);
  void execute_next();
  void checkpoint_next();
  /// Hands over what was counted in an epoch that is over. What it counted before it started again
  /// is lost.
  void count_queries(const state::ReplicatedState& newest);
  [[nodiscard]] Status<> write(const LogWork& work);
  void end();
  void stop_in_the_midst();
  [[nodiscard]] Status<> make_replica();

  EventQueue& events_;
  Prng random_;
  const Subnet& subnet_;
  std::size_t index_;
  Watcher watcher_;
  SimDisk disk_;
  std::unique_ptr<consensus::Signer> signer_;
  std::unique_ptr<consensus::Crypto> crypto_;
  io::InlineWorkers workers_;

  /// Grows with each start and crash; events of an earlier life are ignored.
  std::uint64_t life_ = 0;
  std::unique_ptr<replica::ArtifactLog> log_;
  std::unique_ptr<state::CheckpointStore> checkpoints_;
  std::unique_ptr<execution::Environment> environment_;
  std::optional<state::ReplicatedState> tip_;
  std::unique_ptr<replica::Replica> replica_;
  replica::Snapshot certified_;
  /// Of query statistics; that of the newest certified state in this life.
  std::optional<std::uint64_t> query_epoch_;
  std::deque<LogWork> to_write_;
  bool writing_ = false;
  /// The checkpoints don't depend on the newest record of the log.
  bool newest_record_may_go_ = false;
  std::deque<replica::ExecuteBatch> to_execute_;
  bool executing_ = false;
  std::deque<replica::Snapshot> to_checkpoint_;
  types::Height finalized_;
};

}  // namespace icpd::sim
