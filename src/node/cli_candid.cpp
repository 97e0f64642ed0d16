#include "node/cli_candid.hpp"

#include "codec/candid.hpp"
#include "types/ids.hpp"

namespace icpd::node {
namespace {

namespace candid = codec::candid;

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += std::string("\\") + c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20) {
      out += "\\" + to_hex(ByteView(&byte, 1));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string principal_text(const candid::PrincipalBytes& bytes) {
  const auto principal = types::Principal::from_bytes(bytes.view());
  return principal.ok() ? quoted(principal->text()) : "?";
}

std::string blob_text(ByteView bytes) {
  std::string out = "blob \"";
  for (const std::uint8_t byte : bytes)
    out += "\\" + to_hex(ByteView(&byte, 1));
  return out + "\"";
}

/// Walks a value along its type; decoding has bounded the depth.
class Printer {
 public:
  explicit Printer(const candid::ArgTypes& types) : types_(types) {}

  std::string print(const candid::Value& value, candid::TypeRef type) const {
    return std::visit([&](const auto& data) { return text(data, type); }, value.data);
  }

 private:
  template <typename T>
  static std::string number(T value, const char* type) {
    return std::to_string(value) + " : " + type;
  }
  static std::string text(candid::Null, candid::TypeRef) { return "null"; }
  static std::string text(candid::Reserved, candid::TypeRef) { return "null : reserved"; }
  static std::string text(bool value, candid::TypeRef) { return value ? "true" : "false"; }
  static std::string text(const codec::Nat& value, candid::TypeRef) {
    return value.to_decimal() + " : nat";
  }
  static std::string text(const codec::Int& value, candid::TypeRef) {
    return value.to_decimal() + " : int";
  }
  static std::string text(std::uint8_t v, candid::TypeRef) { return number(v, "nat8"); }
  static std::string text(std::uint16_t v, candid::TypeRef) { return number(v, "nat16"); }
  static std::string text(std::uint32_t v, candid::TypeRef) { return number(v, "nat32"); }
  static std::string text(std::uint64_t v, candid::TypeRef) { return number(v, "nat64"); }
  static std::string text(std::int8_t v, candid::TypeRef) { return number(v, "int8"); }
  static std::string text(std::int16_t v, candid::TypeRef) { return number(v, "int16"); }
  static std::string text(std::int32_t v, candid::TypeRef) { return number(v, "int32"); }
  static std::string text(std::int64_t v, candid::TypeRef) { return number(v, "int64"); }
  static std::string text(float v, candid::TypeRef) { return number(v, "float32"); }
  static std::string text(double v, candid::TypeRef) { return number(v, "float64"); }
  static std::string text(std::string_view value, candid::TypeRef) { return quoted(value); }
  static std::string text(const candid::PrincipalBytes& value, candid::TypeRef) {
    return "principal " + principal_text(value);
  }
  static std::string text(const candid::Blob& value, candid::TypeRef) {
    return blob_text(value.bytes);
  }
  static std::string text(const candid::FuncReference& value, candid::TypeRef) {
    return "func " + principal_text(value.service) + "." + std::string(value.method);
  }
  static std::string text(const candid::ServiceReference& value, candid::TypeRef) {
    return "service " + principal_text(value.service);
  }
  std::string text(const candid::Opt& value, candid::TypeRef type) const {
    if (value.content.empty()) return "null";
    return "opt (" + print(value.content.front(), types_.at(type).element) + ")";
  }
  std::string text(const candid::Vec& value, candid::TypeRef type) const {
    std::string out = "vec {";
    for (const candid::Value& element : value.elements)
      out += " " + print(element, types_.at(type).element) + ";";
    return out + " }";
  }
  std::string text(const candid::Record& value, candid::TypeRef type) const {
    std::string out = "record {";
    const auto& fields = types_.at(type).fields;
    for (std::size_t i = 0; i < fields.size(); ++i)
      out +=
          " " + std::to_string(fields[i].id) + " = " + print(value.fields[i], fields[i].type) + ";";
    return out + " }";
  }
  std::string text(const candid::Variant& value, candid::TypeRef type) const {
    for (const candid::FieldType& field : types_.at(type).fields) {
      if (field.id != value.id) continue;
      const std::string content = print(value.content.front(), field.type);
      return "variant { " + std::to_string(field.id) + (content == "null" ? "" : " = " + content) +
             " }";
    }
    return "variant { " + std::to_string(value.id) + " }";
  }

  const candid::ArgTypes& types_;
};

}  // namespace

Result<std::string> candid_text(ByteView message) {
  const candid::Message decoded = TRY(candid::decode_as_sent(message));
  const Printer printer(decoded.types);
  std::string out = "(";
  for (std::size_t i = 0; i < decoded.values.size(); ++i)
    out += (i == 0 ? "" : ", ") + printer.print(decoded.values[i], decoded.types.arguments[i]);
  return out + ")";
}

}  // namespace icpd::node
