// Which paths of the certified tree a client may read, at which endpoint (interface specification,
// "Request: Read state"). A table of path patterns, walked in order; the first that matches
// decides.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "http/backend.hpp"
#include "http/certified_reader.hpp"

namespace icpd::http {

/// The endpoint of a read_state request, as its URL says.
struct ReadStateEndpoint {
  /// 2 or 3.
  unsigned version = 3;
  /// Exactly one of the two.
  std::optional<types::CanisterId> canister;
  std::optional<types::SubnetId> subnet;

  [[nodiscard]] DelegationForm delegation_form() const;
};

/// The paths to reveal: those asked for, without the ones that this endpoint silently leaves out.
/// Errors: 404 for a path that doesn't exist by form, 403 for one that this sender may not read,
/// 400 for what contradicts itself (two request ids, two subnets).
[[nodiscard]] Result<std::vector<Path>, HttpError> readable_paths(
    const std::vector<Path>& requested, const ReadStateEndpoint& endpoint,
    const Authenticated& sender, const CertifiedReader& state);

}  // namespace icpd::http
