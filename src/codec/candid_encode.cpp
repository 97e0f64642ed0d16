#include "codec/candid.hpp"
#include "codec/candid_mapping.hpp"

namespace icpd::codec::candid {
namespace {

/// Form of a reference that names its principal.
constexpr std::uint8_t kTransparent = 1;

template <typename T>
const T& as(const Value& value) {
  const T* content = std::get_if<T>(&value.data);
  ensure(content != nullptr, "a Candid value that hasn't its type");
  return *content;
}

void append_vec(Bytes& out, const ArgTypes& types, TypeRef element, const Value& value) {
  if (types.op(element) == Op::kNat8) {
    return detail::append_blob(out, as<Blob>(value).bytes);
  }
  const Vec& vec = as<Vec>(value);
  append_leb128(out, std::uint64_t{vec.elements.size()});
  for (const Value& each : vec.elements)
    append_value(out, types, element, each);
}

void append_record(Bytes& out, const ArgTypes& types, const Type& type, const Value& value) {
  const Record& record = as<Record>(value);
  ensure(record.fields.size() == type.fields.size());
  for (std::size_t i = 0; i < type.fields.size(); ++i)
    append_value(out, types, type.fields[i].type, record.fields[i]);
}

void append_variant(Bytes& out, const ArgTypes& types, const Type& type, const Value& value) {
  const Variant& variant = as<Variant>(value);
  std::size_t index = 0;
  while (index < type.fields.size() && type.fields[index].id != variant.id)
    ++index;
  ensure(index < type.fields.size() && variant.content.size() == 1);
  append_leb128(out, std::uint64_t{index});
  append_value(out, types, type.fields[index].type, variant.content.front());
}

}  // namespace

namespace detail {

void append_text(Bytes& out, std::string_view text) {
  append_blob(out, as_bytes(text));
}

void append_blob(Bytes& out, ByteView bytes) {
  append_leb128(out, std::uint64_t{bytes.size()});
  append(out, bytes);
}

void append_principal(Bytes& out, const PrincipalBytes& principal) {
  out.push_back(kTransparent);
  append_blob(out, principal.view());
}

}  // namespace detail

void append_value(Bytes& out, const ArgTypes& types, TypeRef type, const Value& value) {
  switch (types.op(type)) {
    case Op::kNull:
    case Op::kReserved:
      return;
    case Op::kBool:
      out.push_back(as<bool>(value) ? 1 : 0);
      return;
    case Op::kNat:
      return as<Nat>(value).append_to(out);
    case Op::kInt:
      return as<Int>(value).append_to(out);
    case Op::kNat8:
      return append_le(out, as<std::uint8_t>(value));
    case Op::kNat16:
      return append_le(out, as<std::uint16_t>(value));
    case Op::kNat32:
      return append_le(out, as<std::uint32_t>(value));
    case Op::kNat64:
      return append_le(out, as<std::uint64_t>(value));
    case Op::kInt8:
      return append_le(out, as<std::int8_t>(value));
    case Op::kInt16:
      return append_le(out, as<std::int16_t>(value));
    case Op::kInt32:
      return append_le(out, as<std::int32_t>(value));
    case Op::kInt64:
      return append_le(out, as<std::int64_t>(value));
    case Op::kFloat32:
      return append_le(out, as<float>(value));
    case Op::kFloat64:
      return append_le(out, as<double>(value));
    case Op::kText:
      return detail::append_text(out, as<std::string_view>(value));
    case Op::kPrincipal:
      return detail::append_principal(out, as<PrincipalBytes>(value));
    case Op::kService:
      return detail::append_principal(out, as<ServiceReference>(value).service);
    case Op::kFunc: {
      const auto& func = as<FuncReference>(value);
      out.push_back(kTransparent);
      detail::append_principal(out, func.service);
      return detail::append_text(out, func.method);
    }
    case Op::kOpt: {
      const Opt& opt = as<Opt>(value);
      ensure(opt.content.size() <= 1);
      out.push_back(opt.content.empty() ? 0 : 1);
      for (const Value& content : opt.content)
        append_value(out, types, types.at(type).element, content);
      return;
    }
    case Op::kVec:
      return append_vec(out, types, types.at(type).element, value);
    case Op::kRecord:
      return append_record(out, types, types.at(type), value);
    case Op::kVariant:
      return append_variant(out, types, types.at(type), value);
    case Op::kEmpty:
    case Op::kFuture:
      unreachable_state("a value of type empty or of a future type");
  }
}

Bytes encode(const ArgTypes& types, std::span<const Value> values) {
  ensure(types.arguments.size() == values.size());
  Bytes out;
  append_header(out, types);
  for (std::size_t i = 0; i < values.size(); ++i)
    append_value(out, types, types.arguments[i], values[i]);
  return out;
}

}  // namespace icpd::codec::candid
