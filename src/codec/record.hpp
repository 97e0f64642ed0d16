// Canonical records: the one encoding of everything that icpd's own nodes hash, sign, store or send
// to each other (docs/adr/0002-canonical-records.md). Clients and canisters never see it; they get
// CBOR, Candid and LEB128.
//
// A value has exactly one encoding, and decoding accepts only that one, so that the bytes that were
// received can be hashed as they are:
//
//   unsigned integer, enum     LEB128, shortest form; an integer that doesn't fit is an error
//   signed integer             zigzag, then as unsigned
//   bool, Flag                 one byte, 0 or 1
//   FixedBytes<N>, array<u8,N> N bytes
//   Bytes, Slice, string       length as integer, then the bytes
//   optional<T>                0, or 1 and the value
//   vector<T>, deque<T>        count, then the elements
//   map<K, V>, set<K>          count, then entries in strictly growing key order
//   variant<Ts...>             index as integer, then the alternative
//   Shared<T>, unique_ptr<T>   the value
//   struct                     its fields in order, no names, no gaps
//
// A struct takes part by listing its members once:
//
//   struct Point { u32 x, y; static constexpr auto kFields = std::tuple(&Point::x, &Point::y); };
//
// or, where the form is its own, by `void record_write(RecordWriter&, const T&)` and
// `Status<> record_read(RecordReader&, T&)` beside it. An enum needs `bool is_valid(E)` beside it.
//
// Bounds: decoding never allocates more than sizeof(element) bytes for each input byte, never
// recurses deeper than the static type, and copies no Slice: decoded slices share the input.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/shared.hpp"
#include "base/strong.hpp"
#include "base/units.hpp"

namespace icpd::codec {

class RecordWriter {
 public:
  void integer(unsigned __int128 value) {
    do {
      const auto low = static_cast<std::uint8_t>(value & 0x7F);
      value >>= 7;
      out_.push_back(value != 0 ? low | 0x80 : low);
    } while (value != 0);
  }
  void raw(ByteView bytes) { append(out_, bytes); }
  void blob(ByteView bytes) {
    integer(bytes.size());
    raw(bytes);
  }
  [[nodiscard]] Bytes take() && { return std::move(out_); }
  [[nodiscard]] std::size_t size() const { return out_.size(); }

 private:
  Bytes out_;
};

class RecordReader {
 public:
  explicit RecordReader(Slice input) : input_(std::move(input)), rest_(input_.view()) {}

  /// An integer of at most `bits` bits in its shortest form.
  [[nodiscard]] Result<unsigned __int128> integer(unsigned bits) {
    unsigned __int128 value = 0;
    for (unsigned shift = 0; shift < bits; shift += 7) {
      if (rest_.empty()) return Err("record ends within an integer");
      const std::uint8_t byte = rest_[0];
      rest_ = rest_.subspan(1);
      const unsigned room = bits - shift;
      if (room < 7 && (byte & 0x7F) >> room != 0) return Err("integer too large");
      value |= static_cast<unsigned __int128>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) {
        if (byte == 0 && shift != 0) return Err("integer not in shortest form");
        return value;
      }
    }
    return Err("integer too large");
  }
  [[nodiscard]] Result<ByteView> raw(std::size_t size) {
    if (rest_.size() < size) return Err("record ends within a byte string");
    const ByteView head = rest_.first(size);
    rest_ = rest_.subspan(size);
    return head;
  }
  [[nodiscard]] Result<ByteView> blob() {
    const auto size = TRY(integer(64));
    if (size > rest_.size()) return Err("byte string longer than its record");
    return raw(static_cast<std::size_t>(size));
  }
  /// A count of elements of which each takes at least one byte.
  [[nodiscard]] Result<std::size_t> count() {
    const auto n = TRY(integer(64));
    if (n > rest_.size()) return Err("more elements than bytes");
    return static_cast<std::size_t>(n);
  }
  /// The slice of the input that `inside`, a view that this reader gave, covers.
  [[nodiscard]] Slice share(ByteView inside) const { return input_.part(inside); }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  Slice input_;
  ByteView rest_;
};

template <typename T>
concept RecordStruct = requires { T::kFields; };

template <typename T>
concept CustomRecord = requires(RecordWriter& w, RecordReader& r, const T& in, T& out) {
  record_write(w, in);
  { record_read(r, out) } -> std::same_as<Status<>>;
};

template <typename T>
void write_record(RecordWriter& out, const T& value);
template <typename T>
[[nodiscard]] Status<> read_record(RecordReader& in, T& value);

