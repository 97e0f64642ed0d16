// The handlers behind the management canister's methods, by subject. Each checks existence of the
// canister and the caller's rights first.
#pragma once

#include "execution/management.hpp"

namespace icpd::execution {

// management_lifecycle.cpp
ManagementResult create_canister(ManagementScope& scope, ManagementCall& call);
ManagementResult provisional_create_canister(ManagementScope& scope, ManagementCall& call);
ManagementResult provisional_top_up_canister(ManagementScope& scope, ManagementCall& call);
ManagementResult update_settings(ManagementScope& scope, ManagementCall& call);
ManagementResult deposit_cycles(ManagementScope& scope, ManagementCall& call);
ManagementResult start_canister(ManagementScope& scope, ManagementCall& call);
ManagementResult stop_canister(ManagementScope& scope, ManagementCall& call);
ManagementResult delete_canister(ManagementScope& scope, ManagementCall& call);
ManagementResult uninstall_code(ManagementScope& scope, ManagementCall& call);
ManagementResult raw_rand(ManagementScope& scope, ManagementCall& call);

// management_code.cpp
ManagementResult install_code(ManagementScope& scope, ManagementCall& call);
ManagementResult upload_chunk(ManagementScope& scope, ManagementCall& call);
ManagementResult clear_chunk_store(ManagementScope& scope, ManagementCall& call);
ManagementResult stored_chunks(ManagementScope& scope, ManagementCall& call);

// management_info.cpp
ManagementResult canister_status(ManagementScope& scope, ManagementCall& call);
ManagementResult canister_metrics(ManagementScope& scope, ManagementCall& call);
ManagementResult canister_info(ManagementScope& scope, ManagementCall& call);
ManagementResult canister_metadata(ManagementScope& scope, ManagementCall& call);

// management_network.cpp
ManagementResult ecdsa_public_key(ManagementScope& scope, ManagementCall& call);
ManagementResult sign_with_ecdsa(ManagementScope& scope, ManagementCall& call);
ManagementResult schnorr_public_key(ManagementScope& scope, ManagementCall& call);
ManagementResult sign_with_schnorr(ManagementScope& scope, ManagementCall& call);
ManagementResult vetkd_public_key(ManagementScope& scope, ManagementCall& call);
ManagementResult vetkd_derive_key(ManagementScope& scope, ManagementCall& call);
ManagementResult bitcoin_get_balance(ManagementScope& scope, ManagementCall& call);
ManagementResult bitcoin_get_utxos(ManagementScope& scope, ManagementCall& call);
ManagementResult bitcoin_send_transaction(ManagementScope& scope, ManagementCall& call);
ManagementResult bitcoin_get_current_fee_percentiles(ManagementScope& scope, ManagementCall& call);
ManagementResult bitcoin_get_block_headers(ManagementScope& scope, ManagementCall& call);
ManagementResult node_metrics_history(ManagementScope& scope, ManagementCall& call);
ManagementResult subnet_info(ManagementScope& scope, ManagementCall& call);

// http_requests.cpp
ManagementResult http_request(ManagementScope& scope, ManagementCall& call);
ManagementResult flexible_http_request(ManagementScope& scope, ManagementCall& call);

// management_snapshots.cpp
ManagementResult take_canister_snapshot(ManagementScope& scope, ManagementCall& call);
ManagementResult load_canister_snapshot(ManagementScope& scope, ManagementCall& call);
ManagementResult list_canister_snapshots(ManagementScope& scope, ManagementCall& call);
ManagementResult delete_canister_snapshot(ManagementScope& scope, ManagementCall& call);

// management_snapshot_data.cpp
ManagementResult read_canister_snapshot_metadata(ManagementScope& scope, ManagementCall& call);
ManagementResult read_canister_snapshot_data(ManagementScope& scope, ManagementCall& call);
ManagementResult upload_canister_snapshot_metadata(ManagementScope& scope, ManagementCall& call);
ManagementResult upload_canister_snapshot_data(ManagementScope& scope, ManagementCall& call);

}  // namespace icpd::execution
