#include "node/load.hpp"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "node/load_canister.hpp"
#include "node/load_run.hpp"

namespace icpd::node {
namespace {

using nlohmann::json;

/// How often, and how long between, a node is asked whether it knows the new canister.
constexpr int kServedTries = 200;
constexpr Duration kServedPause = Duration::milliseconds(25);
/// Signed ahead, for each second of a run.
constexpr std::size_t kPreparedPerSecond = 4000;

double ms_at(const std::vector<Duration>& sorted, double part) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<std::size_t>(part * static_cast<double>(sorted.size()));
  return sorted[std::min(at, sorted.size() - 1)].to_ms();
}

double rounded(double value) {
  return static_cast<double>(static_cast<long long>(value * 100 + 0.5)) / 100;
}

void add_latencies(json& report, const std::vector<Duration>& sorted) {
  report["latency_samples"] = sorted.size();
  report["latency_p50_ms"] = rounded(ms_at(sorted, 0.5));
  report["latency_p95_ms"] = rounded(ms_at(sorted, 0.95));
  report["latency_p99_ms"] = rounded(ms_at(sorted, 0.99));
  report["latency_max_ms"] = rounded(sorted.empty() ? 0 : sorted.back().to_ms());
}

void print(const json& report, bool as_json, const Console& console) {
  if (as_json) return console.line(report.dump());
  for (const auto& [name, value] : report.items()) {
    std::string label = name;
    std::replace(label.begin(), label.end(), '_', ' ');
    label.resize(std::max<std::size_t>(label.size() + 1, 22), ' ');
    console.line(label + value.dump());
  }
}

Result<std::vector<io::linux::HttpEndpoint>> endpoints_of(const NetworkTarget& network) {
  std::vector<io::linux::HttpEndpoint> endpoints;
  for (const std::string& url : network.node_urls)
    endpoints.push_back(TRY(io::linux::endpoint_of(url)));
  if (endpoints.empty()) endpoints.push_back(TRY(io::linux::endpoint_of(network.url)));
  return endpoints;
}

/// Nodes may be a height apart: returns once each of them shows the canister.
Status<AgentError> wait_for_all(const NetworkTarget& network, const types::CanisterId& canister) {
  io::linux::SystemClock clock;
  io::linux::SystemEntropy entropy;
  for (const std::string& url : network.node_urls) {
    auto transport = http_transport(url);
    if (!transport.ok())
      return Err(AgentError{AgentError::Kind::kUnreachable, transport.error().message, ""});
    Agent agent({**transport, clock, entropy, network.root}, Identity());
    auto answer = agent.query(Call::to(canister, kLoadCounterQuery, {}));
    for (int i = 0; !answer.ok() && i < kServedTries; ++i) {
      (*transport)->pause(kServedPause);
      answer = agent.query(Call::to(canister, kLoadCounterQuery, {}));
    }
    if (!answer.ok()) return Err(answer.error());
  }
  return {};
}

std::vector<Identity> make_senders(std::size_t count, io::Entropy& entropy) {
  std::vector<Identity> senders;
  for (std::size_t i = 0; i < count; ++i)
    senders.emplace_back(new_secret_key(KeyKind::kEd25519, entropy));
  return senders;
}

/// What the run found; the readings that it rests on are verified here.
Result<json> report_of(const LoadRun& run, const types::CanisterId& canister,
                       const certification::TrustRoot& root) {
  const auto window = run.window();
  if (!window || !run.last_reading()) return Err("no node showed the certified counter");
  const auto verified = [&](const CounterReading& reading) {
    return counter_in(reading.certificate, canister, root);
  };
  const std::uint64_t first = TRY(verified(window->first));
  const std::uint64_t last = TRY(verified(window->second));
  const std::uint64_t executed = TRY(verified(*run.last_reading()));
  const double seconds = (window->second.at - window->first.at).to_ms() / 1000;
  const LoadCounts& counts = run.counts();
  json report;
  report["certified_per_second"] = rounded(static_cast<double>(last - first) / seconds);
  report["window_seconds"] = rounded(seconds);
  report["sent"] = counts.sent;
  report["accepted"] = counts.accepted;
  report["executed"] = executed;
  report["lost"] = counts.accepted > executed ? counts.accepted - executed : 0;
  report["busy"] = counts.busy;
  report["refused"] = counts.refused;
  report["unanswered"] = counts.unanswered;
  add_latencies(report, run.latencies());
  return report;
}

/// Between two looks at the certified time.
constexpr Duration kLagPause = Duration::milliseconds(500);

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

}  // namespace

