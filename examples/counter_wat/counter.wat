;; A counter in WebAssembly text: needs no compiler but icpd itself.
;;
;;   service : { increment : () -> (nat64); get : () -> (nat64) query }
;;
;; The answer lies at address 0 as a ready Candid message: "DIDL", no types, one value of type
;; nat64 (0x78), then the counter itself. The counter survives upgrades in stable memory.
(module
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "certified_data_set" (func $certify (param i32 i32)))
  (import "ic0" "stable64_size" (func $stable_size (result i64)))
  (import "ic0" "stable64_grow" (func $stable_grow (param i64) (result i64)))
  (import "ic0" "stable64_write" (func $stable_write (param i64 i64 i64)))
  (import "ic0" "stable64_read" (func $stable_read (param i64 i64 i64)))

  (memory (export "memory") 1)
  (data (i32.const 0) "DIDL\00\01\78")

  (func $answer
    (call $append (i32.const 0) (i32.const 15))
    (call $reply))

  (func (export "canister_update increment")
    (i64.store align=1 (i32.const 7)
      (i64.add (i64.load align=1 (i32.const 7)) (i64.const 1)))
    (call $certify (i32.const 7) (i32.const 8))
    (call $answer))

  (func (export "canister_query get")
    (call $answer))

  (func (export "canister_pre_upgrade")
    (if (i64.eqz (call $stable_size)) (then (drop (call $stable_grow (i64.const 1)))))
    (call $stable_write (i64.const 0) (i64.const 7) (i64.const 8)))

  (func (export "canister_post_upgrade")
    (call $stable_read (i64.const 7) (i64.const 0) (i64.const 8))
    (call $certify (i32.const 7) (i32.const 8)))

  (@custom "icp:public candid:service"
    "service : { increment : () -> (nat64); get : () -> (nat64) query }")
)
