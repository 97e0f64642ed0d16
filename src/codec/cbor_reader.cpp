#include <algorithm>
#include <bit>
#include <cmath>

#include "codec/cbor.hpp"
#include "codec/cursor.hpp"

namespace icpd::codec::cbor {
namespace {

constexpr std::uint8_t kIndefinite = 31;
constexpr std::uint8_t kBreak = 0xff;
/// Maps up to this size are checked for duplicate keys pair by pair, bigger ones by sorting.
constexpr std::size_t kPairwiseKeysMax = 16;

enum Major : std::uint8_t {
  kMajorUnsigned = 0,
  kMajorNegative = 1,
  kMajorBytes = 2,
  kMajorText = 3,
  kMajorArray = 4,
  kMajorMap = 5,
  kMajorTag = 6,
  kMajorSimple = 7,
};

struct Head {
  std::uint8_t major;
  std::uint8_t info;
  std::uint64_t argument;
};

Decoded<Head> read_head(Cursor& in) {
  const std::uint8_t initial = TRY(in.byte());
  Head head{static_cast<std::uint8_t>(initial >> 5), static_cast<std::uint8_t>(initial & 31), 0};
  if (head.info < 24) {
    head.argument = head.info;
  } else if (head.info <= 27) {
    const ByteView bytes = TRY(in.take(std::size_t{1} << (head.info - 24)));
    for (const std::uint8_t byte : bytes)
      head.argument = (head.argument << 8) | byte;
  } else if (head.info != kIndefinite) {
    return Err(in.error("reserved CBOR length form"));
  }
  return head;
}

/// IEEE 754 binary16, as RFC 8949 appendix D explains it.
double half_to_double(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int mantissa = bits & 0x3ff;
  double value = 0;
  if (exponent == 0) {
    value = std::ldexp(mantissa, -24);
  } else if (exponent != 31) {
    value = std::ldexp(mantissa + 1024, exponent - 25);
  } else {
    value = mantissa == 0 ? HUGE_VAL : std::nan("");
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

}  // namespace

/// Reads items one by one; containers that are still open stand on a stack of ours, so that depth
/// costs no machine stack.
class Parser {
 public:
  Parser(ByteView input, Limits limits) : in_(input), limits_(limits) { document_.input_ = input; }

  Decoded<Document> run() {
    if (in_.remaining() >= UINT32_MAX) return Err(in_.error("CBOR input is too large"));
    document_.nodes_.reserve(std::min<std::size_t>(in_.remaining() / 8 + 4, 64));
    do {
      TRY(step());
      TRY(close_full_containers());
    } while (!open_.empty());
    if (!in_.done()) return Err(in_.error("bytes behind the CBOR item"));
    const auto& first = document_.nodes_.front();
    document_.self_described_ = first.kind == Kind::kTag && first.value == kSelfDescribeTag;
    return std::move(document_);
  }

 private:
  static constexpr std::uint64_t kUntilBreak = UINT64_MAX;
  struct Open {
    std::uint32_t node;
    /// Items still to come, or kUntilBreak.
    std::uint64_t left;
  };

  Status<DecodeError> step() {
    if (!open_.empty() && open_.back().left == kUntilBreak && TRY(in_.peek()) == kBreak)
      return take_break();
    if (document_.nodes_.size() >= limits_.items_max) return Err(in_.error("too many CBOR items"));
    const std::size_t offset = in_.offset();
    const Head head = TRY(read_head(in_));
    if (!open_.empty() && open_.back().left != kUntilBreak) --open_.back().left;
    switch (head.major) {
      case kMajorUnsigned:
        return integer(Kind::kUnsigned, offset, head);
      case kMajorNegative:
        return integer(Kind::kNegative, offset, head);
      case kMajorBytes:
        return string(Kind::kBytes, offset, head);
      case kMajorText:
        return string(Kind::kText, offset, head);
      case kMajorArray:
        return container(Kind::kArray, offset, head, 1);
      case kMajorMap:
        return container(Kind::kMap, offset, head, 2);
      case kMajorTag:
        return tag(offset, head);
      default:
        return simple(offset, head);
    }
  }

  Document::Node& add(Kind kind, std::size_t offset, std::uint64_t value) {
    const auto index = static_cast<std::uint32_t>(document_.nodes_.size());
    return document_.nodes_.emplace_back(
        Document::Node{value, 0, static_cast<std::uint32_t>(offset), index + 1, kind, false});
  }

  Status<DecodeError> integer(Kind kind, std::size_t offset, const Head& head) {
    if (head.info == kIndefinite) return Err(DecodeError{"integer of indefinite length", offset});
    add(kind, offset, head.argument);
    return {};
  }

  Status<DecodeError> string(Kind kind, std::size_t offset, const Head& head) {
    if (head.info == kIndefinite) return joined_string(kind, offset);
    const std::size_t start = in_.offset();
    const ByteView content = TRY(in_.take(head.argument));
    if (kind == Kind::kText && !is_utf8(content))
      return Err(DecodeError{"text is not UTF-8", start});
    add(kind, offset, content.size()).data = static_cast<std::uint32_t>(start);
    return {};
  }

  /// RFC 8949, section 3.2.3: pieces of definite length and the same kind; each piece of a text is
  /// UTF-8 of its own.
  Status<DecodeError> joined_string(Kind kind, std::size_t offset) {
    const std::uint8_t major = kind == Kind::kText ? kMajorText : kMajorBytes;
    Bytes whole;
    while (TRY(in_.peek()) != kBreak) {
      const Head piece = TRY(read_head(in_));
      if (piece.major != major || piece.info == kIndefinite)
        return Err(in_.error("wrong piece of a string"));
      const ByteView content = TRY(in_.take(piece.argument));
      if (kind == Kind::kText && !is_utf8(content)) return Err(in_.error("text is not UTF-8"));
      append(whole, content);
    }
    TRY(in_.byte());
    auto& node = add(kind, offset, whole.size());
    node.data = static_cast<std::uint32_t>(document_.joined_.size());
    node.joined = true;
    document_.joined_.push_back(std::move(whole));
    return {};
  }

  Status<DecodeError> open(std::uint32_t node, std::uint64_t items) {
    if (open_.size() >= limits_.depth_max) return Err(in_.error("CBOR is nested too deeply"));
    open_.push_back({node, items});
    return {};
  }

  Status<DecodeError> container(Kind kind, std::size_t offset, const Head& head, unsigned each) {
    const auto index = static_cast<std::uint32_t>(document_.nodes_.size());
    add(kind, offset, 0);
    if (head.info == kIndefinite) return open(index, kUntilBreak);
    // Each element takes a byte at least, so a count can't promise more than there is.
    if (head.argument > in_.remaining() / each) return Err(in_.error("input ends too early"));
    document_.nodes_[index].value = head.argument;
    return open(index, head.argument * each);
  }

  Status<DecodeError> tag(std::size_t offset, const Head& head) {
    if (head.info == kIndefinite) return Err(DecodeError{"tag of indefinite length", offset});
    const auto index = static_cast<std::uint32_t>(document_.nodes_.size());
    add(Kind::kTag, offset, head.argument);
    return open(index, 1);
  }

  Status<DecodeError> simple(std::size_t offset, const Head& head) {
    switch (head.info) {
      case 20:
      case 21:
        add(Kind::kBool, offset, head.info - 20);
        return {};
      case 22:
        add(Kind::kNull, offset, 0);
        return {};
      case 23:
        add(Kind::kUndefined, offset, 0);
        return {};
      case 25:
        return floating(offset, half_to_double(static_cast<std::uint16_t>(head.argument)));
      case 26:
        return floating(offset, std::bit_cast<float>(static_cast<std::uint32_t>(head.argument)));
      case 27:
        return floating(offset, std::bit_cast<double>(head.argument));
      default:
        return Err(DecodeError{"unknown CBOR simple value", offset});
    }
  }

  Status<DecodeError> floating(std::size_t offset, double value) {
    add(Kind::kFloat, offset, std::bit_cast<std::uint64_t>(value));
    return {};
  }

  Status<DecodeError> take_break() {
    TRY(in_.byte());
    auto& node = document_.nodes_[open_.back().node];
    std::uint64_t children = 0;
    for (std::uint32_t i = open_.back().node + 1; i < document_.nodes_.size();
         i = document_.nodes_[i].end)
      ++children;
    if (node.kind == Kind::kMap && children % 2 != 0) return Err(in_.error("key without a value"));
    node.value = node.kind == Kind::kMap ? children / 2 : children;
    open_.back().left = 0;
    return {};
  }

  Status<DecodeError> close_full_containers() {
    while (!open_.empty() && open_.back().left == 0) {
      auto& node = document_.nodes_[open_.back().node];
      node.end = static_cast<std::uint32_t>(document_.nodes_.size());
      if (node.kind == Kind::kMap) TRY(check_keys(open_.back().node));
      open_.pop_back();
    }
    return {};
  }

  Status<DecodeError> check_keys(std::uint32_t map) {
    keys_.clear();
    const auto& nodes = document_.nodes_;
    for (std::uint32_t key = map + 1; key < nodes[map].end; key = nodes[key + 1].end) {
      if (nodes[key].kind > Kind::kText)
        return Err(DecodeError{"map key is neither integer nor string", nodes[key].offset});
      keys_.push_back(key);
    }
    return keys_.size() <= kPairwiseKeysMax ? check_keys_pairwise() : check_keys_sorted();
  }

  /// Integers and strings have no items inside, so a key is one node and its value the next.
  [[nodiscard]] std::strong_ordering compare_keys(std::uint32_t a, std::uint32_t b) const {
    const auto& x = document_.nodes_[a];
    const auto& y = document_.nodes_[b];
    if (x.kind != y.kind) return x.kind <=> y.kind;
    if (x.value != y.value || x.kind < Kind::kBytes) return x.value <=> y.value;
    return compare(document_.string_of(x), document_.string_of(y));
  }

  [[nodiscard]] Status<DecodeError> check_keys_pairwise() const {
    for (std::size_t i = 1; i < keys_.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        if (compare_keys(keys_[i], keys_[j]) == 0) return duplicate(keys_[i]);
    return {};
  }

  Status<DecodeError> check_keys_sorted() {
    std::sort(keys_.begin(), keys_.end(),
              [this](std::uint32_t a, std::uint32_t b) { return compare_keys(a, b) < 0; });
    for (std::size_t i = 1; i < keys_.size(); ++i)
      if (compare_keys(keys_[i - 1], keys_[i]) == 0) return duplicate(keys_[i]);
    return {};
  }

  [[nodiscard]] std::unexpected<DecodeError> duplicate(std::uint32_t key) const {
    return Err(DecodeError{"duplicate map key", document_.nodes_[key].offset});
  }

  Cursor in_;
  Limits limits_;
  Document document_;
  std::vector<Open> open_;
  std::vector<std::uint32_t> keys_;
};

Decoded<Document> Document::parse(ByteView input, Limits limits) {
  return Parser(input, limits).run();
}

ByteView Document::string_of(const Node& node) const {
  if (node.joined) return joined_[node.data];
  return input_.subspan(node.data, node.value);
}

Kind Item::kind() const {
  return document_->nodes_[index_].kind;
}
std::size_t Item::offset() const {
  return document_->nodes_[index_].offset;
}

Decoded<std::uint64_t> Item::u64() const {
  if (!is(Kind::kUnsigned)) return Err(error("not an unsigned integer"));
  return document_->nodes_[index_].value;
}

Decoded<std::int64_t> Item::i64() const {
  const auto& node = document_->nodes_[index_];
  if (node.kind != Kind::kUnsigned && node.kind != Kind::kNegative)
    return Err(error("not an integer"));
  if (node.value > INT64_MAX) return Err(error("integer is too large"));
  const auto value = static_cast<std::int64_t>(node.value);
  return node.kind == Kind::kUnsigned ? value : -1 - value;
}

Decoded<ByteView> Item::bytes() const {
  if (!is(Kind::kBytes)) return Err(error("not a byte string"));
  return document_->string_of(document_->nodes_[index_]);
}

Decoded<std::string_view> Item::text() const {
  if (!is(Kind::kText)) return Err(error("not a text"));
  return as_text(document_->string_of(document_->nodes_[index_]));
}

Decoded<bool> Item::boolean() const {
  if (!is(Kind::kBool)) return Err(error("not a bool"));
  return document_->nodes_[index_].value != 0;
}

Decoded<double> Item::floating() const {
  if (!is(Kind::kFloat)) return Err(error("not a float"));
  return std::bit_cast<double>(document_->nodes_[index_].value);
}

std::size_t Item::size() const {
  const auto& node = document_->nodes_[index_];
  return node.kind == Kind::kArray || node.kind == Kind::kMap ? node.value : 0;
}

std::uint64_t Item::tag() const {
  ensure(is(Kind::kTag));
  return document_->nodes_[index_].value;
}

std::optional<Item> Item::first() const {
  if (document_->nodes_[index_].end == index_ + 1) return std::nullopt;
  return Item(document_, index_ + 1);
}

std::optional<Item> Item::next_in(const Item& parent) const {
  ensure(parent.document_ == document_ && parent.index_ < index_);
  const std::uint32_t next = document_->nodes_[index_].end;
  if (next >= document_->nodes_[parent.index_].end) return std::nullopt;
  return Item(document_, next);
}

Decoded<std::optional<Item>> Item::find(std::string_view key) const {
  if (!is(Kind::kMap)) return Err(error("not a map"));
  const auto& nodes = document_->nodes_;
  for (std::uint32_t i = index_ + 1; i < nodes[index_].end; i = nodes[i + 1].end)
    if (nodes[i].kind == Kind::kText && as_text(document_->string_of(nodes[i])) == key)
      return std::optional(Item(document_, i + 1));
  return std::optional<Item>();
}

Decoded<std::optional<Item>> Item::find(std::int64_t key) const {
  if (!is(Kind::kMap)) return Err(error("not a map"));
  const auto& nodes = document_->nodes_;
  const Kind kind = key >= 0 ? Kind::kUnsigned : Kind::kNegative;
  const auto value = static_cast<std::uint64_t>(key >= 0 ? key : -1 - key);
  for (std::uint32_t i = index_ + 1; i < nodes[index_].end; i = nodes[i + 1].end)
    if (nodes[i].kind == kind && nodes[i].value == value)
      return std::optional(Item(document_, i + 1));
  return std::optional<Item>();
}

Decoded<Item> Item::get(std::string_view key) const {
  const std::optional<Item> found = TRY(find(key));
  if (!found) return Err(error("a required key is missing"));
  return *found;
}

Decoded<Item> Item::get(std::int64_t key) const {
  const std::optional<Item> found = TRY(find(key));
  if (!found) return Err(error("a required key is missing"));
  return *found;
}

}  // namespace icpd::codec::cbor
