// The public API of a node (interface specification, "HTTPS Interface"):
//
//   GET  /api/v2/status
//   POST /api/v2/canister/<id>/call          asynchronous: 202, poll read_state
//   POST /api/v3|v4/canister/<id>/call       synchronous: waits for the certificate
//   POST /api/v4/subnet/<id>/call            the same; creates canisters, for the subnet's admins
//   POST /api/v2|v3/canister/<id>/query
//   POST /api/v3/subnet/<id>/query           list_canisters, for the subnet's admins
//   POST /api/v2|v3/canister/<id>/read_state
//   POST /api/v2|v3/subnet/<id>/read_state
//
// An unknown path or API version is 404, another method on a known path 405, a body that isn't
// application/cbor or doesn't decode 400. Any origin may call (CORS). At a subnet's path another
// method is 400, and a call of somebody who is no admin 403.
//
// A call passes these checks in this order: decoding, effective canister id, signature and expiry,
// ingress filter, room. Cheap ones first, so that what is refused costs little.
#pragma once

#include <memory>

#include "http/backend.hpp"
#include "io/http.hpp"

namespace icpd::http {

/// How long a synchronous call waits for its certificate before it answers 202.
inline constexpr Duration kSyncCallTimeout = Duration::seconds(10);

class Api {
 public:
  /// The backend must outlive the Api and every request that it was given.
  explicit Api(Backend& backend) : backend_(backend) {}

  /// Answers every request once. Paths outside /api/ are not for it: see serves().
  void handle(io::HttpRequest request, io::HttpResponder respond);
  [[nodiscard]] static bool serves(std::string_view path) { return path.starts_with("/api/"); }

 private:
  Backend& backend_;
};

}  // namespace icpd::http
