#include "registry/registry.hpp"

namespace icpd::registry {

Registry::Registry(Shared<Snapshot> genesis) {
  ensure(check(*genesis).ok(), "a registry begins with valid records");
  const types::RegistryVersion version = genesis->version;
  versions_.emplace(version, std::move(genesis));
}

bool Registry::knows(types::RegistryVersion version) const {
  return versions_.contains(version);
}

const Shared<Snapshot>& Registry::at(types::RegistryVersion version) const {
  const auto found = versions_.find(version);
  ensure(found != versions_.end(), "registry version is known");
  return found->second;
}

Status<> Registry::append(Shared<Snapshot> snapshot) {
  if (snapshot->version <= latest()) return Err("registry version is not newer than the latest");
  TRY(check(*snapshot));
  const types::RegistryVersion version = snapshot->version;
  versions_.emplace(version, std::move(snapshot));
  return {};
}

}  // namespace icpd::registry
