#include "codec/candid.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "codec/candid_text_test.hpp"

namespace icpd::codec::candid {
namespace {

Bytes hex(std::string_view text) {
  return *from_hex(text);
}
std::string reason(const Bytes& message, const ArgTypes& types, Limits limits = {}) {
  const auto values = decode(message, types, limits);
  return values.ok() ? "accepted" : values.error().what;
}

// The specification's hash, computed by hand for "a" and taken from its test data for the others.
TEST(Candid, field_ids_are_the_specified_hash) {
  static_assert(field_id("a") == 97);
  static_assert(field_id("foo") == 5097222);
  static_assert(field_id("bar") == 4895187);
  static_assert(field_id("head") == 1158359328);
  static_assert(field_id("tail") == 1291237008);
  static_assert(field_id("\xe2\x98\x83") == 11272781);
  static_assert(field_id("") == 0);
}

TEST(Candid, bounds_the_values_kept) {
  TextReader text;
  const ArgTypes types = text.types("(vec null)");
  EXPECT_EQ(reason(hex("4449444c016d7f01000a"), types, {.values_max = 11}), "accepted");
  EXPECT_EQ(reason(hex("4449444c016d7f01000a"), types, {.values_max = 10}),
            "too many Candid values");
}

TEST(Candid, bounds_the_values_skipped) {
  TextReader text;
  const ArgTypes none = text.types("()");
  EXPECT_EQ(reason(hex("4449444c016d7f01000a"), none, {.skipped_max = 11}), "accepted");
  EXPECT_EQ(reason(hex("4449444c016d7f01000a"), none, {.skipped_max = 10}),
            "too many skipped Candid values");
  // A skipped blob costs a value for each 64 bytes, not for each byte.
  Bytes blob =
      hex("4449444c016d7b0100"
          "8008");
  blob.resize(blob.size() + 1024);
  EXPECT_EQ(reason(blob, none, {.skipped_max = 17}), "accepted");
  EXPECT_EQ(reason(blob, none, {.skipped_max = 16}), "too many skipped Candid values");
}

TEST(Candid, bounds_the_depth) {
  TextReader text;
  text.define("Opt", "opt Opt");
  const ArgTypes types = text.types("(Opt)");
  Bytes nested = hex("4449444c016e000100");
  nested.resize(nested.size() + 9, 1);
  nested.push_back(0);
  EXPECT_EQ(reason(nested, types, {.depth_max = 10}), "accepted");
  EXPECT_EQ(reason(nested, types, {.depth_max = 9}), "Candid value is nested too deeply");
  EXPECT_EQ(reason(nested, text.types("()"), {.depth_max = 9}),
            "Candid value is nested too deeply");
}

TEST(Candid, a_table_above_its_bound_is_refused) {
  Bytes message = hex("4449444c");
  append_leb128(message, std::uint64_t{kTableMax + 1});
  for (std::size_t i = 0; i <= kTableMax; ++i)
    append(message, Bytes{0x6e, 0x7f});
  message.push_back(0);
  EXPECT_EQ(reason(message, {}), "Candid type table is too long");
}

TEST(Candid, blobs_and_texts_are_views_into_the_message) {
  TextReader text;
  const Bytes message =
      hex("4449444c016d7b0100"
          "03010203");
  const auto values = decode(message, text.types("(blob)"));
  EXPECT_EQ(std::get<Blob>(values.value()[0].data).bytes.data(), message.data() + 10);
}

TEST(Candid, a_misfit_under_an_opt_leaves_the_rest_readable) {
  TextReader text;
  const ArgTypes sent = text.types("(vec record { a : variant { x : nat; y : text }; b : nat8 })");
  const auto values = text.values(
      "(vec { record { a = variant { y = \"t\" }; b = 1 }; record { a = variant { x = 2 }; b = 3 } "
      "})",
      sent);
  const ArgTypes wanted = text.types("(vec record { a : opt variant { x : nat }; b : nat8 })");
  const Bytes message = encode(sent, values);
  EXPECT_EQ(
      decode(message, wanted).value(),
      text.values("(vec { record { a = null; b = 1 }; record { a = opt variant { x = 2 }; b = 3 "
                  "} })",
                  wanted));
}

TEST(Candid, malformed_bytes_under_an_opt_are_an_error_not_null) {
  TextReader text;
  // text of 2 bytes that are no UTF-8, expected as opt nat
  EXPECT_EQ(reason(hex("4449444c00017102ffff"), text.types("(opt nat)")), "text is not UTF-8");
}

TEST(Candid, minimizing_merges_equal_recursive_types_and_drops_unused_ones) {
  TextReader text;
  text.define("A", "opt record { B; nat }");
  text.define("B", "opt record { A; nat }");
  const ArgTypes types = text.types("(A, B, A)");
  EXPECT_EQ(types.table.size(), 4u);
  const ArgTypes small = minimized(types);
  EXPECT_EQ(small.table.size(), 2u);
  EXPECT_EQ(small.arguments, std::vector<TypeRef>(3, TypeRef::entry(0)));
  ArgTypes unused = text.types("(opt nat, vec nat)");
  unused.arguments.pop_back();
  EXPECT_EQ(minimized(unused).table.size(), 1u);
}

// ------------------------------------------------------------------------------- random messages

/// Random types and values of them, from one generator.
class Random {
 public:
  explicit Random(std::uint64_t seed) : prng_(seed) {}
  Prng& prng() { return prng_; }

