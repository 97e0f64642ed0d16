// An update call of a user, as it travels inside the subnet after consensus agreed on it.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/bytes.hpp"
#include "base/shared.hpp"
#include "codec/record.hpp"
#include "types/ids.hpp"
#include "types/messages.hpp"
#include "types/requests.hpp"

namespace icpd::state {

/// What `ic0.msg_caller_info_*` gives: a statement about the sender and who signed it.
struct CallerInfo {
  Slice data;
  types::Principal signer;
  bool operator==(const CallerInfo&) const = default;
  static constexpr auto kFields = std::tuple(&CallerInfo::data, &CallerInfo::signer);
};

struct Ingress {
  types::UserId sender;
  /// A canister, or the management canister.
  types::CanisterId receiver;
  /// For the management canister: the canister that the call is about, which pays for it.
  std::optional<types::CanisterId> effective_canister;
  std::string method_name;
  Slice arg;
  types::RequestId id;
  Time expiry;
  std::optional<CallerInfo> caller_info;

  static constexpr auto kFields = std::tuple(
      &Ingress::sender, &Ingress::receiver, &Ingress::effective_canister, &Ingress::method_name,
      &Ingress::arg, &Ingress::id, &Ingress::expiry, &Ingress::caller_info);
};

/// A call of the management canister, from a user or from a canister.
using SubnetMessage = std::variant<Shared<Ingress>, Shared<types::Request>>;

}  // namespace icpd::state
