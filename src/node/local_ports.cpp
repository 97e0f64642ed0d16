#include "node/local_ports.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <chrono>
#include <dirent.h>
#include <fstream>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sstream>
#include <sys/socket.h>
#include <thread>

#include "node/detail/os.hpp"

namespace icpd::node {
namespace {

using detail::Descriptor;
using detail::system_error;

constexpr int kBacklog = 512;
constexpr Duration kLookAgain = Duration::milliseconds(20);
constexpr int kListenState = 0x0A;  // TCP_LISTEN, as /proc/net/tcp writes it

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

Descriptor tcp_socket() {
  return Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

/// The inode of the socket that listens on the port, from a table of /proc/net; 0 if there is none.
std::uint64_t listening_inode(const char* table, std::uint16_t port) {
  std::ifstream in(table);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, skipped;
    std::uint64_t inode = 0;
    fields >> slot >> local >> remote >> state;
    for (int i = 0; i < 5; ++i)
      fields >> skipped;  // queues, timer, retransmits, uid, timeout
    fields >> inode;
    const std::size_t colon = local.rfind(':');
    if (!fields || colon == std::string::npos) continue;
    if (std::strtoul(state.c_str(), nullptr, 16) != kListenState) continue;
    if (std::strtoul(local.c_str() + colon + 1, nullptr, 16) == port) return inode;
  }
  return 0;
}

std::vector<std::string> entries(const std::string& path) {
  std::vector<std::string> names;
  DIR* directory = ::opendir(path.c_str());
  if (directory == nullptr) return names;
  while (const dirent* entry = ::readdir(directory))
    names.emplace_back(entry->d_name);
  ::closedir(directory);
  return names;
}

bool holds(const std::string& process, const std::string& socket_name) {
  const std::string descriptors = process + "/fd";
  return std::ranges::any_of(entries(descriptors), [&](const std::string& fd) {
    std::array<char, 64> target{};
    const ssize_t size =
        ::readlink((descriptors + "/" + fd).c_str(), target.data(), target.size() - 1);
    return size > 0 && socket_name == target.data();
  });
}

}  // namespace

Result<int> listen_on_loopback(std::uint16_t port) {
  Descriptor socket = tcp_socket();
  if (!socket.is_open()) return Err(system_error("socket"));
  // A port whose last connections are still fading away is free for us.
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), kBacklog) != 0)
    return Err(system_error("port " + std::to_string(port)));
  return socket.release();
}

bool is_port_free(std::uint16_t port) {
  const auto fd = listen_on_loopback(port);
  if (fd.ok()) ::close(*fd);
  return fd.ok();
}

bool becomes_free(std::uint16_t port, Duration patience) {
  using std::chrono::nanoseconds;
  using std::chrono::steady_clock;
  const auto end = steady_clock::now() + nanoseconds(patience.ns);
  while (!is_port_free(port)) {
    if (steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(nanoseconds(kLookAgain.ns));
  }
  return true;
}

Result<std::vector<std::uint16_t>> choose_free_ports(io::Entropy& entropy, std::size_t count) {
  constexpr std::uint32_t kRange = kOwnPortLast - kOwnPortFirst;
  std::array<std::uint8_t, 4> random{};
  entropy.fill(random);
  const std::uint32_t start = load_le<std::uint32_t>(random) % kRange;
  std::vector<std::uint16_t> ports;
  for (std::uint32_t i = 0; i < kRange && ports.size() < count; ++i) {
    const auto port = static_cast<std::uint16_t>(kOwnPortFirst + (start + i) % kRange);
    if (is_port_free(port)) ports.push_back(port);
  }
  if (ports.size() < count) return Err("no free ports on this machine");
  return ports;
}

std::string holder_of_port(std::uint16_t port) {
  std::uint64_t inode = listening_inode("/proc/net/tcp", port);
  if (inode == 0) inode = listening_inode("/proc/net/tcp6", port);
  if (inode == 0) return "another process";
  const std::string name = "socket:[" + std::to_string(inode) + "]";
  for (const std::string& pid : entries("/proc")) {
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    if (!holds("/proc/" + pid, name)) continue;
    std::ifstream comm("/proc/" + pid + "/comm");
    std::string program;
    std::getline(comm, program);
    return "process " + pid + " (" + program + ")";
  }
  return "a process of another user";
}

Result<int> begin_connecting(std::uint16_t port) {
  Descriptor socket = tcp_socket();
  if (!socket.is_open()) return Err(system_error("socket"));
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno != EINPROGRESS)
    return Err(system_error("port " + std::to_string(port)));
  return socket.release();
}

}  // namespace icpd::node
