// As much Candid as the probe needs, from the binary format of the Candid specification.
#pragma once
#include "ic0.hpp"

/// Bytes that somebody else owns; text is UTF-8.
struct Span {
  const uint8_t* data = nullptr;
  usize size = 0;

  constexpr Span() = default;
  constexpr Span(const uint8_t* bytes, usize length) : data(bytes), size(length) {}
  template <usize length>
  Span(const char (&literal)[length])
      : data(reinterpret_cast<const uint8_t*>(literal)), size(length - 1) {}

  bool operator==(Span other) const {
    if (size != other.size) return false;
    for (usize i = 0; i < size; ++i)
      if (data[i] != other.data[i]) return false;
    return true;
  }
};

[[noreturn]] inline void trap(Span text) {
  ic0::trap(text.data, text.size);
}

namespace candid {

/// Type codes; what is not negative is an index into a message's type table.
enum Type : int64_t {
  kBool = -2,
  kNat = -3,
  kNat8 = -5,
  kNat16 = -6,
  kNat32 = -7,
  kNat64 = -8,
  kText = -15,
  kReserved = -16,
  kOpt = -18,
  kVec = -19,
  kRecord = -20,
  kPrincipal = -24,
};

/// The number of a field with this name.
constexpr uint32_t field(const char* name) {
  uint32_t hash = 0;
  for (; *name; ++name)
    hash = hash * 223 + static_cast<uint8_t>(*name);
  return hash;
}

/// Writes piece by piece into the reply or the arguments of a call.
class Writer {
 public:
  using Append = void (*)(const void*, usize);
  explicit Writer(Append append) : append_(append) { bytes("DIDL"); }

  Writer& bytes(Span span) {
    append_(span.data, span.size);
    return *this;
  }
  /// A number as unsigned LEB128, as sizes, fields and `nat` are written.
  Writer& leb(unsigned __int128 value) {
    do {
      const uint8_t low = value & 0x7f;
      value >>= 7;
      const uint8_t byte = low | (value ? 0x80 : 0);
      append_(&byte, 1);
    } while (value);
    return *this;
  }
  /// Types in a row: codes between -64 and 63 take one byte.
  template <typename... Types>
  Writer& types(Types... types) {
    const uint8_t codes[] = {static_cast<uint8_t>(static_cast<int64_t>(types) & 0x7f)...};
    return bytes({codes, sizeof codes});
  }
  /// A number of fixed width, as bool and nat8 to nat64 are written.
  template <typename Number>
  Writer& fixed(Number value) {
    append_(&value, sizeof value);
    return *this;
  }
  /// Text or a blob.
  Writer& sized(Span span) { return leb(span.size).bytes(span); }
  Writer& principal(Span id) { return fixed<uint8_t>(1).sized(id); }

 private:
  Append append_;
};

/// Reads arguments in their order. Bytes that aren't what is asked for trap.
class Reader {
 public:
  explicit Reader(Span message) : at_(message.data), end_(message.data + message.size) {
    if (!(take(4) == Span("DIDL"))) trap("no Candid");
    type_count_ = leb();
    if (type_count_ > kTypesMax) trap("too many types");
    for (usize i = 0; i < type_count_; ++i) {
      types_[i] = at_;
      pass_type();
    }
    argument_count_ = leb();
    if (argument_count_ > kArgumentsMax) trap("too many arguments");
    for (usize i = 0; i < argument_count_; ++i)
      arguments_[i] = sleb();
  }

  uint64_t nat64() {
    expect(next(), kNat64);
    uint64_t value = 0;
    const Span eight = take(8);
    for (int i = 7; i >= 0; --i)
      value = value << 8 | eight.data[i];
    return value;
  }
  Span text() { return text_of(next()); }
  Span principal() { return principal_of(next()); }
  Span blob() { return blob_of(next()); }

