// The directory D of a local network.
//
//   D/icpd-local.json   our marker: format, number of nodes, main port. Without it D isn't ours
//   D/lock              held by the one parent that runs the network
//   D/control.sock      where the parent takes commands (local_control.hpp)
//   D/ready.json        what outside tools need to know; there while the network answers
//   D/canisters.json    names of canisters (canister_names.hpp), with canisters.lock
//   D/.gitignore        keeps D, which holds keys, out of a repository
//   D/logs/             node-0.log ..., canisters.log, local.log of one in the background
//   D/code/             compiled modules of all nodes (code_store.hpp)
//   D/nodes/0 ...       the nodes (prep.hpp)
//
// D is made in one go or begun anew: the marker says `"complete": false` until all files are there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace icpd::node {

inline constexpr int kLocalFormat = 2;
inline constexpr const char* kLocalMarkerFile = "icpd-local.json";
inline constexpr const char* kLocalLockFile = "lock";
inline constexpr const char* kLocalReadyFile = "ready.json";
inline constexpr const char* kLocalControlFile = "control.sock";
inline constexpr const char* kLocalLogsDirectory = "logs";
inline constexpr const char* kLocalCodeDirectory = "code";

struct LocalMarker {
  int format = kLocalFormat;
  int nodes = 0;
  std::uint16_t main_port = 0;
  bool complete = false;
};

/// `.icpd/local` beside the nearest icp.yaml, dfx.json or .git, from `start` upwards; beside
/// `start` if there is none.
[[nodiscard]] std::string default_local_directory(const std::string& start);
/// The nearest `.icpd/local` that carries our marker, from `start` upwards.
[[nodiscard]] std::optional<std::string> nearest_local_directory(const std::string& start);

/// " --dir D", to end a command that is about D; empty where that command finds D without it from
/// the directory of this process.
[[nodiscard]] std::string directory_hint(const std::string& directory);
/// Keeps D out of a repository that it lies in.
[[nodiscard]] Status<> write_gitignore(const std::string& directory);

/// Nothing: no such directory, or an empty one. Errors: something else lives there, the marker is
/// damaged, or another version of icpd made it; each says what to do.
[[nodiscard]] Result<std::optional<LocalMarker>> read_marker(const std::string& directory);
[[nodiscard]] Status<> write_marker(const std::string& directory, const LocalMarker& marker);

/// Removes what is in D, and D. Error unless D carries our marker (whatever its format), is empty
/// or isn't there.
[[nodiscard]] Status<> clean_local_directory(const std::string& directory);

}  // namespace icpd::node
