// Where a server listens or is reached: "127.0.0.1:8080", "node-3.example:8080", "[::1]:8080".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace icpd::node {

struct Address {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const Address&) const = default;
};

/// Error, which quotes the text: it isn't HOST:PORT with a port from 1 to 65535. An IPv6 address
/// stands in brackets; `host` is without them.
[[nodiscard]] Result<Address> parse_address(std::string_view text);

}  // namespace icpd::node
