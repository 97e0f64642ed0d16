// The textual form of Candid types and values, as far as tests write it. Throws std::runtime_error
// at what it doesn't know: tests only.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <deque>
#include <map>
#include <stdexcept>
#include <string>

#include "codec/base32.hpp"
#include "codec/candid.hpp"

namespace icpd::codec::candid {

class TextReader {
 public:
  /// Makes NAME stand for a type from here on.
  void define(const std::string& name, const std::string& type) { definitions_[name] = type; }

  /// "(nat, opt text)"
  ArgTypes types(const std::string& text) {
    ArgTypes result;
    types_ = &result;
    named_.clear();
    start(text);
    result.arguments = type_list();
    end();
    return result;
  }

  /// "(1, opt \"a\")" at these types; missing values are null.
  std::vector<Value> values(const std::string& text, const ArgTypes& types) {
    start(text);
    std::vector<Value> result;
    expect("(");
    for (const TypeRef type : types.arguments) {
      if (peek() == ")") {
        result.push_back(absent(types, type));
        continue;
      }
      result.push_back(value(types, type));
      if (peek() == ",") next();
    }
    expect(")");
    end();
    return result;
  }

 private:
  // ------------------------------------------------------------------------------------ tokens
  void start(const std::string& text) {
    text_ = text;
    at_ = 0;
  }
  void end() {
    if (!peek().empty()) throw std::runtime_error("superfluous: " + peek());
  }
  static bool is_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.' || c == '-';
  }
  /// Empty at the end; a string begins with its quote and has its escapes resolved.
  std::string next() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0)
      ++at_;
    if (at_ >= text_.size()) return {};
    if (text_.compare(at_, 2, "->") == 0) {
      at_ += 2;
      return "->";
    }
    if (text_[at_] == '"') return string_token();
    std::string token(1, text_[at_++]);
    // A name after a func's dot is a token of its own.
    if (token == "." || !is_word(token[0])) return token;
    while (at_ < text_.size() && is_word(text_[at_]) && text_.compare(at_, 2, "->") != 0)
      token.push_back(text_[at_++]);
    return token;
  }
  std::string string_token() {
    std::string token(1, text_[at_++]);
    while (text_.at(at_) != '"') {
      if (text_[at_] != '\\') {
        token.push_back(text_[at_++]);
        continue;
      }
      const auto byte = from_hex(text_.substr(at_ + 1, 2));
      if (byte) {
        token.push_back(static_cast<char>(byte->front()));
        at_ += 3;
        continue;
      }
      const char c = text_.at(at_ + 1);
      token.push_back(c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c);
      at_ += 2;
    }
    ++at_;
    return token;
  }
  std::string peek() {
    const std::size_t before = at_;
    std::string token = next();
    at_ = before;
    return token;
  }
  void expect(const std::string& token) {
    const std::string found = next();
    if (found != token) throw std::runtime_error("expected " + token + ", not " + found);
  }
  static std::uint32_t label_id(const std::string& token) {
    if (token[0] == '"') return field_id(std::string_view(token).substr(1));
    if (std::isdigit(static_cast<unsigned char>(token[0])) != 0)
      return static_cast<std::uint32_t>(std::stoul(token));
    return field_id(token);
  }

  // ------------------------------------------------------------------------------------- types
  std::vector<TypeRef> type_list() {
    std::vector<TypeRef> list;
    expect("(");
    while (peek() != ")") {
      list.push_back(type());
      if (peek() == ",") next();
    }
    expect(")");
    return list;
  }

  TypeRef add(Type type) {
    types_->table.push_back(std::move(type));
    return TypeRef::entry(types_->table.size() - 1);
  }

  TypeRef type() {
    static const std::map<std::string, Op> kPrimitives = {
        {"null", Op::kNull},         {"bool", Op::kBool},       {"nat", Op::kNat},
        {"int", Op::kInt},           {"nat8", Op::kNat8},       {"nat16", Op::kNat16},
        {"nat32", Op::kNat32},       {"nat64", Op::kNat64},     {"int8", Op::kInt8},
        {"int16", Op::kInt16},       {"int32", Op::kInt32},     {"int64", Op::kInt64},
        {"float32", Op::kFloat32},   {"float64", Op::kFloat64}, {"text", Op::kText},
        {"reserved", Op::kReserved}, {"empty", Op::kEmpty},     {"principal", Op::kPrincipal}};
    const std::string word = next();
    if (const auto found = kPrimitives.find(word); found != kPrimitives.end()) return found->second;
    if (word == "blob") return add({.op = Op::kVec, .element = Op::kNat8});
    if (word == "opt" || word == "vec") {
      const TypeRef ref = add({.op = word == "opt" ? Op::kOpt : Op::kVec});
      const TypeRef element = type();
      entry(ref).element = element;
      return ref;
    }
    if (word == "record" || word == "variant")
      return fields(word == "record" ? Op::kRecord : Op::kVariant);
    if (word == "func") return func();
    if (word == "service") return service();
    return named(word);
  }
  Type& entry(TypeRef ref) { return types_->table[static_cast<std::size_t>(ref.value)]; }

  /// A definition's entry is made before its body is read, so that it can contain itself.
  TypeRef named(const std::string& name) {
    if (const auto found = named_.find(name); found != named_.end()) return found->second;
    const std::string saved_text = text_;
    const std::size_t saved_at = at_;
    named_[name] = TypeRef::entry(types_->table.size());
    start(definitions_.at(name));
    const TypeRef ref = type();
    if (ref != named_[name]) throw std::runtime_error("definition of a primitive: " + name);
    text_ = saved_text;
    at_ = saved_at;
    return ref;
  }

  TypeRef fields(Op op) {
    const TypeRef ref = add({.op = op});
    std::vector<FieldType> list;
    std::uint32_t position = 0;
    expect("{");
    while (peek() != "}") {
      const std::size_t before = at_;
      const std::string label = next();
      if (peek() == ":") {
        next();
        list.push_back({label_id(label), type()});
      } else if (op == Op::kVariant) {
        list.push_back({label_id(label), Op::kNull});
      } else {
        at_ = before;
        list.push_back({position, type()});
      }
      position = list.back().id + 1;
      if (peek() == ";") next();
    }
    expect("}");
    std::ranges::sort(list, {}, &FieldType::id);
    entry(ref).fields = std::move(list);
    return ref;
  }

  TypeRef func() {
    const TypeRef ref = add({.op = Op::kFunc});
    auto arguments = type_list();
    expect("->");
    auto results = type_list();
    std::uint8_t annotations = 0;
    for (;; next()) {
      if (peek() == "query") {
        annotations |= kQuery;
      } else if (peek() == "oneway") {
        annotations |= kOneway;
      } else if (peek() == "composite_query") {
        annotations |= kCompositeQuery;
      } else {
        break;
      }
    }
    Type& type = entry(ref);
    type.arguments = std::move(arguments);
    type.results = std::move(results);
    type.annotations = annotations;
    return ref;
  }

  TypeRef service() {
    const TypeRef ref = add({.op = Op::kService});
    std::vector<MethodType> methods;
    expect("{");
    while (peek() != "}") {
      std::string name = next();
      if (name[0] == '"') name.erase(0, 1);
      expect(":");
      methods.push_back({name, func()});
      if (peek() == ";") next();
    }
    expect("}");
    std::ranges::sort(methods, {}, &MethodType::name);
    entry(ref).methods = std::move(methods);
    return ref;
  }

  // ------------------------------------------------------------------------------------ values
  static Value absent(const ArgTypes& types, TypeRef type) {
    switch (types.op(type)) {
      case Op::kNull:
        return {Null{}};
      case Op::kOpt:
        return {Opt{}};
      case Op::kReserved:
        return {Reserved{}};
      default:
        throw std::runtime_error("a required value is missing");
    }
  }
  std::string_view keep(std::string text) { return strings_.emplace_back(std::move(text)); }
  std::string_view string() {
    const std::string token = next();
    if (token[0] != '"') throw std::runtime_error("expected a string, not " + token);
    return keep(token.substr(1));
  }
  PrincipalBytes principal() {
    std::string digits;
    for (const char c : string())
      if (c != '-') digits.push_back(c);
    const Bytes bytes = base32_decode(digits).value();
    return PrincipalBytes::from(ByteView(bytes).subspan(4)).value();
  }

  Value value(const ArgTypes& types, TypeRef type) {
    const Op op = types.op(type);
    switch (op) {
      case Op::kNull:
        expect("null");
        return {Null{}};
      case Op::kReserved:
        next();
        return {Reserved{}};
      case Op::kBool:
        return {next() == "true"};
      case Op::kText:
        return {string()};
      case Op::kPrincipal:
        expect("principal");
        return {principal()};
      case Op::kService:
        expect("service");
        return {ServiceReference{principal()}};
      case Op::kFunc:
        return func_value();
      case Op::kOpt:
        if (next() == "null") return {Opt{}};
        return {Opt{{value(types, types.at(type).element)}}};
      case Op::kVec:
        return vec_value(types, types.at(type).element);
      case Op::kRecord:
        return record_value(types, types.at(type));
      case Op::kVariant:
        return variant_value(types, types.at(type));
      default:
        return number(op, next());
    }
  }

  static Value number(Op op, const std::string& digits) {
    switch (op) {
      case Op::kNat:
        return {Nat::from_decimal(digits).value()};
      case Op::kInt:
        return {Int::from_decimal(digits).value()};
      case Op::kNat8:
        return {static_cast<std::uint8_t>(std::stoul(digits))};
      case Op::kNat16:
        return {static_cast<std::uint16_t>(std::stoul(digits))};
      case Op::kNat32:
        return {static_cast<std::uint32_t>(std::stoul(digits))};
      case Op::kNat64:
        return {std::uint64_t{std::stoull(digits)}};
      case Op::kInt8:
        return {static_cast<std::int8_t>(std::stol(digits))};
      case Op::kInt16:
        return {static_cast<std::int16_t>(std::stol(digits))};
      case Op::kInt32:
        return {static_cast<std::int32_t>(std::stol(digits))};
      case Op::kInt64:
        return {std::int64_t{std::stoll(digits)}};
      case Op::kFloat32:
        return {std::strtof(digits.c_str(), nullptr)};
      case Op::kFloat64:
        return {std::strtod(digits.c_str(), nullptr)};
      default:
        throw std::runtime_error("no value of this type: " + digits);
    }
  }

  Value func_value() {
    expect("func");
    const PrincipalBytes service = principal();
    expect(".");
    const std::string name = next();
    return {FuncReference{service, keep(name[0] == '"' ? name.substr(1) : name)}};
  }

  Value vec_value(const ArgTypes& types, TypeRef element) {
    if (next() == "blob") return {Blob{as_bytes(string())}};
    Vec vec;
    expect("{");
    while (peek() != "}") {
      vec.elements.push_back(value(types, element));
      if (peek() == ";") next();
    }
    expect("}");
    if (types.op(element) == Op::kNat8) throw std::runtime_error("write blob \"...\"");
    return {std::move(vec)};
  }

  Value record_value(const ArgTypes& types, const Type& type) {
    std::map<std::uint32_t, Value> given;
    std::uint32_t position = 0;
    expect("record");
    expect("{");
    while (peek() != "}") {
      const std::size_t before = at_;
      const std::string label = next();
      std::uint32_t id = position;
      if (peek() == "=") {
        next();
        id = label_id(label);
      } else {
        at_ = before;
      }
      position = id + 1;
      const auto field = std::ranges::find(type.fields, id, &FieldType::id);
      if (field == type.fields.end()) {
        next();  // a superfluous field, of one token
      } else {
        given[id] = value(types, field->type);
      }
      if (peek() == ";") next();
    }
    expect("}");
    Record record;
    for (const FieldType& field : type.fields) {
      const auto found = given.find(field.id);
      record.fields.push_back(found == given.end() ? absent(types, field.type) : found->second);
    }
    return {std::move(record)};
  }

  Value variant_value(const ArgTypes& types, const Type& type) {
    expect("variant");
    expect("{");
    const std::uint32_t id = label_id(next());
    const auto field = std::ranges::find(type.fields, id, &FieldType::id);
    if (field == type.fields.end()) throw std::runtime_error("unknown tag");
    Variant variant{id, {}};
    if (peek() == "=") {
      next();
      variant.content.push_back(value(types, field->type));
    } else {
      variant.content.push_back(absent(types, field->type));
    }
    expect("}");
    return {std::move(variant)};
  }

  std::map<std::string, std::string> definitions_;
  std::map<std::string, TypeRef> named_;
  ArgTypes* types_ = nullptr;
  std::string text_;
  std::size_t at_ = 0;
  /// Texts that values view into.
  std::deque<std::string> strings_;
};

}  // namespace icpd::codec::candid
