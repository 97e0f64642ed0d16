// The certified state as the endpoints read it: one height, its certificate, and the few facts that
// decide who may read what (interface specification, "Request: Read state").
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "types/ids.hpp"
#include "types/numbers.hpp"
#include "types/requests.hpp"

namespace icpd::http {

using Path = std::vector<Slice>;

/// Which form of the subnet's delegation goes into a certificate.
enum class DelegationForm : std::uint8_t {
  kCanisterRangesFlat,  // /subnet/<id>/canister_ranges: v2 read_state, v3 call
  kCanisterRangesTree,  // /canister_ranges/<id>/...: v3 canister read_state, v4 call
  kWithoutRanges,       // v3 subnet read_state
};

struct RequestOwner {
  types::Principal sender;
  /// The canister that the URL of the original request had to name; nothing if it was a call of the
  /// management canister, whose argument the state doesn't keep.
  std::optional<types::CanisterId> effective_canister;
};

enum class SectionVisibility : std::uint8_t { kAbsent, kPublic, kPrivate };

class CertifiedReader {
 public:
  virtual ~CertifiedReader() = default;

  [[nodiscard]] virtual types::Height height() const = 0;
  [[nodiscard]] virtual Time time() const = 0;
  [[nodiscard]] virtual types::SubnetId own_subnet() const = 0;
  [[nodiscard]] virtual types::SubnetId root_subnet() const = 0;
  /// Whether this subnet hosts the canister id, existing or not. The management canister's is any
  /// subnet's: agents create canisters at its path.
  [[nodiscard]] virtual bool in_own_range(const types::CanisterId& canister) const = 0;

  [[nodiscard]] virtual std::optional<RequestOwner> request_owner(
      const types::RequestId& request) const = 0;
  /// Whether the request has ended: replied, rejected or done.
  [[nodiscard]] virtual bool is_terminal(const types::RequestId& request) const = 0;
  [[nodiscard]] virtual SectionVisibility metadata(const types::CanisterId& canister,
                                                   std::string_view section) const = 0;
  [[nodiscard]] virtual bool is_controller(const types::CanisterId& canister,
                                           const types::Principal& principal) const = 0;

  [[nodiscard]] virtual bool is_subnet_admin(const types::Principal& principal) const = 0;

  /// A CBOR certificate that reveals /time and everything under `paths`.
  [[nodiscard]] virtual Bytes certificate(const std::vector<Path>& paths,
                                          DelegationForm form) const = 0;
};

}  // namespace icpd::http
