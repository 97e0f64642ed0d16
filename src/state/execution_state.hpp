// What a canister with code is made of: its module, memories and globals.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/shared.hpp"
#include "base/units.hpp"
#include "codec/record.hpp"
#include "crypto/hash.hpp"
#include "state/page_map.hpp"

namespace icpd::state {

/// Bytes that are named by their SHA-256 and stored once, beside the records that name them.
struct Blob {
  crypto::Digest hash;
  std::uint64_t size = 0;
  /// Of `size` bytes; empty only between reading a record and filling it in.
  Slice bytes;

  [[nodiscard]] static Blob of(Slice bytes);
  bool operator==(const Blob& other) const { return hash == other.hash; }
};
/// Hash and size. Reading gives a Blob without bytes; the checkpoint reader fills them in.
void record_write(codec::RecordWriter& out, const Blob& blob);
[[nodiscard]] Status<> record_read(codec::RecordReader& in, Blob& blob);

/// Functions of a module that the system calls by itself.
enum class SystemMethod : std::uint8_t {
  kStart,
  kInit,
  kPreUpgrade,
  kPostUpgrade,
  kInspectMessage,
  kHeartbeat,
  kGlobalTimer,
  kOnLowWasmMemory,
};
inline constexpr std::size_t kSystemMethods = 8;

enum class MetadataVisibility : std::uint8_t { kPublic, kPrivate };
[[nodiscard]] constexpr bool is_valid(MetadataVisibility v) {
  return v <= MetadataVisibility::kPrivate;
}

/// Custom section `icp:public <name>` or `icp:private <name>`.
struct Metadata {
  MetadataVisibility visibility = MetadataVisibility::kPublic;
  Slice content;
  bool operator==(const Metadata&) const = default;
  static constexpr auto kFields = std::tuple(&Metadata::visibility, &Metadata::content);
};

/// An installed module: the bytes as they were uploaded (compressed if they were) and what the
/// rest of the system reads of them. Compiled code is the execution environment's, found by hash.
struct Module {
  Blob code;
  std::array<bool, kSystemMethods> system_methods{};
  std::map<std::string, Metadata> metadata;
  /// Of the subtree /canister/<id>/metadata; set by seal().
  crypto::Digest metadata_digest;

  [[nodiscard]] bool has(SystemMethod method) const {
    return system_methods[static_cast<std::size_t>(method)];
  }
  [[nodiscard]] const crypto::Digest& hash() const { return code.hash; }
  [[nodiscard]] std::uint64_t metadata_size_bytes() const;
};
/// The only way to a module that a canister can have: digests its metadata once.
[[nodiscard]] Shared<Module> seal(Module module);
void record_write(codec::RecordWriter& out, const Module& module);
[[nodiscard]] Status<> record_read(codec::RecordReader& in, Module& module);

enum class GlobalType : std::uint8_t { kI32, kI64, kF32, kF64, kV128 };
[[nodiscard]] constexpr bool is_valid(GlobalType type) {
  return type <= GlobalType::kV128;
}

/// A mutable global's value; floats by their bits, `high` for v128 only.
struct Global {
  GlobalType type = GlobalType::kI32;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const Global&) const = default;
  static constexpr auto kFields = std::tuple(&Global::type, &Global::low, &Global::high);
};
/// What one global counts for, whatever its type.
inline constexpr std::uint64_t kGlobalSizeBytes = 8;

/// A memory: content and size.
struct Memory {
  PageMap pages;
  /// A multiple of 64 KiB.
  std::uint64_t size_bytes = 0;
  static constexpr auto kFields = std::tuple(&Memory::pages, &Memory::size_bytes);
};

/// Which of the turns message, heartbeat, timer is next.
enum class NextScheduledMethod : std::uint8_t { kMessage, kHeartbeat, kGlobalTimer };
[[nodiscard]] constexpr bool is_valid(NextScheduledMethod m) {
  return m <= NextScheduledMethod::kGlobalTimer;
}

struct ExecutionState {
  Shared<Module> module;
  Memory heap;
  Memory stable;
  /// Mutable globals, ascending by index.
  std::vector<Global> globals;
  NextScheduledMethod next_scheduled_method = NextScheduledMethod::kMessage;
  Time last_install;

  static constexpr auto kFields =
      std::tuple(&ExecutionState::module, &ExecutionState::heap, &ExecutionState::stable,
                 &ExecutionState::globals, &ExecutionState::next_scheduled_method,
                 &ExecutionState::last_install);
};

}  // namespace icpd::state
