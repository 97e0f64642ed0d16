#include "node/local_gateway.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/local_ports.hpp"

namespace icpd::node {
namespace {

constexpr std::string_view kNoNode =
    "HTTP/1.1 503 Service Unavailable\r\n"
    "content-type: text/plain; charset=utf-8\r\n"
    "access-control-allow-origin: *\r\n"
    "content-length: 45\r\n"
    "connection: close\r\n\r\n"
    "no node runs; see icpd local status and logs\n";
static_assert(kNoNode.substr(kNoNode.find("\r\n\r\n") + 4).size() == 45);

/// Times that one request is sent before its client hears of it.
constexpr int kAttemptsMax = 4;

/// Bytes on their way to a socket.
struct Outgoing {
  Bytes bytes;
  std::size_t sent = 0;

  [[nodiscard]] std::size_t waiting() const { return bytes.size() - sent; }
  void add(ByteView more) {
    if (waiting() == 0) reset();
    append(bytes, more);
  }
  void reset() {
    bytes.clear();
    sent = 0;
  }
  /// False if the other side is gone.
  [[nodiscard]] bool send_to(int socket) {
    while (waiting() > 0) {
      const ssize_t n = ::send(socket, bytes.data() + sent, waiting(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOTCONN;
      sent += static_cast<std::size_t>(n);
    }
    return true;
  }
};

enum class Received : std::uint8_t { kSome, kNothing, kEnd };

Received receive(int socket, std::array<std::uint8_t, 65536>& part, std::size_t& size) {
  const ssize_t n = ::recv(socket, part.data(), part.size(), 0);
  if (n > 0) {
    size = static_cast<std::size_t>(n);
    return Received::kSome;
  }
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
    return Received::kNothing;
  return Received::kEnd;
}

}  // namespace

struct Gateway::Connection {
  int client = -1;
  int node = -1;
  std::uint16_t node_port = 0;
  Outgoing to_node;
  Outgoing to_client;
  /// The request that has had no answer yet, whole, unless it was too long to keep.
  Bytes unanswered;
  bool kept_whole = true;
  int attempts = 0;
  bool client_done = false;  // the client sends no more
  bool node_done = false;    // the answer is complete; close when the client has it
  bool closed = false;
};

Gateway::Gateway(Loop& loop, int listening_socket, Choose choose)
    : loop_(loop), listening_(listening_socket), choose_(std::move(choose)) {
  loop_.watch(listening_, {.read = true}, [this](Readiness) {
    accept_clients();
    sweep();
  });
}

Gateway::~Gateway() {
  for (auto at = connections_.begin(); at != connections_.end(); ++at)
    close(at);
  loop_.forget(listening_);
  ::close(listening_);
}

void Gateway::accept_clients() {
  for (;;) {
    const int client = ::accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) return;
    if (connections_.size() >= kGatewayConnectionsMax) {
      ::close(client);
      continue;
    }
    const int on = 1;
    ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const Handle connection = connections_.emplace(connections_.end());
    connection->client = client;
    loop_.watch(client, {.read = true}, [this, connection](Readiness ready) {
      on_client(connection, ready);
      sweep();
    });
  }
}

void Gateway::on_client(Handle connection, Readiness ready) {
  if (ready.broken && !ready.read) return close(connection);
  if (ready.read) read_client(connection);
  if (!connection->closed) flush(connection);
}

void Gateway::on_node(Handle connection, Readiness ready) {
  if (ready.read) read_node(connection);
  if (connection->closed || connection->node < 0) return;
  if (ready.broken && !ready.read) return node_lost(connection);
  flush(connection);
}

void Gateway::read_client(Handle connection) {
  std::array<std::uint8_t, 65536> part;
  std::size_t size = 0;
  switch (receive(connection->client, part, size)) {
    case Received::kNothing:
      return;
    case Received::kEnd:
      connection->client_done = true;
      if (connection->unanswered.empty() && connection->to_node.waiting() == 0)
        return close(connection);
      return;
    case Received::kSome:
      break;
  }
  const ByteView bytes = ByteView(part).first(size);
  if (connection->unanswered.size() + size > kGatewayRequestBytesMax)
    connection->kept_whole = false;
  if (connection->kept_whole) append(connection->unanswered, bytes);
  connection->to_node.add(bytes);
  if (connection->node < 0) connect_node(connection);
}

void Gateway::read_node(Handle connection) {
  std::array<std::uint8_t, 65536> part;
  std::size_t size = 0;
  switch (receive(connection->node, part, size)) {
    case Received::kNothing:
      return;
    case Received::kEnd:
      return node_lost(connection);
    case Received::kSome:
      break;
  }
  // The first byte of an answer: what was asked needn't be asked again.
  connection->unanswered.clear();
  connection->kept_whole = true;
  connection->attempts = 0;
  connection->to_client.add(ByteView(part).first(size));
}

void Gateway::connect_node(Handle connection) {
  while (connection->attempts < kAttemptsMax) {
    ++connection->attempts;
    const auto port = choose_();
    if (!port) break;
    const auto socket = begin_connecting(*port);
    if (!socket.ok()) continue;
    connection->node = *socket;
    connection->node_port = *port;
    loop_.watch(*socket, {.read = true, .write = true}, [this, connection](Readiness ready) {
      on_node(connection, ready);
      sweep();
    });
    return;
  }
  refuse(connection);
}

void Gateway::node_lost(Handle connection) {
  drop_node(connection);
  const bool again = connection->kept_whole && !connection->unanswered.empty();
  if (!again) {
    connection->node_done = true;
    return flush(connection);
  }
  connection->to_node.reset();
  connection->to_node.add(connection->unanswered);
  connect_node(connection);
}

void Gateway::refuse(Handle connection) {
  connection->to_client.add(as_bytes(kNoNode));
  connection->node_done = true;
  flush(connection);
}

void Gateway::flush(Handle connection) {
  if (connection->node >= 0 && !connection->to_node.send_to(connection->node))
    return node_lost(connection);
  if (!connection->to_client.send_to(connection->client)) return close(connection);
  if (connection->node_done && connection->to_client.waiting() == 0) return close(connection);
  update(connection);
}

void Gateway::update(Handle connection) {
  loop_.change(connection->client, {.read = !connection->client_done && !connection->node_done &&
                                            connection->to_node.waiting() < kGatewayBufferBytes,
                                    .write = connection->to_client.waiting() > 0});
  if (connection->node < 0) return;
  loop_.change(connection->node, {.read = connection->to_client.waiting() < kGatewayBufferBytes,
                                  .write = connection->to_node.waiting() > 0});
}

void Gateway::drop_node(Handle connection) {
  if (connection->node < 0) return;
  loop_.forget(connection->node);
  ::close(connection->node);
  connection->node = -1;
}

void Gateway::close(Handle connection) {
  if (connection->closed) return;
  connection->closed = true;
  drop_node(connection);
  loop_.forget(connection->client);
  ::close(connection->client);
}

void Gateway::leave(std::uint16_t port) {
  for (auto at = connections_.begin(); at != connections_.end(); ++at) {
    if (!at->closed && at->node >= 0 && at->node_port == port) node_lost(at);
  }
  sweep();
}

void Gateway::sweep() {
  connections_.remove_if([](const Connection& connection) { return connection.closed; });
}

}  // namespace icpd::node
