#include "node/management_interface.hpp"

namespace icpd::node {

std::string_view management_interface() {
  return R"(
type canister = record { canister_id : principal };
type created = record { canister_id : principal };
type chunk_hash = record { hash : blob };
type visibility = variant { controllers; public; allowed_viewers : vec principal };
type environment_variable = record { name : text; value : text };

type settings = record {
  controllers : opt vec principal;
  compute_allocation : opt nat;
  memory_allocation : opt nat;
  freezing_threshold : opt nat;
  reserved_cycles_limit : opt nat;
  minimum_incoming_canister_call_cycles : opt nat;
  log_visibility : opt visibility;
  snapshot_visibility : opt visibility;
  status_visibility : opt visibility;
  wasm_memory_limit : opt nat;
  wasm_memory_threshold : opt nat;
  environment_variables : opt vec environment_variable;
};
type definite_settings = record {
  controllers : vec principal;
  compute_allocation : nat;
  memory_allocation : nat;
  freezing_threshold : nat;
  reserved_cycles_limit : nat;
  minimum_incoming_canister_call_cycles : nat;
  log_visibility : visibility;
  snapshot_visibility : visibility;
  status_visibility : visibility;
  wasm_memory_limit : nat;
  wasm_memory_threshold : nat;
  environment_variables : vec environment_variable;
};

type mode = variant {
  install;
  reinstall;
  upgrade : opt record {
    skip_pre_upgrade : opt bool;
    wasm_memory_persistence : opt variant { keep; replace };
  };
};
type memory_metrics = record {
  wasm_memory_size : nat;
  stable_memory_size : nat;
  global_memory_size : nat;
  wasm_binary_size : nat;
  custom_sections_size : nat;
  canister_history_size : nat;
  wasm_chunk_store_size : nat;
  snapshots_size : nat;
};
type query_stats = record {
  num_calls_total : nat;
  num_instructions_total : nat;
  request_payload_bytes_total : nat;
  response_payload_bytes_total : nat;
};
type status = record {
  status : variant { running; stopping; stopped };
  ready_for_migration : bool;
  version : nat64;
  settings : definite_settings;
  module_hash : opt blob;
  memory_size : nat;
  memory_metrics : memory_metrics;
  cycles : nat;
  reserved_cycles : nat;
  idle_cycles_burned_per_day : nat;
  query_stats : query_stats;
};

type cycles_consumed = record {
  memory : nat;
  compute_allocation : nat;
  ingress_induction : nat;
  instructions : nat;
  request_and_response_transmission : nat;
  uninstall : nat;
  canister_creation : nat;
  http_outcalls : nat;
  burned_cycles : nat;
};

type snapshot = record { id : blob; taken_at_timestamp : nat64; total_size : nat64 };
type snapshot_of = record { canister_id : principal; snapshot_id : blob };
type globals = vec variant { i32 : int32; i64 : int64; f32 : float32; f64 : float64; v128 : nat };
type timer = variant { inactive; active : nat64 };
type low_memory_hook = variant { condition_not_satisfied; ready; executed };
type part = record { offset : nat64; size : nat64 };
type place = record { offset : nat64 };

service : {
  update_settings : (record {
    canister_id : principal; settings : settings; sender_canister_version : opt nat64 }) -> ();
  upload_chunk : (record { canister_id : principal; chunk : blob }) -> (chunk_hash);
  clear_chunk_store : (canister) -> ();
  stored_chunks : (canister) -> (vec chunk_hash);
  install_code : (record {
    mode : mode; canister_id : principal; wasm_module : blob; arg : blob;
    sender_canister_version : opt nat64 }) -> ();
  install_chunked_code : (record {
    mode : mode; target_canister : principal; store_canister : opt principal;
    chunk_hashes_list : vec chunk_hash; wasm_module_hash : blob; arg : blob;
    sender_canister_version : opt nat64 }) -> ();
  uninstall_code : (record {
    canister_id : principal; sender_canister_version : opt nat64 }) -> ();
  start_canister : (canister) -> ();
  stop_canister : (canister) -> ();
  canister_status : (canister) -> (status);
  canister_metrics : (canister) -> (record { cycles_consumed : cycles_consumed });
  delete_canister : (canister) -> ();
  provisional_create_canister_with_cycles : (record {
    amount : opt nat; settings : opt settings; specified_id : opt principal;
    sender_canister_version : opt nat64 }) -> (created);
  provisional_top_up_canister : (record { canister_id : principal; amount : nat }) -> ();
  take_canister_snapshot : (record {
    canister_id : principal; replace_snapshot : opt blob; uninstall_code : opt bool;
    sender_canister_version : opt nat64 }) -> (snapshot);
  load_canister_snapshot : (record {
    canister_id : principal; snapshot_id : blob; sender_canister_version : opt nat64 }) -> ();
  list_canister_snapshots : (canister) -> (vec snapshot);
  delete_canister_snapshot : (snapshot_of) -> ();
  read_canister_snapshot_metadata : (snapshot_of) -> (record {
    source : variant { taken_from_canister : reserved; metadata_upload : reserved };
    taken_at_timestamp : nat64; wasm_module_size : nat64; globals : globals;
    wasm_memory_size : nat64; stable_memory_size : nat64; wasm_chunk_store : vec chunk_hash;
    canister_version : nat64; certified_data : blob; global_timer : opt timer;
    on_low_wasm_memory_hook_status : opt low_memory_hook });
  read_canister_snapshot_data : (record {
    canister_id : principal; snapshot_id : blob;
    kind : variant {
      wasm_module : part; wasm_memory : part; stable_memory : part; wasm_chunk : chunk_hash };
    }) -> (record { chunk : blob });
  upload_canister_snapshot_metadata : (record {
    canister_id : principal; replace_snapshot : opt blob; wasm_module_size : nat64;
    globals : globals; wasm_memory_size : nat64; stable_memory_size : nat64;
    certified_data : blob; global_timer : opt timer;
    on_low_wasm_memory_hook_status : opt low_memory_hook }) -> (record { snapshot_id : blob });
  upload_canister_snapshot_data : (record {
    canister_id : principal; snapshot_id : blob;
    kind : variant {
      wasm_module : place; wasm_memory : place; stable_memory : place; wasm_chunk };
    chunk : blob }) -> ();
  list_canisters : () -> (record {
    canisters : vec record { start : principal; end : principal } }) query;
  fetch_canister_logs : (canister) -> (record {
    canister_log_records : vec record { idx : nat64; timestamp_nanos : nat64; content : blob };
  }) query;
}
)";
}

}  // namespace icpd::node
