// The part of the System API that the probe uses. Addresses and sizes are as wide as the memory of
// the canister, so the same source makes a 32-bit and a 64-bit canister.
#pragma once
#include <stdint.h>

using usize = __UINTPTR_TYPE__;

#define IC0(name) extern "C" __attribute__((import_module("ic0"), import_name(#name)))
#define CANISTER(name) extern "C" __attribute__((export_name("canister_" name)))

namespace ic0 {

using Callback = void (*)(usize env);

IC0(msg_arg_data_size) usize msg_arg_data_size();
IC0(msg_arg_data_copy) void msg_arg_data_copy(void* dst, usize offset, usize size);
IC0(msg_caller_size) usize msg_caller_size();
IC0(msg_caller_copy) void msg_caller_copy(void* dst, usize offset, usize size);
IC0(msg_method_name_size) usize msg_method_name_size();
IC0(msg_method_name_copy) void msg_method_name_copy(void* dst, usize offset, usize size);
IC0(accept_message) void accept_message();
IC0(msg_reject_code) uint32_t msg_reject_code();
IC0(msg_reject_msg_size) usize msg_reject_msg_size();
IC0(msg_reject_msg_copy) void msg_reject_msg_copy(void* dst, usize offset, usize size);
IC0(msg_reply_data_append) void msg_reply_data_append(const void* src, usize size);
IC0(msg_reply) void msg_reply();
IC0(msg_reject) void msg_reject(const void* text, usize size);

IC0(call_new)
void call_new(const void* callee, usize callee_size, const void* method, usize method_size,
              Callback on_reply, usize reply_env, Callback on_reject, usize reject_env);
IC0(call_data_append) void call_data_append(const void* src, usize size);
IC0(call_cycles_add128) void call_cycles_add128(uint64_t high, uint64_t low);
IC0(call_perform) uint32_t call_perform();

IC0(msg_cycles_accept128) void msg_cycles_accept128(uint64_t high, uint64_t low, void* dst);
IC0(msg_cycles_refunded128) void msg_cycles_refunded128(void* dst);
IC0(canister_cycle_balance128) void canister_cycle_balance128(void* dst);

IC0(stable64_size) uint64_t stable64_size();
IC0(stable64_grow) uint64_t stable64_grow(uint64_t pages);
IC0(stable64_read) void stable64_read(uint64_t dst, uint64_t offset, uint64_t size);
IC0(stable64_write) void stable64_write(uint64_t offset, uint64_t src, uint64_t size);

IC0(certified_data_set) void certified_data_set(const void* src, usize size);
IC0(data_certificate_present) uint32_t data_certificate_present();
IC0(data_certificate_size) usize data_certificate_size();
IC0(data_certificate_copy) void data_certificate_copy(void* dst, usize offset, usize size);

IC0(time) uint64_t time();
IC0(global_timer_set) uint64_t global_timer_set(uint64_t at);
IC0(debug_print) void debug_print(const void* text, usize size);
IC0(trap) [[noreturn]] void trap(const void* text, usize size);

}  // namespace ic0
