// C++ types as Candid types, so that an interface is declared once, as structs.
//
//   struct HttpHeader {
//     std::string name;
//     std::string value;
//     static constexpr auto kCandid = candid::record(
//         candid::field<"name">(&HttpHeader::name), candid::field<"value">(&HttpHeader::value));
//   };
//   using LogVisibility = candid::Variants<
//       candid::Case<"controllers">, candid::Case<"public">,
//       candid::Case<"allowed_viewers", std::vector<candid::PrincipalBytes>>>;
//
//   Bytes reply = candid::encode_args(header, visibility);
//   auto [h, v] = TRY(candid::decode_args<HttpHeader, LogVisibility>(argument));
//   HttpHeader one = TRY(candid::decode_arg<HttpHeader>(argument));
//
// | C++                                              | Candid                              |
// | ------------------------------------------------ | ----------------------------------- |
// | bool, (u)intN_t, float, double                   | bool, nat<N>, int<N>, float32/64    |
// | Nat, Uint128 / Int, Int128                       | nat / int                           |
// | std::string, std::string_view                    | text                                |
// | Bytes, ByteView                                  | blob, that is vec nat8              |
// | std::optional<T>, std::vector<T>                 | opt T, vec T                        |
// | PrincipalBytes, Null, Reserved                   | principal, null, reserved           |
// | std::tuple<T...>, std::pair                      | record { 0 : T0; 1 : T1; ... }      |
// | struct with kCandid                              | record                              |
// | Variants<Case...>, a std::variant                | variant                             |
// | Func<Args, Results, annotations>                 | func                                |
//
// Views (std::string_view, ByteView) borrow from the decoded message. Other types are added by
// specializing Mapping. A number that doesn't fit Uint128 or Int128 is an error. Types may refer to
// themselves, through a vector or an optional of a vector.
//
// Cost: the header of a list of types is made once for each program; encoding then only copies
// bytes. Decoding goes through dynamic values (codec/candid.hpp), whose bounds hold.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "codec/candid.hpp"

namespace icpd::codec::candid {

/// How T is written and read. A specialization has
///   static TypeRef type(TypeBuilder&);
///   static void write(Bytes& out, const T& value);
///   static Decoded<T> read(const Value& value);   // value was decoded at type()
template <typename T>
struct Mapping;

/// Collects the entries of a type table; recursion ends at types that were begun before.
class TypeBuilder {
 public:
  template <typename T>
  [[nodiscard]] TypeRef ref() {
    return Mapping<T>::type(*this);
  }
  /// The entry of T, which `make(TypeBuilder&) -> Type` describes when it is met first.
  template <typename T, typename F>
  [[nodiscard]] TypeRef entry(F&& make) {
    const auto [known, fresh] = known_.try_emplace(&kIdentity<T>, types_.table.size());
    const std::size_t index = known->second;
    if (fresh) {
      types_.table.emplace_back();
      Type type = make(*this);
      types_.table[index] = std::move(type);
    }
    return TypeRef::entry(index);
  }
  /// The minimized types of a list of arguments.
  [[nodiscard]] ArgTypes finish(std::vector<TypeRef> arguments) && {
    types_.arguments = std::move(arguments);
    return minimized(types_);
  }

 private:
  template <typename T>
  static constexpr char kIdentity = 0;

