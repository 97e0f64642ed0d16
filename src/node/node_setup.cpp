#include "node/node_setup.hpp"

#include <algorithm>
#include <filesystem>

#include "io/linux/files.hpp"
#include "node/cli_files.hpp"
#include "replica/artifact_log.hpp"

namespace icpd::node {

namespace {

constexpr std::uint64_t kConfigSizeMax = 1 * kMiB;

/// The subnet that a node is a member of.
Result<types::SubnetId> subnet_of(const registry::Snapshot& snapshot, const types::NodeId& node) {
  for (const auto& [id, subnet] : snapshot.subnets) {
    if (!std::ranges::binary_search(subnet.members, node)) continue;
    if (id != snapshot.root_subnet)
      return Err(
          "this icpd runs nodes of the root subnet only; others need traffic between subnets");
    return id;
  }
  return Err("node " + node.text() + ", whose keys these are, is a member of no subnet in " +
             kRegistryFile);
}

class Check {
 public:
  explicit Check(const std::string& directory) : directory_(directory) {}

  Result<NodeSetup, ConfigProblems> run() {
    std::error_code failed;
    if (!std::filesystem::is_directory(directory_, failed)) {
      return Err(ConfigProblems{
          {directory_, 0, "", "no such directory; icpd prep makes one for each node"}});
    }
    const auto disk = io::linux::open_disk(directory_);
    if (!disk.ok()) return Err(ConfigProblems{{directory_, 0, "", disk.error().message}});
    auto config = read_config();
    auto registry = take(load_registry(**disk));
    const bool are_private = check_private(kKeysDirectory) && check_private(kKeysFile);
    auto keys = are_private ? take(load_keys(**disk)) : std::nullopt;
    if (keys) note(replica::ArtifactLog::check(**disk));
    auto subnet = registry && keys ? take(subnet_of(*registry, keys->id())) : std::nullopt;
    if (subnet) check_keys(registry->nodes.at(keys->id()), *keys);
    if (!problems_.empty()) return Err(std::move(problems_));
    return NodeSetup{*config, std::move(*registry), std::move(*keys), *subnet};
  }

 private:
  void problem(const std::string& what) {
    // Errors of the disk name the file themselves, with or without the directory.
    if (what.starts_with(directory_ + "/"))
      problems_.push_back(
          {what.substr(0, what.find(": ")), 0, "", what.substr(what.find(": ") + 2)});
    else
      problems_.push_back({directory_, 0, "", what});
  }
  void note(const Status<>& status) {
    if (!status.ok()) problem(status.error().message);
  }
  template <typename T>
  std::optional<T> take(Result<T> result) {
    if (result.ok()) return std::move(result).value();
    problem(result.error().message);
    return std::nullopt;
  }

  std::optional<NodeConfig> read_config() {
    const std::string file = directory_ + "/" + kConfigFile;
    const auto text = take(read_user_file(file, kConfigSizeMax));
    if (!text) return std::nullopt;
    auto config = parse_node_config(as_text(*text), file);
    if (config.ok()) return *config;
    problems_.insert(problems_.end(), config.error().begin(), config.error().end());
    return std::nullopt;
  }

  bool check_private(const std::string& path) {
    const auto status = io::linux::check_private(directory_ + "/" + path);
    note(status);
    return status.ok();
  }

  void check_keys(const registry::NodeRecord& record, const NodeKeys& keys) {
    if (record.signing_key != keys.signing.public_key() ||
        record.link_key != keys.link.public_key())
      problem(std::string(kKeysFile) + ": these aren't the keys that " + kRegistryFile +
              " has for node " + keys.id().text());
  }

  std::string directory_;
  ConfigProblems problems_;
};

}  // namespace

Result<NodeSetup, ConfigProblems> load_node_setup(const std::string& directory) {
  return Check(directory).run();
}

std::string text_of(const ConfigProblems& problems) {
  std::string text;
  for (const ConfigProblem& problem : problems)
    text += (text.empty() ? "" : "\n") + problem.text();
  return text;
}

}  // namespace icpd::node
