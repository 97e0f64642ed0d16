#include "certification/envelope.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <map>

#include "codec/cbor.hpp"

namespace icpd::certification {
namespace {

using codec::cbor::Writer;

types::CanisterId canister(std::string_view hex) {
  return types::CanisterId(types::Principal::from_bytes(*from_hex(hex)).value());
}

/// The example of the interface specification, "Request ids".
types::CallContent spec_call() {
  types::CallContent call;
  call.sender = types::Principal::anonymous();
  call.ingress_expiry = Time{1685570400000000000};
  call.canister_id = canister("00000000000004D2");
  call.method_name = "hello";
  call.arg = Slice(*from_hex("4449444c00fd2a"));
  return call;
}
types::ReadStateContent read_of(const std::vector<std::vector<std::string>>& paths) {
  types::ReadStateContent read;
  read.sender = types::Principal::anonymous();
  read.ingress_expiry = Time{1685570400000000000};
  for (const auto& path : paths) {
    read.paths.emplace_back();
    for (const std::string& label : path)
      read.paths.back().push_back(Slice::copy_of(as_bytes(label)));
  }
  return read;
}

Result<types::Envelope> parsed(const Bytes& bytes) {
  return parse_envelope(Slice::copy_of(bytes));
}
std::string refused(const Bytes& bytes) {
  const auto envelope = parsed(bytes);
  return envelope.ok() ? "accepted" : envelope.error().message;
}

TEST(Envelope, the_request_id_is_that_of_the_specification) {
  EXPECT_EQ(request_id(spec_call()).hex(),
            "1d1091364d6bb8a6c16b203ee75467d59ead468f523eb058880ae8ec80e2b101");
  // From an independent implementation of the rule.
  EXPECT_EQ(request_id(read_of({{"time"}, {"subnet"}})).hex(),
            "76b3c85dc257d286145d5d9d489a22f35c6882b454635663a4b47b6589a678a6");
}

TEST(Envelope, every_kind_of_request_round_trips_with_its_id) {
  types::CallContent call = spec_call();
  call.nonce = Slice(Bytes{1, 2, 3});
  call.sender_info = types::SenderInfo{Slice(Bytes{4}), Slice(Bytes{5}), Slice(Bytes{6})};
  types::QueryContent query;
  query.sender = call.sender;
  query.ingress_expiry = call.ingress_expiry;
  query.canister_id = canister("01");
  query.method_name = "q";
  for (const types::RequestContent& content :
       {types::RequestContent(call), types::RequestContent(query),
        types::RequestContent(read_of({{"a", "b"}, {}, {""}}))}) {
    const Bytes bytes = encode_envelope(content, std::nullopt);
    const auto envelope = parsed(bytes);
    ASSERT_TRUE(envelope.ok()) << envelope.error().message;
    EXPECT_EQ(envelope->content.index(), content.index());
    EXPECT_EQ(envelope->request_id, request_id(content));
    EXPECT_EQ(encode_envelope(envelope->content, std::nullopt), bytes);
    EXPECT_TRUE(equal(envelope->bytes, bytes));
    EXPECT_FALSE(envelope->sender_public_key || envelope->sender_signature);
  }
}

TEST(Envelope, signatures_and_delegations_round_trip) {
  types::Delegation plain{.public_key = Slice(Bytes{1}), .expiration = Time{5}};
  plain.signature = Slice(Bytes{2});
  types::Delegation narrow = plain;
  narrow.targets = {canister("01"), canister("0102")};
  narrow.permissions = "queries";
  const EnvelopeSignature signature{Slice(Bytes{7}), Slice(Bytes{8}), {plain, narrow}};
  const Bytes bytes = encode_envelope(spec_call(), signature);
  const auto envelope = parsed(bytes);
  ASSERT_TRUE(envelope.ok()) << envelope.error().message;
  EXPECT_EQ(*envelope->sender_public_key, signature.public_key_der);
  EXPECT_EQ(*envelope->sender_signature, signature.signature);
  ASSERT_EQ(envelope->delegations.size(), 2u);
  EXPECT_EQ(envelope->delegations[1].targets, narrow.targets);
  EXPECT_EQ(envelope->delegations[1].permissions, narrow.permissions);
  EXPECT_FALSE(envelope->delegations[0].targets || envelope->delegations[0].permissions);
  EXPECT_EQ(delegation_hash(envelope->delegations[1]), delegation_hash(narrow));
  EXPECT_NE(delegation_hash(plain), delegation_hash(narrow));
}

TEST(Envelope, byte_strings_share_the_input) {
  const Slice bytes(encode_envelope(spec_call(), std::nullopt));
  const auto envelope = parse_envelope(bytes);
  const ByteView arg = std::get<types::CallContent>(envelope->content).arg;
  EXPECT_GE(arg.data(), bytes.data());
  EXPECT_LE(arg.data() + arg.size(), bytes.data() + bytes.size());
}

/// A call written field by field, with one field left out or replaced.
class Call {
 public:
  using Write = std::function<void(Writer&)>;
  Call() {
    set("request_type", [](Writer& w) { w.text("call"); });
    set("sender", [](Writer& w) { w.bytes(Bytes{4}); });
    set("ingress_expiry", [](Writer& w) { w.unsigned_integer(1); });
    set("canister_id", [](Writer& w) { w.bytes(Bytes{1}); });
    set("method_name", [](Writer& w) { w.text("m"); });
    set("arg", [](Writer& w) { w.bytes({}); });
  }
  Call& set(const std::string& name, Write write) {
    fields_[name] = std::move(write);
    return *this;
  }
  Call& without(const std::string& name) {
    fields_.erase(name);
    return *this;
  }
  Call& beside(const std::string& name, Write write) {
    beside_[name] = std::move(write);
    return *this;
  }
  [[nodiscard]] Bytes bytes() const {
    Writer out;
    out.map(1 + beside_.size()).text("content").map(fields_.size());
    for (const auto& [name, write] : fields_) {
      out.text(name);
      write(out);
    }
    for (const auto& [name, write] : beside_) {
      out.text(name);
      write(out);
    }
    return std::move(out).finish();
  }

