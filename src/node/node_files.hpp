// The files that make a directory a node's (docs/formats/node_directory.md):
//
//   registry.icpd          what the network looks like: a registry snapshot
//   keys/                  only the node's user may read it
//     node.keys            signing key, link key, threshold shares
//     watermark            what was signed (consensus/watermark.hpp); lives and dies with the keys
//   pool/ state/           artifact log, checkpoints
//   node.toml              what the node's operator chooses (node_config.hpp)
//   NOT_FOR_REAL_USE       where the keys were dealt by one machine for others
//
// A file is: magic "ICPD", format version, kind, the canonical record, SHA-256 of all before it.
// A file that was damaged or cut is an error that names it; nothing is guessed.
#pragma once

#include <string>

#include "io/disk.hpp"
#include "node/genesis.hpp"

namespace icpd::node {

inline constexpr const char* kRegistryFile = "registry.icpd";
inline constexpr const char* kKeysDirectory = "keys";
inline constexpr const char* kKeysFile = "keys/node.keys";
inline constexpr const char* kNotForRealUseFile = "NOT_FOR_REAL_USE";

[[nodiscard]] Status<> save_registry(io::Disk& disk, const registry::Snapshot& snapshot);
/// Checked by registry::check.
[[nodiscard]] Result<registry::Snapshot> load_registry(io::Disk& disk);

/// Keys that never signed, with the empty artifact log that is bound to them
/// (replica/artifact_log.hpp). The directory keys/ must exist already, readable by its user alone.
[[nodiscard]] Status<> save_keys(io::Disk& disk, const NodeKeys& keys);
[[nodiscard]] Result<NodeKeys> load_keys(io::Disk& disk);

}  // namespace icpd::node
