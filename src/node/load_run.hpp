// A run of `icpd load throughput`: keeps the network busy and watches the certified counter.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "io/linux/http_pump.hpp"
#include "node/load_requests.hpp"

namespace icpd::node {

/// An answer to the query for the counter.
struct CounterReading {
  Duration at;
  std::uint64_t counter = 0;
  Slice certificate;
};

struct LoadLimits {
  Duration warm_up;
  Duration window;
  std::size_t outstanding = 0;
  /// A second; 0: no limit.
  std::size_t rate = 0;
  std::size_t api_version = 2;
};

struct LoadCounts {
  std::uint64_t sent = 0;
  /// 202, or 200 with a certificate.
  std::uint64_t accepted = 0;
  /// 429 and 503.
  std::uint64_t busy = 0;
  /// Any other status.
  std::uint64_t refused = 0;
  /// Sent, but the connection ended without an answer.
  std::uint64_t unanswered = 0;
};

/// Load during the warm-up and the window; then no more calls, until the counter has all that was
/// accepted or hasn't grown for kPatience.
class LoadRun final : public io::linux::PumpDriver {
 public:
  static constexpr Duration kPatience = Duration::seconds(15);

  LoadRun(LoadRequests& requests, const types::CanisterId& canister, LoadLimits limits,
          io::Clock& clock);

  [[nodiscard]] std::optional<Slice> next(io::linux::PumpConnection connection) override;
  void answered(io::linux::PumpConnection connection, unsigned status, Slice body) override;
  void lost(io::linux::PumpConnection connection) override;
  [[nodiscard]] bool is_finished() override;

  [[nodiscard]] const LoadCounts& counts() const { return counts_; }
  /// Of calls that waited for their certificate and were sent in the window; ascending.
  [[nodiscard]] std::vector<Duration> latencies() const;
  /// First and last reading in the window; nothing if there are no two.
  [[nodiscard]] std::optional<std::pair<CounterReading, CounterReading>> window() const;
  [[nodiscard]] const std::optional<CounterReading>& last_reading() const { return last_; }
  [[nodiscard]] const std::string& first_refusal() const { return first_refusal_; }

 private:
  enum class Carries : std::uint8_t { kNothing, kCall, kWaitingCall, kQuery };
  struct Connection {
    Carries carries = Carries::kNothing;
    Duration sent_at;
    /// The node was busy: not before.
    Duration rest_until;
  };

  [[nodiscard]] Connection& of(io::linux::PumpConnection connection);
  [[nodiscard]] Duration elapsed() const;
  [[nodiscard]] bool may_send(Duration now) const;
  void read_counter(const Slice& body);
  void count_answer(Connection& connection, unsigned status, const Slice& body);

  LoadRequests& requests_;
  types::CanisterId canister_;
  LoadLimits limits_;
  io::Clock& clock_;
  Duration begin_;
  std::vector<std::vector<Connection>> connections_;
  LoadCounts counts_;
  std::uint64_t open_ = 0;
  bool is_asking_ = false;
  Duration asked_at_;
  std::optional<CounterReading> window_first_;
  std::optional<CounterReading> window_last_;
  std::optional<CounterReading> last_;
  Duration grew_at_;
  std::vector<Duration> latencies_;
  std::string first_refusal_;
};

}  // namespace icpd::node
