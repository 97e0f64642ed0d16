// What the node must know about a canister's module: read once from its bytes by our own parser,
// kept beside the compiled code, never changed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/bytes.hpp"

namespace icpd::execution::wasm {

/// Width of addresses: that of the declared memory, 32 bits if there is none. It selects the System
/// API's signatures.
enum class PointerWidth : std::uint8_t { k32, k64 };
[[nodiscard]] constexpr bool is_valid(PointerWidth width) {
  return width <= PointerWidth::k64;
}

enum class MethodKind : std::uint8_t { kUpdate, kQuery, kCompositeQuery };
[[nodiscard]] constexpr bool is_valid(MethodKind kind) {
  return kind <= MethodKind::kCompositeQuery;
}

struct Method {
  MethodKind kind = MethodKind::kUpdate;
  std::string name;
  bool operator==(const Method&) const = default;
  static constexpr auto kFields = std::tuple(&Method::kind, &Method::name);
};

/// Entry points that are not methods. kStart is the module's start function.
enum class Hook : std::uint8_t {
  kStart,
  kInit,
  kPreUpgrade,
  kPostUpgrade,
  kInspectMessage,
  kHeartbeat,
  kGlobalTimer,
  kOnLowWasmMemory,
};
inline constexpr std::size_t kHookCount = 8;
/// "canister_init".
[[nodiscard]] std::string_view export_name(Hook hook);
/// "canister_update X".
[[nodiscard]] std::string export_name(const Method& method);

enum class ValueType : std::uint8_t { kI32, kI64, kF32, kF64, kV128 };
[[nodiscard]] constexpr bool is_valid(ValueType type) {
  return type <= ValueType::kV128;
}

/// The value of a global variable; a float is its bits, `high` is for v128 only.
struct GlobalValue {
  ValueType type = ValueType::kI32;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const GlobalValue&) const = default;
  static constexpr auto kFields =
      std::tuple(&GlobalValue::type, &GlobalValue::low, &GlobalValue::high);
};
/// All mutable globals of a module, ascending by index: what survives a message besides the
/// memories.
using Globals = std::vector<GlobalValue>;

/// A global that the world outside the module can tell apart: it can change, or it is exported.
struct ListedGlobal {
  bool is_mutable = false;
  GlobalValue initial;
  bool operator==(const ListedGlobal&) const = default;
  static constexpr auto kFields = std::tuple(&ListedGlobal::is_mutable, &ListedGlobal::initial);
};

/// An active data segment: the host writes it into the fresh heap at install.
struct DataSegment {
  std::uint64_t address = 0;
  Slice bytes;
  static constexpr auto kFields = std::tuple(&DataSegment::address, &DataSegment::bytes);
};

/// A custom section `icp:public <name>` or `icp:private <name>`.
struct MetadataSection {
  enum class Visibility : std::uint8_t { kPublic, kPrivate };
  std::string name;
  Visibility visibility = Visibility::kPublic;
  Slice content;
  static constexpr auto kFields =
      std::tuple(&MetadataSection::name, &MetadataSection::visibility, &MetadataSection::content);
};
[[nodiscard]] constexpr bool is_valid(MetadataSection::Visibility visibility) {
  return visibility <= MetadataSection::Visibility::kPrivate;
}

struct ModuleFacts {
  PointerWidth width = PointerWidth::k32;
  bool has_memory = false;
  /// 64 KiB pages; the maximum is the smaller of the declared one and the platform's.
  std::uint64_t heap_pages_initial = 0;
  std::uint64_t heap_pages_max = 0;
  /// Ascending by (name, kind); names are unique over all kinds.
  std::vector<Method> methods;
  std::array<bool, kHookCount> hooks{};
  /// Types of the mutable globals, ascending by index.
  std::vector<ValueType> mutable_globals;
  /// Mutable or exported, ascending by index: what a snapshot of the canister lists.
  std::vector<ListedGlobal> listed_globals;
  /// Ascending by name.
  std::vector<MetadataSection> metadata;
  /// Compilation is charged 6,000 instructions for each of these (operators + 2 for each global).
  std::uint64_t compilation_units = 0;
  /// Wasm operators in all bodies.
  std::uint64_t operators = 0;
  /// Heap pages below the 4 GiB end that only upgrade hooks may grow into: 16 for modules of
  /// Motoko 0.6.20 and older, else 0.
  std::uint32_t pages_reserved_for_upgrade = 0;

  [[nodiscard]] bool has(Hook hook) const { return hooks[static_cast<std::size_t>(hook)]; }
  [[nodiscard]] std::optional<MethodKind> method_kind(std::string_view name) const;
  [[nodiscard]] const MetadataSection* find_metadata(std::string_view name) const;
};

}  // namespace icpd::execution::wasm
