#include "node/local_loop.hpp"

#include <algorithm>
#include <array>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/ensure.hpp"

namespace icpd::node {
namespace {

std::uint32_t events_of(Interest interest) {
  return (interest.read ? EPOLLIN : 0U) | (interest.write ? EPOLLOUT : 0U);
}

/// The number of a descriptor and the low half of its generation, so that an event for a closed
/// descriptor isn't taken for one of its successor.
std::uint64_t name_of(int descriptor, std::uint64_t generation) {
  return (generation << 32) | static_cast<std::uint32_t>(descriptor);
}

}  // namespace

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  ensure(epoll_ >= 0, "epoll is there");
}

Loop::~Loop() {
  ::close(epoll_);
}

void Loop::watch(int descriptor, Interest interest, Handler handler) {
  ensure(descriptor >= 0 && !watched_.contains(descriptor));
  const std::uint64_t generation = ++generation_;
  watched_[descriptor] = std::make_shared<Watched>(Watched{std::move(handler), generation});
  epoll_event event{};
  event.events = events_of(interest);
  event.data.u64 = name_of(descriptor, generation);
  ensure(epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0, "an open descriptor");
}

void Loop::change(int descriptor, Interest interest) {
  const auto at = watched_.find(descriptor);
  ensure(at != watched_.end());
  epoll_event event{};
  event.events = events_of(interest);
  event.data.u64 = name_of(descriptor, at->second->generation);
  ensure(epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event) == 0, "a watched descriptor");
}

void Loop::forget(int descriptor) {
  ensure(watched_.erase(descriptor) == 1);
  epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
}

void Loop::run_once(Duration timeout) {
  std::array<epoll_event, 64> events;
  const auto wait_ms =
      static_cast<int>(std::clamp<std::int64_t>(timeout.ns / 1'000'000, 0, 60'000));
  const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const auto at = watched_.find(static_cast<int>(event.data.u64 & 0xffff'ffffU));
    if (at == watched_.end()) continue;
    if (name_of(at->first, at->second->generation) != event.data.u64) continue;
    const std::shared_ptr<Watched> held = at->second;  // a handler may forget itself
    held->handler({(event.events & EPOLLIN) != 0, (event.events & EPOLLOUT) != 0,
                   (event.events & (EPOLLHUP | EPOLLERR)) != 0});
  }
}

}  // namespace icpd::node
