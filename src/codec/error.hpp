// Why bytes could not be decoded: a fixed text and the place in the input.
//
// Bad input is cheap to refuse: no allocation, no formatting. A DecodeError turns into an
// icpd::Error ("text at byte N") where a caller wants words for people; TRY does that by itself.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.hpp"

namespace icpd::codec {

struct DecodeError {
  /// A string literal.
  const char* what = "";
  /// Offset in the input of the item that was refused.
  std::size_t offset = 0;

  // NOLINTNEXTLINE: implicit so that TRY passes it on to callers that speak icpd::Error
  operator Error() const { return Error{std::string(what) + " at byte " + std::to_string(offset)}; }
  bool operator==(const DecodeError& other) const {
    return std::string_view(what) == other.what && offset == other.offset;
  }
};

template <typename T>
using Decoded = Result<T, DecodeError>;

}  // namespace icpd::codec
