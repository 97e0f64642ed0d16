#include "node/prep.hpp"

#include <array>
#include <map>

#include "io/linux/files.hpp"
#include "io/linux/system.hpp"
#include "node/node_config.hpp"
#include "node/node_files.hpp"

namespace icpd::node {
namespace {

/// A disk's part below one of its directories.
class Below final : public io::Disk {
 public:
  Below(io::Disk& disk, std::string prefix) : disk_(disk), prefix_(std::move(prefix) + "/") {}
  Result<std::unique_ptr<io::File>> open(const std::string& path, io::OpenMode mode) override {
    return disk_.open(prefix_ + path, mode);
  }
  Status<> make_directory(const std::string& path) override {
    return disk_.make_directory(prefix_ + path);
  }
  Status<> rename(const std::string& from, const std::string& to) override {
    return disk_.rename(prefix_ + from, prefix_ + to);
  }
  Status<> link(const std::string& from, const std::string& to) override {
    return disk_.link(prefix_ + from, prefix_ + to);
  }
  Status<> remove(const std::string& path) override { return disk_.remove(prefix_ + path); }
  Status<> remove_tree(const std::string& path) override {
    return disk_.remove_tree(prefix_ + path);
  }
  Result<std::vector<std::string>> list(const std::string& path) override {
    return disk_.list(prefix_ + path);
  }
  bool exists(const std::string& path) override { return disk_.exists(prefix_ + path); }
  Status<> sync_directory(const std::string& path) override {
    return disk_.sync_directory(path == "." ? prefix_.substr(0, prefix_.size() - 1)
                                            : prefix_ + path);
  }

 private:
  io::Disk& disk_;
  std::string prefix_;
};

Result<registry::SubnetType> parse_subnet_type(const std::string& text) {
  for (const auto type : {registry::SubnetType::kApplication, registry::SubnetType::kSystem,
                          registry::SubnetType::kVerifiedApplication}) {
    if (registry::name(type) == text) return type;
  }
  return Err("no subnet type '" + text +
             "': it is one of application, system, verified_application");
}

/// The network's directory and each node's, since those are copied to other machines.
Status<> mark_not_for_real_use(io::Disk& root, std::size_t nodes) {
  constexpr std::string_view kText =
      "All keys of this network were dealt on one machine. Whoever could read them there can speak "
      "for the network.\n";
  TRY(io::replace_file(root, kNotForRealUseFile, as_bytes(kText)));
  for (std::size_t i = 0; i < nodes; ++i)
    TRY(io::replace_file(root, node_directory(i) + "/" + kNotForRealUseFile, as_bytes(kText)));
  return {};
}

/// Each address is one socket, so none may stand twice.
Status<> check_different(const std::vector<NodeAddresses>& nodes) {
  std::map<std::string, std::string> uses;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const auto& [what, address] :
         {std::pair("links", &nodes[i].link), std::pair("clients", &nodes[i].api)}) {
      const std::string use = std::string("the ") + what + " of node " + std::to_string(i);
      const auto [first, is_new] = uses.emplace(*address, use);
      if (!is_new) return Err(*address + " stands twice: for " + first->second + " and for " + use);
    }
  }
  return {};
}

}  // namespace

std::string node_directory(std::size_t index) {
  return std::string(kNodesDirectory) + "/" + std::to_string(index);
}

Bytes root_key_der(const registry::Snapshot& registry) {
  return crypto::BlsPublicKey::der_of(registry.subnet(registry.root_subnet).public_key);
}

Status<> lay_out_network(io::Disk& root, const DealtNetwork& network) {
  TRY(root.remove_tree(kNodesDirectory));
  for (std::size_t i = 0; i < network.nodes.size(); ++i) {
    TRY(root.make_directory(node_directory(i) + "/" + kKeysDirectory));
    Below node(root, node_directory(i));
    const registry::NodeRecord& record = network.registry.nodes.at(network.nodes[i].id());
    TRY(save_registry(node, network.registry));
    TRY(save_keys(node, network.nodes[i]));
    TRY(io::replace_file(node, kConfigFile,
                         as_bytes(node_config_text(record.link_address, record.api_address))));
  }
  return io::replace_file(root, kRootKeyFile, root_key_der(network.registry));
}

Result<NodeAddresses> parse_node_addresses(const std::string& text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string::npos)
    return Err("node '" + text + "' isn't LINK_HOST:PORT,API_HOST:PORT");
  NodeAddresses addresses{text.substr(0, comma), text.substr(comma + 1)};
  for (const auto& [what, address] :
       {std::pair("link address", &addresses.link), std::pair("API address", &addresses.api)}) {
    const auto parsed = parse_address(*address);
    if (!parsed.ok()) return Err(parsed.error().within(what));
  }
  return addresses;
}

CommandResult prepare_network(const PrepOptions& options, const Console& console) {
  NetworkPlan plan;
  for (const std::string& node : options.nodes) {
    auto addresses = parse_node_addresses(node);
    if (!addresses.ok()) return usage_error(addresses.error().message);
    plan.nodes.push_back(std::move(addresses).value());
  }
  if (plan.nodes.empty() || plan.nodes.size() > crypto::kCommitteeMax)
    return usage_error("a subnet has 1 to " + std::to_string(crypto::kCommitteeMax) + " nodes");
  const auto different = check_different(plan.nodes);
  if (!different.ok()) return usage_error("--node: " + different.error().message);
  const auto type = parse_subnet_type(options.subnet_type);
  if (!type.ok()) return usage_error(type.error().message);
  plan.subnet_type = *type;
  for (const std::string& text : options.admins) {
    const auto admin = types::Principal::from_text(text);
    if (!admin.ok()) return usage_error(admin.error().within("admin " + text).message);
    plan.admins.insert(*admin);
  }
  if (plan.admins.size() > registry::kSubnetAdminsMax)
    return usage_error("a subnet has at most " + std::to_string(registry::kSubnetAdminsMax) +
                       " admins");

  const auto disk = TRY(io::linux::open_disk(options.directory));
  if (!TRY(disk->list(".")).empty())
    return Err(CommandFailure(options.directory + ": not empty; icpd prep makes a new directory"));
  io::linux::SystemEntropy entropy;
  const DealtNetwork network = deal_network(entropy, plan);
  TRY(lay_out_network(*disk, network));
  TRY(mark_not_for_real_use(*disk, plan.nodes.size()));
  console.remark("Keys were dealt on this machine: the network is NOT FOR REAL USE.");
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
    const std::string directory = options.directory + "/" + node_directory(i);
    console.line(network.nodes[i].id().text() + "  " + plan.nodes[i].api + "  " + directory);
  }
  console.remark("Copy each directory to its machine and start it there: icpd node --dir DIR");
  return {};
}

}  // namespace icpd::node
