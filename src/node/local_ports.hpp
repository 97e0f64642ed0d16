// Ports on the loopback address.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/units.hpp"
#include "io/entropy.hpp"

namespace icpd::node {

/// Where a local network's own ports are looked for: below the range from which the kernel serves
/// outgoing connections, so that a kept port is rarely taken when the network starts again.
inline constexpr std::uint16_t kOwnPortFirst = 20'000;
inline constexpr std::uint16_t kOwnPortLast = 32'000;

/// A listening socket on 127.0.0.1, non-blocking. Error: the port is taken.
[[nodiscard]] Result<int> listen_on_loopback(std::uint16_t port);

[[nodiscard]] bool is_port_free(std::uint16_t port);
/// Waits for at most `patience`: a process that was killed holds its sockets until the kernel has
/// taken it apart.
[[nodiscard]] bool becomes_free(std::uint16_t port, Duration patience);

/// `count` different free ports. Error: there are none.
[[nodiscard]] Result<std::vector<std::uint16_t>> choose_free_ports(io::Entropy& entropy,
                                                                   std::size_t count);

/// Who listens on a port, for people: "process 4711 (nginx)", or "a process of another user".
[[nodiscard]] std::string holder_of_port(std::uint16_t port);

/// A non-blocking socket that connects to 127.0.0.1:port. Error: refused at once.
[[nodiscard]] Result<int> begin_connecting(std::uint16_t port);

}  // namespace icpd::node
