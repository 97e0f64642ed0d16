// `icpd identity`: keys that sign requests (identity.hpp).
#pragma once

#include "node/cli_console.hpp"

namespace icpd::node {

struct IdentityOptions {
  std::string name;
  /// "ed25519" or "secp256k1".
  std::string kind = "ed25519";
  /// A PEM file to import.
  std::string file;
  bool json = false;
};

[[nodiscard]] CommandResult new_identity(const IdentityOptions& options, const Console& console);
[[nodiscard]] CommandResult list_identities(const IdentityOptions& options, const Console& console);
[[nodiscard]] CommandResult use_identity(const IdentityOptions& options, const Console& console);
[[nodiscard]] CommandResult import_identity(const IdentityOptions& options, const Console& console);
/// Prints the secret key.
[[nodiscard]] CommandResult export_identity(const IdentityOptions& options, const Console& console);
[[nodiscard]] CommandResult show_principal(const IdentityOptions& options, const Console& console);

}  // namespace icpd::node
