// The client data of a WebAuthn assertion: a JSON object that the browser writes and signs
// (W3C Web Authentication, section 5.8.1). Two members matter here:
//
//   {"type": "webauthn.get", "challenge": "<base64url of what was to be signed>", "origin": ...}
//
// The whole text must be JSON (RFC 8259) in UTF-8; other members are checked for form and ignored.
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace icpd::crypto {

/// Arrays and objects inside each other. Browsers write at most two levels.
inline constexpr int kClientDataDepthMax = 16;

struct ClientData {
  std::string type;
  std::string challenge;
};

/// Errors: not JSON, not an object, deeper than the bound, `type` or `challenge` missing, twice or
/// no string. Linear in time and memory.
[[nodiscard]] Result<ClientData> parse_client_data(ByteView json);

}  // namespace icpd::crypto