  ArgTypes types_;
  std::map<const void*, std::size_t> known_;
};

// ------------------------------------------------------------------------------ names as types

template <std::size_t N>
struct Name {
  char text[N]{};
  consteval Name(const char (&from)[N]) { std::copy_n(from, N, text); }  // NOLINT
  [[nodiscard]] constexpr std::uint32_t id() const { return field_id({text, N - 1}); }
};

template <std::uint32_t kId, typename Struct, typename Member>
struct Field {
  using Type = Member;
  static constexpr std::uint32_t id = kId;
  Member Struct::* member;
};
template <Name kName, typename Struct, typename Member>
[[nodiscard]] constexpr auto field(Member Struct::* member) {
  return Field<kName.id(), Struct, Member>{member};
}
template <typename... Fields>
[[nodiscard]] constexpr auto record(Fields... fields) {
  return std::tuple<Fields...>(fields...);
}

/// One alternative of a Variants; without a type it carries null.
template <Name kName, typename T = Null>
struct Case {
  static constexpr std::uint32_t id = kName.id();
  using Type = T;
  T value{};
  friend bool operator==(const Case&, const Case&) = default;
};
template <typename... Cases>
using Variants = std::variant<Cases...>;

/// A reference to a method whose argument and result types are std::tuple of C++ types.
template <typename Arguments, typename Results, std::uint8_t kAnnotations = kNoAnnotation>
struct Func {
  PrincipalBytes service;
  std::string method;
  friend bool operator==(const Func&, const Func&) = default;
};

// --------------------------------------------------------------------------------- the mappings

namespace detail {

template <typename T>
[[nodiscard]] const T& content(const Value& value) {
  const T* held = std::get_if<T>(&value.data);
  ensure(held != nullptr, "a Candid value that wasn't decoded at its mapping's type");
  return *held;
}

/// Positions 0..N-1 in the order of increasing ids.
template <std::size_t N>
[[nodiscard]] constexpr std::array<std::size_t, N> order_of(std::array<std::uint32_t, N> ids) {
  std::array<std::size_t, N> order{};
  for (std::size_t i = 0; i < N; ++i)
    order[i] = i;
  std::ranges::sort(order, {}, [&](std::size_t i) { return ids[i]; });
  return order;
}

/// Position among the sorted ids of each of the ids.
template <std::size_t N>
[[nodiscard]] constexpr std::array<std::size_t, N> ranks_of(std::array<std::uint32_t, N> ids) {
  std::array<std::size_t, N> ranks{};
  const auto order = order_of(ids);
  for (std::size_t i = 0; i < N; ++i)
    ranks[order[i]] = i;
  return ranks;
}

template <std::size_t N>
[[nodiscard]] constexpr bool distinct(std::array<std::uint32_t, N> ids) {
  std::ranges::sort(ids);
  return std::ranges::adjacent_find(ids) == ids.end();
}

/// Calls f.operator()<i>() for each position in the order of increasing ids.
template <auto kIds, typename F>
constexpr void in_order(F&& f) {
  static constexpr auto kOrder = order_of(kIds);
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (f.template operator()<kOrder[I]>(), ...);
  }(std::make_index_sequence<kIds.size()>());
}

void append_text(Bytes& out, std::string_view text);
void append_blob(Bytes& out, ByteView bytes);
void append_principal(Bytes& out, const PrincipalBytes& principal);

/// A type that Value holds as it is.
template <typename T, Op kOp>
struct Direct {
  static TypeRef type(TypeBuilder&) { return kOp; }
  static Decoded<T> read(const Value& value) { return content<T>(value); }
};
template <typename T, Op kOp>
struct DirectNumber : Direct<T, kOp> {
  static void write(Bytes& out, T value) { append_le(out, value); }
};

}  // namespace detail

template <>
struct Mapping<std::uint8_t> : detail::DirectNumber<std::uint8_t, Op::kNat8> {};
template <>
struct Mapping<std::uint16_t> : detail::DirectNumber<std::uint16_t, Op::kNat16> {};
template <>
struct Mapping<std::uint32_t> : detail::DirectNumber<std::uint32_t, Op::kNat32> {};
template <>
struct Mapping<std::uint64_t> : detail::DirectNumber<std::uint64_t, Op::kNat64> {};
template <>
struct Mapping<std::int8_t> : detail::DirectNumber<std::int8_t, Op::kInt8> {};
template <>
struct Mapping<std::int16_t> : detail::DirectNumber<std::int16_t, Op::kInt16> {};
template <>
struct Mapping<std::int32_t> : detail::DirectNumber<std::int32_t, Op::kInt32> {};
template <>
struct Mapping<std::int64_t> : detail::DirectNumber<std::int64_t, Op::kInt64> {};
template <>
struct Mapping<float> : detail::DirectNumber<float, Op::kFloat32> {};
template <>
struct Mapping<double> : detail::DirectNumber<double, Op::kFloat64> {};

