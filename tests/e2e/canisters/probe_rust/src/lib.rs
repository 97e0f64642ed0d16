//! What a Rust canister may do, one method each: the same interface as Probe.mo. The map lives in
//! stable structures, timers and heartbeats count, calls carry cycles.
use std::cell::{Cell, RefCell};
use std::time::Duration;

use candid::{CandidType, Deserialize, Nat, Principal};
use ic_cdk::call::Call;
use ic_cdk::{api, heartbeat, init, inspect_message, post_upgrade, query, update};
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager, VirtualMemory};
use ic_stable_structures::{DefaultMemoryImpl, StableBTreeMap};

type Memory = VirtualMemory<DefaultMemoryImpl>;

thread_local! {
    static MEMORY: RefCell<MemoryManager<DefaultMemoryImpl>> =
        RefCell::new(MemoryManager::init(DefaultMemoryImpl::default()));
    static TEXTS: RefCell<StableBTreeMap<u64, String, Memory>> = RefCell::new(StableBTreeMap::init(
        MEMORY.with_borrow(|memory| memory.get(MemoryId::new(0))),
    ));
    static BEATS: Cell<u64> = const { Cell::new(0) };
    static TICKS: Cell<u64> = const { Cell::new(0) };
}

#[init]
fn init() {
    ic_cdk_timers::set_timer_interval(Duration::from_secs(1), || async {
        TICKS.set(TICKS.get() + 1);
    });
}
#[post_upgrade]
fn post_upgrade() {
    init();
}
#[heartbeat]
fn heartbeat() {
    BEATS.set(BEATS.get() + 1);
}

/// Nobody without a key may spend this canister's cycles on `guarded`.
#[inspect_message]
fn inspect_message() {
    if api::msg_method_name() != "guarded" || api::msg_caller() != Principal::anonymous() {
        api::accept_message();
    }
}
#[update]
fn guarded() -> Principal {
    api::msg_caller()
}

#[update]
fn put(key: u64, text: String) {
    TEXTS.with_borrow_mut(|texts| texts.insert(key, text));
}
#[query]
fn lookup(key: u64) -> Option<String> {
    TEXTS.with_borrow(|texts| texts.get(&key))
}
#[query]
fn beats() -> u64 {
    BEATS.get()
}
#[query]
fn ticks() -> u64 {
    TICKS.get()
}
#[query]
fn whoami() -> Principal {
    api::msg_caller()
}
#[query]
fn balance() -> Nat {
    Nat::from(api::canister_cycle_balance())
}

#[update]
fn accept(at_most: u64) -> u64 {
    api::msg_cycles_accept(u128::from(at_most)) as u64
}
/// Sends cycles along with a call that keeps some of them; gives what came back.
#[update]
async fn pay(other: Principal, sent: u64, kept: u64) -> u64 {
    Call::unbounded_wait(other, "accept")
        .with_arg(kept)
        .with_cycles(u128::from(sent))
        .await
        .expect("the other canister answers");
    api::msg_cycles_refunded() as u64
}

#[update]
fn boom() {
    api::trap("as it was told");
}
/// The text with which a call to `boom` is rejected.
#[update]
async fn caught(other: Principal) -> String {
    match Call::bounded_wait(other, "boom").await {
        Ok(_) => "no reject".to_string(),
        Err(error) => error.to_string(),
    }
}

#[update]
fn certify(data: Vec<u8>) {
    api::certified_data_set(data);
}
#[query]
fn certificate() -> Option<Vec<u8>> {
    api::data_certificate()
}

#[update]
async fn random() -> Vec<u8> {
    Call::unbounded_wait(Principal::management_canister(), "raw_rand")
        .await
        .expect("the system answers")
        .candid()
        .expect("with bytes")
}

#[derive(CandidType)]
struct CreateArgs {
    settings: Option<()>,
}
#[derive(CandidType, Deserialize)]
struct Created {
    canister_id: Principal,
}
/// Makes a canister that this one controls.
#[update]
async fn spawn() -> Principal {
    let created: Created = Call::unbounded_wait(Principal::management_canister(), "create_canister")
        .with_arg(CreateArgs { settings: None })
        .with_cycles(3_000_000_000_000)
        .await
        .expect("the system answers")
        .candid()
        .expect("with an id");
    created.canister_id
}

#[update]
fn size(bytes: Vec<u8>) -> u64 {
    bytes.len() as u64
}
#[query]
fn bytes(count: u64) -> Vec<u8> {
    vec![7; count as usize]
}

ic_cdk::export_candid!();
