#include "node/address.hpp"

#include <algorithm>
#include <optional>

namespace icpd::node {

namespace {

constexpr std::size_t kPortDigitsMax = 5;
constexpr std::uint32_t kPortMax = 65'535;

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  if (digits.empty() || digits.size() > kPortDigitsMax) return std::nullopt;
  std::uint32_t port = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    port = 10 * port + static_cast<std::uint32_t>(c - '0');
  }
  if (port == 0 || port > kPortMax) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

/// The host without brackets; nothing if it is empty, has odd characters, or is an IPv6 address
/// without brackets.
std::optional<std::string> parse_host(std::string_view text) {
  const bool bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (bracketed) text = text.substr(1, text.size() - 2);
  const auto is_odd = [bracketed](char c) {
    return c <= ' ' || c == '[' || c == ']' || c == '/' || c == ',' || (c == ':' && !bracketed);
  };
  if (text.empty() || std::ranges::any_of(text, is_odd)) return std::nullopt;
  return std::string(text);
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos) {
    auto host = parse_host(text.substr(0, colon));
    const auto port = parse_port(text.substr(colon + 1));
    if (host && port) return Address{std::move(*host), *port};
  }
  return Err("'" + std::string(text) + "' isn't HOST:PORT");
}

}  // namespace icpd::node
