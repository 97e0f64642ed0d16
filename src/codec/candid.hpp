// Candid messages: values in binary form, read at the types that the reader expects.
//
// Source: the Candid specification 0.1.8, sections "Coercion" and "Binary Format". A message is
// "DIDL", a type table, the types of its values, and the values:
//
//   DIDL 00 01 71 05 "hello"     ("hello")
//
// The sender's types may differ from the expected ones as the rules of coercion allow: superfluous
// fields and arguments are skipped, missing ones that are null, opt or reserved become null, and
// what doesn't fit under an `opt` becomes null. Skipped values are checked like others.
//
// For C++ structs see codec/candid_mapping.hpp; here values are dynamic (codec/candid_value.hpp).
//
// Bounds. A few bytes can stand for a billion values (vec null) or for endless nesting (record
// types that contain themselves), so values count, not bytes: see Limits. Work is proportional to
// input size plus values, memory to values kept (64 bytes each) plus the type table.
#pragma once

#include <span>

#include "codec/candid_type.hpp"
#include "codec/candid_value.hpp"

namespace icpd::codec::candid {

struct Limits {
  /// Values kept, containers included.
  std::size_t values_max = 1 << 18;
  /// Values skipped: of superfluous fields and arguments, or under an opt that they don't fit.
  std::size_t skipped_max = 1 << 18;
  /// Values inside each other.
  std::size_t depth_max = 512;
};

/// One value for each expected type. The values view into `message`.
[[nodiscard]] Decoded<std::vector<Value>> decode(ByteView message, const ArgTypes& expected,
                                                 Limits limits = {});

struct Message {
  ArgTypes types;
  std::vector<Value> values;
};
/// All values at the types that the message states itself. Values of future types become reserved.
[[nodiscard]] Decoded<Message> decode_as_sent(ByteView message, Limits limits = {});

/// Needs values that have these types. Use minimized() first where the table may be redundant.
[[nodiscard]] Bytes encode(const ArgTypes& types, std::span<const Value> values);
/// Appends one value of type `type`, without a header.
void append_value(Bytes& out, const ArgTypes& types, TypeRef type, const Value& value);

}  // namespace icpd::codec::candid
