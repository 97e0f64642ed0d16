#include "http/bodies.hpp"

#include "codec/cbor.hpp"
#include "crypto/representation_hash.hpp"

namespace icpd::http {

namespace cbor = codec::cbor;

namespace {

/// The version of the interface specification that the endpoints follow, as agents compare it.
constexpr std::string_view kApiVersion = "0.66.0";

std::uint64_t number(types::RejectCode code) {
  return static_cast<std::uint64_t>(code);
}

}  // namespace

io::HttpResponse cbor_response(Bytes body) {
  return {.status = 200,
          .content_type = "application/cbor",
          .headers = {},
          .body = Slice(std::move(body))};
}

io::HttpResponse text_response(unsigned status, std::string_view text) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .headers = {},
          .body = Slice(to_bytes(text))};
}

io::HttpResponse error_response(const HttpError& error) {
  io::HttpResponse response = text_response(error.status, error.message);
  if (!error.allow.empty()) response.headers.emplace_back("allow", error.allow);
  return response;
}

Bytes status_body(const NodeStatus& status) {
  cbor::Writer w;
  w.self_describe().map(5);
  w.text("ic_api_version").text(kApiVersion);
  w.text("root_key").bytes(status.root_key_der);
  w.text("impl_version").text(status.implementation_version);
  w.text("replica_health_status").text(status.health);
  w.text("certified_height").unsigned_integer(status.certified_height);
  return std::move(w).finish();
}

Bytes call_replied_body(ByteView certificate) {
  cbor::Writer w(certificate.size() + 64);
  w.self_describe().map(2).text("status").text("replied").text("certificate").bytes(certificate);
  return std::move(w).finish();
}

Bytes call_rejected_body(const types::UserError& error, bool with_status) {
  cbor::Writer w;
  w.self_describe().map(with_status ? 4 : 3);
  if (with_status) w.text("status").text("non_replicated_rejection");
  w.text("reject_code").unsigned_integer(number(types::reject_code(error.code)));
  w.text("reject_message").text(error.message);
  w.text("error_code").text(types::text(error.code));
  return std::move(w).finish();
}

Bytes read_state_body(ByteView certificate) {
  cbor::Writer w(certificate.size() + 32);
  w.self_describe().map(1).text("certificate").bytes(certificate);
  return std::move(w).finish();
}

Bytes query_body(const QueryAnswer& answer, const NodeSignature& signature) {
  cbor::Writer w;
  w.self_describe();
  if (const auto* reply = std::get_if<types::Reply>(&answer.result)) {
    w.map(3).text("status").text("replied");
    w.text("reply").map(1).text("arg").bytes(reply->data);
  } else {
    const auto& reject = std::get<QueryReject>(answer.result);
    w.map(5).text("status").text("rejected");
    w.text("reject_code").unsigned_integer(number(reject.reject_code));
    w.text("reject_message").text(reject.message);
    w.text("error_code").text(types::text(reject.error_code));
  }
  w.text("signatures").array(1).map(3);
  w.text("timestamp").unsigned_integer(signature.timestamp.ns);
  w.text("signature").bytes(signature.signature);
  w.text("identity").bytes(signature.node.view());
  return std::move(w).finish();
}

crypto::Digest query_response_hash(const QueryAnswer& answer, Time timestamp,
                                   const types::RequestId& request) {
  crypto::MapHash map;
  if (const auto* reply = std::get_if<types::Reply>(&answer.result)) {
    crypto::MapHash inner;
    inner.blob("arg", reply->data);
    map.text("status", "replied").digest("reply", inner.finish());
  } else {
    const auto& reject = std::get<QueryReject>(answer.result);
    map.text("status", "rejected")
        .nat("reject_code", number(reject.reject_code))
        .text("reject_message", reject.message)
        .text("error_code", types::text(reject.error_code));
  }
  map.nat("timestamp", timestamp.ns).blob("request_id", request);
  return map.finish();
}

}  // namespace icpd::http