CommandResult measure_latency(const LatencyOptions& options, const Console& console) {
  if (options.calls == 0) return usage_error("--calls must be at least 1");
  const auto session = TRY(Session::open(options.target, console));
  const auto canister = TRY(deploy_load_canister(*session));
  io::linux::SystemClock clock;
  io::linux::SystemEntropy entropy;
  std::vector<Duration> times;
  for (std::size_t i = 0; i < options.calls; ++i) {
    Bytes argument(options.argument_size);
    entropy.fill(argument);
    const Duration begin = clock.monotonic();
    (void)TRY(session->agent().update(Call::to(canister, kLoadMethod, std::move(argument))));
    times.push_back(clock.monotonic() - begin);
  }
  std::sort(times.begin(), times.end());
  json report;
  add_latencies(report, times);
  print(report, options.json, console);
  return {};
}

CommandResult measure_throughput(const ThroughputOptions& options, const Console& console) {
  if (options.seconds == 0 || options.outstanding == 0 || options.connections == 0)
    return usage_error("--seconds, --outstanding and --connections must be at least 1");
  const auto session = TRY(Session::open(options.target, console));
  const auto canister = TRY(deploy_load_canister(*session));
  TRY(wait_for_all(session->network(), canister));
  const auto endpoints = TRY(endpoints_of(session->network()));
  io::linux::SystemClock clock;
  io::linux::SystemEntropy entropy;
  LoadRequests requests({canister, options.argument_size, make_senders(options.senders, entropy),
                         options.api_version},
                        clock, entropy);
  const std::size_t duration = options.warm_up_seconds + options.seconds;
  if (options.senders > 0) {
    console.remark("Signing calls ahead.");
    requests.prepare(duration * (options.rate > 0 ? options.rate : kPreparedPerSecond));
  }
  const std::size_t waiting_each = (options.outstanding + endpoints.size() - 1) / endpoints.size();
  const auto pump = TRY(io::linux::HttpPump::make(
      endpoints, options.api_version == 4 ? waiting_each : options.connections));
  const double cpu_before = cpu_seconds();
  LoadRun run(requests, canister,
              {.warm_up = Duration::seconds(static_cast<std::int64_t>(options.warm_up_seconds)),
               .window = Duration::seconds(static_cast<std::int64_t>(options.seconds)),
               .outstanding = options.outstanding,
               .rate = options.rate,
               .api_version = options.api_version},
              clock);
  pump->run(run);
  const double cpu = cpu_seconds() - cpu_before;
  json report = TRY(report_of(run, canister, session->network().root));
  report["client_cpu_percent"] = rounded(100 * cpu / static_cast<double>(duration));
  print(report, options.json, console);
  if (!run.first_refusal().empty())
    console.remark("The first refusal: " + run.first_refusal().substr(0, 200));
  if (report["lost"] != 0) return Err(CommandFailure("accepted calls were not executed"));
  return {};
}

CommandResult measure_lag(const LagOptions& options, const Console& console) {
  const auto session = TRY(Session::open(options.target, console));
  const auto pauser = TRY(http_transport(session->network().url));
  io::linux::SystemClock clock;
  const Duration end =
      clock.monotonic() + Duration::seconds(static_cast<std::int64_t>(options.seconds));
  std::vector<Duration> lags;
  do {
    const auto tree = TRY(session->agent().read_state(session->network().some_canister,
                                                      {{Slice::copy_of(as_bytes("time"))}}));
    const Time time = TRY(certification::Certificate{tree, {}, {}}.time());
    lags.push_back(clock.now() - time);
    pauser->pause(kLagPause);
  } while (clock.monotonic() < end);
  std::sort(lags.begin(), lags.end());
  json report;
  report["samples"] = lags.size();
  report["lag_p50_ms"] = rounded(ms_at(lags, 0.5));
  report["lag_max_ms"] = rounded(lags.back().to_ms());
  print(report, options.json, console);
  return {};
}

}  // namespace icpd::node
