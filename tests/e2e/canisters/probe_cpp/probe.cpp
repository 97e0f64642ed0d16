// What a C++ canister may do, one method each: the same interface as Probe.mo, without a library.
// What must outlive an upgrade is written to stable memory at once.
#include "candid.hpp"

using namespace candid;

namespace {

constexpr uint64_t kPage = 65536;
constexpr uint64_t kSecond = 1'000'000'000;
constexpr usize kMessageMax = 2 * 1024 * 1024 + 1024;
constexpr usize kPrincipalMax = 29;
const Span kManagement{nullptr, 0};
const Span kNoArguments("DIDL\0\0");

uint8_t message_buffer[kMessageMax];
uint64_t beat_count = 0, tick_count = 0, ring_count = 0;

// --- messages ---------------------------------------------------------------------------------

Span message() {
  const usize size = ic0::msg_arg_data_size();
  if (size > sizeof message_buffer) trap("too large a message");
  ic0::msg_arg_data_copy(message_buffer, 0, size);
  return {message_buffer, size};
}
Reader arguments() {
  return Reader(message());
}
Writer reply() {
  return Writer(ic0::msg_reply_data_append);
}
void reply_nothing() {
  reply().leb(0).leb(0);
  ic0::msg_reply();
}
void reply_nat64(uint64_t value) {
  reply().leb(0).leb(1).types(kNat64).fixed(value);
  ic0::msg_reply();
}
void reply_principal(Span id) {
  reply().leb(0).leb(1).types(kPrincipal).principal(id);
  ic0::msg_reply();
}
/// The head of a reply that is one blob of this size.
Writer reply_blob(uint64_t size) {
  return reply().leb(1).types(kVec, kNat8).leb(1).types(0).leb(size);
}
void reject(Span text) {
  ic0::msg_reject(text.data, text.size);
}
struct Caller {
  uint8_t bytes[kPrincipalMax];
  Span id{bytes, ic0::msg_caller_size()};
  Caller() { ic0::msg_caller_copy(bytes, 0, id.size); }
};

// --- calls ------------------------------------------------------------------------------------

/// The other canister's answer is ours.
void pass_on(usize) {
  const Span answer = message();
  ic0::msg_reply_data_append(answer.data, answer.size);
  ic0::msg_reply();
}
void pass_reject(usize) {
  reject("the other canister didn't answer");
}
void call(Span callee, Span method, ic0::Callback on_reply, ic0::Callback on_reject = pass_reject) {
  ic0::call_new(callee.data, callee.size, method.data, method.size, on_reply, 0, on_reject, 0);
}
Writer call_arguments() {
  return Writer(ic0::call_data_append);
}
void perform() {
  if (ic0::call_perform() != 0) reject("the call could not be made");
}

// --- stable memory: visitors, texts, and from the second page on what `remember` is told
// ----------

struct Text {
  uint64_t key = 0;
  uint64_t size = 0;
  uint8_t bytes[112] = {};
};
constexpr uint64_t kVisitorsAt = 0, kTextCountAt = 8, kTextsAt = 16;
constexpr uint64_t kTextsMax = (kPage - kTextsAt) / sizeof(Text);

void stable_grow_to(uint64_t size_bytes) {
  const uint64_t pages = (size_bytes + kPage - 1) / kPage, now = ic0::stable64_size();
  if (now < pages && ic0::stable64_grow(pages - now) != now) trap("no stable memory");
}
template <typename Value>
Value stable_get(uint64_t at) {
  Value value{};
  if (ic0::stable64_size() > 0)
    ic0::stable64_read(reinterpret_cast<usize>(&value), at, sizeof value);
  return value;
}
template <typename Value>
void stable_set(uint64_t at, const Value& value) {
  stable_grow_to(kPage);
  ic0::stable64_write(at, reinterpret_cast<usize>(&value), sizeof value);
}
/// Where the text with this key is, or would be added.
uint64_t text_index(uint64_t key) {
  const uint64_t count = stable_get<uint64_t>(kTextCountAt);
  uint64_t index = 0;
  while (index < count && stable_get<uint64_t>(kTextsAt + index * sizeof(Text)) != key)
    ++index;
  return index;
}

// --- timers: a canister has one, which is always set to the next of these
// ---------------------------

struct Alarm {
  uint64_t* count;
  uint64_t every = 0;
  uint64_t at = 0;
};
Alarm alarms[] = {{&tick_count, kSecond}, {&ring_count}};
Alarm& ticking = alarms[0];
Alarm& ringing = alarms[1];

void set_timer() {
  uint64_t next = 0;
  for (const Alarm& alarm : alarms)
    if (alarm.at != 0 && (next == 0 || alarm.at < next)) next = alarm.at;
  ic0::global_timer_set(next);
}
void start(Alarm& alarm) {
  alarm.at = ic0::time() + kSecond;
  set_timer();
}

}  // namespace

