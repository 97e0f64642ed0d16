#include "sim/clients.hpp"

#include <array>

#include "certification/envelope.hpp"
#include "codec/candid_mapping.hpp"
#include "codec/der.hpp"
#include "crypto/ed25519.hpp"
#include "execution/management_types.hpp"
#include "sim/network.hpp"

namespace icpd::sim {

namespace {

constexpr std::size_t kOpenMax = 12;
/// How long calls live; the longest that a node takes is five minutes from its clock.
constexpr std::array kLifetimes = {Duration::seconds(4), Duration::seconds(60),
                                   Duration::seconds(60), Duration::seconds(295)};
/// After that nobody waits for an answer.
constexpr Duration kPatience = Duration::seconds(10);
/// Calls that were answered and may be sent again.
constexpr std::size_t kAnsweredMax = 200;

const crypto::Ed25519SecretKey& user_key() {
  static const crypto::Ed25519SecretKey key{
      crypto::Ed25519SecretKey::Seed(crypto::sha256("a user").view())};
  return key;
}

Bytes user_key_der() {
  return codec::der::wrap_public_key(codec::der::KeyAlgorithm::kEd25519, user_key().public_key());
}

types::Principal user() {
  return types::Principal::self_authenticating(user_key_der());
}

Clients::Message parsed(Slice bytes) {
  types::IngressMessage message{certification::parse_envelope(bytes).value(),
                                *types::IngressHash::from(crypto::sha256(bytes))};
  return Clients::Message(std::move(message));
}

Clients::Message sealed(const types::CallContent& call) {
  std::optional<certification::EnvelopeSignature> signature;
  if (call.sender != types::Principal::anonymous()) {
    const Bytes message = certification::request_message(certification::request_id(call));
    signature = {Slice(user_key_der()), Slice::copy_of(user_key().sign(message)), {}};
  }
  return parsed(Slice(certification::encode_envelope(call, signature)));
}

/// The same request in other bytes: without the tag that says that CBOR follows.
Clients::Message in_another_envelope(const Clients::Message& message) {
  constexpr std::size_t kTagSize = 3;
  const Slice& bytes = message->envelope.bytes;
  return parsed(bytes.part(kTagSize, bytes.size() - kTagSize));
}

}  // namespace

Duration Clients::lifetime() {
  if (stage_ != Stage::kCounting) return Duration::seconds(60);
  return kLifetimes[random_.below(kLifetimes.size())];
}

types::CallContent Clients::content(Time expiry) {
  types::CallContent call;
  call.ingress_expiry = expiry;
  Bytes nonce;
  append_be<std::uint64_t>(nonce, ++made_);
  call.nonce = Slice(std::move(nonce));
  call.sender = user();
  call.canister_id = types::management_canister();
  using codec::candid::encode_args;
  switch (stage_) {
    case Stage::kCreating:
      call.method_name = "provisional_create_canister_with_cycles";
      call.arg = Slice(encode_args(execution::management::ProvisionalCreateArgs{}));
      break;
    case Stage::kInstalling: {
      execution::management::InstallCodeArgs args;
      args.canister_id = counter_canister();
      args.wasm_module = counter_module();
      call.method_name = "install_code";
      call.arg = Slice(encode_args(args));
      break;
    }
    case Stage::kCounting:
      call.canister_id = counter_canister();
      call.method_name = random_.chance(1, 10)   ? "relay"
                         : random_.chance(1, 15) ? "outcall"
                                                 : "increment";
      // Most are anonymous: signatures cost real time.
      if (random_.chance(9, 10)) call.sender = types::Principal::anonymous();
      break;
  }
  return call;
}

void Clients::act(Time wall) {
  make_calls(wall);
  repeat_calls(wall);
  if (stage_ == Stage::kCounting) misbehave(wall);
}

void Clients::make_calls(Time wall) {
  const std::size_t bound = stage_ == Stage::kCounting ? kOpenMax : 1;
  while (open_.size() < bound) {
    const Message message = sealed(content(wall + lifetime()));
    world_.made(message->id());
    open_.emplace(message->id(), message);
  }
}

void Clients::repeat_calls(Time wall) {
  for (auto it = open_.begin(); it != open_.end();) {
    // What has expired may have been executed or not; nobody was told.
    const bool given_up = it->second->call().ingress_expiry + kPatience < wall;
    if (!given_up) (void)world_.submit(it->second);
    it = given_up ? open_.erase(it) : std::next(it);
  }
}

void Clients::misbehave(Time wall) {
  if (!open_.empty() && random_.chance(1, 8)) {
    auto message = open_.begin();
    std::advance(message, random_.below(open_.size()));
    if (world_.submit(in_another_envelope(message->second)))
      world_.did("user: request in another envelope");
  }
  if (!answered_.empty() && random_.chance(1, 4)) {
    if (world_.submit(answered_[random_.below(answered_.size())]))
      world_.did("user: request after its answer");
  }
  if (random_.chance(1, 20)) {
    const bool is_late = random_.chance(1, 2);
    const Duration away = is_late ? Duration{} - Duration::seconds(30) : Duration::minutes(10);
    world_.submit_hopeless(sealed(content(wall + away)));
    world_.did(is_late ? "user: expired request" : "user: request from the future");
  }
}

std::size_t Clients::acknowledged_up_to(types::Height height) const {
  const auto after = acknowledged_at_.upper_bound(height);
  return after == acknowledged_at_.begin() ? 0 : std::prev(after)->second;
}

void Clients::certified(const replica::PublishCertified& published) {
  // Another node has shown this much before.
  if (published.certification.content.height <= seen_) return;
  seen_ = published.certification.content.height;
  std::vector<types::RequestId> ended;
  for (const auto& [id, message] : open_) {
    const state::IngressStatus* status = published.state->ingress().find(id);
    if (status == nullptr || !state::is_final(status->state)) continue;
    ended.push_back(id);
    if (const auto* failed = std::get_if<state::IngressFailed>(&status->state))
      failures_.push_back("a call failed: " + failed->error.message);
    else if (message->call().method_name == "increment")
      acknowledged_.insert(id);
  }
  acknowledged_at_[seen_] = acknowledged_.size();
  for (const types::RequestId& id : ended) {
    answered_.push_back(open_.extract(id).mapped());
    if (answered_.size() > kAnsweredMax) answered_.pop_front();
  }
  if (!ended.empty()) advance_stage();
}

void Clients::advance_stage() {
  if (stage_ == Stage::kCounting) return;
  stage_ = stage_ == Stage::kCreating ? Stage::kInstalling : Stage::kCounting;
}

}  // namespace icpd::sim
