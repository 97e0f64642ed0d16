// Links between two nodes of one process over loopback, with real keys and TLS.
//
// LinkRoundTrip/N: N bytes there and back, urgent channel. LinkStream/N: frames of N bytes one way.
#include <benchmark/benchmark.h>
#include <condition_variable>
#include <mutex>

#include "io/linux/links.hpp"

namespace {

using namespace icpd;
using namespace icpd::io::linux;

/// Two linked nodes; counts what arrives.
class Pair {
 public:
  Pair() {
    for (std::uint8_t i = 0; i < 2; ++i) {
      LinkConfig config;
      config.secret_seed.fill(i + 1);
      auto started = Links::start(config, [this, i](const LinkEvent& event) { take(i, event); });
      ensure(started.ok());
      links_[i] = std::move(started).value();
    }
    for (std::size_t i = 0; i < 2; ++i)
      links_[i]->set_peers({{links_[1 - i]->key(), "127.0.0.1", links_[1 - i]->port()}});
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return sessions_[0].value != 0 && sessions_[1].value != 0; });
  }

  void send(std::size_t from, LinkChannel channel, const Slice& frame) {
    links_[from]->send(links_[1 - from]->key(), sessions_[from], channel, frame);
  }
  /// Waits until so many frames have come to a node in all.
  void wait_for(std::size_t node, std::uint64_t frames) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return arrived_[node] >= frames; });
  }

 private:
  void take(std::size_t node, const LinkEvent& event) {
    const std::lock_guard lock(mutex_);
    if (const auto* up = std::get_if<LinkUp>(&event)) sessions_[node] = up->session;
    if (std::holds_alternative<LinkFrame>(event)) ++arrived_[node];
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<LinkSession, 2> sessions_;
  std::array<std::uint64_t, 2> arrived_{};
  std::array<std::unique_ptr<Links>, 2> links_;
};

void LinkRoundTrip(benchmark::State& state) {
  Pair pair;
  const Slice frame(Bytes(static_cast<std::size_t>(state.range(0)), 7));
  std::uint64_t trips = 0;
  for (auto _ : state) {
    ++trips;
    pair.send(0, LinkChannel::kUrgent, frame);
    pair.wait_for(1, trips);
    pair.send(1, LinkChannel::kUrgent, frame);
    pair.wait_for(0, trips);
  }
}
BENCHMARK(LinkRoundTrip)->Arg(100)->Arg(1000)->Arg(32'000)->UseRealTime();

void LinkStream(benchmark::State& state) {
  Pair pair;
  const auto size = static_cast<std::size_t>(state.range(0));
  const Slice frame(Bytes(size, 7));
  const std::size_t batch = std::max<std::size_t>(1, 8 * kMiB / (size + kFrameCost));
  std::uint64_t sent = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < batch; ++i)
      pair.send(0, LinkChannel::kBulk, frame);
    sent += batch;
    pair.wait_for(1, sent);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(sent * size));
  state.SetItemsProcessed(static_cast<std::int64_t>(sent));
}
BENCHMARK(LinkStream)->Arg(300)->Arg(1000)->Arg(256'000)->UseRealTime();

}  // namespace
