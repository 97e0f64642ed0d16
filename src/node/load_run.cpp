#include "node/load_run.hpp"

#include <algorithm>

#include "node/agent_answers.hpp"
#include "node/load_canister.hpp"

namespace icpd::node {
namespace {

/// Between two looks at the counter.
constexpr Duration kCounterPause = Duration::milliseconds(25);
/// After a node said that it is busy.
constexpr Duration kBusyPause = Duration::milliseconds(50);

bool is_busy(unsigned status) {
  return status == 429 || status == 503;
}

}  // namespace

LoadRun::LoadRun(LoadRequests& requests, const types::CanisterId& canister, LoadLimits limits,
                 io::Clock& clock)
    : requests_(requests),
      canister_(canister),
      limits_(limits),
      clock_(clock),
      begin_(clock.monotonic()) {}

LoadRun::Connection& LoadRun::of(io::linux::PumpConnection connection) {
  if (connections_.size() <= connection.endpoint) connections_.resize(connection.endpoint + 1);
  auto& of_endpoint = connections_[connection.endpoint];
  if (of_endpoint.size() <= connection.number) of_endpoint.resize(connection.number + 1);
  return of_endpoint[connection.number];
}

Duration LoadRun::elapsed() const {
  return clock_.monotonic() - begin_;
}

bool LoadRun::may_send(Duration now) const {
  if (now >= limits_.warm_up + limits_.window) return false;
  const std::uint64_t done = last_ ? last_->counter : 0;
  const std::uint64_t begun = counts_.accepted + open_;
  if (begun > done && begun - done >= limits_.outstanding) return false;
  const auto due = static_cast<double>(limits_.rate) * static_cast<double>(now.ns) / 1e9;
  return limits_.rate == 0 || static_cast<double>(counts_.sent) < due;
}

std::optional<Slice> LoadRun::next(io::linux::PumpConnection name) {
  Connection& connection = of(name);
  const Duration now = elapsed();
  if (!is_asking_ && now >= asked_at_ + kCounterPause) {
    is_asking_ = true;
    asked_at_ = now;
    connection.carries = Carries::kQuery;
    return requests_.counter_query();
  }
  if (now < connection.rest_until || !may_send(now)) return std::nullopt;
  const bool waits = name.number == 0 || limits_.api_version == 4;
  connection.carries = waits ? Carries::kWaitingCall : Carries::kCall;
  connection.sent_at = now;
  ++counts_.sent;
  ++open_;
  return requests_.call(waits);
}

void LoadRun::read_counter(const Slice& body) {
  const auto reply = parse_query_reply(body);
  if (!reply.ok() || !reply->replied) return;
  const auto counter = counter_in_unverified(reply->reply, canister_);
  const Duration now = elapsed();
  // Nodes may be a height apart.
  if (!counter.ok() || (last_ && *counter < last_->counter)) return;
  if (!last_ || *counter > last_->counter) grew_at_ = now;
  last_ = CounterReading{now, *counter, reply->reply};
  if (now < limits_.warm_up || now > limits_.warm_up + limits_.window) return;
  if (!window_first_) window_first_ = last_;
  window_last_ = last_;
}

void LoadRun::count_answer(Connection& connection, unsigned status, const Slice& body) {
  const Duration now = elapsed();
  if (status == 202 || (status == 200 && connection.carries == Carries::kWaitingCall &&
                        parse_call_reply(body).ok())) {
    ++counts_.accepted;
    const bool in_window = connection.sent_at >= limits_.warm_up;
    if (connection.carries == Carries::kWaitingCall && in_window)
      latencies_.push_back(now - connection.sent_at);
  } else if (is_busy(status)) {
    ++counts_.busy;
    connection.rest_until = now + kBusyPause;
  } else {
    ++counts_.refused;
    if (first_refusal_.empty())
      first_refusal_ = std::to_string(status) + " " + std::string(as_text(body));
  }
}

void LoadRun::answered(io::linux::PumpConnection name, unsigned status, Slice body) {
  Connection& connection = of(name);
  if (connection.carries == Carries::kQuery) {
    is_asking_ = false;
    if (status == 200) read_counter(body);
  } else {
    --open_;
    count_answer(connection, status, body);
  }
  connection.carries = Carries::kNothing;
}

void LoadRun::lost(io::linux::PumpConnection name) {
  Connection& connection = of(name);
  if (connection.carries == Carries::kQuery) {
    is_asking_ = false;
  } else {
    --open_;
    ++counts_.unanswered;
  }
  connection.carries = Carries::kNothing;
}

bool LoadRun::is_finished() {
  const Duration now = elapsed();
  if (now < limits_.warm_up + limits_.window) return false;
  if (now > limits_.warm_up + limits_.window + kPatience && now > grew_at_ + kPatience) return true;
  return open_ == 0 && last_ && last_->counter >= counts_.accepted + counts_.unanswered;
}

std::vector<Duration> LoadRun::latencies() const {
  std::vector<Duration> sorted = latencies_;
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

std::optional<std::pair<CounterReading, CounterReading>> LoadRun::window() const {
  if (!window_first_ || !window_last_ || window_last_->at <= window_first_->at) return std::nullopt;
  return std::pair(*window_first_, *window_last_);
}

}  // namespace icpd::node
