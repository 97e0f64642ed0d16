#include "types/effective_canister.hpp"

#include "codec/candid_mapping.hpp"

namespace icpd::types {

namespace {

namespace candid = codec::candid;

struct WithCanisterId {
  candid::PrincipalBytes canister;
  static constexpr auto kCandid =
      candid::record(candid::field<"canister_id">(&WithCanisterId::canister));
};
struct WithTargetCanister {
  candid::PrincipalBytes canister;
  static constexpr auto kCandid =
      candid::record(candid::field<"target_canister">(&WithTargetCanister::canister));
};

template <typename Arg>
Result<std::optional<CanisterId>, UserError> field_of(ByteView arg) {
  const auto decoded = candid::decode_arg<Arg>(arg);
  if (!decoded.ok()) {
    return Err(UserError{ErrorCode::kInvalidManagementPayload,
                         std::string("Error decoding candid: ") + decoded.error().what});
  }
  const auto principal = Principal::from_bytes(decoded->canister.view());
  ensure(principal.ok(), "Candid principals have at most 29 bytes");
  return std::optional(CanisterId(*principal));
}

}  // namespace

Result<std::optional<CanisterId>, UserError> effective_canister_id(const CanisterId& receiver,
                                                                   std::string_view method,
                                                                   ByteView arg) {
  if (receiver != management_canister()) return std::optional(receiver);
  if (method == "create_canister" || method == "provisional_create_canister_with_cycles" ||
      method == "list_canisters")
    return std::optional<CanisterId>();
  if (method == "install_chunked_code") return field_of<WithTargetCanister>(arg);
  return field_of<WithCanisterId>(arg);
}

}  // namespace icpd::types
