// The protocol thread: feeds one replica with inputs and carries out its actions.
//
// Inputs come from links, clients, crypto workers, the pool writer and the batch processor, through
// one channel. Everything slow goes elsewhere; the thread itself only runs step().
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include "consensus/crypto.hpp"
#include "io/clock.hpp"
#include "io/linux/links.hpp"
#include "node/channel.hpp"
#include "node/published.hpp"
#include "node/query_service.hpp"
#include "node/records.hpp"
#include "node/task_queue.hpp"
#include "replica/artifact_log.hpp"
#include "replica/replica.hpp"

namespace icpd::node {

class BatchProcessor;

/// What the thread works with; all of it outlives the thread.
struct ProtocolParts {
  io::Clock& clock;
  const consensus::Crypto& crypto;
  TaskQueue& tasks;
  Published& published;
  replica::ArtifactLog& log;
  Records& records;
  QueryService& queries;
  /// Link keys of the peers.
  std::map<types::NodeId, io::linux::LinkKey> link_keys;
};

class ProtocolThread {
 public:
  using Submitted = std::move_only_function<void(bool accepted)>;
  using TraceFound = std::move_only_function<void(std::optional<replica::RequestTrace>)>;
  /// The node must end, for this reason.
  using Stopped = std::function<void(std::string reason)>;

  ProtocolThread(std::unique_ptr<replica::Replica> replica, ProtocolParts parts, Stopped stopped);
  ~ProtocolThread();

  /// Both must be there before run() and outlive it.
  void connect(BatchProcessor& batches, io::linux::Links& links);
  void start();
  /// No input is taken afterwards; returns when the thread has ended.
  void stop();

  // -- from other threads --
  void input(replica::Input input);
  void link_event(io::linux::LinkEvent event);
  /// False if too much waits: the client is to come back.
  [[nodiscard]] bool try_submit(Shared<types::IngressMessage> message, Submitted submitted);
  [[nodiscard]] const Records& records() const { return parts_.records; }
  /// The newest final height that was on disk when this node started.
  [[nodiscard]] types::Height final_at_start() const { return final_at_start_; }
  /// Calls back with the way of a call, ended or still going on; with nothing if this node doesn't
  /// know it, or has no time to say.
  void find_trace(const types::RequestId& id, TraceFound found);

 private:
  struct Submission {
    Shared<types::IngressMessage> message;
    Submitted submitted;
  };
  struct TraceQuestion {
    types::RequestId id;
    TraceFound found;
  };
  using Event = std::variant<replica::Input, io::linux::LinkEvent, Submission, TraceQuestion>;
  using LogWork = std::variant<replica::Persist, replica::PurgeLog>;

  [[nodiscard]] consensus::Moment now();
  void run();
  [[nodiscard]] std::optional<Duration> patience();
  void take(Event event);
  void take_link(io::linux::LinkEvent event);
  void take_submission(Submission submission);
  void answer(TraceQuestion question);
  void step(replica::Input input);
  void fire_timers();
  void show_figures();
  /// Has the replica report what queries cost in an epoch that has ended with this state.
  void count_queries(const state::ReplicatedState& newest);
  /// Notes what an input tells about this node's work.
  void note(const replica::Input& input);
  void carry_out(replica::Actions actions);
  void send_outgoing();
  void run_log();
  /// Writes what there is, and says so. False if the disk failed.
  [[nodiscard]] bool write_log(std::optional<replica::Persist>& persist);

  void act(replica::Send& action);
  void act(replica::CloseSession& action);
  void act(replica::Persist& action);
  void act(replica::PurgeLog& action);
  void act(replica::RunCrypto& action);
  void act(replica::VerifySignatures& action);
  void act(replica::ExecuteBatch& action);
  void act(replica::PublishCertified& action);
  void act(replica::KeepCheckpointsFrom& action);
  void act(replica::AnswerSubmission& action);
  void act(replica::Traced& action);
  void act(replica::BlockSeen& action);
  void act(replica::SetTimer& action);
  void act(replica::Stop& action);

  std::unique_ptr<replica::Replica> replica_;
  const types::Height final_at_start_;
  ProtocolParts parts_;
  Stopped stopped_;
  BatchProcessor* batches_ = nullptr;
  io::linux::Links* links_ = nullptr;

  /// Frames of the steps at hand: they leave together as soon as one of them is urgent, else when
  /// nothing else waits to be done.
  std::vector<io::linux::LinkMessage> outgoing_;

  Channel<Event> events_;
  Channel<LogWork> log_work_;
  std::optional<Time> timer_;
  Time shown_at_;
  bool figures_are_old_ = false;
  /// Of query statistics; that of the newest certified state.
  std::uint64_t query_epoch_ = 0;
  std::uint64_t next_submission_ = 0;
  std::map<replica::SubmissionId, Submitted> submissions_;
  std::map<io::linux::LinkKey, types::NodeId> nodes_by_key_;

  std::atomic<std::size_t> submissions_waiting_ = 0;

  std::thread thread_;
  std::thread log_thread_;
};

}  // namespace icpd::node