CANISTER("init") void init() {
  start(ticking);
}
CANISTER("post_upgrade") void post_upgrade() {
  start(ticking);
}
CANISTER("global_timer") void global_timer() {
  const uint64_t now = ic0::time();
  for (Alarm& alarm : alarms) {
    if (alarm.at == 0 || alarm.at > now) continue;
    ++*alarm.count;
    alarm.at = alarm.every == 0 ? 0 : now + alarm.every;
  }
  set_timer();
}
CANISTER("heartbeat") void heartbeat() {
  ++beat_count;
}

/// Nobody without a key may spend this canister's cycles on `guarded`.
CANISTER("inspect_message") void inspect_message() {
  const uint8_t anonymous[] = {4};
  const usize size = ic0::msg_method_name_size();
  ic0::msg_method_name_copy(message_buffer, 0, size);
  if (!(Span{message_buffer, size} == Span("guarded")) ||
      !(Caller().id == Span{anonymous, sizeof anonymous}))
    ic0::accept_message();
}
CANISTER("update guarded") void guarded() {
  reply_principal(Caller().id);
}
CANISTER("query whoami") void whoami() {
  reply_principal(Caller().id);
}

CANISTER("update put") void put() {
  Reader reader = arguments();
  Text text{.key = reader.nat64()};
  const Span value = reader.text();
  const uint64_t index = text_index(text.key);
  if (value.size > sizeof text.bytes || index >= kTextsMax) return reject("no room");
  text.size = value.size;
  for (usize i = 0; i < value.size; ++i)
    text.bytes[i] = value.data[i];
  stable_set(kTextsAt + index * sizeof text, text);
  if (index >= stable_get<uint64_t>(kTextCountAt)) stable_set(kTextCountAt, index + 1);
  reply_nothing();
}
CANISTER("query lookup") void lookup() {
  const uint64_t index = text_index(arguments().nat64());
  Writer out = reply().leb(1).types(kOpt, kText).leb(1).types(0);
  if (index < stable_get<uint64_t>(kTextCountAt)) {
    const Text text = stable_get<Text>(kTextsAt + index * sizeof(Text));
    out.fixed<uint8_t>(1).sized({text.bytes, static_cast<usize>(text.size)});
  } else {
    out.fixed<uint8_t>(0);
  }
  ic0::msg_reply();
}
/// Stable memory by its addresses.
CANISTER("update remember") void remember() {
  Reader reader = arguments();
  const uint64_t at = kPage + reader.nat64();
  const Span bytes = reader.blob();
  stable_grow_to(at + bytes.size);
  ic0::stable64_write(at, reinterpret_cast<usize>(bytes.data), bytes.size);
  reply_nothing();
}
CANISTER("query recall") void recall() {
  Reader reader = arguments();
  const uint64_t at = kPage + reader.nat64(), size = reader.nat64();
  if (size > sizeof message_buffer) trap("too much at once");
  ic0::stable64_read(reinterpret_cast<usize>(message_buffer), at, size);
  reply_blob(size).bytes({message_buffer, static_cast<usize>(size)});
  ic0::msg_reply();
}

CANISTER("query beats") void beats() {
  reply_nat64(beat_count);
}
CANISTER("query ticks") void ticks() {
  reply_nat64(tick_count);
}
/// A timer that fires once.
CANISTER("update ring") void ring() {
  start(ringing);
  reply_nothing();
}
CANISTER("query rings") void rings() {
  reply_nat64(ring_count);
}

