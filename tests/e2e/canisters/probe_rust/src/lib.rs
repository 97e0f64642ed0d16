//! What a Rust canister may do, one method each: the same interface as Probe.mo. The map lives in
//! stable structures, timers and heartbeats count, calls carry cycles.
use std::cell::{Cell, RefCell};
use std::time::Duration;

use candid::{CandidType, Deserialize, Nat, Principal};
use ic_cdk::call::{Call, CallFailed};
use ic_cdk::{api, heartbeat, init, inspect_message, post_upgrade, query, update};
use ic_stable_structures::memory_manager::{MemoryId, MemoryManager, VirtualMemory};
use ic_stable_structures::{DefaultMemoryImpl, Memory as _, StableBTreeMap, StableCell};

type Memory = VirtualMemory<DefaultMemoryImpl>;

thread_local! {
    static MEMORY: RefCell<MemoryManager<DefaultMemoryImpl>> =
        RefCell::new(MemoryManager::init(DefaultMemoryImpl::default()));
    static TEXTS: RefCell<StableBTreeMap<u64, String, Memory>> = RefCell::new(StableBTreeMap::init(
        MEMORY.with_borrow(|memory| memory.get(MemoryId::new(0))),
    ));
    static VISITORS: RefCell<StableCell<u64, Memory>> = RefCell::new(StableCell::init(
        MEMORY.with_borrow(|memory| memory.get(MemoryId::new(1))),
        0,
    ));
    static BEATS: Cell<u64> = const { Cell::new(0) };
    static TICKS: Cell<u64> = const { Cell::new(0) };
    static RINGS: Cell<u64> = const { Cell::new(0) };
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

/// Stable memory by its addresses, in a virtual memory of its own.
fn addressed() -> Memory {
    MEMORY.with_borrow(|memory| memory.get(MemoryId::new(2)))
}
#[update]
fn remember(offset: u64, bytes: Vec<u8>) {
    const PAGE: u64 = 65536;
    let memory = addressed();
    let pages = (offset + bytes.len() as u64).div_ceil(PAGE);
    if memory.size() < pages {
        assert!(memory.grow(pages - memory.size()) >= 0);
    }
    memory.write(offset, &bytes);
}
#[query]
fn recall(offset: u64, size: u64) -> Vec<u8> {
    let mut bytes = vec![0; size as usize];
    addressed().read(offset, &mut bytes);
    bytes
}

#[query]
fn beats() -> u64 {
    BEATS.get()
}
#[query]
fn ticks() -> u64 {
    TICKS.get()
}
/// A timer that fires once.
#[update]
fn ring() {
    ic_cdk_timers::set_timer(Duration::from_secs(1), async { RINGS.set(RINGS.get() + 1) });
}
#[query]
fn rings() -> u64 {
    RINGS.get()
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

/// What the other canister has under a key.
#[update]
async fn ask(other: Principal, key: u64) -> Option<String> {
    Call::unbounded_wait(other, "lookup")
        .with_arg(key)
        .await
        .expect("the other canister answers")
        .candid()
        .expect("with a text or none")
}

#[update]
fn boom() {
    api::trap("as it was told");
}
#[update(manual_reply = true)]
fn refuse() {
    api::msg_reject("not today");
}
#[derive(CandidType)]
struct Reject {
    code: u32,
    text: String,
}
/// Code and text with which a call without arguments is rejected; code 0 for a reply.
#[update]
async fn caught(other: Principal, method: String) -> Reject {
    match Call::bounded_wait(other, &method).await {
        Ok(_) => Reject { code: 0, text: String::new() },
        Err(CallFailed::CallRejected(reject)) => Reject {
            code: reject.raw_reject_code(),
            text: reject.reject_message().to_string(),
        },
        Err(other) => Reject { code: 99, text: other.to_string() },
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

#[update]
fn log(text: String) {
    api::debug_print(text);
}

type Header = (String, String);
#[derive(CandidType, Deserialize)]
struct HttpRequest {
    method: String,
    url: String,
    headers: Vec<Header>,
    body: Vec<u8>,
}
#[derive(CandidType)]
struct HttpResponse {
    status_code: u16,
    headers: Vec<Header>,
    body: Vec<u8>,
    upgrade: Option<bool>,
}
fn plain(status_code: u16, text: String) -> HttpResponse {
    let headers = vec![("content-type".to_string(), "text/plain".to_string())];
    HttpResponse { status_code, headers, body: text.into_bytes(), upgrade: None }
}
#[query]
fn http_request(request: HttpRequest) -> HttpResponse {
    let bare = HttpResponse { status_code: 200, headers: vec![], body: vec![], upgrade: None };
    match (request.method.as_str(), request.url.as_str()) {
        ("GET", "/visitors") => plain(200, VISITORS.with_borrow(|count| count.get().to_string())),
        ("GET", "/certificate") => {
            HttpResponse { body: api::data_certificate().unwrap_or_default(), ..bare }
        }
        ("GET", url) => plain(404, format!("no {url}")),
        _ => HttpResponse { upgrade: Some(true), ..bare },
    }
}
/// Counts who comes; gives headers and body back.
#[update]
fn http_request_update(request: HttpRequest) -> HttpResponse {
    VISITORS.with_borrow_mut(|count| {
        let next = *count.get() + 1;
        count.set(next);
    });
    let mut headers = vec![("x-method".to_string(), request.method)];
    headers.extend(request.headers);
    HttpResponse { status_code: 201, headers, body: request.body, upgrade: None }
}

ic_cdk::export_candid!();
