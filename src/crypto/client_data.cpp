#include "crypto/detail/client_data.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

namespace icpd::crypto {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// Walks JSON from left to right. Every function takes one construct and says whether it was there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool at_end() {
    skip_space();
    return rest_.empty();
  }
  // The next sign after white space, if it is this one.
  bool sign(char wanted) {
    skip_space();
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // Calls member(name), which takes the value, for each member of an object.
  template <typename F>
  bool object(F&& member) {
    if (!sign('{')) return false;
    if (sign('}')) return true;
    do {
      std::optional<std::string> name = string();
      if (!name || !sign(':') || !member(*name)) return false;
    } while (sign(','));
    return sign('}');
  }
  std::optional<std::string> string() {
    if (!sign('"')) return std::nullopt;
    std::string out;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return out;
      if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      if (c != '\\')
        out.push_back(c);
      else if (!escape(out))
        return std::nullopt;
    }
    return std::nullopt;
  }
  bool value(int depth) {
    if (depth == 0) return false;
    skip_space();
    if (rest_.empty()) return false;
    switch (rest_.front()) {
      case '{':
        return object([&](const std::string&) { return value(depth - 1); });
      case '[':
        return array(depth);
      case '"':
        return string().has_value();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

 private:
  void skip_space() {
    while (!rest_.empty() && std::string_view(" \t\n\r").contains(rest_.front()))
      rest_.remove_prefix(1);
  }
  bool word(std::string_view wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }
  bool one_of(std::string_view signs) {
    if (rest_.empty() || !signs.contains(rest_.front())) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool digits() {
    const auto end = std::ranges::find_if_not(rest_, is_digit);
    const auto count = static_cast<std::size_t>(end - rest_.begin());
    rest_.remove_prefix(count);
    return count > 0;
  }
  bool number() {
    one_of("-");
    if (!word("0") && !digits()) return false;
    if (one_of(".") && !digits()) return false;
    if (!one_of("eE")) return true;
    one_of("+-");
    return digits();
  }
  bool array(int depth) {
    if (!sign('[')) return false;
    if (sign(']')) return true;
    do {
      if (!value(depth - 1)) return false;
    } while (sign(','));
    return sign(']');
  }
  std::optional<std::uint32_t> four_hex_digits() {
    if (rest_.size() < 4) return std::nullopt;
    const std::optional<Bytes> bytes = from_hex(rest_.substr(0, 4));
    if (!bytes) return std::nullopt;
    rest_.remove_prefix(4);
    return load_be<std::uint16_t>(*bytes);
  }
  // \uXXXX, with its second half where the first is a surrogate.
  bool unicode_escape(std::string& out) {
    const std::optional<std::uint32_t> first = four_hex_digits();
    if (!first || (*first >= 0xDC00 && *first < 0xE000)) return false;
    if (*first < 0xD800 || *first >= 0xE000) {
      append_utf8(out, *first);
      return true;
    }
    if (!word("\\u")) return false;
    const std::optional<std::uint32_t> second = four_hex_digits();
    if (!second || *second < 0xDC00 || *second >= 0xE000) return false;
    append_utf8(out, 0x10000 + ((*first - 0xD800) << 10) + (*second - 0xDC00));
    return true;
  }
  bool escape(std::string& out) {
    constexpr std::string_view kLetters = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (rest_.empty()) return false;
    const char letter = rest_.front();
    rest_.remove_prefix(1);
    if (letter == 'u') return unicode_escape(out);
    const std::size_t at = kLetters.find(letter);
    if (at == std::string_view::npos) return false;
    out.push_back(kMeanings[at]);
    return true;
  }

  std::string_view rest_;
};

}  // namespace

Result<ClientData> parse_client_data(ByteView json) {
  if (!is_utf8(json)) return Err("client data: not UTF-8");
  std::optional<std::string> type;
  std::optional<std::string> challenge;
  Scanner scanner(as_text(json));
  const auto take_once = [&](std::optional<std::string>& field) {
    if (field.has_value()) return false;
    field = scanner.string();
    return field.has_value();
  };
  const bool complete = scanner.object([&](const std::string& name) {
    if (name == "type") return take_once(type);
    if (name == "challenge") return take_once(challenge);
    return scanner.value(kClientDataDepthMax - 1);
  });
  if (!complete || !scanner.at_end())
    return Err("client data: not a JSON object with one type and one challenge");
  if (!type) return Err("client data: no type");
  if (!challenge) return Err("client data: no challenge");
  return ClientData{std::move(*type), std::move(*challenge)};
}

}  // namespace icpd::crypto
