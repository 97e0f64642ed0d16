#include "codec/cbor.hpp"

namespace icpd::codec::cbor {
namespace {

constexpr std::uint8_t kUnsignedMajor = 0;
constexpr std::uint8_t kNegativeMajor = 1;
constexpr std::uint8_t kBytesMajor = 2;
constexpr std::uint8_t kTextMajor = 3;
constexpr std::uint8_t kArrayMajor = 4;
constexpr std::uint8_t kMapMajor = 5;
constexpr std::uint8_t kTagMajor = 6;
constexpr std::uint8_t kFalse = 0xf4;
constexpr std::uint8_t kTrue = 0xf5;
constexpr std::uint8_t kNull = 0xf6;

}  // namespace

void Writer::took_item() {
  ensure(owed_ > 0, "a CBOR item that no container asked for");
  --owed_;
}

void Writer::head(std::uint8_t major, std::uint64_t argument) {
  const auto top = static_cast<std::uint8_t>(major << 5);
  if (argument < 24) {
    out_.push_back(top | static_cast<std::uint8_t>(argument));
  } else if (argument <= 0xff) {
    out_.push_back(top | 24);
    out_.push_back(static_cast<std::uint8_t>(argument));
  } else if (argument <= 0xffff) {
    out_.push_back(top | 25);
    append_be(out_, static_cast<std::uint16_t>(argument));
  } else if (argument <= 0xffff'ffff) {
    out_.push_back(top | 26);
    append_be(out_, static_cast<std::uint32_t>(argument));
  } else {
    out_.push_back(top | 27);
    append_be(out_, argument);
  }
}

Writer& Writer::unsigned_integer(std::uint64_t value) {
  took_item();
  head(kUnsignedMajor, value);
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  took_item();
  if (value >= 0) {
    head(kUnsignedMajor, static_cast<std::uint64_t>(value));
  } else {
    head(kNegativeMajor, ~static_cast<std::uint64_t>(value));  // -1 - value
  }
  return *this;
}

Writer& Writer::bytes(ByteView value) {
  took_item();
  head(kBytesMajor, value.size());
  append(out_, value);
  return *this;
}

Writer& Writer::text(std::string_view utf8) {
  took_item();
  head(kTextMajor, utf8.size());
  append(out_, utf8);
  return *this;
}

Writer& Writer::array(std::size_t size) {
  took_item();
  owed_ += size;
  head(kArrayMajor, size);
  return *this;
}

Writer& Writer::map(std::size_t pairs) {
  took_item();
  owed_ += 2 * pairs;
  head(kMapMajor, pairs);
  return *this;
}

Writer& Writer::tag(std::uint64_t number) {
  took_item();
  owed_ += 1;
  head(kTagMajor, number);
  return *this;
}

Writer& Writer::boolean(bool value) {
  took_item();
  out_.push_back(value ? kTrue : kFalse);
  return *this;
}

Writer& Writer::null() {
  took_item();
  out_.push_back(kNull);
  return *this;
}

Writer& Writer::raw_item(ByteView item) {
  took_item();
  ensure(!item.empty());
  append(out_, item);
  return *this;
}

Bytes Writer::finish() && {
  ensure(owed_ == 0, "a CBOR container lacks elements");
  return std::move(out_);
}

}  // namespace icpd::codec::cbor
