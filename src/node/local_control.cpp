#include "node/local_control.hpp"

#include <array>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/ensure.hpp"
#include "node/detail/os.hpp"
#include "node/local_directory.hpp"

namespace icpd::node {
namespace {

using detail::Descriptor;
using detail::system_error;

/// A socket's path may have 107 characters; through the open directory every D fits.
struct SocketPath {
  Descriptor directory;
  sockaddr_un address{};
};

Result<SocketPath> socket_path(const std::string& directory) {
  SocketPath path;
  path.directory = Descriptor(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!path.directory.is_open()) return Err(system_error(directory));
  const std::string text =
      "/proc/self/fd/" + std::to_string(path.directory.get()) + "/" + kLocalControlFile;
  path.address.sun_family = AF_UNIX;
  ensure(text.size() < sizeof path.address.sun_path);
  text.copy(path.address.sun_path, text.size());
  return path;
}

Descriptor unix_socket(int flags) {
  return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

Result<Descriptor> connect_to_parent(const std::string& directory) {
  const auto found = socket_path(directory);
  if (!found.ok())
    return Err("no local network in " + directory + "; start one with: icpd local" +
               directory_hint(directory) + ", or name another with --dir");
  const SocketPath& path = *found;
  Descriptor socket = unix_socket(0);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&path.address),
                sizeof path.address) != 0)
    return Err("no network runs in " + directory + "; start it with: icpd local --dir " +
               directory);
  return socket;
}

Result<std::string> exchange(int socket, const std::string& command, bool until_end) {
  const std::string line = command + "\n";
  if (::send(socket, line.data(), line.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(line.size()))
    return Err(system_error("the network's parent"));
  std::string answer;
  std::array<char, 4096> part;
  for (;;) {
    const ssize_t n = ::recv(socket, part.data(), part.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    answer.append(part.data(), static_cast<std::size_t>(n));
    if (!until_end && answer.ends_with('\n')) break;
  }
  if (answer.empty() || answer.back() != '\n') return Err("the network's parent ended");
  answer.pop_back();
  if (answer.starts_with("ok")) return answer.size() > 3 ? answer.substr(3) : std::string();
  return Err(answer.starts_with("error ") ? answer.substr(6) : answer);
}

}  // namespace

Result<std::unique_ptr<ControlServer>> ControlServer::start(Loop& loop,
                                                            const std::string& directory,
                                                            Answer answer) {
  const SocketPath path = TRY(socket_path(directory));
  ::unlink(path.address.sun_path);
  Descriptor socket = unix_socket(SOCK_NONBLOCK);
  if (!socket.is_open() ||
      ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&path.address), sizeof path.address) !=
          0 ||
      ::chmod(path.address.sun_path, 0600) != 0 || ::listen(socket.get(), 16) != 0)
    return Err(system_error(directory + "/" + kLocalControlFile));
  return std::unique_ptr<ControlServer>(
      new ControlServer(loop, socket.release(), std::move(answer)));
}

ControlServer::ControlServer(Loop& loop, int listening, Answer answer)
    : loop_(loop), listening_(listening), answer_(std::move(answer)) {
  loop_.watch(listening_, {.read = true}, [this](Readiness) { accept_one(); });
}

ControlServer::~ControlServer() {
  while (!connections_.empty())
    close(connections_.begin()->first);
  loop_.forget(listening_);
  ::close(listening_);
}

void ControlServer::accept_one() {
  const int connection = ::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (connection < 0) return;
  if (connections_.size() >= kControlConnectionsMax) {
    ::close(connection);
    return;
  }
  connections_[connection];
  loop_.watch(connection, {.read = true},
              [this, connection](Readiness) { on_readable(connection); });
}

void ControlServer::on_readable(int connection) {
  std::string& line = connections_[connection];
  std::array<char, kControlLineMax> part;
  const ssize_t n = ::recv(connection, part.data(), part.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0 || line.size() + static_cast<std::size_t>(n) > kControlLineMax)
    return close(connection);
  line.append(part.data(), static_cast<std::size_t>(n));
  if (!line.ends_with('\n')) return;
  line.pop_back();
  const auto answer = answer_(std::exchange(line, {}));
  const std::string text =
      (answer.ok() ? "ok " + *answer : "error " + answer.error().message) + "\n";
  // A socket buffer holds any answer; who doesn't take it loses it.
  if (::send(connection, text.data(), text.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(text.size()))
    close(connection);
}

void ControlServer::close(int connection) {
  loop_.forget(connection);
  ::close(connection);
  connections_.erase(connection);
}

Result<std::string> ask_parent(const std::string& directory, const std::string& command) {
  const Descriptor socket = TRY(connect_to_parent(directory));
  return exchange(socket.get(), command, false);
}

Status<> stop_parent(const std::string& directory) {
  const Descriptor socket = TRY(connect_to_parent(directory));
  (void)TRY(exchange(socket.get(), "stop", true));
  return {};
}

}  // namespace icpd::node
