// Words and numbers that people type on the command line and read from it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/units.hpp"
#include "codec/leb128.hpp"

namespace icpd::node {

/// As it is if it has at most `size` bytes, which is at least 32; else its beginning and how long
/// it is: "(vec { 1; 2; ... (120,000 bytes)".
[[nodiscard]] std::string brief(std::string_view text, std::size_t size);

/// As a terminal may get it. Canisters choose texts, and a terminal obeys what is in them: control
/// characters and what isn't UTF-8 are spelled ("\x1b"), all but line ends and tabs.
[[nodiscard]] std::string printable(std::string_view text);

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t number);

/// "2026-11-28T21:05:16.123Z".
[[nodiscard]] std::string utc_text(Time time);

/// As a shell reads it back: quoted if need be.
[[nodiscard]] std::string shell_word(const std::string& word);

/// Of identities and canisters. Error: it isn't 1 to 64 letters, digits, '-', '_' and '.', or it
/// begins with '.' or '-'.
[[nodiscard]] Status<> check_name(std::string_view name);

/// Digits, which "_" and "'" may group: "10_000". Nothing for anything else and for what has more
/// than 128 bits.
[[nodiscard]] std::optional<codec::Uint128> parse_whole_number(std::string_view text);

}  // namespace icpd::node