 private:
  std::map<std::string, Write> fields_;
  std::map<std::string, Write> beside_;
};

TEST(Envelope, the_self_describing_tag_may_be_missing) {
  EXPECT_EQ(refused(Call().bytes()), "accepted");
}

TEST(Envelope, every_required_field_is_named_when_it_is_missing) {
  for (const char* name :
       {"request_type", "sender", "ingress_expiry", "canister_id", "method_name", "arg"})
    EXPECT_EQ(refused(Call().without(name).bytes()), std::string("missing field ") + name);
  EXPECT_EQ(refused(std::move(Writer().map(0)).finish()), "missing field content");
}

TEST(Envelope, unknown_fields_are_refused_by_name) {
  const auto null = [](Writer& w) { w.null(); };
  EXPECT_EQ(refused(Call().set("priority", null).bytes()), "unknown field priority");
  EXPECT_EQ(refused(Call().set("paths", null).bytes()), "unknown field paths");
  EXPECT_EQ(refused(Call().beside("sender_key", null).bytes()), "unknown field sender_key");
  EXPECT_EQ(refused(Call().set("request_type", [](Writer& w) { w.text("upgrade"); }).bytes()),
            "unknown request_type upgrade");
}

TEST(Envelope, null_counts_as_absent_for_what_is_beside_the_content) {
  const auto null = [](Writer& w) { w.null(); };
  EXPECT_EQ(refused(Call()
                        .beside("sender_pubkey", null)
                        .beside("sender_sig", null)
                        .beside("sender_delegation", null)
                        .bytes()),
            "accepted");
}

TEST(Envelope, fields_of_a_wrong_kind_are_refused) {
  const auto number = [](Writer& w) { w.unsigned_integer(1); };
  for (const char* name : {"sender", "canister_id", "method_name", "arg", "nonce", "request_type"})
    EXPECT_TRUE(refused(Call().set(name, number).bytes()).find(name) == 0) << name;
  EXPECT_NE(refused(Call().set("ingress_expiry", [](Writer& w) { w.integer(-1); }).bytes()),
            "accepted");
  EXPECT_NE(refused(Call().beside("sender_delegation", number).bytes()), "accepted");
  EXPECT_NE(refused(Bytes{0x01}), "accepted");
  EXPECT_NE(refused(Bytes{}), "accepted");
}

TEST(Envelope, duplicate_fields_are_refused) {
  Writer out;
  out.map(2).text("content").map(0).text("content").map(0);
  EXPECT_EQ(refused(std::move(out).finish()).find("duplicate map key"), 0u);
}

TEST(Envelope, bounds_are_those_of_the_specification) {
  const auto blob = [](std::size_t size) { return [size](Writer& w) { w.bytes(Bytes(size)); }; };
  EXPECT_EQ(refused(Call().set("nonce", blob(32)).bytes()), "accepted");
  EXPECT_EQ(refused(Call().set("nonce", blob(33)).bytes()), "nonce has more than 32 bytes");
  EXPECT_EQ(refused(Call().set("sender", blob(29)).bytes()), "accepted");
  EXPECT_NE(refused(Call().set("sender", blob(30)).bytes()), "accepted");
  const auto name = [](std::size_t size) {
    return [size](Writer& w) { w.text(std::string(size, 'x')); };
  };
  EXPECT_EQ(refused(Call().set("method_name", name(20'000)).bytes()), "accepted");
  EXPECT_EQ(refused(Call().set("method_name", name(20'001)).bytes()), "method_name is too long");

  const auto paths = [](std::size_t count, std::size_t labels) {
    return refused(encode_envelope(
        read_of(std::vector(count, std::vector<std::string>(labels, "x"))), std::nullopt));
  };
  EXPECT_EQ(paths(1000, 127), "accepted");
  EXPECT_EQ(paths(1001, 1), "more than 1000 paths");
  EXPECT_EQ(paths(1, 128), "a path has more than 127 labels");

  const auto delegations = [](std::size_t count, std::size_t targets) {
    types::Delegation delegation;
    delegation.targets = std::vector(targets, canister("01"));
    return refused(
        encode_envelope(spec_call(), EnvelopeSignature{{}, {}, std::vector(count, delegation)}));
  };
  EXPECT_EQ(delegations(20, 1000), "accepted");
  EXPECT_EQ(delegations(21, 1), "more than 20 delegations");
  EXPECT_EQ(delegations(1, 1001), "a delegation has more than 1000 targets");
}

TEST(Envelope, every_truncation_is_refused) {
  const Bytes bytes = encode_envelope(spec_call(), EnvelopeSignature{Slice(Bytes{1}), {}, {}});
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_NE(refused(Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size))),
              "accepted");
}

}  // namespace
}  // namespace icpd::certification
