// A counter in C++, without a library: what a canister is, down to its imports.
//
//   clang++-19 --target=wasm32-unknown-unknown -std=c++20 -O2 -ffreestanding -fno-exceptions
//              -fno-rtti -c counter.cpp
//   wasm-ld-19 --no-entry --export-table counter.o -o counter.wasm
//
// service : { increment : () -> (nat64); get : () -> (nat64) query;
//             relay : (principal) -> (nat64); increment_later : () -> () }
//
// relay increments the counter of another canister and passes its answer on; increment_later sets a
// timer that increments when it fires. Upgrades keep the counter in stable memory.
#include <stdint.h>

#define IC0(name) __attribute__((import_module("ic0"), import_name(name)))
#define CANISTER(name) extern "C" __attribute__((export_name(name)))

extern "C" {
IC0("msg_reply_data_append") void ic0_msg_reply_data_append(const void* src, uint32_t size);
IC0("msg_reply") void ic0_msg_reply();
IC0("msg_reject") void ic0_msg_reject(const char* text, uint32_t size);
IC0("msg_arg_data_size") uint32_t ic0_msg_arg_data_size();
IC0("msg_arg_data_copy") void ic0_msg_arg_data_copy(void* dst, uint32_t offset, uint32_t size);
IC0("call_new")
void ic0_call_new(const void* callee, uint32_t callee_size, const char* name, uint32_t name_size,
                  void (*on_reply)(uint32_t), uint32_t reply_env, void (*on_reject)(uint32_t),
                  uint32_t reject_env);
IC0("call_data_append") void ic0_call_data_append(const void* src, uint32_t size);
IC0("call_perform") uint32_t ic0_call_perform();
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

template <uint32_t size>
void reject(const char (&text)[size]) {
  ic0_msg_reject(text, size - 1);
}

/// The one argument of type principal in a Candid message: "DIDL", no types, one value of type
/// principal (0x68), which is given as bytes (1), their number, and they themselves.
struct PrincipalArgument {
  static constexpr uint32_t kHeadSize = 9;
  static constexpr uint32_t kSizeMax = 29;
  uint8_t bytes[kHeadSize + kSizeMax];
  uint32_t size = 0;

  PrincipalArgument() {
    const uint32_t message = ic0_msg_arg_data_size();
    if (message < kHeadSize || message > sizeof bytes) return;
    ic0_msg_arg_data_copy(bytes, 0, message);
    const uint8_t head[] = {'D', 'I', 'D', 'L', 0, 1, 0x68, 1};
    for (uint32_t i = 0; i < sizeof head; ++i)
      if (bytes[i] != head[i]) return;
    if (bytes[kHeadSize - 1] == message - kHeadSize) size = message - kHeadSize;
  }
};

/// The answer of the other canister is one of type nat64 already.
void pass_on(uint32_t) {
  uint8_t answer[sizeof(Nat64Reply)];
  if (ic0_msg_arg_data_size() != sizeof answer) return reject("the other canister is no counter");
  ic0_msg_arg_data_copy(answer, 0, sizeof answer);
  ic0_msg_reply_data_append(answer, sizeof answer);
  ic0_msg_reply();
}
void pass_reject(uint32_t) {
  reject("the other canister didn't answer");
}

}  // namespace

CANISTER("canister_update relay") void relay() {
  const PrincipalArgument other;
  if (other.size == 0) return reject("the argument is a principal");
  ic0_call_new(other.bytes + PrincipalArgument::kHeadSize, other.size, "increment", 9, pass_on, 0,
               pass_reject, 0);
  ic0_call_data_append("DIDL\0\0", 6);
  if (ic0_call_perform() != 0) reject("the call could not be made");
}

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
