// The registry of one node: snapshots by version, the newest last.
//
// Local networks have the version that was laid out at genesis; later versions are appended as they
// are learnt. A version once known never changes.
#pragma once

#include <map>

#include "base/shared.hpp"
#include "registry/records.hpp"

namespace icpd::registry {

class Registry {
 public:
  /// Needs a snapshot that passes check().
  explicit Registry(Shared<Snapshot> genesis);

  [[nodiscard]] types::RegistryVersion latest() const { return versions_.rbegin()->first; }
  [[nodiscard]] bool knows(types::RegistryVersion version) const;
  /// Needs knows(version).
  [[nodiscard]] const Shared<Snapshot>& at(types::RegistryVersion version) const;
  /// An error unless the version is newer than the latest and passes check().
  [[nodiscard]] Status<> append(Shared<Snapshot> snapshot);

 private:
  std::map<types::RegistryVersion, Shared<Snapshot>> versions_;
};

}  // namespace icpd::registry
