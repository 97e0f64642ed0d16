// The management canister's methods as one table: who may call them, how, and whether this network
// offers them. A method that isn't offered is refused by its name.
//
// Sources: ic.did; interface specification, "IC management canister"; reference "Methods".
#pragma once

#include <array>
#include <string_view>

#include "execution/errors.hpp"
#include "state/canister_state.hpp"
#include "state/topology.hpp"

namespace icpd::execution {

/// Ways a method can be called, as bits.
enum Way : std::uint8_t {
  kByUser = 1,
  kByCanister = 2,
  /// Without consensus: by users' queries.
  kByQuery = 4,
};

enum class Access : std::uint8_t {
  kAnyone,
  /// Any canister; of users, the subnet's admins, whatever the ways say.
  kCanistersOrAdmins,
  /// The subnet's admins.
  kAdmins,
  kControllers,
  kControllersOrSelf,
  kControllersOrAdmins,
  /// By the canister's status_visibility; itself and the subnet's admins always.
  kStatusViewers,
  /// By the canister's log_visibility.
  kLogViewers,
  /// By the canister's snapshot_visibility.
  kSnapshotViewers,
  /// Only where the subnet allows provisional methods.
  kProvisional,
};

enum class Offered : bool { kNo, kYes };

struct ManagementMethod {
  std::string_view name;
  std::uint8_t ways = 0;
  Access access = Access::kAnyone;
  Offered offered = Offered::kNo;
};

// clang-format off
inline constexpr auto kManagementMethods = std::to_array<ManagementMethod>({
    {"create_canister", kByCanister, Access::kCanistersOrAdmins, Offered::kYes},
    {"update_settings", kByUser | kByCanister, Access::kControllers, Offered::kYes},
    {"upload_chunk", kByUser | kByCanister, Access::kControllersOrSelf, Offered::kYes},
    {"clear_chunk_store", kByUser | kByCanister, Access::kControllersOrSelf, Offered::kYes},
    {"stored_chunks", kByUser | kByCanister, Access::kControllersOrSelf, Offered::kYes},
    {"install_code", kByUser | kByCanister, Access::kControllers, Offered::kYes},
    {"install_chunked_code", kByUser | kByCanister, Access::kControllers, Offered::kYes},
    {"uninstall_code", kByUser | kByCanister, Access::kControllersOrAdmins, Offered::kYes},
    {"start_canister", kByUser | kByCanister, Access::kControllersOrAdmins, Offered::kYes},
    {"stop_canister", kByUser | kByCanister, Access::kControllersOrAdmins, Offered::kYes},
    {"canister_status", kByUser | kByCanister | kByQuery, Access::kStatusViewers, Offered::kYes},
    {"canister_metrics", kByUser | kByCanister | kByQuery, Access::kControllersOrAdmins, Offered::kYes},
    {"delete_canister", kByUser | kByCanister, Access::kControllersOrAdmins, Offered::kYes},
    {"deposit_cycles", kByCanister, Access::kAnyone, Offered::kYes},
    {"raw_rand", kByCanister, Access::kAnyone, Offered::kYes},
    {"http_request", kByCanister, Access::kAnyone, Offered::kYes},
    {"flexible_http_request", kByCanister, Access::kAnyone, Offered::kYes},
    {"canister_info", kByCanister, Access::kAnyone, Offered::kYes},
    {"canister_metadata", kByCanister, Access::kAnyone, Offered::kYes},
    {"ecdsa_public_key", kByCanister, Access::kAnyone, Offered::kYes},
    {"sign_with_ecdsa", kByCanister, Access::kAnyone, Offered::kYes},
    {"schnorr_public_key", kByCanister, Access::kAnyone, Offered::kYes},
    {"sign_with_schnorr", kByCanister, Access::kAnyone, Offered::kYes},
    {"vetkd_public_key", kByCanister, Access::kAnyone, Offered::kYes},
    {"vetkd_derive_key", kByCanister, Access::kAnyone, Offered::kYes},
    {"bitcoin_get_balance", kByCanister, Access::kAnyone, Offered::kYes},
    {"bitcoin_get_utxos", kByCanister, Access::kAnyone, Offered::kYes},
    {"bitcoin_send_transaction", kByCanister, Access::kAnyone, Offered::kYes},
    {"bitcoin_get_current_fee_percentiles", kByCanister, Access::kAnyone, Offered::kYes},
    {"bitcoin_get_block_headers", kByCanister, Access::kAnyone, Offered::kYes},
    {"node_metrics_history", kByCanister, Access::kAnyone, Offered::kYes},
    {"subnet_info", kByCanister, Access::kAnyone, Offered::kYes},
    {"provisional_create_canister_with_cycles", kByUser | kByCanister, Access::kProvisional, Offered::kYes},
    {"provisional_top_up_canister", kByUser | kByCanister, Access::kProvisional, Offered::kYes},
    {"take_canister_snapshot", kByUser | kByCanister, Access::kControllers, Offered::kYes},
    {"load_canister_snapshot", kByUser | kByCanister, Access::kControllers, Offered::kYes},
    {"read_canister_snapshot_metadata", kByUser | kByCanister, Access::kSnapshotViewers, Offered::kYes},
    {"read_canister_snapshot_data", kByUser | kByCanister, Access::kSnapshotViewers, Offered::kYes},
    {"upload_canister_snapshot_metadata", kByUser | kByCanister, Access::kControllers, Offered::kYes},
    {"upload_canister_snapshot_data", kByUser | kByCanister, Access::kControllers, Offered::kYes},
    {"list_canister_snapshots", kByUser | kByCanister, Access::kSnapshotViewers, Offered::kYes},
    {"delete_canister_snapshot", kByUser | kByCanister, Access::kControllers, Offered::kYes},
    {"fetch_canister_logs", kByQuery, Access::kLogViewers, Offered::kYes},
    {"list_canisters", kByQuery, Access::kAdmins, Offered::kYes},
});
// clang-format on

/// Whom a subnet lets call what.
struct ManagementCaller {
  types::Principal principal;
  Way way = kByUser;
  const state::SubnetParameters& subnet;
};

/// The method, if it exists, is offered, and this caller can call it in this way; else why not.
/// What a caller may do with a canister is check_access()'s.
[[nodiscard]] Result<const ManagementMethod*, UserError> find_management_method(
    std::string_view name, const ManagementCaller& caller);

/// Whether the caller may use a method on this canister.
[[nodiscard]] Status<UserError> check_access(const ManagementMethod& method,
                                             const state::CanisterState& canister,
                                             const types::Principal& caller,
                                             const state::SubnetParameters& subnet);

}  // namespace icpd::execution
