#include "sim/clients.hpp"

#include "certification/envelope.hpp"
#include "codec/candid_mapping.hpp"
#include "codec/der.hpp"
#include "crypto/ed25519.hpp"
#include "execution/management_types.hpp"
#include "sim/network.hpp"

namespace icpd::sim {

namespace {

constexpr std::size_t kOpenMax = 12;
constexpr Duration kExpiry = Duration::seconds(60);

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

Shared<types::IngressMessage> sealed(const types::CallContent& call, bool is_signed) {
  std::optional<certification::EnvelopeSignature> signature;
  if (is_signed) {
    const Bytes message = certification::request_message(certification::request_id(call));
    signature = {Slice(user_key_der()), Slice::copy_of(user_key().sign(message)), {}};
  }
  const Slice bytes(certification::encode_envelope(call, signature));
  types::IngressMessage message{certification::parse_envelope(bytes).value(),
                                *types::IngressHash::from(crypto::sha256(bytes))};
  return Shared<types::IngressMessage>(std::move(message));
}

}  // namespace

types::CallContent Clients::content(Time wall) {
  types::CallContent call;
  call.ingress_expiry = wall + kExpiry;
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
      args.canister_id = counter_;
      args.wasm_module = counter_module();
      call.method_name = "install_code";
      call.arg = Slice(encode_args(args));
      break;
    }
    case Stage::kCounting:
      call.canister_id = counter_;
      call.method_name = "increment";
      // Most are anonymous: signatures cost real time.
      if (random_.chance(9, 10)) call.sender = types::Principal::anonymous();
      break;
  }
  return call;
}

Shared<types::IngressMessage> Clients::make_call(Time wall) {
  const types::CallContent call = content(wall);
  return sealed(call, call.sender != types::Principal::anonymous());
}

void Clients::act(Time wall) {
  const std::size_t bound = stage_ == Stage::kCounting ? kOpenMax : 1;
  while (!stopped_ && open_.size() < bound) {
    auto message = make_call(wall);
    open_.emplace(message->id(), std::move(message));
  }
  for (auto it = open_.begin(); it != open_.end();) {
    // What has expired may have been executed or not; nobody was told.
    const bool expired = it->second->call().ingress_expiry + kExpiry < wall;
    if (!expired) (void)submit_(it->second);
    it = expired ? open_.erase(it) : std::next(it);
  }
}

void Clients::certified(const replica::PublishCertified& published) {
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
  for (const types::RequestId& id : ended)
    open_.erase(id);
  if (!ended.empty()) advance_stage();
}

void Clients::advance_stage() {
  if (stage_ == Stage::kCounting) return;
  stage_ = stage_ == Stage::kCreating ? Stage::kInstalling : Stage::kCounting;
}

}  // namespace icpd::sim