namespace detail {

template <typename T, template <typename...> class Template>
inline constexpr bool kIs = false;
template <template <typename...> class Template, typename... Args>
inline constexpr bool kIs<Template<Args...>, Template> = true;

template <typename T>
inline constexpr bool kIsFixedBytes = false;
template <typename Tag, std::size_t N>
inline constexpr bool kIsFixedBytes<FixedBytes<Tag, N>> = true;
template <typename T>
inline constexpr bool kIsByteArray = false;
template <std::size_t N>
inline constexpr bool kIsByteArray<std::array<std::uint8_t, N>> = true;
template <typename T>
inline constexpr bool kIsStrong = false;
template <typename Tag, typename Rep>
inline constexpr bool kIsStrong<Strong<Tag, Rep>> = true;
template <typename T>
inline constexpr bool kIsBool = std::is_same_v<T, bool>;
template <typename Tag>
inline constexpr bool kIsBool<Flag<Tag>> = true;
template <typename T>
inline constexpr bool kIsUnsigned =
    std::is_same_v<T, unsigned __int128> || (std::is_unsigned_v<T> && !std::is_same_v<T, bool>);
template <typename T>
inline constexpr bool kIsSigned = std::is_integral_v<T> && std::is_signed_v<T>;

template <typename V, std::size_t I = 0>
[[nodiscard]] Status<> read_alternative(RecordReader& in, std::size_t index, V& value) {
  if constexpr (I == std::variant_size_v<V>) {
    return Err("unknown alternative");
  } else {
    if (index != I) return read_alternative<V, I + 1>(in, index, value);
    return read_record(in, value.template emplace<I>());
  }
}

template <typename T>
[[nodiscard]] Status<> read_struct(RecordReader& in, T& value) {
  return std::apply(
      [&](auto... member) -> Status<> {
        Status<> status;
        // The fold stops at the first field that fails.
        (void)((status = read_record(in, value.*member), status.ok()) && ...);
        return status;
      },
      T::kFields);
}

template <typename M>
[[nodiscard]] Status<> read_ordered(RecordReader& in, M& value) {
  using Key = typename M::key_type;
  const std::size_t n = TRY(in.count());
  value.clear();
  const Key* last = nullptr;
  for (std::size_t i = 0; i < n; ++i) {
    Key key{};
    TRY(read_record(in, key));
    if (last != nullptr && !(*last < key)) return Err("keys out of order");
    if constexpr (kIs<M, std::map>) {
      typename M::mapped_type mapped{};
      TRY(read_record(in, mapped));
      last = &value.emplace_hint(value.end(), std::move(key), std::move(mapped))->first;
    } else {
      last = &*value.emplace_hint(value.end(), std::move(key));
    }
  }
  return {};
}

}  // namespace detail

