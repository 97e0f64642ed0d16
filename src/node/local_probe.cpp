#include "node/local_probe.hpp"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

#include "node/local_ports.hpp"

namespace icpd::node {
namespace {

constexpr std::string_view kQuestion =
    "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
constexpr std::size_t kAnswerMax = 4096;

/// "HTTP/1.1 503 ...": the number, or 0.
int status_of(const std::string& answer) {
  if (!answer.starts_with("HTTP/1.") || answer.size() < 12) return 0;
  return std::atoi(answer.c_str() + 9);
}

std::string body_of(const std::string& answer) {
  const std::size_t at = answer.find("\r\n\r\n");
  return at == std::string::npos ? "" : answer.substr(at + 4);
}

}  // namespace

HealthProbe::~HealthProbe() {
  for (const auto& [node, question] : asked_) {
    loop_.forget(question.socket);
    ::close(question.socket);
  }
}

void HealthProbe::ask(std::size_t node, std::uint16_t port) {
  if (asked_.contains(node)) finish(node);
  const auto socket = begin_connecting(port);
  if (!socket.ok()) return report_(node, Health::kUnreachable, socket.error().message);
  asked_[node] = Question{*socket, false, {}};
  loop_.watch(*socket, {.write = true}, [this, node](Readiness ready) { on_ready(node, ready); });
}

void HealthProbe::on_ready(std::size_t node, Readiness ready) {
  Question& question = asked_.at(node);
  if (!question.sent) {
    const ssize_t n = ::send(question.socket, kQuestion.data(), kQuestion.size(), MSG_NOSIGNAL);
    if (n != static_cast<ssize_t>(kQuestion.size())) return finish(node);
    question.sent = true;
    loop_.change(question.socket, {.read = true});
    return;
  }
  std::array<char, kAnswerMax> part;
  const ssize_t n = ::recv(question.socket, part.data(), part.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR) && !ready.broken) return;
  if (n <= 0) return finish(node);
  question.answer.append(part.data(), static_cast<std::size_t>(n));
  if (status_of(question.answer) == 200 || question.answer.size() > kAnswerMax) finish(node);
}

void HealthProbe::finish(std::size_t node) {
  const Question question = asked_.at(node);
  loop_.forget(question.socket);
  ::close(question.socket);
  asked_.erase(node);
  const int status = status_of(question.answer);
  if (status == 200) return report_(node, Health::kHealthy, "");
  if (status == 0) return report_(node, Health::kUnreachable, "it doesn't answer");
  report_(node, Health::kUnhealthy, body_of(question.answer));
}

}  // namespace icpd::node
