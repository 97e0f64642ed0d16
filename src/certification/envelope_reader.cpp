#include <algorithm>

#include "certification/envelope.hpp"
#include "certification/hash_tree.hpp"
#include "codec/cbor.hpp"
#include "crypto/representation_hash.hpp"
#include "types/limits.hpp"

namespace icpd::certification {
namespace {

using codec::Decoded;
using codec::DecodeError;
using codec::cbor::Document;
using codec::cbor::Item;
using codec::cbor::Kind;
namespace limits = types::limits;

// Envelope, content, paths, path, label; a delegation's targets are as deep.
constexpr codec::cbor::Limits kEnvelopeLimits{
    .depth_max = 8,
    .items_max = limits::kReadStatePathsMax * (limits::kReadStateLabelsMax + 1) + 1024};

using Names = std::span<const std::string_view>;
constexpr std::string_view kEnvelopeFields[] = {"content", "sender_pubkey", "sender_sig",
                                                "sender_delegation"};
constexpr std::string_view kCallFields[] = {"request_type", "sender",      "ingress_expiry",
                                            "nonce",        "sender_info", "canister_id",
                                            "method_name",  "arg"};
constexpr std::string_view kReadStateFields[] = {"request_type", "sender", "ingress_expiry",
                                                 "nonce", "paths"};
constexpr std::string_view kSenderInfoFields[] = {"info", "signer", "sig"};
constexpr std::string_view kSignedDelegationFields[] = {"delegation", "signature"};
constexpr std::string_view kDelegationFields[] = {"pubkey", "expiration", "targets", "permissions"};

class EnvelopeReader {
 public:
  explicit EnvelopeReader(const Slice& source) : source_(source) {}

  Result<types::Envelope> run() {
    const Document document = TRY(Document::parse(source_, kEnvelopeLimits));
    const Item root = document.root();
    TRY(only(root, kEnvelopeFields));
    const Item content = TRY(required(root, "content"));
    types::Envelope envelope{.content = TRY(read_content(content))};
    const auto id = crypto::hash_of_map(content);
    if (!id.ok()) return Err(Error(id.error()).within("content"));
    envelope.request_id = types::RequestId{id->bytes};
    envelope.sender_public_key = TRY(optional_slice(root, "sender_pubkey"));
    envelope.sender_signature = TRY(optional_slice(root, "sender_sig"));
    envelope.delegations = TRY(read_delegations(root));
    envelope.bytes = source_;
    return envelope;
  }

 private:
  // ------------------------------------------------------------------------------------ fields

  static Status<> only(const Item& map, Names names) {
    if (!map.is(Kind::kMap)) return Err(Error(map.error("not a map")));
    for (auto key = map.first(); key;) {
      const auto name = key->text();
      if (!name.ok()) return Err(Error(key->error("field name is not a text")));
      if (std::ranges::find(names, *name) == names.end())
        return Err("unknown field " + std::string(name->substr(0, 64)));
      key = key->next_in(map)->next_in(map);
    }
    return {};
  }

  static Result<Item> required(const Item& map, std::string_view name) {
    const std::optional<Item> item = TRY(map.find(name));
    if (!item) return Err("missing field " + std::string(name));
    return *item;
  }
  /// Absent, or null: clients write both.
  static Result<std::optional<Item>> optional(const Item& map, std::string_view name) {
    const std::optional<Item> item = TRY(map.find(name));
    if (!item || item->is(Kind::kNull) || item->is(Kind::kUndefined)) return std::optional<Item>();
    return item;
  }
  template <typename T>
  static Result<T> named(std::string_view name, Decoded<T> value) {
    if (!value.ok()) return Err(Error(value.error()).within(std::string(name)));
    return std::move(value).value();
  }

  Result<Slice> slice(const Item& map, std::string_view name) const {
    return share(source_, TRY(named(name, TRY(required(map, name)).bytes())));
  }
  Result<std::optional<Slice>> optional_slice(const Item& map, std::string_view name) const {
    const std::optional<Item> item = TRY(optional(map, name));
    if (!item) return std::optional<Slice>();
    return std::optional(share(source_, TRY(named(name, item->bytes()))));
  }
  static Result<std::string> text(const Item& map, std::string_view name) {
    return std::string(TRY(named(name, TRY(required(map, name)).text())));
  }
  static Result<std::uint64_t> number(const Item& map, std::string_view name) {
    return TRY(named(name, TRY(required(map, name)).u64()));
  }
  static Result<types::Principal> principal_of(const Item& item) {
    return types::Principal::from_bytes(TRY(item.bytes()));
  }
  static Result<types::Principal> principal(const Item& map, std::string_view name) {
    auto id = principal_of(TRY(required(map, name)));
    if (!id.ok()) return Err(id.error().within(std::string(name)));
    return *id;
  }

  // ----------------------------------------------------------------------------------- content

