#include "crypto/representation_hash.hpp"

#include <algorithm>

#include "codec/leb128.hpp"

namespace icpd::crypto {
namespace {

namespace cbor = codec::cbor;

codec::Decoded<Digest> hash_of_value(const cbor::Item& item);

codec::Decoded<Digest> hash_of_items(const cbor::Item& array) {
  std::vector<Digest> elements;
  elements.reserve(array.size());
  TRY(cbor::for_each(array, [&](const cbor::Item& element) -> Status<codec::DecodeError> {
    elements.push_back(TRY(hash_of_value(element)));
    return {};
  }));
  return hash_of_array(elements);
}

codec::Decoded<Digest> hash_of_value(const cbor::Item& item) {
  switch (item.kind()) {
    case cbor::Kind::kBytes:
      return hash_of_blob(TRY(item.bytes()));
    case cbor::Kind::kText:
      return hash_of_text(TRY(item.text()));
    case cbor::Kind::kUnsigned:
      return hash_of_nat(TRY(item.u64()));
    case cbor::Kind::kNegative:
      return hash_of_int(TRY(item.i64()));
    case cbor::Kind::kArray:
      return hash_of_items(item);
    case cbor::Kind::kMap:
      return hash_of_map(item);
    default:
      return Err(item.error("a value of this kind has no representation-independent hash"));
  }
}

}  // namespace

Digest hash_of_nat(std::uint64_t value) {
  return sha256(codec::encode_leb128(value));
}

Digest hash_of_int(std::int64_t value) {
  Bytes encoded;
  codec::append_sleb128(encoded, value);
  return sha256(encoded);
}

Digest hash_of_array(std::span<const Digest> elements) {
  Hasher hasher;
  for (const Digest& element : elements)
    hasher.update(element);
  return hasher.finish();
}

MapHash& MapHash::digest(std::string_view name, const Digest& value) {
  fields_.push_back({sha256(name), value});
  return *this;
}

Digest MapHash::finish() const {
  std::vector<Field> sorted = fields_;
  std::ranges::sort(sorted);
  Hasher hasher;
  for (const Field& field : sorted)
    hasher.update(field.name).update(field.value);
  return hasher.finish();
}

Result<Digest, codec::DecodeError> hash_of_map(const cbor::Item& map) {
  MapHash result;
  TRY(cbor::for_each_pair(
      map, [&](const cbor::Item& key, const cbor::Item& value) -> Status<codec::DecodeError> {
        result.digest(TRY(key.text()), TRY(hash_of_value(value)));
        return {};
      }));
  return result.finish();
}

}  // namespace icpd::crypto