template <>
struct Mapping<bool> : detail::Direct<bool, Op::kBool> {
  static void write(Bytes& out, bool value) { out.push_back(value ? 1 : 0); }
};
template <>
struct Mapping<Null> : detail::Direct<Null, Op::kNull> {
  static void write(Bytes&, Null) {}
};
template <>
struct Mapping<Reserved> : detail::Direct<Reserved, Op::kReserved> {
  static void write(Bytes&, Reserved) {}
};
template <>
struct Mapping<Nat> : detail::Direct<Nat, Op::kNat> {
  static void write(Bytes& out, const Nat& value) { value.append_to(out); }
};
template <>
struct Mapping<Int> : detail::Direct<Int, Op::kInt> {
  static void write(Bytes& out, const Int& value) { value.append_to(out); }
};
template <>
struct Mapping<PrincipalBytes> : detail::Direct<PrincipalBytes, Op::kPrincipal> {
  static void write(Bytes& out, const PrincipalBytes& value) {
    detail::append_principal(out, value);
  }
};
template <>
struct Mapping<std::string_view> : detail::Direct<std::string_view, Op::kText> {
  static void write(Bytes& out, std::string_view value) { detail::append_text(out, value); }
};

template <>
struct Mapping<std::string> {
  static TypeRef type(TypeBuilder&) { return Op::kText; }
  static void write(Bytes& out, std::string_view value) { detail::append_text(out, value); }
  static Decoded<std::string> read(const Value& value) {
    return std::string(detail::content<std::string_view>(value));
  }
};
template <>
struct Mapping<Uint128> {
  static TypeRef type(TypeBuilder&) { return Op::kNat; }
  static void write(Bytes& out, Uint128 value) { append_leb128(out, value); }
  static Decoded<Uint128> read(const Value& value) {
    const auto number = detail::content<Nat>(value).to_u128();
    if (!number) return Err(DecodeError{"nat is too large", 0});
    return *number;
  }
};
template <>
struct Mapping<Int128> {
  static TypeRef type(TypeBuilder&) { return Op::kInt; }
  static void write(Bytes& out, Int128 value) { append_sleb128(out, value); }
  static Decoded<Int128> read(const Value& value) {
    const auto number = detail::content<Int>(value).to_i128();
    if (!number) return Err(DecodeError{"int is too large", 0});
    return *number;
  }
};

template <typename T>
struct Mapping<std::optional<T>> {
  static TypeRef type(TypeBuilder& builder) {
    return builder.entry<std::optional<T>>(
        [](TypeBuilder& b) { return Type{.op = Op::kOpt, .element = b.ref<T>()}; });
  }
  static void write(Bytes& out, const std::optional<T>& value) {
    out.push_back(value ? 1 : 0);
    if (value) Mapping<T>::write(out, *value);
  }
  static Decoded<std::optional<T>> read(const Value& value) {
    const auto& opt = detail::content<Opt>(value).content;
    if (opt.empty()) return std::optional<T>();
    return std::optional<T>(TRY(Mapping<T>::read(opt.front())));
  }
};

template <typename T>
struct Mapping<std::vector<T>> {
  static TypeRef type(TypeBuilder& builder) {
    return builder.entry<std::vector<T>>(
        [](TypeBuilder& b) { return Type{.op = Op::kVec, .element = b.ref<T>()}; });
  }
  static void write(Bytes& out, const std::vector<T>& value) {
    append_leb128(out, std::uint64_t{value.size()});
    for (const T& element : value)
      Mapping<T>::write(out, element);
  }
  static Decoded<std::vector<T>> read(const Value& value) {
    std::vector<T> result;
    const auto& elements = detail::content<Vec>(value).elements;
    result.reserve(elements.size());
    for (const Value& element : elements)
      result.push_back(TRY(Mapping<T>::read(element)));
    return result;
  }
};

template <>
struct Mapping<ByteView> {
  static TypeRef type(TypeBuilder& builder) {
    return builder.entry<Blob>(
        [](TypeBuilder&) { return Type{.op = Op::kVec, .element = Op::kNat8}; });
  }
  static void write(Bytes& out, ByteView value) { detail::append_blob(out, value); }
  static Decoded<ByteView> read(const Value& value) { return detail::content<Blob>(value).bytes; }
};
template <>
struct Mapping<Bytes> {
  static TypeRef type(TypeBuilder& builder) { return Mapping<ByteView>::type(builder); }
  static void write(Bytes& out, const Bytes& value) { detail::append_blob(out, value); }
  static Decoded<Bytes> read(const Value& value) {
    return to_bytes(detail::content<Blob>(value).bytes);
  }
};

