// Candid types: what a value may be, and which types can stand for which.
//
// Source: the Candid specification 0.1.8 (github.com/dfinity/candid, spec/Candid.md), sections
// "Types" and "Upgrading and Subtyping". A type is a primitive, named by its negative opcode, or an
// entry of a type table, named by its index; so types can be recursive:
//
//   type List = opt record { head : int; tail : List }
//   table: 0 = opt 1, 1 = record { 1158359328 : int, 1291237008 : 0 }
//
// Fields are numbers; a name stands for its hash (field_id). Fields are sorted by number, methods
// by name.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "codec/cursor.hpp"

namespace icpd::codec::candid {

/// Opcodes of the binary format.
enum class Op : std::int8_t {
  kNull = -1,
  kBool = -2,
  kNat = -3,
  kInt = -4,
  kNat8 = -5,
  kNat16 = -6,
  kNat32 = -7,
  kNat64 = -8,
  kInt8 = -9,
  kInt16 = -10,
  kInt32 = -11,
  kInt64 = -12,
  kFloat32 = -13,
  kFloat64 = -14,
  kText = -15,
  kReserved = -16,
  kEmpty = -17,
  kOpt = -18,
  kVec = -19,
  kRecord = -20,
  kVariant = -21,
  kFunc = -22,
  kService = -23,
  kPrincipal = -24,
  /// Any opcode below: a type of a later version, whose values are skipped.
  kFuture = -25,
};

/// hash(name) of the specification: the name's UTF-8 bytes as digits in base 223, modulo 2^32.
[[nodiscard]] constexpr std::uint32_t field_id(std::string_view name) {
  std::uint32_t hash = 0;
  for (const char c : name)
    hash = hash * 223 + static_cast<std::uint8_t>(c);
  return hash;
}

/// A primitive (below 0: its opcode) or an entry of a table.
struct TypeRef {
  std::int32_t value = static_cast<std::int32_t>(Op::kNull);

  constexpr TypeRef() = default;
  constexpr TypeRef(Op primitive)  // NOLINT: a primitive is its own reference
      : value(static_cast<std::int32_t>(primitive)) {}
  [[nodiscard]] static constexpr TypeRef entry(std::size_t index) {
    TypeRef ref;
    ref.value = static_cast<std::int32_t>(index);
    return ref;
  }
  [[nodiscard]] constexpr bool is_primitive() const { return value < 0; }
  friend constexpr auto operator<=>(TypeRef, TypeRef) = default;
};

struct FieldType {
  std::uint32_t id;
  TypeRef type;
  friend auto operator<=>(const FieldType&, const FieldType&) = default;
};
struct MethodType {
  std::string name;
  TypeRef type;
  friend auto operator<=>(const MethodType&, const MethodType&) = default;
};

/// Annotations of a function, as bits.
enum Annotation : std::uint8_t {
  kNoAnnotation = 0,
  kQuery = 1,
  kOneway = 2,
  kCompositeQuery = 4,
};

/// An entry of a table; which members count depends on op.
struct Type {
  Op op = Op::kOpt;
  TypeRef element = Op::kNull;      // opt, vec
  std::vector<FieldType> fields;    // record, variant: strictly increasing ids
  std::vector<TypeRef> arguments;   // func
  std::vector<TypeRef> results;     // func
  std::uint8_t annotations = 0;     // func: set of Annotation
  std::vector<MethodType> methods;  // service: strictly increasing names
  friend auto operator<=>(const Type&, const Type&) = default;
};

/// A list of argument or result types over a table.
///
/// Invariants: every entry a reference names exists; entries are no primitives; methods are
/// functions.
struct ArgTypes {
  std::vector<Type> table;
  std::vector<TypeRef> arguments;

  [[nodiscard]] Op op(TypeRef ref) const {
    return ref.is_primitive() ? static_cast<Op>(ref.value) : table[index(ref)].op;
  }
  /// Needs !ref.is_primitive().
  [[nodiscard]] const Type& at(TypeRef ref) const { return table[index(ref)]; }
  /// True for the types that a missing field or argument can have: null, opt and reserved.
  [[nodiscard]] bool nullable(TypeRef ref) const {
    const Op op = this->op(ref);
    return op == Op::kNull || op == Op::kOpt || op == Op::kReserved;
  }

 private:
  [[nodiscard]] static std::size_t index(TypeRef ref) {
    ensure(!ref.is_primitive());
    return static_cast<std::size_t>(ref.value);
  }
};

/// The same types with the fewest entries: equal entries (also recursive ones) become one, unused
/// ones go. Entries stand in the order in which the arguments reach them.
[[nodiscard]] ArgTypes minimized(const ArgTypes& types);

/// The head of a message: "DIDL", the table and the argument types.
void append_header(Bytes& out, const ArgTypes& types);

/// Entries of a table that read_header accepts.
inline constexpr std::size_t kTableMax = 10'000;
/// Checks all invariants of ArgTypes. Memory is bounded by 16 bytes for each byte read plus
/// kTableMax entries.
[[nodiscard]] Decoded<ArgTypes> read_header(Cursor& in);

/// Pairs of types that one question may look at.
inline constexpr std::size_t kSubtypePairsMax = 100'000;
/// Can each value of `sub` be used where `super` is expected? Types that would need more than
/// kSubtypePairsMax pairs count as unrelated.
[[nodiscard]] bool is_subtype(const ArgTypes& sub_types, TypeRef sub, const ArgTypes& super_types,
                              TypeRef super);

}  // namespace icpd::codec::candid
