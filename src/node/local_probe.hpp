// Asks nodes whether they can certify: GET /health on their own port, without waiting for it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "node/local_loop.hpp"

namespace icpd::node {

class HealthProbe {
 public:
  enum class Health : std::uint8_t { kHealthy, kUnhealthy, kUnreachable };
  /// `reason`: what the node said when it isn't healthy.
  using Report = std::function<void(std::size_t node, Health health, const std::string& reason)>;

  /// The loop must outlive the probe.
  HealthProbe(Loop& loop, Report report) : loop_(loop), report_(std::move(report)) {}
  ~HealthProbe();
  HealthProbe(const HealthProbe&) = delete;
  HealthProbe& operator=(const HealthProbe&) = delete;

  /// Reports later, once. An earlier question to this node that has no answer yet counts as
  /// unreachable.
  void ask(std::size_t node, std::uint16_t port);
  [[nodiscard]] bool is_asking(std::size_t node) const { return asked_.contains(node); }

 private:
  struct Question {
    int socket = -1;
    bool sent = false;
    std::string answer;
  };
  void on_ready(std::size_t node, Readiness ready);
  void finish(std::size_t node);

  Loop& loop_;
  Report report_;
  std::map<std::size_t, Question> asked_;
};

}  // namespace icpd::node
