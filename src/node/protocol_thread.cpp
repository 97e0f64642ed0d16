#include "node/protocol_thread.hpp"

#include <algorithm>

#include "io/linux/system.hpp"
#include "node/batch_processor.hpp"

namespace icpd::node {

namespace {

/// Frames are bounded by the links (bytes out unprocessed), answers by their questions,
/// submissions by kSubmissionsMax; this is above their sum.
constexpr std::size_t kEventsMax = 1 << 22;
constexpr std::size_t kSubmissionsMax = 10'000;
/// The replica has one Persist for each step at most, and none waits for another.
constexpr std::size_t kLogWorkMax = 1 << 20;
/// Frames that may wait for others to leave with.
constexpr std::size_t kOutgoingMax = 256;
/// What is written with one sync, before the last that is added.
constexpr std::size_t kTogetherMax = 32 * kMiB;
static_assert(kTogetherMax < replica::ArtifactLog::kRecordSizeMax / 2);
/// Figures are gathered from all pools: not after each event.
constexpr Duration kShowEvery = Duration::milliseconds(50);

std::size_t bytes_in(const replica::Persist& persist) {
  std::size_t size = 0;
  for (const auto& artifact : persist.artifacts)
    size += artifact->bytes.size();
  return size;
}

/// Adds a later one: all of its artifacts, its watermark, its number.
void join(std::optional<replica::Persist>& together, const replica::Persist& later) {
  if (!together) {
    together = later;
    return;
  }
  ensure(together->number < later.number);
  together->number = later.number;
  together->watermark = later.watermark;
  together->artifacts.insert(together->artifacts.end(), later.artifacts.begin(),
                             later.artifacts.end());
}

}  // namespace

ProtocolThread::ProtocolThread(std::unique_ptr<replica::Replica> replica, ProtocolParts parts,
                               Stopped stopped)
    : replica_(std::move(replica)),
      final_at_start_(replica_->figures().finalized),
      parts_(std::move(parts)),
      stopped_(std::move(stopped)),
      events_(kEventsMax),
      log_work_(kLogWorkMax) {
  for (const auto& [node, key] : parts_.link_keys)
    nodes_by_key_.emplace(key, node);
  parts_.records.show(replica_->figures());
}

ProtocolThread::~ProtocolThread() {
  stop();
}

void ProtocolThread::connect(BatchProcessor& batches, io::linux::Links& links) {
  batches_ = &batches;
  links_ = &links;
}

void ProtocolThread::start() {
  ensure(batches_ != nullptr && links_ != nullptr);
  log_thread_ = std::thread([this] { run_log(); });
  thread_ = std::thread([this] { run(); });
}

void ProtocolThread::stop() {
  events_.close();
  if (thread_.joinable()) thread_.join();
  log_work_.close();
  if (log_thread_.joinable()) log_thread_.join();
}

void ProtocolThread::input(replica::Input input) {
  events_.push(std::move(input));
}

void ProtocolThread::link_event(io::linux::LinkEvent event) {
  events_.push(std::move(event));
}

bool ProtocolThread::try_submit(Shared<types::IngressMessage> message, Submitted submitted) {
  if (submissions_waiting_.fetch_add(1) >= kSubmissionsMax) {
    --submissions_waiting_;
    return false;
  }
  if (events_.push(Submission{std::move(message), std::move(submitted)})) return true;
  --submissions_waiting_;
  return false;
}

void ProtocolThread::find_trace(const types::RequestId& id, TraceFound found) {
  if (auto ended = parts_.records.trace(id)) return found(std::move(ended));
  // Shared, so that it can still be answered when the question isn't taken.
  auto answer = std::make_shared<TraceFound>(std::move(found));
  const bool taken =
      events_.try_push(TraceQuestion{id, [answer](auto trace) { (*answer)(std::move(trace)); }});
  if (!taken) (*answer)(std::nullopt);
}

consensus::Moment ProtocolThread::now() {
  const Duration steady = parts_.clock.monotonic();
  return {parts_.clock.now(), Time{static_cast<std::uint64_t>(steady.ns)}};
}

void ProtocolThread::run() {
  io::linux::name_this_thread("protocol");
  carry_out(replica_->start(now()));
  while (!events_.closed()) {
    for (Event& event : events_.pop_all(patience()))
      take(std::move(event));
    fire_timers();
    send_outgoing();
    show_figures();
  }
}

void ProtocolThread::show_figures() {
  const Time steady = now().steady;
  figures_are_old_ = steady < shown_at_ + kShowEvery;
  if (figures_are_old_) return;
  shown_at_ = steady;
  parts_.records.show(replica_->figures());
}

std::optional<Duration> ProtocolThread::patience() {
  std::optional<Time> until = timer_;
  if (const auto waiter = parts_.published.next_deadline(); waiter && (!until || *waiter < *until))
    until = waiter;
  if (figures_are_old_) until = std::min(until.value_or(Time::max()), shown_at_ + kShowEvery);
  if (!until) return std::nullopt;
  const Duration wait = *until - now().steady;
  return wait.ns < 0 ? Duration{} : wait;
}

void ProtocolThread::fire_timers() {
  const Time steady = now().steady;
  for (auto& waiter : parts_.published.expire(steady))
    waiter(nullptr);
  if (timer_ && *timer_ <= steady) {
    timer_.reset();
    step(replica::TimerFired{});
  }
}

void ProtocolThread::take(Event event) {
  if (auto* input = std::get_if<replica::Input>(&event)) return step(std::move(*input));
  if (auto* link = std::get_if<io::linux::LinkEvent>(&event)) return take_link(std::move(*link));
  if (auto* question = std::get_if<TraceQuestion>(&event)) return answer(std::move(*question));
  take_submission(std::move(std::get<Submission>(event)));
}

void ProtocolThread::answer(TraceQuestion question) {
  // It may have ended since it was asked for.
  auto trace = parts_.records.trace(question.id);
  if (!trace) {
    if (const replica::RequestTrace* open = replica_->trace(question.id)) trace = *open;
  }
  question.found(std::move(trace));
}

void ProtocolThread::take_link(io::linux::LinkEvent event) {
  const auto node_of = [&](const io::linux::LinkKey& key) { return nodes_by_key_.at(key); };
  const auto session_of = [](io::linux::LinkSession session) {
    return p2p::SessionNumber(session.value);
  };
  if (const auto* up = std::get_if<io::linux::LinkUp>(&event)) {
    step(replica::SessionUp{node_of(up->peer), session_of(up->session)});
  } else if (const auto* down = std::get_if<io::linux::LinkDown>(&event)) {
    parts_.records.link_down(node_of(down->peer), parts_.clock.now(), down->reason);
    step(replica::SessionDown{node_of(down->peer), session_of(down->session)});
  } else {
    auto& frame = std::get<io::linux::LinkFrame>(event);
    const p2p::Channel channel = frame.channel == io::linux::LinkChannel::kUrgent
                                     ? p2p::Channel::kUrgent
                                     : p2p::Channel::kBulk;
    step(replica::FrameReceived{node_of(frame.peer), session_of(frame.session), channel,
                                std::move(frame.bytes)});
  }
}

void ProtocolThread::take_submission(Submission submission) {
  const replica::SubmissionId id(next_submission_++);
  submissions_.emplace(id, std::move(submission.submitted));
  step(replica::IngressSubmitted{id, std::move(submission.message)});
}

void ProtocolThread::note(const replica::Input& input) {
  Records& records = parts_.records;
  const Time wall = parts_.clock.now();
  if (const auto* up = std::get_if<replica::SessionUp>(&input))
    records.link_up(up->peer, wall);
  else if (const auto* frame = std::get_if<replica::FrameReceived>(&input))
    records.received(frame->peer, frame->frame.size());
  else if (const auto* batch = std::get_if<replica::BatchExecuted>(&input))
    records.executed(*batch, wall);
}

void ProtocolThread::step(replica::Input input) {
  note(input);
  carry_out(replica_->step(now(), std::move(input)));
}

void ProtocolThread::carry_out(replica::Actions actions) {
  for (replica::Action& action : actions) {
    std::visit([this](auto& one) { act(one); }, action);
  }
  const auto is_urgent = [](const io::linux::LinkMessage& message) {
    return message.channel == io::linux::LinkChannel::kUrgent;
  };
  if (outgoing_.size() >= kOutgoingMax || std::ranges::any_of(outgoing_, is_urgent))
    send_outgoing();
}

void ProtocolThread::send_outgoing() {
  if (!outgoing_.empty()) links_->send(std::exchange(outgoing_, {}));
}

void ProtocolThread::act(replica::Send& action) {
  const auto channel = action.channel == p2p::Channel::kUrgent ? io::linux::LinkChannel::kUrgent
                                                               : io::linux::LinkChannel::kBulk;
  parts_.records.sent(action.peer, action.frame.size());
  outgoing_.push_back({parts_.link_keys.at(action.peer),
                       io::linux::LinkSession(action.session.value), channel,
                       std::move(action.frame)});
}

void ProtocolThread::act(replica::CloseSession& action) {
  links_->close(parts_.link_keys.at(action.peer), io::linux::LinkSession(action.session.value),
                std::move(action.reason));
}

void ProtocolThread::act(replica::Persist& action) {
  log_work_.push(std::move(action));
}
void ProtocolThread::act(replica::PurgeLog& action) {
  log_work_.push(action);
}

void ProtocolThread::act(replica::RunCrypto& action) {
  parts_.tasks.push_consensus([this, id = action.id, job = action.job] {
    events_.push(replica::Input(replica::CryptoDone{id, consensus::run(parts_.crypto, *job)}));
  });
}

void ProtocolThread::act(replica::VerifySignatures& action) {
  parts_.tasks.push_messages([this, id = action.id, messages = std::move(action.messages)] {
    replica::SignaturesVerified verified{id, {}};
    for (const auto& checks : messages)
      verified.good.push_back(certification::verify_all(checks).ok());
    events_.push(replica::Input(std::move(verified)));
  });
}

void ProtocolThread::act(replica::ExecuteBatch& action) {
  parts_.records.delivered(action.batch.height, parts_.clock.now());
  batches_->execute(std::move(action));
}

void ProtocolThread::act(replica::PublishCertified& action) {
  parts_.records.certified(action.certification.content.height, parts_.clock.now());
  auto view = std::make_shared<const CertifiedView>(action.state, action.certification);
  for (auto& waiter : parts_.published.publish(view, action.finished)) {
    parts_.tasks.push_answer([waiter = std::move(waiter), view]() mutable { waiter(view); });
  }
  count_queries(*action.state);
}

void ProtocolThread::count_queries(const state::ReplicatedState& newest) {
  const std::uint64_t epoch = newest.topology().parameters.query_stats_epoch(newest.height());
  if (std::exchange(query_epoch_, epoch) == epoch) return;
  if (auto counts = parts_.queries.take_counts(epoch))
    events_.push(replica::Input(
        replica::QueriesCounted{Shared<types::QueryStatsReport>(std::move(*counts))}));
}

void ProtocolThread::act(replica::KeepCheckpointsFrom& action) {
  batches_->keep_checkpoints_from(action.height);
}

void ProtocolThread::act(replica::AnswerSubmission& action) {
  auto node = submissions_.extract(action.id);
  ensure(!node.empty(), "a submission is answered once");
  --submissions_waiting_;
  node.mapped()(action.accepted);
}

void ProtocolThread::act(replica::Traced& action) {
  parts_.records.traced(std::move(action.requests));
}

void ProtocolThread::act(replica::BlockSeen& action) {
  parts_.records.block(action, parts_.clock.now());
}

void ProtocolThread::act(replica::SetTimer& action) {
  timer_ = action.steady;
}

void ProtocolThread::act(replica::Stop& action) {
  stopped_(std::move(action.reason));
}

void ProtocolThread::run_log() {
  io::linux::name_this_thread("pool writer");
  for (;;) {
    const std::deque<LogWork> all = log_work_.pop_all(std::nullopt);
    if (all.empty()) return;
    // One record and one sync for everything that came while the last one was written.
    std::optional<replica::Persist> together;
    for (const LogWork& work : all) {
      if (const auto* persist = std::get_if<replica::Persist>(&work)) {
        if (together && bytes_in(*together) > kTogetherMax && !write_log(together)) return;
        join(together, *persist);
        continue;
      }
      if (!write_log(together)) return;
      const auto purged = parts_.log.purge(std::get<replica::PurgeLog>(work).below);
      if (!purged.ok()) return stopped_("purging the artifact log: " + purged.error().message);
    }
    if (!write_log(together)) return;
  }
}

bool ProtocolThread::write_log(std::optional<replica::Persist>& persist) {
  if (!persist) return true;
  const auto appended = parts_.log.append(persist->artifacts, persist->watermark);
  if (!appended.ok()) {
    stopped_("writing the artifact log: " + appended.error().message +
             ". What was durable is kept: put this right and start the node again");
    return false;
  }
  events_.push(replica::Input(replica::Persisted{persist->number}));
  persist.reset();
  return true;
}

}  // namespace icpd::node