  /// A record as argument: `each(field, type)` for every field, which reads it or skips it.
  template <typename Each>
  void record(Each each) {
    const uint8_t* type = composite(next(), kRecord);
    for (uint64_t left = leb_at(type); left > 0; --left) {
      const uint64_t number = leb_at(type);
      each(static_cast<uint32_t>(number), sleb_at(type));
    }
  }
  Span text_of(int64_t type) {
    expect(type, kText);
    return take(leb());
  }
  Span principal_of(int64_t type) {
    expect(type, kPrincipal);
    if (take(1).data[0] != 1) trap("an opaque principal");
    return take(leb());
  }
  Span blob_of(int64_t type) {
    const uint8_t* element = composite(type, kVec);
    expect(sleb_at(element), kNat8);
    return take(leb());
  }
  /// Pairs of texts, as HTTP headers are: their number, and the bytes in which they are written.
  Span text_pairs_of(int64_t type, uint64_t& count) {
    const uint8_t* element = composite(type, kVec);
    const uint8_t* pair = composite(sleb_at(element), kRecord);
    const uint8_t two_texts[] = {2, 0, kText & 0x7f, 1, kText & 0x7f};
    if (!(Span{pair, sizeof two_texts} == Span{two_texts, sizeof two_texts})) trap("no pairs");
    count = leb();
    const uint8_t* start = at_;
    for (uint64_t i = 0; i < 2 * count; ++i)
      take(leb());
    return {start, static_cast<usize>(at_ - start)};
  }
  /// Passes over a value that isn't of interest.
  void pass_over(int64_t type) {
    if (type == kText) return static_cast<void>(take(leb()));
    if (type == kBool || type == kNat8) return static_cast<void>(take(1));
    if (type == kNat16) return static_cast<void>(take(2));
    if (type == kNat32) return static_cast<void>(take(4));
    if (type == kNat64) return static_cast<void>(take(8));
    if (type == kReserved) return;
    const uint8_t* inner = composite(type, kOpt);
    if (take(1).data[0] == 1) pass_over(sleb_at(inner));
  }

 private:
  static constexpr usize kTypesMax = 32;
  static constexpr usize kArgumentsMax = 4;

  static void expect(int64_t type, int64_t wanted) {
    if (type != wanted) trap("another type is expected");
  }
  int64_t next() {
    if (argument_ == argument_count_) trap("an argument is missing");
    return arguments_[argument_++];
  }
  /// Behind the code of a type of the table, which has to be this one.
  const uint8_t* composite(int64_t type, int64_t wanted) const {
    if (type < 0 || static_cast<usize>(type) >= type_count_) trap("another type is expected");
    const uint8_t* at = types_[type];
    expect(sleb_at(at), wanted);
    return at;
  }
  void pass_type() {
    const int64_t code = sleb();
    if (code == kOpt || code == kVec) return static_cast<void>(sleb());
    expect(code, kRecord);
    for (uint64_t left = leb(); left > 0; --left) {
      leb();
      sleb();
    }
  }
  Span take(usize count) {
    if (count > static_cast<usize>(end_ - at_)) trap("the message is cut off");
    const Span span{at_, count};
    at_ += count;
    return span;
  }
  uint64_t leb() { return leb_at(at_); }
  int64_t sleb() { return sleb_at(at_); }
  uint8_t byte_at(const uint8_t*& at) const {
    if (at == end_) trap("the message is cut off");
    return *at++;
  }
  uint64_t leb_at(const uint8_t*& at) const {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = byte_at(at);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (!(byte & 0x80)) return value;
    }
    trap("a number without end");
  }
  int64_t sleb_at(const uint8_t*& at) const {
    int64_t value = 0;
    for (int shift = 0; shift < 57; shift += 7) {
      const uint8_t byte = byte_at(at);
      value |= static_cast<int64_t>(byte & 0x7f) << shift;
      if (!(byte & 0x80)) return byte & 0x40 ? value - (int64_t{1} << (shift + 7)) : value;
    }
    trap("a number without end");
  }

  const uint8_t* at_;
  const uint8_t* end_;
  const uint8_t* types_[kTypesMax];
  usize type_count_ = 0;
  int64_t arguments_[kArgumentsMax];
  usize argument_count_ = 0;
  usize argument_ = 0;
};

}  // namespace candid
