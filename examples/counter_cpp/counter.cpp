// A counter in C++, without a library: what a canister is, down to its imports.
//
//   clang++-19 --target=wasm32-unknown-unknown -std=c++20 -O2 -ffreestanding -fno-exceptions
//              -fno-rtti -c counter.cpp
//   wasm-ld-19 --no-entry --export-table counter.o -o counter.wasm
//
// service : { increment : () -> (nat64); get : () -> (nat64) query;
//             increment_later : () -> () }
//
// increment_later sets a timer that increments when it fires. Upgrades keep the counter in stable
// memory.
#include <stdint.h>

#define IC0(name) __attribute__((import_module("ic0"), import_name(name)))
#define CANISTER(name) extern "C" __attribute__((export_name(name)))

extern "C" {
IC0("msg_reply_data_append") void ic0_msg_reply_data_append(const void* src, uint32_t size);
IC0("msg_reply") void ic0_msg_reply();
IC0("stable64_size") int64_t ic0_stable64_size();
IC0("stable64_grow") int64_t ic0_stable64_grow(int64_t pages);
IC0("stable64_read") void ic0_stable64_read(int64_t dst, int64_t offset, int64_t size);
IC0("stable64_write") void ic0_stable64_write(int64_t offset, int64_t src, int64_t size);
IC0("time") int64_t ic0_time();
IC0("global_timer_set") int64_t ic0_global_timer_set(int64_t time);
}

namespace {

uint64_t counter = 0;

/// "DIDL", no type table, one argument of type nat64.
struct __attribute__((packed)) Nat64Reply {
  char magic[4] = {'D', 'I', 'D', 'L'};
  uint8_t types = 0;
  uint8_t arguments = 1;
  uint8_t nat64 = 0x78;
  uint64_t value = 0;
};
static_assert(sizeof(Nat64Reply) == 15);

void reply(uint64_t value) {
  Nat64Reply message;
  message.value = value;
  ic0_msg_reply_data_append(&message, sizeof message);
  ic0_msg_reply();
}

void reply_nothing() {
  ic0_msg_reply_data_append("DIDL\0\0", 6);
  ic0_msg_reply();
}

}  // namespace

CANISTER("canister_update increment") void increment() {
  reply(++counter);
}
CANISTER("canister_query get") void get() {
  reply(counter);
}

CANISTER("canister_update increment_later") void increment_later() {
  ic0_global_timer_set(ic0_time() + 1);
  reply_nothing();
}
CANISTER("canister_global_timer") void timer() {
  ++counter;
}

CANISTER("canister_pre_upgrade") void pre_upgrade() {
  if (ic0_stable64_size() == 0) ic0_stable64_grow(1);
  ic0_stable64_write(0, reinterpret_cast<intptr_t>(&counter), sizeof counter);
}
CANISTER("canister_post_upgrade") void post_upgrade() {
  ic0_stable64_read(reinterpret_cast<intptr_t>(&counter), 0, sizeof counter);
}
