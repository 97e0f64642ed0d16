#include "sim/node.hpp"

#include "consensus/fast_crypto.hpp"
#include "message_routing/batch.hpp"
#include "replica/start_state.hpp"
#include "sim/internet.hpp"
#include "state/certified_tree.hpp"
#include "state/state_hash.hpp"

namespace icpd::sim {

namespace {

/// Virtual time begins here.
constexpr Time kBeginning = Time::from_seconds(1'700'000'000);
/// The slots before the records of a log's segment (replica/artifact_log.hpp).
constexpr std::size_t kLogSlots = 1'024;
/// A crash in the midst of a write to the disk comes before one of so many operations; an append
/// has three, a purge or checkpoint about ten.
constexpr std::uint64_t kOperationsMax = 12;

}  // namespace

Node::Node(EventQueue& events, Prng random, const Subnet& subnet, std::size_t index,
           Watcher watcher)
    : events_(events),
      random_(std::move(random)),
      subnet_(subnet),
      index_(index),
      watcher_(std::move(watcher)),
      signer_(consensus::make_fast_signer(subnet.keys[index],
                                          crypto::MemberIndex{static_cast<std::uint32_t>(index)})),
      crypto_(consensus::make_fast_crypto()) {
  const auto made = replica::ArtifactLog::create(disk_, *replica::LogId::from(random_.bytes(32)));
  ensure(made.ok());
}

consensus::Moment Node::moment() const {
  return {kBeginning + (events_.now() - Time{}) + skew, events_.now()};
}

void Node::after(Duration delay, std::function<void()> action) {
  events_.after(delay, [this, life = life_, action = std::move(action)] {
    if (life_ == life && replica_ != nullptr) action();
  });
}

Duration Node::between(Duration low, Duration high) {
  return Duration::nanoseconds(static_cast<std::int64_t>(
      random_.between(static_cast<std::uint64_t>(low.ns), static_cast<std::uint64_t>(high.ns))));
}

Status<> Node::start() {
  ensure(replica_ == nullptr);
  ++life_;
  TRY(make_replica());
  carry_out(replica_->start(moment()));
  return {};
}

Status<> Node::make_replica() {
  replica::RecoveredLog recovered;
  log_ = TRY(replica::ArtifactLog::open(disk_, recovered));
  for (const auto& artifact : recovered.artifacts)
    watcher_.stored(artifact->id);
  checkpoints_ = std::make_unique<state::CheckpointStore>(disk_);
  environment_ =
      std::make_unique<execution::Environment>(shared_memory_space(), workers_, &shared_compiler());
  auto found = TRY(replica::find_start_state(*checkpoints_, recovered.artifacts));
  tip_ = found.newest ? std::move(found.newest->state) : *subnet_.genesis_state;
  const types::StateRoot root = state::hash_state(*tip_);
  const types::StateHash hash = state::state_hash(*tip_);
  replica_ =
      TRY(replica::Replica::make({{subnet_.nodes[index_], subnet_.id, signer_.get(), crypto_.get()},
                                  *subnet_.trust_root,
                                  &internet()},
                                 registry::Registry(subnet_.registry),
                                 {.genesis = subnet_.genesis,
                                  .log = std::move(recovered.artifacts),
                                  .watermark = recovered.watermark,
                                  .state = replica::Snapshot(state::ReplicatedState(*tip_)),
                                  .root = root,
                                  .hash = hash}));
  return {};
}

CrashFigures Node::crash() {
  end();
  newest_record_may_go_ = false;
  return disk_.crash(random_);
}

bool Node::kill() {
  end();
  disk_.go_on();
  // Not after a crash: then the log can't know whether the record was durable.
  return log_rots && std::exchange(newest_record_may_go_, false) && random_.chance(1, 2) &&
         disk_.rot_end_of(replica::ArtifactLog::kDirectory, kLogSlots, random_);
}

void Node::end() {
  ensure(replica_ != nullptr);
  ++life_;
  if (random_.chance(1, 2)) stop_in_the_midst();
  replica_.reset();
  environment_.reset();
  tip_.reset();
  log_.reset();
  checkpoints_.reset();
  certified_ = {};
  query_epoch_.reset();
  to_write_.clear();
  to_execute_.clear();
  to_checkpoint_.clear();
  writing_ = executing_ = false;
}

void Node::stop_in_the_midst() {
  disk_.stop_after(random_.below(kOperationsMax));
  // Whether it fails or is done is not known to anybody.
  if (!to_write_.empty() && (to_checkpoint_.empty() || random_.chance(1, 2))) {
    (void)write(to_write_.front());
  } else if (!to_checkpoint_.empty()) {
    (void)checkpoints_->write(*to_checkpoint_.front());
    newest_record_may_go_ = false;
  }
}

void Node::input(replica::Input input) {
  if (replica_ != nullptr) carry_out(replica_->step(moment(), std::move(input)));
}

void Node::persist(const replica::Persist& action) {
  to_write_.emplace_back(action);
  if (!writing_) write_next();
}

Status<> Node::write(const LogWork& work) {
  if (const auto* purge = std::get_if<replica::PurgeLog>(&work)) return log_->purge(purge->below);
  const auto& persist = std::get<replica::Persist>(work);
  return log_->append(persist.artifacts, persist.watermark);
}

void Node::write_next() {
  writing_ = !to_write_.empty();
  if (!writing_) return;
  after(between(latencies.persist_min, latencies.persist_max), [this] {
    const LogWork work = std::move(to_write_.front());
    to_write_.pop_front();
    ensure(write(work).ok(), "the simulated disk works while the machine does");
    write_next();
    const auto* persist = std::get_if<replica::Persist>(&work);
    if (persist == nullptr) return;
    newest_record_may_go_ = true;
    for (const auto& artifact : persist->artifacts)
      watcher_.stored(artifact->id);
    input(replica::Persisted{persist->number});
  });
}

void Node::execute(const replica::ExecuteBatch& action) {
  to_execute_.push_back(action);
  if (!executing_) execute_next();
}

void Node::execute_next() {
  executing_ = !to_execute_.empty();
  if (!executing_) return;
  after(between(latencies.execute_min, latencies.execute_max), [this] {
    const replica::ExecuteBatch work = std::move(to_execute_.front());
    to_execute_.pop_front();
    auto outcome = message_routing::process_batch(*tip_, work.batch, *work.registry, *environment_);
    const replica::Snapshot state{state::ReplicatedState(*tip_)};
    if (watcher_.executed) watcher_.executed(work.batch, outcome);
    if (work.batch.is_checkpoint) {
      to_checkpoint_.push_back(state);
      if (to_checkpoint_.size() == 1) checkpoint_next();
    }
    execute_next();
    input(replica::BatchExecuted{work.batch.height, state,
                                 Shared<message_routing::BatchOutcome>(std::move(outcome))});
  });
}

void Node::checkpoint_next() {
  if (to_checkpoint_.empty()) return;
  after(latencies.checkpoint, [this] {
    const auto written = checkpoints_->write(*to_checkpoint_.front());
    ensure(written.ok(), "the simulated disk works while the machine does");
    newest_record_may_go_ = false;
    to_checkpoint_.pop_front();
    state::adopt(*tip_, *written);
    checkpoint_next();
    watcher_.checkpointed(written->height, written->hash);
    input(replica::CheckpointDone{written->height, written->hash});
  });
}

void Node::count_queries(const state::ReplicatedState& newest) {
  const std::uint64_t epoch = newest.topology().parameters.query_stats_epoch(newest.height());
  const auto before = std::exchange(query_epoch_, epoch);
  if (!before || *before == epoch) return;
  types::QueryStatsReport counts{epoch - 1,
                                 {{counter_canister(), queries_counted(index_, epoch - 1)}}};
  // Not at once: the replica's actions are being carried out.
  after({}, [this, counts = std::move(counts)] {
    input(replica::QueriesCounted{Shared<types::QueryStatsReport>(counts)});
  });
}

void Node::carry_out(replica::Actions actions) {
  struct Doer {
    Node& node;
    void operator()(const replica::Send& a) const { node.watcher_.send(a); }
    void operator()(const replica::CloseSession& a) const { node.watcher_.close(a); }
    void operator()(const replica::Persist& a) const { node.persist(a); }
    void operator()(const replica::PurgeLog& a) const {
      node.to_write_.emplace_back(a);
      if (!node.writing_) node.write_next();
    }
    void operator()(const replica::RunCrypto& a) const {
      node.after(node.latencies.crypto, [n = &node, a] {
        n->input(replica::CryptoDone{a.id, consensus::run(*n->crypto_, *a.job)});
      });
    }
    void operator()(const replica::VerifySignatures& a) const {
      node.after(node.latencies.crypto, [n = &node, a] {
        std::vector<bool> good;
        for (const auto& checks : a.messages)
          good.push_back(certification::verify_all(checks).ok());
        n->input(replica::SignaturesVerified{a.id, std::move(good)});
      });
    }
    void operator()(const replica::ExecuteBatch& a) const { node.execute(a); }
    void operator()(const replica::PublishCertified& a) const {
      node.certified_ = a.state;
      node.count_queries(*a.state);
      node.watcher_.certified(a);
    }
    void operator()(const replica::KeepCheckpointsFrom& a) const {
      ensure(node.checkpoints_->keep_from(a.height).ok());
    }
    void operator()(const replica::AnswerSubmission& a) const {
      node.watcher_.answered(a.id, a.accepted);
    }
    void operator()(const replica::Traced&) const {}
    void operator()(const replica::BlockSeen& a) const {
      if (a.stage == replica::BlockSeen::Stage::kFinalized) node.finalized_ = a.block->height;
      node.watcher_.block(a);
    }
    void operator()(const replica::SetTimer& a) const {
      const Time at = std::max(a.steady, node.events_.now());
      node.after(at - node.events_.now(), [n = &node] { n->input(replica::TimerFired{}); });
    }
    void operator()(const replica::Stop& a) const { node.watcher_.stopped(a.reason); }
  };
  const std::uint64_t life = life_;
  for (const replica::Action& action : actions) {
    // A watcher may crash the node.
    if (life_ != life) return;
    std::visit(Doer{*this}, action);
  }
}

}  // namespace icpd::sim
