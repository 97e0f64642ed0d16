// Candid values without C++ types of their own, as tools and tests see them.
//
// Texts, blobs and method names are views: into the message that was decoded, or into whatever the
// maker of the value keeps alive.
#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "codec/number.hpp"

namespace icpd::codec::candid {

/// The bytes of a principal, 0 to 29 of them. What they mean is types' matter.
class PrincipalBytes {
 public:
  static constexpr std::size_t kSizeMax = 29;

  PrincipalBytes() = default;
  /// Nothing for more than 29 bytes.
  [[nodiscard]] static std::optional<PrincipalBytes> from(ByteView bytes) {
    if (bytes.size() > kSizeMax) return std::nullopt;
    PrincipalBytes principal;
    principal.size_ = static_cast<std::uint8_t>(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i)
      principal.bytes_[i] = bytes[i];
    return principal;
  }
  [[nodiscard]] ByteView view() const { return {bytes_.data(), size_}; }

  friend bool operator==(const PrincipalBytes&, const PrincipalBytes&) = default;

 private:
  std::array<std::uint8_t, kSizeMax> bytes_{};
  std::uint8_t size_ = 0;
};

struct Value;

struct Null {
  friend bool operator==(Null, Null) = default;
};
/// The one value of type reserved, whatever was sent.
struct Reserved {
  friend bool operator==(Reserved, Reserved) = default;
};
struct Opt {
  /// One value or none.
  std::vector<Value> content;
  friend bool operator==(const Opt&, const Opt&) = default;
};
/// Every vector but those of nat8.
struct Vec {
  std::vector<Value> elements;
  friend bool operator==(const Vec&, const Vec&) = default;
};
/// vec nat8.
struct Blob {
  ByteView bytes;
  friend bool operator==(Blob a, Blob b) { return equal(a.bytes, b.bytes); }
};
/// Values in the order of the fields of the type, that is, by increasing id.
struct Record {
  std::vector<Value> fields;
  friend bool operator==(const Record&, const Record&) = default;
};
struct Variant {
  std::uint32_t id;
  /// Exactly one value.
  std::vector<Value> content;
  friend bool operator==(const Variant&, const Variant&) = default;
};
struct FuncReference {
  PrincipalBytes service;
  std::string_view method;
  friend bool operator==(const FuncReference&, const FuncReference&) = default;
};
struct ServiceReference {
  PrincipalBytes service;
  friend bool operator==(const ServiceReference&, const ServiceReference&) = default;
};

struct Value {
  std::variant<Null, Reserved, bool, Nat, Int, std::uint8_t, std::uint16_t, std::uint32_t,
               std::uint64_t, std::int8_t, std::int16_t, std::int32_t, std::int64_t, float, double,
               std::string_view, PrincipalBytes, Opt, Vec, Blob, Record, Variant, FuncReference,
               ServiceReference>
      data;

  friend bool operator==(const Value&, const Value&) = default;
};

}  // namespace icpd::codec::candid