CANISTER("query balance") void balance() {
  unsigned __int128 cycles = 0;
  ic0::canister_cycle_balance128(&cycles);
  reply().leb(0).leb(1).types(kNat).leb(cycles);
  ic0::msg_reply();
}
CANISTER("update accept") void accept() {
  unsigned __int128 accepted = 0;
  ic0::msg_cycles_accept128(0, arguments().nat64(), &accepted);
  reply_nat64(static_cast<uint64_t>(accepted));
}
/// Sends cycles along with a call that keeps some of them; gives what came back.
CANISTER("update pay") void pay() {
  Reader reader = arguments();
  const Span other = reader.principal();
  const uint64_t sent = reader.nat64(), kept = reader.nat64();
  call(other, "accept", [](usize) {
    unsigned __int128 refunded = 0;
    ic0::msg_cycles_refunded128(&refunded);
    reply_nat64(static_cast<uint64_t>(refunded));
  });
  call_arguments().leb(0).leb(1).types(kNat64).fixed(kept);
  ic0::call_cycles_add128(0, sent);
  perform();
}
/// What the other canister has under a key.
CANISTER("update ask") void ask() {
  Reader reader = arguments();
  call(reader.principal(), "lookup", pass_on);
  call_arguments().leb(0).leb(1).types(kNat64).fixed(reader.nat64());
  perform();
}

CANISTER("update boom") void boom() {
  trap("as it was told");
}
CANISTER("update refuse") void refuse() {
  reject("not today");
}
/// Code and text with which a call without arguments is rejected; code 0 for a reply.
CANISTER("update caught") void caught() {
  static constexpr auto answer = [](uint32_t code, Span text) {
    static_assert(field("code") < field("text"));
    reply()
        .leb(1)
        .types(kRecord)
        .leb(2)
        .leb(field("code"))
        .types(kNat32)
        .leb(field("text"))
        .types(kText)
        .leb(1)
        .types(0)
        .fixed(code)
        .sized(text);
    ic0::msg_reply();
  };
  Reader reader = arguments();
  const Span other = reader.principal();
  call(
      other, reader.text(), [](usize) { answer(0, ""); },
      [](usize) {
        const usize size = ic0::msg_reject_msg_size();
        if (size > sizeof message_buffer) trap("too large a message");
        ic0::msg_reject_msg_copy(message_buffer, 0, size);
        answer(ic0::msg_reject_code(), {message_buffer, size});
      });
  ic0::call_data_append(kNoArguments.data, kNoArguments.size);
  perform();
}

namespace {
/// The certificate of this query, into the message's place.
Span certificate_now() {
  if (ic0::data_certificate_present() == 0) return {};
  const usize size = ic0::data_certificate_size();
  if (size > sizeof message_buffer) trap("too large a certificate");
  ic0::data_certificate_copy(message_buffer, 0, size);
  return {message_buffer, size};
}
}  // namespace
CANISTER("update certify") void certify() {
  const Span data = arguments().blob();
  ic0::certified_data_set(data.data, data.size);
  reply_nothing();
}
CANISTER("query certificate") void certificate() {
  const Span bytes = certificate_now();
  Writer out = reply().leb(2).types(kVec, kNat8).types(kOpt, 0).leb(1).types(1);
  if (bytes.size > 0)
    out.fixed<uint8_t>(1).sized(bytes);
  else
    out.fixed<uint8_t>(0);
  ic0::msg_reply();
}

CANISTER("update random") void random() {
  call(kManagement, "raw_rand", pass_on);
  ic0::call_data_append(kNoArguments.data, kNoArguments.size);
  perform();
}
/// Makes a canister that this one controls.
CANISTER("update spawn") void spawn() {
  call(kManagement, "create_canister", [](usize) {
    Span id;
    Reader reader = arguments();
    reader.record([&](uint32_t number, int64_t type) {
      if (number == field("canister_id"))
        id = reader.principal_of(type);
      else
        reader.pass_over(type);
    });
    reply_principal(id);
  });
  call_arguments().leb(1).types(kRecord).leb(0).leb(1).types(0);  // no settings
  ic0::call_cycles_add128(0, 3'000'000'000'000);
  perform();
}

