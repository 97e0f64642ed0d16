#include "node/load_requests.hpp"

#include "io/linux/http_pump.hpp"
#include "node/load_canister.hpp"

namespace icpd::node {
namespace {

/// Of the five minutes that the network allows.
constexpr Duration kLifetime = Duration::minutes(4);

}  // namespace

LoadRequests::LoadRequests(Parts parts, io::Clock& clock, io::Entropy& entropy)
    : parts_(std::move(parts)),
      clock_(clock),
      canister_text_(parts_.canister.text()),
      argument_(std::max<std::size_t>(parts_.argument_size, 1)) {
  entropy.fill(argument_);
  Bytes start(8);
  entropy.fill(start);
  number_ = load_le<std::uint64_t>(ByteView(start));
}

Bytes LoadRequests::envelope() {
  ++number_;
  Bytes nonce;
  append_be(nonce, number_);
  // Distinct arguments, of whatever size.
  for (std::size_t i = 0; i < std::min(nonce.size(), argument_.size()); ++i)
    argument_[i] = nonce[nonce.size() - 1 - i];
  types::CallContent content;
  content.ingress_expiry = clock_.now() + kLifetime;
  content.nonce = Slice(std::move(nonce));
  content.canister_id = parts_.canister;
  content.method_name = kLoadMethod;
  content.arg = Slice::copy_of(ByteView(argument_).first(parts_.argument_size));
  if (parts_.senders.empty()) {
    content.sender = types::Principal::anonymous();
    return certification::encode_envelope(content, std::nullopt);
  }
  const Identity& sender = parts_.senders[number_ % parts_.senders.size()];
  content.sender = sender.principal();
  const types::RequestContent signed_content(std::move(content));
  return certification::encode_envelope(signed_content,
                                        sender.sign(certification::request_id(signed_content)));
}

void LoadRequests::prepare(std::size_t count) {
  prepared_.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    prepared_.push_back(envelope());
}

Slice LoadRequests::with_head(const char* version, const char* action, ByteView body) const {
  Bytes request = to_bytes(
      io::linux::post_head("/api/" + std::string(version) + "/canister/" + canister_text_ + "/" + action,
                           "localhost", "application/cbor", body.size()));
  append(request, body);
  return Slice(std::move(request));
}

Slice LoadRequests::call(bool waits) {
  const char* version = waits || parts_.api_version == 4 ? "v4" : "v2";
  if (prepared_.empty()) return with_head(version, "call", envelope());
  const Bytes body = std::move(prepared_.back());
  prepared_.pop_back();
  return with_head(version, "call", body);
}

Slice LoadRequests::counter_query() {
  types::QueryContent content;
  content.sender = types::Principal::anonymous();
  content.ingress_expiry = clock_.now() + kLifetime;
  content.canister_id = parts_.canister;
  content.method_name = kLoadCounterQuery;
  content.arg = Slice(Bytes());
  return with_head("v3", "query", certification::encode_envelope(content, std::nullopt));
}

}  // namespace icpd::node