/// A struct that describes itself.
template <typename T>
concept DescribedRecord = requires { T::kCandid; };

template <DescribedRecord T>
struct Mapping<T> {
  static TypeRef type(TypeBuilder& builder) {
    return builder.entry<T>([](TypeBuilder& b) {
      Type type{.op = Op::kRecord};
      detail::in_order<kIds>([&]<std::size_t I>() {
        type.fields.push_back({kIds[I], b.ref<typename FieldAt<I>::Type>()});
      });
      return type;
    });
  }
  static void write(Bytes& out, const T& value) {
    detail::in_order<kIds>([&]<std::size_t I>() {
      Mapping<typename FieldAt<I>::Type>::write(out, value.*(std::get<I>(T::kCandid).member));
    });
  }
  static Decoded<T> read(const Value& value) {
    const auto& fields = detail::content<Record>(value).fields;
    ensure(fields.size() == kIds.size());
    T result{};
    TRY(read_from<0>(fields, result));
    return result;
  }

 private:
  using Fields = std::remove_cvref_t<decltype(T::kCandid)>;
  template <std::size_t I>
  using FieldAt = std::tuple_element_t<I, Fields>;
  static constexpr auto kIds = []<std::size_t... I>(std::index_sequence<I...>) {
    return std::array<std::uint32_t, sizeof...(I)>{FieldAt<I>::id...};
  }(std::make_index_sequence<std::tuple_size_v<Fields>>());
  static_assert(detail::distinct(kIds), "two fields with the same id");
  static constexpr auto kRanks = detail::ranks_of(kIds);

  template <std::size_t I>
  static Status<DecodeError> read_from(const std::vector<Value>& fields, T& result) {
    if constexpr (I < kIds.size()) {
      result.*(std::get<I>(T::kCandid).member) =
          TRY(Mapping<typename FieldAt<I>::Type>::read(fields[kRanks[I]]));
      return read_from<I + 1>(fields, result);
    } else {
      return {};
    }
  }
};

template <typename... Ts>
struct Mapping<std::tuple<Ts...>> {
  static TypeRef type(TypeBuilder& builder) {
    return builder.entry<std::tuple<Ts...>>([](TypeBuilder& b) {
      Type type{.op = Op::kRecord};
      (type.fields.push_back({static_cast<std::uint32_t>(type.fields.size()), b.ref<Ts>()}), ...);
      return type;
    });
  }
  static void write(Bytes& out, const std::tuple<Ts...>& value) {
    std::apply([&](const Ts&... each) { (Mapping<Ts>::write(out, each), ...); }, value);
  }
  static Decoded<std::tuple<Ts...>> read(const Value& value) {
    return read_all(detail::content<Record>(value).fields);
  }
  /// The values of a tuple, one each, in order.
  static Decoded<std::tuple<Ts...>> read_all(std::span<const Value> values) {
    ensure(values.size() == sizeof...(Ts));
    std::tuple<Ts...> result;
    TRY(read_from<0>(values, result));
    return result;
  }

 private:
  template <std::size_t I>
  static Status<DecodeError> read_from(std::span<const Value> values, std::tuple<Ts...>& result) {
    if constexpr (I < sizeof...(Ts)) {
      using T = std::tuple_element_t<I, std::tuple<Ts...>>;
      std::get<I>(result) = TRY(Mapping<T>::read(values[I]));
      return read_from<I + 1>(values, result);
    } else {
      return {};
    }
  }
};

template <typename A, typename B>
struct Mapping<std::pair<A, B>> {
  static TypeRef type(TypeBuilder& builder) { return Mapping<std::tuple<A, B>>::type(builder); }
  static void write(Bytes& out, const std::pair<A, B>& value) {
    Mapping<A>::write(out, value.first);
    Mapping<B>::write(out, value.second);
  }
  static Decoded<std::pair<A, B>> read(const Value& value) {
    auto [a, b] = TRY((Mapping<std::tuple<A, B>>::read(value)));
    return std::pair<A, B>(std::move(a), std::move(b));
  }
};

