// A canister's latest changes (interface specification, "canister_info") and its log
// ("fetch_canister_logs").
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <variant>

#include "base/units.hpp"
#include "crypto/hash.hpp"
#include "state/snapshots.hpp"
#include "types/ids.hpp"
#include "types/limits.hpp"

namespace icpd::state {

enum class InstallMode : std::uint8_t { kInstall, kReinstall, kUpgrade };
[[nodiscard]] constexpr bool is_valid(InstallMode mode) {
  return mode <= InstallMode::kUpgrade;
}

struct ChangeFromUser {
  types::UserId user;
  bool operator==(const ChangeFromUser&) const = default;
  static constexpr auto kFields = std::tuple(&ChangeFromUser::user);
};
struct ChangeFromCanister {
  types::CanisterId canister;
  std::optional<std::uint64_t> canister_version;
  bool operator==(const ChangeFromCanister&) const = default;
  static constexpr auto kFields =
      std::tuple(&ChangeFromCanister::canister, &ChangeFromCanister::canister_version);
};
using ChangeOrigin = std::variant<ChangeFromUser, ChangeFromCanister>;

struct CreationChange {
  std::set<types::Principal> controllers;
  std::optional<crypto::Digest> environment_variables_hash;
  bool operator==(const CreationChange&) const = default;
  static constexpr auto kFields =
      std::tuple(&CreationChange::controllers, &CreationChange::environment_variables_hash);
};
struct CodeUninstallChange {
  bool operator==(const CodeUninstallChange&) const = default;
  static constexpr auto kFields = std::tuple();
};
struct CodeDeploymentChange {
  InstallMode mode = InstallMode::kInstall;
  crypto::Digest module_hash;
  bool operator==(const CodeDeploymentChange&) const = default;
  static constexpr auto kFields =
      std::tuple(&CodeDeploymentChange::mode, &CodeDeploymentChange::module_hash);
};
struct ControllersChange {
  std::set<types::Principal> controllers;
  bool operator==(const ControllersChange&) const = default;
  static constexpr auto kFields = std::tuple(&ControllersChange::controllers);
};
struct LoadSnapshotChange {
  SnapshotId snapshot;
  /// Of the canister that the snapshot belongs to, when it was made.
  std::uint64_t canister_version = 0;
  Time taken_at;
  SnapshotSource source = SnapshotSource::kTakenFromCanister;
  bool operator==(const LoadSnapshotChange&) const = default;
  static constexpr auto kFields =
      std::tuple(&LoadSnapshotChange::snapshot, &LoadSnapshotChange::canister_version,
                 &LoadSnapshotChange::taken_at, &LoadSnapshotChange::source);
};
using ChangeDetails = std::variant<CreationChange, CodeUninstallChange, CodeDeploymentChange,
                                   ControllersChange, LoadSnapshotChange>;

struct Change {
  Time time;
  /// After the change.
  std::uint64_t canister_version = 0;
  ChangeOrigin origin;
  ChangeDetails details;
  bool operator==(const Change&) const = default;
  static constexpr auto kFields =
      std::tuple(&Change::time, &Change::canister_version, &Change::origin, &Change::details);
};

class CanisterHistory {
 public:
  /// Keeps the latest types::limits::kCanisterHistoryMax.
  void add(Change change);
  /// Forgets the changes, not how many there were.
  void clear() { changes_.clear(); }

  /// Oldest first.
  [[nodiscard]] const std::deque<Change>& changes() const { return changes_; }
  [[nodiscard]] std::uint64_t total_changes() const { return total_; }
  /// What the history counts for in the canister's memory usage.
  [[nodiscard]] std::uint64_t size_bytes() const;

  bool operator==(const CanisterHistory&) const = default;

 private:
  std::uint64_t total_ = 0;
  std::deque<Change> changes_;

 public:
  static constexpr auto kFields = std::tuple(&CanisterHistory::total_, &CanisterHistory::changes_);
};

struct LogRecord {
  std::uint64_t index = 0;
  Time time;
  Slice content;
  bool operator==(const LogRecord&) const = default;
  static constexpr auto kFields =
      std::tuple(&LogRecord::index, &LogRecord::time, &LogRecord::content);
};

/// At most types::limits::kCanisterLogSizeMax bytes; the oldest records go first.
class CanisterLog {
 public:
  /// What a line counts for: its content, and its index and time, which are told with it. So even
  /// empty lines are bounded in number.
  [[nodiscard]] static constexpr std::uint64_t record_size_bytes(std::size_t content) {
    return content + 16;
  }
  /// A content that alone is too long is cut.
  void add(Time time, ByteView content);
  void clear();

  [[nodiscard]] const std::deque<LogRecord>& records() const { return records_; }
  [[nodiscard]] std::uint64_t next_index() const { return next_index_; }
  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }
  [[nodiscard]] static std::uint64_t capacity_bytes() { return types::limits::kCanisterLogSizeMax; }

  bool operator==(const CanisterLog&) const = default;

 private:
  std::uint64_t next_index_ = 0;
  std::uint64_t size_bytes_ = 0;
  std::deque<LogRecord> records_;

 public:
  static constexpr auto kFields =
      std::tuple(&CanisterLog::next_index_, &CanisterLog::size_bytes_, &CanisterLog::records_);
};

}  // namespace icpd::state