  ArgTypes types() {
    ArgTypes types;
    types.table.resize(prng_.between(1, 6));
    for (Type& type : types.table)
      type = entry(types.table.size(), Op::kOpt, Op::kService);
    for (Type& type : types.table)
      std::erase_if(type.methods,
                    [&](const MethodType& method) { return types.op(method.type) != Op::kFunc; });
    for (std::uint64_t n = prng_.between(1, 3); n > 0; --n)
      types.arguments.push_back(ref(types.table.size()));
    return types;
  }

  /// The same types with a few changes, so that some are related by subtyping.
  ArgTypes changed(ArgTypes types) {
    for (std::uint64_t n = prng_.below(3); n > 0; --n) {
      Type& type = types.table[prng_.below(types.table.size())];
      if (!type.fields.empty() && prng_.chance(1, 2)) {
        type.fields.erase(type.fields.begin() +
                          static_cast<std::ptrdiff_t>(prng_.below(type.fields.size())));
      } else if (type.op == Op::kRecord || type.op == Op::kVariant) {
        type.fields.push_back({100, ref(types.table.size())});
      } else if (type.element == Op::kNat) {
        type.element = Op::kInt;
      } else {
        type.element = ref(types.table.size());
      }
    }
    return types;
  }

  /// Nothing if the value would need more than `fuel` values: types may have no finite one.
  std::optional<Value> value(const ArgTypes& types, TypeRef ref, int fuel) {
    if (fuel <= 0) return std::nullopt;
    switch (types.op(ref)) {
      case Op::kNull:
        return Value{Null{}};
      case Op::kBool:
        return Value{prng_.chance(1, 2)};
      case Op::kNat:
        return Value{Nat(static_cast<Uint128>(prng_.next()) << prng_.below(100))};
      case Op::kInt:
        return Value{Int(static_cast<Int128>(prng_.next()) - (Int128{1} << 63))};
      case Op::kNat32:
        return Value{static_cast<std::uint32_t>(prng_.next())};
      case Op::kInt64:
        return Value{static_cast<std::int64_t>(prng_.next())};
      case Op::kText:
        return Value{std::string_view("some text").substr(prng_.below(9))};
      case Op::kReserved:
        return Value{Reserved{}};
      case Op::kPrincipal:
        return Value{principal()};
      case Op::kService:
        return Value{ServiceReference{principal()}};
      case Op::kFunc:
        return Value{FuncReference{principal(), "method"}};
      case Op::kOpt:
        return opt(types, types.at(ref).element, fuel);
      case Op::kVec:
        return vec(types, types.at(ref).element, fuel);
      case Op::kRecord:
        return record(types, types.at(ref), fuel);
      case Op::kVariant:
        return variant(types, types.at(ref), fuel);
      default:
        return std::nullopt;  // empty
    }
  }

 private:
  static constexpr Op kPrimitives[] = {Op::kNull,      Op::kBool,  Op::kNat,  Op::kInt,
                                       Op::kNat32,     Op::kInt64, Op::kText, Op::kReserved,
                                       Op::kPrincipal, Op::kEmpty};

  TypeRef ref(std::size_t table_size) {
    if (prng_.chance(1, 2)) return kPrimitives[prng_.below(std::size(kPrimitives))];
    return TypeRef::entry(prng_.below(table_size));
  }

  std::vector<TypeRef> refs(std::size_t table_size) {
    std::vector<TypeRef> list(prng_.below(3));
    for (TypeRef& each : list)
      each = ref(table_size);
    return list;
  }

  Type entry(std::size_t table_size, Op first, Op last) {
    const auto top = static_cast<int>(first);
    const int count = top - static_cast<int>(last) + 1;
    Type type{
        .op = static_cast<Op>(top - static_cast<int>(prng_.below(static_cast<unsigned>(count))))};
    switch (type.op) {
      case Op::kOpt:
      case Op::kVec:
        type.element = ref(table_size);
        break;
      case Op::kFunc:
        type.arguments = refs(table_size);
        type.results = refs(table_size);
        type.annotations = prng_.chance(1, 3) ? kQuery : kNoAnnotation;
        break;
      case Op::kService:
        for (const char* name : {"a", "b"})
          type.methods.push_back({name, TypeRef::entry(prng_.below(table_size))});
        break;
      default:
        for (std::uint32_t id = 0; id < 4; ++id)
          if (prng_.chance(1, 2)) type.fields.push_back({id, ref(table_size)});
    }
    return type;
  }