CANISTER("update size") void size() {
  reply_nat64(arguments().blob().size);
}
CANISTER("query bytes") void bytes() {
  const uint64_t count = arguments().nat64();
  if (count > sizeof message_buffer) trap("too much at once");
  for (uint64_t i = 0; i < count; ++i)
    message_buffer[i] = 7;
  reply_blob(count).bytes({message_buffer, static_cast<usize>(count)});
  ic0::msg_reply();
}
CANISTER("update log") void log() {
  const Span text = arguments().text();
  ic0::debug_print(text.data, text.size);
  reply_nothing();
}

// --- HTTP -------------------------------------------------------------------------------------

namespace {

struct HttpRequest {
  Span method, url, headers, body;
  uint64_t header_count = 0;

  HttpRequest() {
    Reader reader = arguments();
    reader.record([&](uint32_t number, int64_t type) {
      if (number == field("method"))
        method = reader.text_of(type);
      else if (number == field("url"))
        url = reader.text_of(type);
      else if (number == field("headers"))
        headers = reader.text_pairs_of(type, header_count);
      else if (number == field("body"))
        body = reader.blob_of(type);
      else
        reader.pass_over(type);
    });
  }
};

/// `upgrade` true asks the gateway to come again with an update. The headers are one of the
/// canister's own, if it has a name, and those of the request, if they are given.
struct HttpResponse {
  uint16_t status;
  Span name{}, value{};
  Span body{};
  bool upgrade = false;
  const HttpRequest* echo = nullptr;

  void send() const {
    static_assert(field("body") < field("headers") && field("headers") < field("upgrade") &&
                  field("upgrade") < field("status_code"));
    enum : int64_t { kBlob, kPair, kPairs, kOptBool, kResponse, kCount };
    Writer out = reply().leb(kCount);
    out.types(kVec, kNat8)
        .types(kRecord, 2, 0, kText, 1, kText)
        .types(kVec, kPair)
        .types(kOpt, kBool);
    out.types(kRecord, 4).leb(field("body")).types(kBlob).leb(field("headers")).types(kPairs);
    out.leb(field("upgrade")).types(kOptBool).leb(field("status_code")).types(kNat16);
    out.leb(1).types(kResponse);
    out.sized(body).leb((name.size > 0 ? 1 : 0) + (echo ? echo->header_count : 0));
    if (name.size > 0) out.sized(name).sized(value);
    if (echo) out.bytes(echo->headers);
    if (upgrade)
      out.fixed<uint8_t>(1).fixed<uint8_t>(1);
    else
      out.fixed<uint8_t>(0);
    out.fixed(status);
    ic0::msg_reply();
  }
};

void send_plain(uint16_t status, Span body) {
  HttpResponse{.status = status, .name = "content-type", .value = "text/plain", .body = body}
      .send();
}
void send_number(uint64_t number) {
  uint8_t digits[20];
  usize first = sizeof digits;
  do
    digits[--first] = static_cast<uint8_t>('0' + number % 10);
  while ((number /= 10) > 0);
  send_plain(200, {digits + first, sizeof digits - first});
}
void send_not_found(Span url) {
  uint8_t text[256] = {'n', 'o', ' '};
  usize size = 3;
  for (usize i = 0; i < url.size && size < sizeof text; ++i)
    text[size++] = url.data[i];
  send_plain(404, {text, size});
}

}  // namespace

CANISTER("query http_request") void http_request() {
  const HttpRequest request;
  if (!(request.method == Span("GET"))) return HttpResponse{.status = 200, .upgrade = true}.send();
  if (request.url == Span("/visitors")) return send_number(stable_get<uint64_t>(kVisitorsAt));
  if (request.url == Span("/certificate"))
    return HttpResponse{.status = 200, .body = certificate_now()}.send();
  send_not_found(request.url);
}
/// Counts who comes; gives headers and body back.
CANISTER("update http_request_update") void http_request_update() {
  const HttpRequest request;
  stable_set(kVisitorsAt, stable_get<uint64_t>(kVisitorsAt) + 1);
  HttpResponse{.status = 201,
               .name = "x-method",
               .value = request.method,
               .body = request.body,
               .echo = &request}
      .send();
}
