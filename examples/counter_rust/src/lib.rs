//! A counter in Rust: the value lives in a stable cell and so survives upgrades; `relay` calls
//! another canister; `increment_later` uses a timer.
use std::cell::RefCell;
use std::time::Duration;

use candid::Principal;
use ic_cdk::call::Call;
use ic_cdk::{query, update};
use ic_stable_structures::{Cell, DefaultMemoryImpl};

thread_local! {
    static COUNTER: RefCell<Cell<u64, DefaultMemoryImpl>> =
        RefCell::new(Cell::init(DefaultMemoryImpl::default(), 0));
}

fn add_one() -> u64 {
    COUNTER.with_borrow_mut(|cell| {
        let next = *cell.get() + 1;
        cell.set(next);
        next
    })
}

#[update]
fn increment() -> u64 {
    add_one()
}

#[query]
fn get() -> u64 {
    COUNTER.with_borrow(|cell| *cell.get())
}

/// Increments the counter of another canister and gives its answer.
#[update]
async fn relay(other: Principal) -> u64 {
    Call::unbounded_wait(other, "increment")
        .await
        .expect("the other canister answers")
        .candid()
        .expect("the other canister answers with a number")
}

#[update]
fn increment_later() {
    ic_cdk_timers::set_timer(Duration::from_secs(1), async { add_one(); });
}

ic_cdk::export_candid!();