template <typename... Cases>
struct Mapping<std::variant<Cases...>> {
  static TypeRef type(TypeBuilder& builder) {
    return builder.entry<std::variant<Cases...>>([](TypeBuilder& b) {
      Type type{.op = Op::kVariant};
      detail::in_order<kIds>([&]<std::size_t I>() {
        type.fields.push_back({kIds[I], b.ref<typename CaseAt<I>::Type>()});
      });
      return type;
    });
  }
  static void write(Bytes& out, const std::variant<Cases...>& value) {
    append_leb128(out, std::uint64_t{kRanks[value.index()]});
    std::visit(
        [&]<typename C>(const C& each) { Mapping<typename C::Type>::write(out, each.value); },
        value);
  }
  static Decoded<std::variant<Cases...>> read(const Value& value) {
    return read_from<0>(detail::content<Variant>(value));
  }

 private:
  template <std::size_t I>
  using CaseAt = std::tuple_element_t<I, std::tuple<Cases...>>;
  static constexpr std::array<std::uint32_t, sizeof...(Cases)> kIds{Cases::id...};
  static_assert(detail::distinct(kIds), "two cases with the same id");
  static constexpr auto kRanks = detail::ranks_of(kIds);

  template <std::size_t I>
  static Decoded<std::variant<Cases...>> read_from(const Variant& variant) {
    if constexpr (I < sizeof...(Cases)) {
      if (variant.id != kIds[I]) return read_from<I + 1>(variant);
      using Content = typename CaseAt<I>::Type;
      return std::variant<Cases...>(
          std::in_place_index<I>, CaseAt<I>{TRY(Mapping<Content>::read(variant.content.front()))});
    } else {
      unreachable_state("a variant tag that its type doesn't have");
    }
  }
};

template <typename... As, typename... Rs, std::uint8_t kAnnotations>
struct Mapping<Func<std::tuple<As...>, std::tuple<Rs...>, kAnnotations>> {
  using T = Func<std::tuple<As...>, std::tuple<Rs...>, kAnnotations>;
  static TypeRef type(TypeBuilder& builder) {
    return builder.entry<T>([](TypeBuilder& b) {
      return Type{.op = Op::kFunc,
                  .arguments = {b.ref<As>()...},
                  .results = {b.ref<Rs>()...},
                  .annotations = kAnnotations};
    });
  }
  static void write(Bytes& out, const T& value) {
    out.push_back(1);
    detail::append_principal(out, value.service);
    detail::append_text(out, value.method);
  }
  static Decoded<T> read(const Value& value) {
    const auto& func = detail::content<FuncReference>(value);
    return T{func.service, std::string(func.method)};
  }
};

// --------------------------------------------------------------------------- argument sequences

/// The types of a list of arguments, made once for each program.
template <typename... Ts>
[[nodiscard]] const ArgTypes& arg_types() {
  static const ArgTypes kTypes = [] {
    TypeBuilder builder;
    std::vector<TypeRef> arguments{builder.ref<Ts>()...};
    return std::move(builder).finish(std::move(arguments));
  }();
  return kTypes;
}

template <typename... Ts>
[[nodiscard]] Bytes encode_args(const Ts&... values) {
  static const Bytes kHeader = [] {
    Bytes header;
    append_header(header, arg_types<Ts...>());
    return header;
  }();
  Bytes out = kHeader;
  (Mapping<Ts>::write(out, values), ...);
  return out;
}

template <typename... Ts>
[[nodiscard]] Decoded<std::tuple<Ts...>> decode_args(ByteView message, Limits limits = {}) {
  const std::vector<Value> values = TRY(decode(message, arg_types<Ts...>(), limits));
  return Mapping<std::tuple<Ts...>>::read_all(values);
}

/// A list of one.
template <typename T>
[[nodiscard]] Decoded<T> decode_arg(ByteView message, Limits limits = {}) {
  return std::get<0>(TRY(decode_args<T>(message, limits)));
}

}  // namespace icpd::codec::candid
