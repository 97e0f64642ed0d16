// TLS 1.3 with Ed25519 keys as identities, for links.
#pragma once

#include <array>
#include <boost/asio/ssl/context.hpp>
#include <openssl/ssl.h>
#include <optional>

#include "io/linux/links.hpp"

namespace icpd::io::linux::detail {

/// A context for both roles with our self-signed certificate, that asks for the peer's certificate,
/// takes any whose key the peer proves, and speaks TLS 1.3 only, without resumption.
[[nodiscard]] Result<boost::asio::ssl::context> make_tls_context(
    const std::array<std::uint8_t, 32>& secret_seed);

/// The Ed25519 key that the peer proved, after the handshake.
[[nodiscard]] std::optional<LinkKey> proven_key(SSL* ssl);

}  // namespace icpd::io::linux::detail
