#include "execution/management_methods.hpp"

#include <algorithm>

namespace icpd::execution {
namespace {

UserError wrong_way(const ManagementMethod& method, Way way) {
  if (way == kByUser && (method.ways & kByCanister) != 0) return only_for_canisters(method.name);
  const std::string mode = way == kByQuery ? "non-replicated" : "replicated";
  return UserError{ErrorCode::kCanisterRejectedMessage,
                   std::string(method.name) + " API cannot be called in " + mode + " mode"};
}

UserError not_log_viewer(const types::Principal& caller) {
  return UserError{ErrorCode::kCanisterRejectedMessage,
                   "Caller " + caller.text() + " is not allowed to access canister logs"};
}

bool visible(const state::Visibility& visibility, const state::CanisterState& canister,
             const types::Principal& caller) {
  if (visibility.kind == state::VisibilityKind::kPublic || canister.is_controller(caller))
    return true;
  return visibility.kind == state::VisibilityKind::kAllowedViewers &&
         visibility.viewers.contains(caller);
}

bool may(Access access, const state::CanisterState& canister, const types::Principal& caller,
         const state::SubnetParameters& subnet) {
  const bool self = caller == canister.id.principal;
  switch (access) {
    case Access::kAnyone:
    case Access::kCanistersOrAdmins:
    case Access::kProvisional:
      return true;
    case Access::kAdmins:
      return subnet.is_admin(caller);
    case Access::kControllersOrAdmins:
      return subnet.is_admin(caller) || canister.is_controller(caller);
    case Access::kControllers:
      return canister.is_controller(caller);
    case Access::kControllersOrSelf:
      return self || canister.is_controller(caller);
    case Access::kStatusViewers:
      return self || subnet.is_admin(caller) ||
             visible(canister.settings->status_visibility, canister, caller);
    case Access::kLogViewers:
      return visible(canister.settings->log_visibility, canister, caller);
    case Access::kSnapshotViewers:
      return visible(canister.settings->snapshot_visibility, canister, caller);
  }
  unreachable_state("an access that isn't in the table");
}

}  // namespace

Result<const ManagementMethod*, UserError> find_management_method(std::string_view name,
                                                                  const ManagementCaller& caller) {
  const auto* found = std::ranges::find(kManagementMethods, name, &ManagementMethod::name);
  if (found == kManagementMethods.end()) return Err(unknown_management_method(name));
  const bool closed = found->access == Access::kProvisional && !caller.subnet.provisional_methods;
  if (found->offered == Offered::kNo || closed) return Err(management_method_not_offered(name));
  const bool is_admin = caller.subnet.is_admin(caller.principal);
  const bool by_admin =
      found->access == Access::kCanistersOrAdmins && caller.way == kByUser && is_admin;
  if ((found->ways & caller.way) == 0 && !by_admin) return Err(wrong_way(*found, caller.way));
  if (found->access == Access::kAdmins && !is_admin)
    return Err(caller.subnet.admins.empty() ? only_with_admins(name)
                                            : only_for_admins(name, caller.principal));
  return found;
}

Status<UserError> check_access(const ManagementMethod& method, const state::CanisterState& canister,
                               const types::Principal& caller,
                               const state::SubnetParameters& subnet) {
  if (may(method.access, canister, caller, subnet)) return {};
  if (method.access == Access::kLogViewers) return Err(not_log_viewer(caller));
  return Err(not_controller(canister.id, caller, *canister.settings));
}

}  // namespace icpd::execution
