// What users and canisters are told when something fails: error codes and texts.
//
// Sources: public execution-errors page, reference "Manager error", "Text rules". Texts are exact
// up to the suggestions and links that the page appends, which are left out.
#pragma once

#include <string>
#include <string_view>

#include "execution/wasm/failure.hpp"
#include "state/settings.hpp"
#include "state/snapshots.hpp"
#include "types/error_code.hpp"
#include "types/ids.hpp"
#include "types/numbers.hpp"
#include "types/requests.hpp"

namespace icpd::execution {

using types::CanisterId;
using types::Cycles;
using types::ErrorCode;
using types::UserError;

/// "Error from Canister <id>: <failure>".
[[nodiscard]] UserError from_canister(const CanisterId& canister, const UserError& failure);

/// A number of bytes for people, rounded down: "10 MiB", "1.5 GiB".
[[nodiscard]] std::string size_text(std::uint64_t bytes);

/// Texts of rejects and failures are cut to 8 KiB: the middle is replaced by "...". The cut never
/// divides a UTF-8 character.
[[nodiscard]] std::string shortened(std::string text);

// -- Running a message. Not yet prefixed by from_canister(). --
[[nodiscard]] UserError no_wasm_module();
/// `kind` is "update", "query" or "composite query".
[[nodiscard]] UserError method_not_found(std::string_view kind, std::string_view method);
[[nodiscard]] UserError did_not_reply();
[[nodiscard]] UserError cannot_grow_memory();
[[nodiscard]] UserError grow_out_of_cycles(std::uint64_t bytes);
[[nodiscard]] UserError grow_over_reserved_limit(std::uint64_t bytes, Cycles limit, Cycles over);
[[nodiscard]] UserError wasm_memory_limit_exceeded(std::uint64_t usage, std::uint64_t limit);
/// To attach more cycles than are liquid.
[[nodiscard]] UserError insufficient_cycles_in_call(const CanisterId& canister);
/// Bytes that a canister takes for a principal.
[[nodiscard]] UserError invalid_principal();
[[nodiscard]] UserError no_environment_variable_at(std::uint64_t index, std::uint64_t count);
[[nodiscard]] UserError no_environment_variable(std::string_view name);
/// For a callback of a module that costs more than the one that made the call.
[[nodiscard]] UserError callback_out_of_cycles(const CanisterId& canister);
/// During a long execution, below what the execution spent.
[[nodiscard]] UserError balance_fell(Cycles missing);

// -- Whole texts --
[[nodiscard]] UserError canister_not_found(const CanisterId& canister);
[[nodiscard]] UserError canister_stopped(const CanisterId& canister);
[[nodiscard]] UserError canister_stopping(const CanisterId& canister);
[[nodiscard]] UserError out_of_cycles(const CanisterId& canister, Cycles missing);
[[nodiscard]] UserError install_out_of_cycles(const CanisterId& canister, Cycles missing);
[[nodiscard]] UserError too_few_cycles_for_call(const CanisterId& canister, Cycles attached,
                                                Cycles minimum);
[[nodiscard]] UserError composite_query_in_replicated_mode(std::string_view method);
[[nodiscard]] UserError query_too_deep(std::size_t depth_max);
[[nodiscard]] UserError query_over_total_instructions();
[[nodiscard]] UserError query_out_of_time();
[[nodiscard]] UserError query_over_memory(std::uint64_t bytes_max);
[[nodiscard]] UserError query_of_other_subnet(const CanisterId& caller, const CanisterId& callee);
[[nodiscard]] UserError frozen_for_queries(const CanisterId& canister);
[[nodiscard]] UserError ingress_expired(const types::RequestId& request);
[[nodiscard]] UserError refused_by_inspection(const CanisterId& canister);

// -- Management canister --
[[nodiscard]] UserError not_controller(const CanisterId& canister, const types::Principal& sender,
                                       const state::Settings& settings);
[[nodiscard]] UserError invalid_argument(std::string_view why);
[[nodiscard]] UserError unknown_management_method(std::string_view method);
[[nodiscard]] UserError management_method_not_offered(std::string_view method);
[[nodiscard]] UserError only_for_canisters(std::string_view method);
[[nodiscard]] UserError not_empty(const CanisterId& canister);
[[nodiscard]] UserError must_be_stopped(const CanisterId& canister);
[[nodiscard]] UserError cannot_delete_itself(const CanisterId& canister);
[[nodiscard]] UserError queues_not_empty(const CanisterId& canister);
[[nodiscard]] UserError rate_limited(const CanisterId& canister);
[[nodiscard]] UserError missing_upgrade_option();
[[nodiscard]] UserError invalid_upgrade_option();
[[nodiscard]] UserError kept_heap_too_large(std::uint64_t bytes, std::uint64_t max);
[[nodiscard]] UserError invalid_settings(std::string_view why);
[[nodiscard]] UserError too_few_cycles_to_create(Cycles fee, Cycles received);
[[nodiscard]] UserError no_canister_ids_left();
[[nodiscard]] UserError canister_count_limit(const types::SubnetId& subnet, std::uint64_t limit);
[[nodiscard]] UserError canister_id_taken(const CanisterId& canister);
[[nodiscard]] UserError canister_id_used(const CanisterId& canister);
/// A method for the subnet's admins: it has none, or the caller is none of them.
[[nodiscard]] UserError only_with_admins(std::string_view method);
[[nodiscard]] UserError only_for_admins(std::string_view method, const types::Principal& sender);
[[nodiscard]] UserError compute_oversubscribed(std::uint64_t requested, std::uint64_t remaining);
[[nodiscard]] UserError memory_oversubscribed(std::uint64_t requested, std::uint64_t remaining);
[[nodiscard]] UserError custom_sections_oversubscribed(std::uint64_t requested,
                                                       std::uint64_t remaining);
[[nodiscard]] UserError compute_allocation_out_of_cycles(std::uint64_t percent, Cycles missing);
[[nodiscard]] UserError memory_allocation_out_of_cycles(std::uint64_t bytes, Cycles missing);
[[nodiscard]] UserError allocation_over_reserved_limit(std::uint64_t bytes, Cycles limit,
                                                       Cycles over);
[[nodiscard]] UserError reserved_limit_too_low(Cycles limit, Cycles reserved);
[[nodiscard]] UserError chunk_store(std::string_view why);
[[nodiscard]] UserError start_cancelled_stop(const CanisterId& canister);
[[nodiscard]] UserError stop_timed_out();
[[nodiscard]] UserError canister_uninstalled();
[[nodiscard]] UserError too_many_provisional_cycles(Cycles most);
[[nodiscard]] UserError long_execution_in_progress(const CanisterId& canister);
[[nodiscard]] UserError no_module_for_metadata(const CanisterId& canister);
[[nodiscard]] UserError no_metadata_section(const CanisterId& canister, std::string_view name);
[[nodiscard]] UserError cannot_store_more(std::uint64_t bytes, Cycles missing);
[[nodiscard]] UserError heap_delta_rate_limited(const CanisterId& canister, std::uint64_t debit,
                                                std::uint64_t limit);
[[nodiscard]] UserError wrong_sender_version(std::uint64_t given, std::uint64_t actual);

// -- What the network doesn't have --
[[nodiscard]] UserError subnet_not_found(const types::Principal& subnet);
/// `key` as "ecdsa:secp256k1:<name>".
[[nodiscard]] UserError no_such_key(std::string_view method, std::string_view key);
[[nodiscard]] UserError no_bitcoin_network(std::string_view method, std::string_view network);

// -- Snapshots --
[[nodiscard]] UserError snapshot_not_found(const state::SnapshotId& id, const CanisterId& canister);
[[nodiscard]] UserError snapshot_of_another(const state::SnapshotId& id,
                                            const CanisterId& canister);
[[nodiscard]] UserError snapshot_not_controller();
[[nodiscard]] UserError snapshot_limit_reached(const CanisterId& canister, std::uint64_t limit);
[[nodiscard]] UserError nothing_to_snapshot(const CanisterId& canister);
[[nodiscard]] UserError snapshot_not_loadable(const state::SnapshotId& id, std::string_view why);
[[nodiscard]] UserError snapshot_immutable(const state::SnapshotId& id);
/// Of an upload: sizes that no canister can have, or data that isn't within its snapshot.
[[nodiscard]] UserError invalid_snapshot(std::string_view why);

}  // namespace icpd::execution
