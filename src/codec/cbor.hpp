// CBOR (RFC 8949), as the interface specification uses it: requests, responses, certificates,
// signatures.
//
// Writing: Writer appends items in their shortest form with definite lengths.
//
//   cbor::Writer w;
//   w.self_describe().map(2).text("status").text("replied").text("certificate").bytes(c);
//   Bytes body = std::move(w).finish();
//
// Reading: Document::parse checks a whole input once and keeps a flat table of its items; Item is a
// cheap handle into it. Strings are views into the input, which must outlive the document.
//
//   Document d = TRY(Document::parse(body));
//   Item content = TRY(d.root().get("content"));      // error if absent or not a map
//   std::string_view method = TRY(TRY(content.get("method_name")).text());
//
// What is accepted: exactly one item and nothing behind it; integers in any length; definite and
// indefinite lengths; text that is UTF-8; map keys that are integers or strings and occur once;
// false, true, null, undefined and floats. Everything else is an error.
//
// Bounds: depth and number of items (Limits); memory is at most 24 bytes for each item and, for
// strings sent in pieces, the size of the input once more. Time is linear, plus sorting the keys
// of big maps. Why not a library: docs/adr/0004-cbor-reader.md.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "codec/error.hpp"

namespace icpd::codec::cbor {

/// "This is CBOR" (RFC 8949, section 3.4.6); in front of everything the interface sends.
inline constexpr std::uint64_t kSelfDescribeTag = 55799;

class Writer {
 public:
  Writer() = default;
  explicit Writer(std::size_t reserve_bytes) { out_.reserve(reserve_bytes); }

  Writer& unsigned_integer(std::uint64_t value);
  Writer& integer(std::int64_t value);
  Writer& bytes(ByteView value);
  Writer& text(std::string_view utf8);
  /// The next `size` items are its elements.
  Writer& array(std::size_t size);
  /// The next `pairs` times two items are its keys and values, in this order.
  Writer& map(std::size_t pairs);
  /// The next item is what it tags.
  Writer& tag(std::uint64_t number);
  Writer& self_describe() { return tag(kSelfDescribeTag); }
  Writer& boolean(bool value);
  Writer& null();
  /// Bytes that are one whole CBOR item already.
  Writer& raw_item(ByteView item);

  /// Needs exactly one item to have been written, with all its elements.
  [[nodiscard]] Bytes finish() &&;

 private:
  void head(std::uint8_t major, std::uint64_t argument);
  void took_item();

  Bytes out_;
  /// Items still owed to the containers and tags that were opened.
  std::uint64_t owed_ = 1;
};

enum class Kind : std::uint8_t {
  kUnsigned,
  kNegative,
  kBytes,
  kText,
  kArray,
  kMap,
  kTag,
  kBool,
  kNull,
  kUndefined,
  kFloat,
};

struct Limits {
  /// Containers and tags inside each other.
  std::size_t depth_max = 64;
  std::size_t items_max = 1 << 18;
};

class Document;

/// One item of a document, which must outlive it and stay where it is. Copy it freely.
class Item {
 public:
  [[nodiscard]] Kind kind() const;
  [[nodiscard]] bool is(Kind kind) const { return this->kind() == kind; }

  /// These fail if the item is of another kind.
  [[nodiscard]] Decoded<std::uint64_t> u64() const;
  /// Fails also if the number doesn't fit.
  [[nodiscard]] Decoded<std::int64_t> i64() const;
  [[nodiscard]] Decoded<ByteView> bytes() const;
  [[nodiscard]] Decoded<std::string_view> text() const;
  [[nodiscard]] Decoded<bool> boolean() const;
  [[nodiscard]] Decoded<double> floating() const;

  /// Elements of an array or pairs of a map; 0 for all else.
  [[nodiscard]] std::size_t size() const;
  /// The number of a tag. Needs kind() == kTag.
  [[nodiscard]] std::uint64_t tag() const;

  /// The value of a key. `get` fails if there is none, `find` says nothing.
  /// Both fail if the item is no map. Cost: linear in the number of pairs.
  [[nodiscard]] Decoded<Item> get(std::string_view key) const;
  [[nodiscard]] Decoded<Item> get(std::int64_t key) const;
  [[nodiscard]] Decoded<std::optional<Item>> find(std::string_view key) const;
  [[nodiscard]] Decoded<std::optional<Item>> find(std::int64_t key) const;

  /// The first item inside an array, a map (its first key) or a tag. Nothing if there is none.
  [[nodiscard]] std::optional<Item> first() const;
  /// The item behind this one, value or key or element, within `parent`, whose direct child this
  /// item is. Nothing behind the last one.
  [[nodiscard]] std::optional<Item> next_in(const Item& parent) const;

  /// Where the item begins in the input.
  [[nodiscard]] std::size_t offset() const;
  [[nodiscard]] DecodeError error(const char* what) const { return {what, offset()}; }

 private:
  friend class Document;
  Item(const Document* document, std::uint32_t index) : document_(document), index_(index) {}

  const Document* document_;
  std::uint32_t index_;
};

class Document {
 public:
  [[nodiscard]] static Decoded<Document> parse(ByteView input, Limits limits = {});

  Document(Document&&) = default;
  Document& operator=(Document&&) = default;

  /// The item, or what is behind the self-describing tag if the input begins with it.
  [[nodiscard]] Item root() const { return {this, self_described_ ? 1U : 0U}; }
  /// True if the input begins with tag 55799.
  [[nodiscard]] bool self_described() const { return self_described_; }

 private:
  friend class Item;
  friend class Parser;
  struct Node {
    /// Argument of the head; for strings their size, for a bool 0 or 1, for a float its bits as a
    /// double.
    std::uint64_t value;
    /// Strings: offset of their first byte in the input, or index in `joined_` if `joined`.
    std::uint32_t data;
    /// Offset of the head in the input.
    std::uint32_t offset;
    /// Index of the node behind this one and all inside it.
    std::uint32_t end;
    Kind kind;
    bool joined;
  };

  Document() = default;
  [[nodiscard]] ByteView string_of(const Node& node) const;

  ByteView input_;
  std::vector<Node> nodes_;
  /// Strings that came in pieces.
  std::vector<Bytes> joined_;
  bool self_described_ = false;
};

/// Calls f(Item) for each element of an array; f returns a Result, whose error ends the walk.
template <typename F>
[[nodiscard]] Status<DecodeError> for_each(const Item& array, F&& f) {
  if (!array.is(Kind::kArray)) return Err(array.error("not an array"));
  for (auto item = array.first(); item; item = item->next_in(array))
    TRY(f(*item));
  return {};
}
/// Calls f(Item key, Item value) for each pair of a map.
template <typename F>
[[nodiscard]] Status<DecodeError> for_each_pair(const Item& map, F&& f) {
  if (!map.is(Kind::kMap)) return Err(map.error("not a map"));
  for (auto key = map.first(); key;) {
    const auto value = key->next_in(map);
    TRY(f(*key, *value));
    key = value->next_in(map);
  }
  return {};
}

}  // namespace icpd::codec::cbor
