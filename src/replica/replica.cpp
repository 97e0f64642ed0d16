#include "replica/replica.hpp"

#include "replica/detail/core.hpp"

namespace icpd::replica {

namespace detail {

void feed(Core& core, consensus::Input input) {
  core.inbox.push_back(std::move(input));
}
void tell_peers(Core& core, p2p::Input input) {
  core.outbox.push_back(std::move(input));
}

void stop(Core& core, std::string reason) {
  if (core.stopped) return;
  core.stopped = true;
  core.out.push_back(Stop{std::move(reason)});
}

}  // namespace detail

namespace {

using detail::Core;

bool is_due(const std::optional<Time>& timer, const consensus::Moment& now) {
  return timer && *timer <= now.steady;
}

void timers(Core& core) {
  if (is_due(core.consensus_timer, core.now)) {
    core.consensus_timer.reset();
    detail::feed(core, consensus::TimerFired{});
  }
  if (is_due(core.p2p_timer, core.now)) {
    core.p2p_timer.reset();
    detail::tell_peers(core, p2p::TimerFired{});
  }
  if (is_due(core.quiet_until, core.now)) core.quiet_until.reset();
  if (is_due(core.ask_again, core.now)) {
    core.ask_again.reset();
    detail::ask_again(core);
  }
  core.timer_set.reset();
}

struct Handler {
  Core& core;

  void operator()(SessionUp& input) const { detail::tell_peers(core, std::move(input)); }
  void operator()(SessionDown& input) const { detail::tell_peers(core, std::move(input)); }
  void operator()(FrameReceived& input) const { detail::tell_peers(core, std::move(input)); }
  void operator()(IngressSubmitted& input) const { detail::submitted(core, input); }
  void operator()(SignaturesVerified& input) const { detail::signatures_verified(core, input); }
  void operator()(CryptoDone& input) const { detail::feed(core, std::move(input)); }
  void operator()(Persisted& input) const { detail::persisted(core, input); }
  void operator()(BatchExecuted& input) const { detail::executed(core, input); }
  void operator()(CheckpointDone& input) const {
    detail::feed(core, consensus::CheckpointHashed{input.height, input.hash});
  }
  void operator()(RegistryLearnt& input) const {
    const auto appended = core.registry.append(input.snapshot);
    if (!appended.ok()) return detail::stop(core, "registry: " + appended.error().message);
    detail::feed(core, std::move(input));
  }
  void operator()(QueriesCounted& input) const { core.query_counts = std::move(input.counts); }
  void operator()(TimerFired&) const { timers(core); }
};

/// The cores take turns until neither has anything to say to the other.
void settle(Core& core) {
  constexpr int kTurnsMax = 1'000'000;
  int turns = 0;
  while (!core.stopped && (!core.inbox.empty() || !core.outbox.empty())) {
    ensure(++turns < kTurnsMax, "the cores come to rest");
    if (!core.outbox.empty()) {
      const p2p::Input input = std::move(core.outbox.front());
      core.outbox.pop_front();
      detail::handle(core, core.p2p.step(core.now.steady, input));
    } else {
      consensus::Input input = std::move(core.inbox.front());
      core.inbox.pop_front();
      detail::handle(core, core.consensus->step(core.now, std::move(input)));
    }
  }
}

/// A wall clock time that has to be noticed, as a steady one.
Time steady_at(const Core& core, Time wall) {
  return core.now.steady + (wall - core.now.wall);
}

void set_timer(Core& core) {
  std::optional<Time> next;
  const auto consider = [&](const std::optional<Time>& time) {
    if (time && (!next || *time < *next)) next = time;
  };
  consider(core.consensus_timer);
  consider(core.p2p_timer);
  consider(core.quiet_until);
  consider(core.ask_again);
  if (const auto expiry = core.pool.next_expiry())
    consider(std::max(core.now.steady, steady_at(core, *expiry)) + Duration::nanoseconds(1));
  // A timer that fires early does no harm, so only an earlier one is announced.
  if (!next || (core.timer_set && *core.timer_set <= *next && *core.timer_set > core.now.steady))
    return;
  core.timer_set = next;
  core.out.push_back(SetTimer{*next});
}

Actions finish_step(Core& core) {
  settle(core);
  if (!core.stopped) {
    detail::forget_expired(core);
    detail::ask_for_verification(core);
    detail::tell_whether_ingress_waits(core);
    detail::tell_horizon(core);
    settle(core);
    set_timer(core);
  }
  return std::exchange(core.out, {});
}

}  // namespace

Replica::Replica(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Replica::~Replica() = default;

Result<std::unique_ptr<Replica>> Replica::make(const Identity& identity,
                                               registry::Registry registry, Recovered recovered) {
  auto core = std::make_unique<Core>(identity, std::move(registry));
  TRY(detail::recover(*core, std::move(recovered)));
  return std::unique_ptr<Replica>(new Replica(std::move(core)));
}

Actions Replica::start(const consensus::Moment& now) {
  Core& core = *core_;
  core.now = now;
  detail::handle(core, core.consensus->start(now));
  if (core.checkpoint_at_start)
    detail::feed(core, consensus::CheckpointHashed{core.executed, *core.checkpoint_at_start});
  return finish_step(core);
}

Actions Replica::step(const consensus::Moment& now, Input input) {
  Core& core = *core_;
  if (core.stopped) return {};
  ensure(now.steady >= core.now.steady, "the steady clock never goes back");
  core.now = now;
  std::visit(Handler{core}, input);
  return finish_step(core);
}

Replica::Figures Replica::figures() const {
  const Core& core = *core_;
  return {.notarized = core.consensus->notarized(),
          .finalized = core.consensus->finalized(),
          .executed = core.executed,
          .certified = core.consensus->certified(),
          .package = core.consensus->caught_up(),
          .sessions = core.p2p.sessions(),
          .pool_messages = core.pool.size(),
          .pool_bytes = core.pool.bytes(),
          .batches_waiting = core.batches.size() + (core.next_batch - core.executed - 1),
          .artifacts = core.consensus->pool_size(),
          .snapshots = core.snapshots.size(),
          .watermark = core.consensus->watermark()};
}

const consensus::Consensus& Replica::consensus() const {
  return *core_->consensus;
}

const RequestTrace* Replica::trace(const types::RequestId& id) const {
  const Core& core = *core_;
  return core.traces.find(id);
}

}  // namespace icpd::replica
