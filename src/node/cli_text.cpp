#include "node/cli_text.hpp"

#include <array>
#include <ctime>

#include "base/bytes.hpp"
#include "base/ensure.hpp"
#include "codec/number.hpp"

namespace icpd::node {
namespace {

constexpr std::size_t kNameMax = 64;
/// Of a number as it is typed: 2^128 has 39 digits.
constexpr std::size_t kNumberMax = 80;

/// Bytes of the UTF-8 character at the beginning of `text`; 0 if there is none.
std::size_t character_size(std::string_view text) {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
    if (is_utf8(as_bytes(text.substr(0, size)))) return size;
  }
  return 0;
}

/// C0 without line ends and tabs, DEL, and C1, which UTF-8 writes as 0xc2 0x80 to 0xc2 0x9f.
bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1)
    return (first < 0x20 && first != '\n' && first != '\t') || first == 0x7f;
  return character.size() == 2 && first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

std::string spelled(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes)
    text += "\\x" + to_hex(as_bytes(std::string_view(&byte, 1)));
  return text;
}

}  // namespace

std::string brief(std::string_view text, std::size_t size) {
  ensure(size >= 32);
  if (text.size() <= size) return std::string(text);
  const std::string end = "... (" + grouped(text.size()) + " bytes)";
  std::size_t kept = size - end.size();
  // Not through the middle of a character.
  while (kept > 0 && (static_cast<unsigned char>(text[kept]) & 0xc0) == 0x80)
    --kept;
  return std::string(text.substr(0, kept)) + end;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    const std::string_view character = text.substr(0, size == 0 ? 1 : size);
    if (size == 0 || is_control(character))
      out += spelled(character);
    else
      out += character;
    text.remove_prefix(character.size());
  }
  return out;
}

std::string grouped(std::uint64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string utc_text(Time time) {
  const auto seconds = static_cast<std::time_t>(time.seconds());
  std::tm parts{};
  ensure(gmtime_r(&seconds, &parts) != nullptr, "64 bits of nanoseconds are years of four digits");
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  const std::string ms = std::to_string(1000 + time.ns / 1'000'000 % 1000).substr(1);
  return std::string(text.data(), size) + "." + ms + "Z";
}

std::string shell_word(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word)
    quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

Status<> check_name(std::string_view name) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  if (name.empty() || name.size() > kNameMax || name.front() == '.' || name.front() == '-' ||
      name.find_first_not_of(kLetters) != std::string_view::npos)
    return Err("'" + brief(name, kNameMax) + "' can't be a name: 1 to " + std::to_string(kNameMax) +
               " letters, digits, '-', '_' and '.'");
  return {};
}

std::optional<codec::Uint128> parse_whole_number(std::string_view text) {
  if (text.size() > kNumberMax) return std::nullopt;
  std::string digits;
  for (const char c : text) {
    if (c != '_' && c != '\'') digits += c;
  }
  const auto number = codec::Nat::from_decimal(digits);
  return number ? number->to_u128() : std::nullopt;
}

}  // namespace icpd::node
