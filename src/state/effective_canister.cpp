#include "state/effective_canister.hpp"

#include "codec/candid_mapping.hpp"

namespace icpd::state {

namespace {

namespace candid = codec::candid;

struct NamesCanister {
  candid::PrincipalBytes canister;
  static constexpr auto kCandid =
      candid::record(candid::field<"canister_id">(&NamesCanister::canister));
};
struct NamesTarget {
  candid::PrincipalBytes canister;
  static constexpr auto kCandid =
      candid::record(candid::field<"target_canister">(&NamesTarget::canister));
};

template <typename T>
Result<std::optional<types::CanisterId>, types::UserError> named_by(ByteView arg) {
  const auto refuse = [](const std::string& why) {
    return Err(types::UserError{types::ErrorCode::kInvalidManagementPayload,
                                "Error decoding candid: " + why});
  };
  const auto decoded = candid::decode_arg<T>(arg);
  if (!decoded.ok()) return refuse(Error(decoded.error()).message);
  const auto principal = types::Principal::from_bytes(decoded->canister.view());
  if (!principal.ok()) return refuse(principal.error().message);
  return std::optional(types::CanisterId(*principal));
}

}  // namespace

Result<std::optional<types::CanisterId>, types::UserError> effective_canister(
    const types::CanisterId& callee, std::string_view method, ByteView arg) {
  if (callee != types::management_canister()) return std::optional(callee);
  if (method == "create_canister" || method == "provisional_create_canister_with_cycles")
    return std::optional<types::CanisterId>();
  if (method == "install_chunked_code") return named_by<NamesTarget>(arg);
  return named_by<NamesCanister>(arg);
}

}  // namespace icpd::state