  PrincipalBytes principal() { return *PrincipalBytes::from(prng_.bytes(prng_.below(30))); }

  std::optional<Value> opt(const ArgTypes& types, TypeRef element, int fuel) {
    if (prng_.chance(1, 3)) return Value{Opt{}};
    auto content = value(types, element, fuel - 1);
    return content ? Value{Opt{{std::move(*content)}}} : Value{Opt{}};
  }

  std::optional<Value> vec(const ArgTypes& types, TypeRef element, int fuel) {
    Vec vec;
    for (std::uint64_t n = prng_.below(4); n > 0; --n)
      if (auto each = value(types, element, fuel / 2 - 1)) vec.elements.push_back(std::move(*each));
    return Value{std::move(vec)};
  }

  std::optional<Value> record(const ArgTypes& types, const Type& type, int fuel) {
    Record record;
    for (const FieldType& field : type.fields) {
      auto each = value(types, field.type, fuel / 2 - 1);
      if (!each) return std::nullopt;
      record.fields.push_back(std::move(*each));
    }
    return Value{std::move(record)};
  }

  std::optional<Value> variant(const ArgTypes& types, const Type& type, int fuel) {
    if (type.fields.empty()) return std::nullopt;
    const FieldType& field = type.fields[prng_.below(type.fields.size())];
    auto content = value(types, field.type, fuel - 1);
    if (!content) return std::nullopt;
    return Value{Variant{field.id, {std::move(*content)}}};
  }

  Prng prng_;
};

std::optional<std::vector<Value>> random_values(Random& random, const ArgTypes& types) {
  std::vector<Value> values;
  for (const TypeRef type : types.arguments) {
    auto value = random.value(types, type, 30);
    if (!value) return std::nullopt;
    values.push_back(std::move(*value));
  }
  return values;
}

TEST(CandidRandom, values_round_trip_at_their_own_types) {
  int tried = 0;
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const ArgTypes types = minimized(random.types());
    const auto values = random_values(random, types);
    if (!values) continue;
    ++tried;
    const Bytes message = encode(types, *values);
    const auto back = decode_as_sent(message);
    ASSERT_TRUE(back.ok()) << back.error().what << ' ' << to_hex(message);
    EXPECT_EQ(back->values, *values);
    EXPECT_EQ(back->types.table, types.table);
  }
  EXPECT_GT(tried, 1'000);
}

/// A type like `type Opt = opt Opt`. Other values at it would be wrapped without end; the
/// specification's test data (construct.test.did, "fix opt") wants that refused.
bool has_endless_opt(const ArgTypes& types) {
  for (std::size_t i = 0; i < types.table.size(); ++i) {
    TypeRef at = TypeRef::entry(i);
    for (std::size_t steps = 0; types.op(at) == Op::kOpt; ++steps) {
      if (steps > types.table.size()) return true;
      at = types.at(at).element;
    }
  }
  return false;
}

// Candid specification, "Properties": reflexivity, and soundness of subtyping.
TEST(CandidRandom, a_value_decodes_at_every_supertype) {
  int related = 0;
  for (std::uint64_t seed = 0; seed < 6'000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const ArgTypes sent = random.types();
    const ArgTypes wanted = random.changed(sent);
    bool all = true;
    for (std::size_t i = 0; i < sent.arguments.size(); ++i) {
      EXPECT_TRUE(is_subtype(sent, sent.arguments[i], sent, sent.arguments[i]));
      all = all && is_subtype(sent, sent.arguments[i], wanted, wanted.arguments[i]);
    }
    const auto values = random_values(random, sent);
    if (!all || !values || has_endless_opt(wanted)) continue;
    ++related;
    const Bytes message = encode(sent, *values);
    EXPECT_EQ(reason(message, wanted), "accepted") << to_hex(message);
  }
  EXPECT_GT(related, 1'000);
}

TEST(CandidRandom, damaged_messages_are_refused_or_read_within_bounds) {
  const Limits limits{.values_max = 10'000, .skipped_max = 10'000, .depth_max = 100};
  for (std::uint64_t seed = 0; seed < 6'000; ++seed) {
    Random random(seed);
    const ArgTypes types = random.types();
    const auto values = random_values(random, types);
    if (!values) continue;
    Bytes message = encode(types, *values);
    for (std::uint64_t n = random.prng().between(1, 3); n > 0; --n)
      message[random.prng().below(message.size())] =
          static_cast<std::uint8_t>(random.prng().next());
    const auto as_sent = decode_as_sent(message, limits);
    const auto as_wanted = decode(message, random.changed(types), limits);
    EXPECT_TRUE(as_sent.ok() || as_sent.error().offset <= message.size());
    EXPECT_TRUE(as_wanted.ok() || as_wanted.error().offset <= message.size());
  }
}

}  // namespace
}  // namespace icpd::codec::candid
