// Principals and the identifiers made of them.
//
// A principal is a byte string of 0 to 29 bytes that names a canister, a user, a node or a subnet
// (interface specification, "Principals"). Its last byte tells the class:
//
//   0x01  opaque: canister and (older) subnet ids, made by the system
//   0x02  self-authenticating: SHA-224(DER public key) · 02
//   0x03  derived (unused by the protocol)
//   0x04  anonymous, the single byte 04
//   0x7f  reserved
//   empty the management canister, aaaaa-aa
//
// Text form: base32 (RFC 4648, lower case, no padding) of CRC32 (4 bytes, big-endian) · bytes, in
// groups of five with dashes. Parsing accepts only the form that printing gives.
//
// Order is by bytes, a prefix first: the order of labels in the certified state tree.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "codec/record.hpp"

namespace icpd::types {

class Principal {
 public:
  static constexpr std::size_t kSizeMax = 29;

  /// The management canister, `aaaaa-aa`.
  constexpr Principal() = default;

  [[nodiscard]] static Result<Principal> from_bytes(ByteView bytes);
  [[nodiscard]] static Result<Principal> from_text(std::string_view text);
  [[nodiscard]] static Principal anonymous();
  /// SHA-224(key) · 02.
  [[nodiscard]] static Principal self_authenticating(ByteView public_key_der);

  [[nodiscard]] ByteView view() const { return ByteView(bytes_).first(size_); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::string text() const;

  [[nodiscard]] bool is_management() const { return size_ == 0; }
  [[nodiscard]] bool is_anonymous() const { return size_ == 1 && bytes_[0] == 0x04; }
  [[nodiscard]] bool is_self_authenticating() const { return size_ == 29 && bytes_[28] == 0x02; }

  friend bool operator==(const Principal& a, const Principal& b) {
    return equal(a.view(), b.view());
  }
  friend std::strong_ordering operator<=>(const Principal& a, const Principal& b) {
    return compare(a.view(), b.view());
  }

 private:
  std::array<std::uint8_t, kSizeMax> bytes_{};
  std::uint8_t size_ = 0;
};

/// A principal in one role. `id.principal` is the plain one.
template <typename Tag>
struct Id {
  Principal principal;

  Id() = default;
  explicit Id(Principal p) : principal(p) {}
  [[nodiscard]] ByteView view() const { return principal.view(); }
  [[nodiscard]] std::string text() const { return principal.text(); }

  friend bool operator==(const Id&, const Id&) = default;
  friend auto operator<=>(const Id&, const Id&) = default;
};

using CanisterId = Id<struct CanisterIdTag>;
using UserId = Id<struct UserIdTag>;
using NodeId = Id<struct NodeIdTag>;
using SubnetId = Id<struct SubnetIdTag>;

/// The virtual canister that holds the system's own methods; its id is the empty principal.
inline CanisterId management_canister() {
  return CanisterId{};
}

/// Canister ids that the system gives: index as 8 bytes big-endian · 01 · 01.
[[nodiscard]] CanisterId canister_id_from_index(std::uint64_t index);
/// The index of such an id; an error for any other principal.
[[nodiscard]] Result<std::uint64_t> canister_index(const CanisterId& id);

void record_write(codec::RecordWriter& out, const Principal& principal);
[[nodiscard]] Status<> record_read(codec::RecordReader& in, Principal& principal);
template <typename Tag>
void record_write(codec::RecordWriter& out, const Id<Tag>& id) {
  record_write(out, id.principal);
}
template <typename Tag>
[[nodiscard]] Status<> record_read(codec::RecordReader& in, Id<Tag>& id) {
  return record_read(in, id.principal);
}

/// For unordered containers outside the cores.
struct PrincipalHash {
  std::size_t operator()(const Principal& p) const {
    return std::hash<std::string_view>{}(as_text(p.view()));
  }
  template <typename Tag>
  std::size_t operator()(const Id<Tag>& id) const {
    return (*this)(id.principal);
  }
};

}  // namespace icpd::types
