// The main port of a local network: each connection is passed on, byte by byte, to a healthy node.
//
// All connections go to the same node while it is healthy, so that a client that reads after it
// wrote reads from a node that knows what was written. When that node goes,
//   - a request that has had no answer yet is sent again to another node: calls carry their own id,
//     which makes sending twice the same as sending once;
//   - a connection in the middle of an answer is closed, and the client asks again.
// So losing the node costs a client at most one retry.
//
// Bounds: connections, bytes held for each direction, bytes kept for sending again.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "node/local_loop.hpp"

namespace icpd::node {

inline constexpr std::size_t kGatewayConnectionsMax = 2000;
/// What one side may be ahead of the other.
inline constexpr std::size_t kGatewayBufferBytes = 256 * kKiB;
/// A request longer than this isn't sent again; the largest one of the interface is 5 MiB.
inline constexpr std::size_t kGatewayRequestBytesMax = 6 * kMiB;

class Gateway {
 public:
  /// The port of the node to use now, if any is up. Asked again for each connection.
  using Choose = std::function<std::optional<std::uint16_t>()>;

  /// Takes the listening socket over. The loop must outlive the gateway.
  Gateway(Loop& loop, int listening_socket, Choose choose);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// The node behind this port doesn't answer (it ended, or it was paused): its connections move.
  void leave(std::uint16_t port);

  [[nodiscard]] std::size_t connections() const { return connections_.size(); }

 private:
  struct Connection;
  using Handle = std::list<Connection>::iterator;

  void accept_clients();
  void on_client(Handle connection, Readiness ready);
  void on_node(Handle connection, Readiness ready);
  void read_client(Handle connection);
  void read_node(Handle connection);
  void connect_node(Handle connection);
  void node_lost(Handle connection);
  void refuse(Handle connection);
  void flush(Handle connection);
  void update(Handle connection);
  void drop_node(Handle connection);
  void close(Handle connection);
  void sweep();

  Loop& loop_;
  int listening_;
  Choose choose_;
  std::list<Connection> connections_;
};

}  // namespace icpd::node