  Result<types::RequestContent> read_content(const Item& content) const {
    const std::string type = TRY(text(content, "request_type"));
    if (type == "call") return types::RequestContent(TRY(read_call<types::CallContent>(content)));
    if (type == "query") return types::RequestContent(TRY(read_call<types::QueryContent>(content)));
    if (type == "read_state") return types::RequestContent(TRY(read_read_state(content)));
    return Err("unknown request_type " + type.substr(0, 64));
  }

  Status<> read_base(const Item& content, types::RequestBase& base) const {
    base.sender = TRY(principal(content, "sender"));
    base.ingress_expiry = Time{TRY(number(content, "ingress_expiry"))};
    base.nonce = TRY(optional_slice(content, "nonce"));
    if (base.nonce && base.nonce->size() > limits::kNonceSizeMax)
      return Err("nonce has more than 32 bytes");
    return {};
  }

  template <typename T>
  Result<T> read_call(const Item& content) const {
    TRY(only(content, kCallFields));
    T call;
    TRY(read_base(content, call));
    call.sender_info = TRY(read_sender_info(content));
    call.canister_id = types::CanisterId(TRY(principal(content, "canister_id")));
    call.method_name = TRY(text(content, "method_name"));
    if (call.method_name.size() > limits::kMethodNameSizeMax) return Err("method_name is too long");
    call.arg = TRY(slice(content, "arg"));
    return call;
  }

  Result<std::optional<types::SenderInfo>> read_sender_info(const Item& content) const {
    const std::optional<Item> map = TRY(optional(content, "sender_info"));
    if (!map) return std::optional<types::SenderInfo>();
    TRY(only(*map, kSenderInfoFields));
    return std::optional(types::SenderInfo{.info = TRY(slice(*map, "info")),
                                           .signer = TRY(slice(*map, "signer")),
                                           .signature = TRY(slice(*map, "sig"))});
  }

  Result<types::ReadStateContent> read_read_state(const Item& content) const {
    TRY(only(content, kReadStateFields));
    types::ReadStateContent read;
    TRY(read_base(content, read));
    const Item paths = TRY(required(content, "paths"));
    if (!paths.is(Kind::kArray)) return Err("paths is not an array");
    if (paths.size() > limits::kReadStatePathsMax) return Err("more than 1000 paths");
    for (auto path = paths.first(); path; path = path->next_in(paths))
      read.paths.push_back(TRY(read_path(*path)));
    return read;
  }

  Result<std::vector<Slice>> read_path(const Item& path) const {
    if (!path.is(Kind::kArray)) return Err("a path is not an array");
    if (path.size() > limits::kReadStateLabelsMax) return Err("a path has more than 127 labels");
    std::vector<Slice> labels;
    labels.reserve(path.size());
    for (auto label = path.first(); label; label = label->next_in(path))
      labels.push_back(share(source_, TRY(named("paths", label->bytes()))));
    return labels;
  }

  // ------------------------------------------------------------------------------- delegations

  Result<std::vector<types::Delegation>> read_delegations(const Item& root) const {
    const std::optional<Item> list = TRY(optional(root, "sender_delegation"));
    std::vector<types::Delegation> delegations;
    if (!list) return delegations;
    if (!list->is(Kind::kArray)) return Err("sender_delegation is not an array");
    if (list->size() > limits::kDelegationsMax) return Err("more than 20 delegations");
    for (auto item = list->first(); item; item = item->next_in(*list))
      delegations.push_back(TRY(read_delegation(*item)));
    return delegations;
  }

  Result<types::Delegation> read_delegation(const Item& signed_delegation) const {
    TRY(only(signed_delegation, kSignedDelegationFields));
    const Item map = TRY(required(signed_delegation, "delegation"));
    TRY(only(map, kDelegationFields));
    types::Delegation delegation;
    delegation.public_key = TRY(slice(map, "pubkey"));
    delegation.expiration = Time{TRY(number(map, "expiration"))};
    delegation.targets = TRY(read_targets(map));
    if (const auto permissions = TRY(optional(map, "permissions")))
      delegation.permissions = std::string(TRY(named("permissions", permissions->text())));
    delegation.signature = TRY(slice(signed_delegation, "signature"));
    return delegation;
  }

  static Result<std::optional<std::vector<types::CanisterId>>> read_targets(const Item& map) {
    const std::optional<Item> list = TRY(optional(map, "targets"));
    if (!list) return std::optional<std::vector<types::CanisterId>>();
    if (!list->is(Kind::kArray)) return Err("targets is not an array");
    if (list->size() > limits::kDelegationTargetsMax)
      return Err("a delegation has more than 1000 targets");
    std::vector<types::CanisterId> targets;
    for (auto item = list->first(); item; item = item->next_in(*list))
      targets.emplace_back(TRY(principal_of(*item)));
    return std::optional(std::move(targets));
  }

  const Slice& source_;
};

}  // namespace

Result<types::Envelope> parse_envelope(const Slice& bytes) {
  return EnvelopeReader(bytes).run();
}

}  // namespace icpd::certification
