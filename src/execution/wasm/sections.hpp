// A module taken apart into its sections: views into the module's bytes, nothing copied, nothing
// judged. Function bodies stay bytes; operators.hpp reads them.
//
// parse_sections() is total: it refuses what is not the binary format (or is a form that no
// accepted feature uses), and it is bounded: every vector has at most as many elements as the
// module has bytes. It does not validate types; the engine does.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "execution/wasm/binary.hpp"

namespace icpd::execution::wasm {

/// Bytes of the value types, as the format writes them: each one byte.
struct FunctionType {
  ByteView parameters;
  ByteView results;

  friend bool operator==(const FunctionType& a, const FunctionType& b) {
    return equal(a.parameters, b.parameters) && equal(a.results, b.results);
  }
};

namespace value_type {
inline constexpr std::uint8_t kI32 = 0x7F;
inline constexpr std::uint8_t kI64 = 0x7E;
inline constexpr std::uint8_t kF32 = 0x7D;
inline constexpr std::uint8_t kF64 = 0x7C;
inline constexpr std::uint8_t kV128 = 0x7B;
inline constexpr std::uint8_t kFuncref = 0x70;
inline constexpr std::uint8_t kExternref = 0x6F;
}  // namespace value_type

enum class ExternalKind : std::uint8_t { kFunction, kTable, kMemory, kGlobal, kTag };

struct Limits {
  bool is_64 = false;
  bool shared = false;
  std::uint64_t minimum = 0;
  std::optional<std::uint64_t> maximum;
};
struct TableType {
  std::uint8_t element = 0;
  Limits limits;
};
struct GlobalType {
  std::uint8_t type = 0;
  bool is_mutable = false;
};

struct Import {
  std::string_view module;
  std::string_view name;
  ExternalKind kind = ExternalKind::kFunction;
  /// For functions: the type's index.
  std::uint32_t type = 0;
  Limits memory;
  TableType table;
  GlobalType global;
};
struct Export {
  std::string_view name;
  ExternalKind kind = ExternalKind::kFunction;
  std::uint32_t index = 0;
};
struct Table {
  TableType type;
  /// Initial element; empty: null.
  ByteView init;
};
struct Global {
  GlobalType type;
  /// A constant expression without its `end`.
  ByteView init;
};

enum class SegmentMode : std::uint8_t { kActive, kPassive, kDeclared };

struct ElementSegment {
  SegmentMode mode = SegmentMode::kActive;
  std::uint32_t table = 0;
  ByteView offset;
  std::uint8_t type = value_type::kFuncref;
  /// Either function indexes or constant expressions without their `end`.
  std::vector<std::uint32_t> functions;
  std::vector<ByteView> expressions;
  bool uses_expressions = false;
};
struct DataSegmentView {
  SegmentMode mode = SegmentMode::kActive;
  std::uint32_t memory = 0;
  ByteView offset;
  ByteView bytes;
};
struct CustomSection {
  std::string_view name;
  ByteView content;
};
/// A function's body: local declarations and operators up to the last `end`, both as bytes.
struct Body {
  ByteView locals;
  ByteView code;
};

struct Sections {
  std::vector<FunctionType> types;
  std::vector<Import> imports;
  /// Type of each local function.
  std::vector<std::uint32_t> functions;
  std::vector<Table> tables;
  std::vector<Limits> memories;
  std::vector<Global> globals;
  std::vector<Export> exports;
  std::optional<std::uint32_t> start;
  std::vector<ElementSegment> elements;
  std::optional<std::uint32_t> data_count;
  std::vector<Body> bodies;
  std::vector<DataSegmentView> data;
  std::vector<CustomSection> customs;
  std::size_t code_section_size = 0;
  std::uint32_t imported_functions = 0;

  /// Index space of functions: imported ones first. Nothing if out of range.
  [[nodiscard]] std::optional<std::uint32_t> function_type(std::uint32_t function) const;
  /// The heap's limits, imported or declared.
  [[nodiscard]] const Limits* memory() const;
};

[[nodiscard]] Result<Sections> parse_sections(ByteView module);

/// The payload size of the code section, 0 if there is none or the sections can't be walked:
/// checked before anything else is done with a module.
[[nodiscard]] std::size_t code_section_size(ByteView module);

}  // namespace icpd::execution::wasm