template <typename T>
void write_record(RecordWriter& out, const T& value) {
  using namespace detail;
  if constexpr (CustomRecord<T>) {
    record_write(out, value);
  } else if constexpr (kIsBool<T>) {
    out.integer(static_cast<bool>(value) ? 1 : 0);
  } else if constexpr (std::is_enum_v<T>) {
    static_assert(kIsUnsigned<std::underlying_type_t<T>>);
    out.integer(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (kIsUnsigned<T>) {
    out.integer(value);
  } else if constexpr (kIsSigned<T>) {
    const auto wide = static_cast<std::int64_t>(value);
    out.integer((static_cast<std::uint64_t>(wide) << 1) ^ static_cast<std::uint64_t>(wide >> 63));
  } else if constexpr (kIsStrong<T>) {
    write_record(out, value.value);
  } else if constexpr (std::is_same_v<T, Time>) {
    out.integer(value.ns);
  } else if constexpr (std::is_same_v<T, Duration>) {
    write_record(out, value.ns);
  } else if constexpr (kIsFixedBytes<T>) {
    out.raw(value.view());
  } else if constexpr (kIsByteArray<T>) {
    out.raw(ByteView(value));
  } else if constexpr (std::is_same_v<T, Bytes> || std::is_same_v<T, Slice>) {
    out.blob(ByteView(value));
  } else if constexpr (std::is_same_v<T, std::string>) {
    out.blob(as_bytes(value));
  } else if constexpr (kIs<T, std::optional>) {
    out.integer(value.has_value() ? 1 : 0);
    if (value.has_value()) write_record(out, *value);
  } else if constexpr (kIs<T, std::vector> || kIs<T, std::deque>) {
    out.integer(value.size());
    for (const auto& element : value)
      write_record(out, element);
  } else if constexpr (kIs<T, std::map>) {
    out.integer(value.size());
    for (const auto& [key, mapped] : value) {
      write_record(out, key);
      write_record(out, mapped);
    }
  } else if constexpr (kIs<T, std::set>) {
    out.integer(value.size());
    for (const auto& key : value)
      write_record(out, key);
  } else if constexpr (kIs<T, std::variant>) {
    out.integer(value.index());
    std::visit([&](const auto& alternative) { write_record(out, alternative); }, value);
  } else if constexpr (kIs<T, Shared> || kIs<T, std::unique_ptr> || kIs<T, Cow>) {
    write_record(out, *value);
  } else if constexpr (kIs<T, std::pair>) {
    write_record(out, value.first);
    write_record(out, value.second);
  } else if constexpr (!std::is_same_v<T, std::monostate>) {
    static_assert(RecordStruct<T>,
                  "list the members in kFields, or write record_write/record_read");
    std::apply([&](auto... member) { (write_record(out, value.*member), ...); }, T::kFields);
  }
}

template <typename T>
Status<> read_record(RecordReader& in, T& value) {
  using namespace detail;
  if constexpr (CustomRecord<T>) {
    return record_read(in, value);
  } else if constexpr (kIsBool<T>) {
    value = T(TRY(in.integer(1)) != 0);
  } else if constexpr (std::is_enum_v<T>) {
    using U = std::underlying_type_t<T>;
    value = static_cast<T>(static_cast<U>(TRY(in.integer(8 * sizeof(U)))));
    if (!is_valid(value)) return Err("unknown enumerator");
  } else if constexpr (kIsUnsigned<T>) {
    value = static_cast<T>(TRY(in.integer(8 * sizeof(T))));
  } else if constexpr (kIsSigned<T>) {
    const auto raw = static_cast<std::uint64_t>(TRY(in.integer(8 * sizeof(T))));
    value =
        static_cast<T>(static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1));
  } else if constexpr (kIsStrong<T>) {
    return read_record(in, value.value);
  } else if constexpr (std::is_same_v<T, Time>) {
    value.ns = static_cast<std::uint64_t>(TRY(in.integer(64)));
  } else if constexpr (std::is_same_v<T, Duration>) {
    return read_record(in, value.ns);
  } else if constexpr (kIsFixedBytes<T>) {
    value = *T::from(TRY(in.raw(T::kSize)));
  } else if constexpr (kIsByteArray<T>) {
    const ByteView bytes = TRY(in.raw(value.size()));
    std::copy(bytes.begin(), bytes.end(), value.begin());
  } else if constexpr (std::is_same_v<T, Bytes>) {
    value = to_bytes(TRY(in.blob()));
  } else if constexpr (std::is_same_v<T, Slice>) {
    value = in.share(TRY(in.blob()));
  } else if constexpr (std::is_same_v<T, std::string>) {
    value = std::string(as_text(TRY(in.blob())));
  } else if constexpr (kIs<T, std::optional>) {
    value.reset();
    if (TRY(in.integer(1)) != 0) return read_record(in, value.emplace());
  } else if constexpr (kIs<T, std::vector> || kIs<T, std::deque>) {
    const std::size_t n = TRY(in.count());
    value.clear();
    if constexpr (kIs<T, std::vector>) value.reserve(n);
    for (std::size_t i = 0; i < n; ++i)
      TRY(read_record(in, value.emplace_back()));
  } else if constexpr (kIs<T, std::map> || kIs<T, std::set>) {
    return read_ordered(in, value);
  } else if constexpr (kIs<T, std::variant>) {
    return read_alternative(in, static_cast<std::size_t>(TRY(in.integer(32))), value);
  } else if constexpr (kIs<T, Shared> || kIs<T, Cow>) {
    std::remove_cvref_t<decltype(*value)> inner{};
    TRY(read_record(in, inner));
    value = T(std::move(inner));
  } else if constexpr (kIs<T, std::unique_ptr>) {
    value = std::make_unique<typename T::element_type>();
    return read_record(in, *value);
  } else if constexpr (kIs<T, std::pair>) {
    TRY(read_record(in, value.first));
    return read_record(in, value.second);
  } else if constexpr (!std::is_same_v<T, std::monostate>) {
    static_assert(RecordStruct<T>,
                  "list the members in kFields, or write record_write/record_read");
    return read_struct(in, value);
  }
  return {};
}

template <typename T>
[[nodiscard]] Bytes to_record(const T& value) {
  RecordWriter out;
  write_record(out, value);
  return std::move(out).take();
}

/// The whole input must be exactly one T.
template <typename T>
[[nodiscard]] Result<T> from_record(Slice input) {
  RecordReader in(std::move(input));
  T value{};
  TRY(read_record(in, value));
  if (!in.at_end()) return Err("bytes after the record");
  return value;
}

}  // namespace icpd::codec
