// The representation-independent hash of structured data (interface specification, "Representation-
// independent hashing of structured data"): what request ids, delegations and signed query answers
// are hashed with. It doesn't depend on how the data was encoded or ordered.
//
//   blob, text     H(bytes)
//   natural        H(shortest LEB128)           integer   H(shortest signed LEB128)
//   array          H(hashes of the elements, joined)
//   map            H(sorted list of H(name) · H(value), joined)
//
// Two ways in: MapHash for data that we make, hash_of_map for CBOR that somebody sent, which also
// covers fields that this program doesn't know.
//
//   Digest id = MapHash().text("status", "replied").nat("timestamp", t).digest("reply",
//   r).finish();
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "codec/cbor.hpp"
#include "crypto/hash.hpp"

namespace icpd::crypto {

[[nodiscard]] inline Digest hash_of_blob(ByteView bytes) {
  return sha256(bytes);
}
[[nodiscard]] inline Digest hash_of_text(std::string_view utf8) {
  return sha256(utf8);
}
[[nodiscard]] Digest hash_of_nat(std::uint64_t value);
[[nodiscard]] Digest hash_of_int(std::int64_t value);
[[nodiscard]] Digest hash_of_array(std::span<const Digest> elements);

/// Collects the fields of one map in any order. Names must differ.
class MapHash {
 public:
  MapHash& blob(std::string_view name, ByteView value) { return digest(name, hash_of_blob(value)); }
  MapHash& text(std::string_view name, std::string_view value) {
    return digest(name, hash_of_text(value));
  }
  MapHash& nat(std::string_view name, std::uint64_t value) {
    return digest(name, hash_of_nat(value));
  }
  MapHash& integer(std::string_view name, std::int64_t value) {
    return digest(name, hash_of_int(value));
  }
  /// A field whose value is hashed already: an array or a map.
  MapHash& digest(std::string_view name, const Digest& value);

  [[nodiscard]] Digest finish() const;

 private:
  struct Field {
    Digest name;
    Digest value;
    friend auto operator<=>(const Field&, const Field&) = default;
  };
  std::vector<Field> fields_;
};

/// The hash of a CBOR map. A non-negative integer counts as natural, a negative one as integer.
/// Errors: not a map; a key that isn't text; a value of another kind (float, bool, null, tag).
/// Depth and size are bounded by the document's own limits.
[[nodiscard]] Result<Digest, codec::DecodeError> hash_of_map(const codec::cbor::Item& map);

}  // namespace icpd::crypto
