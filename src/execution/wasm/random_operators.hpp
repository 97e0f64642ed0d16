// For random canisters: the operators that only compute, load or store, with their signatures, as
// ranges of codes like the specification's own tables (WebAssembly core specification 2.0, 5.4.4,
// 5.4.7 and 5.4.8).
//
// Letters: i i32, l i64, f f32, d f64, v v128.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "execution/wasm/operators.hpp"
#include "execution/wasm/sections.hpp"

namespace icpd::execution::wasm::testing {

/// What follows the code of a computing operator.
enum class Extra : std::uint8_t {
  kNone,
  kLane,       // a lane's index
  kShuffle,    // sixteen indexes below 32
  kZeroTraps,  // nothing; traps if the last operand is zero
  kNanTraps,   // nothing; traps for most operands
};

struct Computation {
  std::uint8_t prefix = 0;
  std::uint8_t first = 0;
  std::uint8_t last = 0;
  std::string_view parameters;
  char result = 0;
  Extra extra = Extra::kNone;
  std::uint8_t lanes = 0;
};

// clang-format off
inline constexpr auto kComputations = std::to_array<Computation>({
    {0, 0x45, 0x45, "i", 'i'},   {0, 0x46, 0x4F, "ii", 'i'},  {0, 0x50, 0x50, "l", 'i'},
    {0, 0x51, 0x5A, "ll", 'i'},  {0, 0x5B, 0x60, "ff", 'i'},  {0, 0x61, 0x66, "dd", 'i'},
    {0, 0x67, 0x69, "i", 'i'},   {0, 0x6A, 0x6C, "ii", 'i'},
    {0, 0x6D, 0x70, "ii", 'i', Extra::kZeroTraps},
    {0, 0x71, 0x78, "ii", 'i'},  {0, 0x79, 0x7B, "l", 'l'},   {0, 0x7C, 0x7E, "ll", 'l'},
    {0, 0x7F, 0x82, "ll", 'l', Extra::kZeroTraps},
    {0, 0x83, 0x8A, "ll", 'l'},  {0, 0x8B, 0x91, "f", 'f'},   {0, 0x92, 0x98, "ff", 'f'},
    {0, 0x99, 0x9F, "d", 'd'},   {0, 0xA0, 0xA6, "dd", 'd'},  {0, 0xA7, 0xA7, "l", 'i'},
    {0, 0xA8, 0xA9, "f", 'i', Extra::kNanTraps},
    {0, 0xAA, 0xAB, "d", 'i', Extra::kNanTraps},
    {0, 0xAC, 0xAD, "i", 'l'},
    {0, 0xAE, 0xAF, "f", 'l', Extra::kNanTraps},
    {0, 0xB0, 0xB1, "d", 'l', Extra::kNanTraps},
    {0, 0xB2, 0xB3, "i", 'f'},   {0, 0xB4, 0xB5, "l", 'f'},   {0, 0xB6, 0xB6, "d", 'f'},
    {0, 0xB7, 0xB8, "i", 'd'},   {0, 0xB9, 0xBA, "l", 'd'},   {0, 0xBB, 0xBB, "f", 'd'},
    {0, 0xBC, 0xBC, "f", 'i'},   {0, 0xBD, 0xBD, "d", 'l'},   {0, 0xBE, 0xBE, "i", 'f'},
    {0, 0xBF, 0xBF, "l", 'd'},   {0, 0xC0, 0xC1, "i", 'i'},   {0, 0xC2, 0xC4, "l", 'l'},
    {0xFC, 0x00, 0x01, "f", 'i'}, {0xFC, 0x02, 0x03, "d", 'i'},
    {0xFC, 0x04, 0x05, "f", 'l'}, {0xFC, 0x06, 0x07, "d", 'l'},
    {0xFD, 0x0D, 0x0D, "vv", 'v', Extra::kShuffle},
    {0xFD, 0x0E, 0x0E, "vv", 'v'}, {0xFD, 0x0F, 0x11, "i", 'v'}, {0xFD, 0x12, 0x12, "l", 'v'},
    {0xFD, 0x13, 0x13, "f", 'v'},  {0xFD, 0x14, 0x14, "d", 'v'},
    {0xFD, 0x15, 0x16, "v", 'i', Extra::kLane, 16}, {0xFD, 0x17, 0x17, "vi", 'v', Extra::kLane, 16},
    {0xFD, 0x18, 0x19, "v", 'i', Extra::kLane, 8},  {0xFD, 0x1A, 0x1A, "vi", 'v', Extra::kLane, 8},
    {0xFD, 0x1B, 0x1B, "v", 'i', Extra::kLane, 4},  {0xFD, 0x1C, 0x1C, "vi", 'v', Extra::kLane, 4},
    {0xFD, 0x1D, 0x1D, "v", 'l', Extra::kLane, 2},  {0xFD, 0x1E, 0x1E, "vl", 'v', Extra::kLane, 2},
    {0xFD, 0x1F, 0x1F, "v", 'f', Extra::kLane, 4},  {0xFD, 0x20, 0x20, "vf", 'v', Extra::kLane, 4},
    {0xFD, 0x21, 0x21, "v", 'd', Extra::kLane, 2},  {0xFD, 0x22, 0x22, "vd", 'v', Extra::kLane, 2},
    {0xFD, 0x23, 0x4C, "vv", 'v'}, {0xFD, 0x4D, 0x4D, "v", 'v'}, {0xFD, 0x4E, 0x51, "vv", 'v'},
    {0xFD, 0x52, 0x52, "vvv", 'v'}, {0xFD, 0x53, 0x53, "v", 'i'}, {0xFD, 0x5E, 0x62, "v", 'v'},
    {0xFD, 0x63, 0x64, "v", 'i'},  {0xFD, 0x65, 0x66, "vv", 'v'}, {0xFD, 0x67, 0x6A, "v", 'v'},
    {0xFD, 0x6B, 0x6D, "vi", 'v'}, {0xFD, 0x6E, 0x73, "vv", 'v'}, {0xFD, 0x74, 0x75, "v", 'v'},
    {0xFD, 0x76, 0x79, "vv", 'v'}, {0xFD, 0x7A, 0x7A, "v", 'v'},  {0xFD, 0x7B, 0x7B, "vv", 'v'},
    {0xFD, 0x7C, 0x81, "v", 'v'},  {0xFD, 0x82, 0x82, "vv", 'v'}, {0xFD, 0x83, 0x84, "v", 'i'},
    {0xFD, 0x85, 0x86, "vv", 'v'}, {0xFD, 0x87, 0x8A, "v", 'v'},  {0xFD, 0x8B, 0x8D, "vi", 'v'},
    {0xFD, 0x8E, 0x93, "vv", 'v'}, {0xFD, 0x94, 0x94, "v", 'v'},  {0xFD, 0x95, 0x99, "vv", 'v'},
    {0xFD, 0x9B, 0x9F, "vv", 'v'}, {0xFD, 0xA0, 0xA1, "v", 'v'},  {0xFD, 0xA3, 0xA4, "v", 'i'},
    {0xFD, 0xA7, 0xAA, "v", 'v'},  {0xFD, 0xAB, 0xAD, "vi", 'v'}, {0xFD, 0xAE, 0xAE, "vv", 'v'},
    {0xFD, 0xB1, 0xB1, "vv", 'v'}, {0xFD, 0xB5, 0xBA, "vv", 'v'}, {0xFD, 0xBC, 0xBF, "vv", 'v'},
    {0xFD, 0xC0, 0xC1, "v", 'v'},  {0xFD, 0xC3, 0xC4, "v", 'i'},  {0xFD, 0xC7, 0xCA, "v", 'v'},
    {0xFD, 0xCB, 0xCD, "vi", 'v'}, {0xFD, 0xCE, 0xCE, "vv", 'v'}, {0xFD, 0xD1, 0xD1, "vv", 'v'},
    {0xFD, 0xD5, 0xDF, "vv", 'v'}, {0xFD, 0xE0, 0xE1, "v", 'v'},  {0xFD, 0xE3, 0xE3, "v", 'v'},
    {0xFD, 0xE4, 0xEB, "vv", 'v'}, {0xFD, 0xEC, 0xED, "v", 'v'},  {0xFD, 0xEF, 0xEF, "v", 'v'},
    {0xFD, 0xF0, 0xF7, "vv", 'v'}, {0xFD, 0xF8, 0xFF, "v", 'v'},
});

/// Loads and stores: codes of one prefix that move the same number of bytes.
struct Access {
  std::uint8_t prefix = 0;
  std::uint8_t code = 0;
  char type = 0;
  std::uint8_t size_log2 = 0;
  /// The operator takes a vector and a lane's index besides; 0: it doesn't.
  std::uint8_t lanes = 0;
};
inline constexpr auto kLoads = std::to_array<Access>({
    {0, 0x28, 'i', 2}, {0, 0x29, 'l', 3}, {0, 0x2A, 'f', 2}, {0, 0x2B, 'd', 3}, {0, 0x2C, 'i', 0},
    {0, 0x2D, 'i', 0}, {0, 0x2E, 'i', 1}, {0, 0x2F, 'i', 1}, {0, 0x30, 'l', 0}, {0, 0x31, 'l', 0},
    {0, 0x32, 'l', 1}, {0, 0x33, 'l', 1}, {0, 0x34, 'l', 2}, {0, 0x35, 'l', 2},
    {0xFD, 0x00, 'v', 4}, {0xFD, 0x01, 'v', 3}, {0xFD, 0x02, 'v', 3}, {0xFD, 0x03, 'v', 3},
    {0xFD, 0x04, 'v', 3}, {0xFD, 0x05, 'v', 3}, {0xFD, 0x06, 'v', 3}, {0xFD, 0x07, 'v', 0},
    {0xFD, 0x08, 'v', 1}, {0xFD, 0x09, 'v', 2}, {0xFD, 0x0A, 'v', 3}, {0xFD, 0x5C, 'v', 2},
    {0xFD, 0x5D, 'v', 3}, {0xFD, 0x54, 'v', 0, 16}, {0xFD, 0x55, 'v', 1, 8},
    {0xFD, 0x56, 'v', 2, 4}, {0xFD, 0x57, 'v', 3, 2},
});
inline constexpr auto kStores = std::to_array<Access>({
    {0, 0x36, 'i', 2}, {0, 0x37, 'l', 3}, {0, 0x38, 'f', 2}, {0, 0x39, 'd', 3}, {0, 0x3A, 'i', 0},
    {0, 0x3B, 'i', 1}, {0, 0x3C, 'l', 0}, {0, 0x3D, 'l', 1}, {0, 0x3E, 'l', 2},
    {0xFD, 0x0B, 'v', 4}, {0xFD, 0x58, 'v', 0, 16}, {0xFD, 0x59, 'v', 1, 8},
    {0xFD, 0x5A, 'v', 2, 4}, {0xFD, 0x5B, 'v', 3, 2},
});
// clang-format on

[[nodiscard]] constexpr std::uint8_t type_of_letter(char letter) {
  switch (letter) {
    case 'i':
      return value_type::kI32;
    case 'l':
      return value_type::kI64;
    case 'f':
      return value_type::kF32;
    case 'd':
      return value_type::kF64;
    default:
      return value_type::kV128;
  }
}

/// One operator of a range.
struct ComputingOperator {
  const Computation* row = nullptr;
  std::uint8_t code = 0;
};

/// All that give a type, in the order of the table.
[[nodiscard]] inline const std::vector<ComputingOperator>& computing(std::uint8_t type) {
  static const auto all = [] {
    std::array<std::vector<ComputingOperator>, 256> by_type;
    for (const Computation& row : kComputations) {
      for (const Operator& one : operators(row.prefix)) {
        if (one.code < row.first || one.code > row.last) continue;
        by_type[type_of_letter(row.result)].push_back({&row, one.code});
      }
    }
    return by_type;
  }();
  return all[type];
}

}  // namespace icpd::execution::wasm::testing
