// What users and canisters are told when something fails: error codes and texts.
//
// Sources: public execution-errors page, reference "Manager error", "Text rules". Texts are exact
// up to the suggestions and links that the page appends, which are left out.
#pragma once

#include <string>
#include <string_view>

#include "execution/wasm/failure.hpp"
#include "state/settings.hpp"
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
[[nodiscard]] UserError insufficient_cycles_in_call(Cycles available, Cycles requested);
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
[[nodiscard]] UserError compute_oversubscribed(std::uint64_t requested, std::uint64_t remaining);
[[nodiscard]] UserError memory_oversubscribed(std::uint64_t requested, std::uint64_t remaining);
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
[[nodiscard]] UserError wrong_sender_version(std::uint64_t given, std::uint64_t actual);

}  // namespace icpd::execution
