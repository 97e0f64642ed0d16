// The System API as one table: what canisters may import from module "ic0", with which signature,
// in which contexts, and what it costs. Imports, their checks and their charges are made from it.
//
// Sources: interface specification, "Overview of imports"; charges: reference
// system-api-costs.csv. Tests compare the table with both files row by row.
//
// Left out: subnet_self_node_count, which newer tools mention and the specification doesn't. The
// rows behind the specification's own (cost_http_request_v2, mint_cycles128) are importable; what
// they do is up to the SystemApi.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/ensure.hpp"
#include "execution/wasm/context.hpp"
#include "execution/wasm/module_facts.hpp"

namespace icpd::execution::wasm {

struct SystemFunction {
  std::string_view name;
  /// One letter for each parameter: P an address, size or index of the heap's width; i an i32;
  /// l an i64.
  std::string_view parameters;
  /// A letter as above, or '-' for none.
  char result = '-';
  ContextSet contexts = 0;
  std::uint32_t fixed_charge = 0;
  /// For each byte of the parameters whose bit is set in `byte_parameters`.
  std::uint32_t byte_charge = 0;
  std::uint8_t byte_parameters = 0;
  /// The deprecated functions that 64-bit modules can't import.
  bool only_32 = false;
};

namespace detail {

/// A set from its letters, as the specification writes it: "I G U", "*" (all but start), "* s".
/// "Q" is a query in either mode.
consteval ContextSet contexts(std::string_view letters) {
  ContextSet set = 0;
  while (!letters.empty()) {
    const std::size_t space = letters.find(' ');
    const std::string_view word = letters.substr(0, space);
    letters = space == std::string_view::npos ? "" : letters.substr(space + 1);
    ContextSet found = 0;
    for (const ContextName& row : kContextNames) {
      const bool all = word == "*" && row.context != Context::kStart;
      const bool query = word == "Q" && (row.letters == "RQ" || row.letters == "NRQ");
      if (all || query || word == row.letters) found |= bit(row.context);
    }
    ensure(found != 0);
    set |= found;
  }
  return set;
}

enum Widths : bool { kBoth = false, k32 = true };

consteval SystemFunction row(std::string_view name, std::string_view parameters, char result,
                             std::string_view letters, std::uint32_t fixed, std::uint32_t per_byte,
                             std::uint8_t byte_parameters, Widths widths) {
  return {name, parameters, result, contexts(letters), fixed, per_byte, byte_parameters, widths};
}

// clang-format off
// name, parameters, result, contexts, fixed, per byte, which parameters count bytes, widths
inline constexpr auto kSystemApi = std::to_array<SystemFunction>({
    row("msg_arg_data_size", "", 'P', "I U RQ NRQ TQ CQ Ry CRy F", 500, 0, 0x0, kBoth),
    row("msg_arg_data_copy", "PPP", '-', "I U RQ NRQ TQ CQ Ry CRy F", 500, 1, 0x4, kBoth),
    row("msg_caller_size", "", 'P', "*", 500, 0, 0x0, kBoth),
    row("msg_caller_copy", "PPP", '-', "*", 500, 1, 0x4, kBoth),
    row("msg_caller_info_data_size", "", 'P', "U RQ NRQ CQ Ry Rt CRy CRt C CC F", 500, 0, 0x0, kBoth),
    row("msg_caller_info_data_copy", "PPP", '-', "U RQ NRQ CQ Ry Rt CRy CRt C CC F", 500, 1, 0x4, kBoth),
    row("msg_caller_info_signer_size", "", 'P', "U RQ NRQ CQ Ry Rt CRy CRt C CC F", 500, 0, 0x0, kBoth),
    row("msg_caller_info_signer_copy", "PPP", '-', "U RQ NRQ CQ Ry Rt CRy CRt C CC F", 500, 1, 0x4, kBoth),
    row("msg_reject_code", "", 'i', "Ry Rt CRy CRt C", 500, 0, 0x0, kBoth),
    row("msg_reject_msg_size", "", 'P', "Rt CRt", 500, 0, 0x0, kBoth),
    row("msg_reject_msg_copy", "PPP", '-', "Rt CRt", 500, 1, 0x4, kBoth),
    row("msg_deadline", "", 'l', "U Q CQ Ry Rt CRy CRt", 500, 0, 0x0, kBoth),
    row("msg_reply_data_append", "PP", '-', "U RQ NRQ TQ CQ Ry Rt CRy CRt", 500, 50, 0x2, kBoth),
    row("msg_reply", "", '-', "U RQ NRQ TQ CQ Ry Rt CRy CRt", 500, 0, 0x0, kBoth),
    row("msg_reject", "PP", '-', "U RQ NRQ TQ CQ Ry Rt CRy CRt", 500, 50, 0x2, kBoth),
    row("msg_cycles_available128", "P", '-', "U RQ Rt Ry", 500, 0, 0x0, kBoth),
    row("msg_cycles_refunded128", "P", '-', "Rt Ry", 500, 0, 0x0, kBoth),
    row("msg_cycles_accept128", "llP", '-', "U RQ Rt Ry", 500, 0, 0x0, kBoth),
    row("cycles_burn128", "llP", '-', "I G U RQ Ry Rt C T", 500, 0, 0x0, kBoth),
    row("canister_self_size", "", 'P', "*", 500, 0, 0x0, kBoth),
    row("canister_self_copy", "PPP", '-', "*", 500, 1, 0x4, kBoth),
    row("canister_cycle_balance128", "P", '-', "*", 500, 0, 0x0, kBoth),
    row("canister_liquid_cycle_balance128", "P", '-', "*", 500, 0, 0x0, kBoth),
    row("canister_status", "", 'i', "*", 500, 0, 0x0, kBoth),
    row("canister_version", "", 'l', "*", 500, 0, 0x0, kBoth),
    row("subnet_self_size", "", 'P', "*", 500, 0, 0x0, kBoth),
    row("subnet_self_copy", "PPP", '-', "*", 500, 1, 0x4, kBoth),
    row("msg_method_name_size", "", 'P', "F", 500, 0, 0x0, kBoth),
    row("msg_method_name_copy", "PPP", '-', "F", 500, 1, 0x4, kBoth),
    row("accept_message", "", '-', "F", 500, 0, 0x0, kBoth),
    row("call_new", "PPPPPPPP", '-', "U CQ Ry Rt CRy CRt T", 1500, 1, 0xA, kBoth),
    row("call_on_cleanup", "PP", '-', "U CQ Ry Rt CRy CRt T", 500, 0, 0x0, kBoth),
    row("call_data_append", "PP", '-', "U CQ Ry Rt CRy CRt T", 500, 50, 0x2, kBoth),
    row("call_with_best_effort_response", "i", '-', "U CQ Ry Rt CRy CRt T", 500, 0, 0x0, kBoth),
    row("call_cycles_add128", "ll", '-', "U Ry Rt T", 500, 0, 0x0, kBoth),
    row("call_perform", "", 'i', "U CQ Ry Rt CRy CRt T", 5000, 0, 0x0, kBoth),
    row("stable64_size", "", 'l', "* s", 0, 0, 0x0, kBoth),
    row("stable64_grow", "l", 'l', "* s", 100, 0, 0x0, kBoth),
    row("stable64_write", "lll", '-', "* s", 20, 1, 0x4, kBoth),
    row("stable64_read", "lll", '-', "* s", 20, 1, 0x4, kBoth),
    row("root_key_size", "", 'P', "I G U RQ Ry Rt C T", 500, 0, 0x0, kBoth),
    row("root_key_copy", "PPP", '-', "I G U RQ Ry Rt C T", 500, 1, 0x4, kBoth),
    row("certified_data_set", "PP", '-', "I G U Ry Rt T", 500, 1, 0x2, kBoth),
    row("data_certificate_present", "", 'i', "*", 500, 0, 0x0, kBoth),
    row("data_certificate_size", "", 'P', "NRQ CQ", 500, 0, 0x0, kBoth),
    row("data_certificate_copy", "PPP", '-', "NRQ CQ", 500, 1, 0x4, kBoth),
    row("time", "", 'l', "*", 500, 0, 0x0, kBoth),
    row("global_timer_set", "l", 'l', "I G U Ry Rt C T", 500, 0, 0x0, kBoth),
    row("performance_counter", "i", 'l', "* s", 200, 0, 0x0, kBoth),
    row("is_controller", "PP", 'i', "* s", 1000, 1, 0x2, kBoth),
    row("in_replicated_execution", "", 'i', "* s", 500, 0, 0x0, kBoth),
    row("cost_call", "llP", '-', "* s", 500, 0, 0x0, kBoth),
    row("cost_create_canister", "P", '-', "* s", 500, 0, 0x0, kBoth),
    row("cost_http_request", "llP", '-', "* s", 500, 0, 0x0, kBoth),
    row("cost_sign_with_ecdsa", "PPiP", 'i', "* s", 500, 1, 0x2, kBoth),
    row("cost_sign_with_schnorr", "PPiP", 'i', "* s", 500, 1, 0x2, kBoth),
    row("cost_vetkd_derive_key", "PPiP", 'i', "* s", 500, 1, 0x2, kBoth),
    row("env_var_count", "", 'P', "*", 500, 0, 0x0, kBoth),
    row("env_var_name_size", "P", 'P', "*", 500, 0, 0x0, kBoth),
    row("env_var_name_copy", "PPPP", '-', "*", 500, 1, 0x8, kBoth),
    row("env_var_name_exists", "PP", 'i', "*", 500, 0, 0x0, kBoth),
    row("env_var_value_size", "PP", 'P', "*", 500, 0, 0x0, kBoth),
    row("env_var_value_copy", "PPPPP", '-', "*", 500, 1, 0x10, kBoth),
    row("debug_print", "PP", '-', "* s", 100, 0, 0x0, kBoth),
    row("trap", "PP", '-', "* s", 500, 1, 0x2, kBoth),
    row("msg_cycles_available", "", 'l', "U RQ Rt Ry", 500, 0, 0x0, k32),
    row("msg_cycles_refunded", "", 'l', "Rt Ry", 500, 0, 0x0, k32),
    row("msg_cycles_accept", "l", 'l', "U RQ Rt Ry", 500, 0, 0x0, k32),
    row("canister_cycle_balance", "", 'l', "*", 500, 0, 0x0, k32),
    row("call_cycles_add", "l", '-', "U Ry Rt T", 500, 0, 0x0, k32),
    row("stable_size", "", 'i', "* s", 0, 0, 0x0, k32),
    row("stable_grow", "i", 'i', "* s", 100, 0, 0x0, k32),
    row("stable_write", "iii", '-', "* s", 20, 1, 0x4, k32),
    row("stable_read", "iii", '-', "* s", 20, 1, 0x4, k32),
    row("cost_http_request_v2", "PPP", '-', "* s", 10000, 0, 0x0, kBoth),
    row("mint_cycles128", "llP", '-', "U Ry Rt T", 0, 0, 0x0, kBoth),
});
// clang-format on

}  // namespace detail

inline constexpr auto& kSystemApi = detail::kSystemApi;

/// Position of a function in kSystemApi; nothing for an unknown name.
[[nodiscard]] constexpr std::optional<std::size_t> find_system_function(std::string_view name) {
  for (std::size_t i = 0; i < kSystemApi.size(); ++i) {
    if (kSystemApi[i].name == name) return i;
  }
  return std::nullopt;
}

}  // namespace icpd::execution::wasm
