#include "node/prep.hpp"

#include <array>

#include "io/linux/files.hpp"
#include "io/linux/system.hpp"
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

Status<> check_host_and_port(const std::string& text, const std::string& what) {
  const std::size_t colon = text.rfind(':');
  const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
  const bool number = !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == std::string::npos;
  if (!number || colon == 0 || std::stoul(port) == 0 || std::stoul(port) > 65535)
    return Err(what + " '" + text + "' isn't HOST:PORT");
  return {};
}

Result<registry::SubnetType> parse_subnet_type(const std::string& text) {
  for (const auto type : {registry::SubnetType::kApplication, registry::SubnetType::kSystem,
                          registry::SubnetType::kVerifiedApplication}) {
    if (registry::name(type) == text) return type;
  }
  return Err("no subnet type '" + text +
             "': it is one of application, system, verified_application");
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
    TRY(save_registry(node, network.registry));
    TRY(save_keys(node, network.nodes[i]));
  }
  return io::replace_file(root, kRootKeyFile, root_key_der(network.registry));
}

Result<NodeAddresses> parse_node_addresses(const std::string& text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string::npos)
    return Err("node '" + text + "' isn't LINK_HOST:PORT,API_HOST:PORT");
  NodeAddresses addresses{text.substr(0, comma), text.substr(comma + 1)};
  TRY(check_host_and_port(addresses.link, "link address"));
  TRY(check_host_and_port(addresses.api, "API address"));
  return addresses;
}

CommandResult prepare_network(const PrepOptions& options, const Console& console) {
  NetworkPlan plan;
  for (const std::string& node : options.nodes) {
    auto addresses = parse_node_addresses(node);
    if (!addresses.ok()) return UsageErr(addresses.error().message);
    plan.nodes.push_back(std::move(addresses).value());
  }
  if (plan.nodes.empty() || plan.nodes.size() > crypto::kCommitteeMax)
    return UsageErr("a subnet has 1 to " + std::to_string(crypto::kCommitteeMax) + " nodes");
  const auto type = parse_subnet_type(options.subnet_type);
  if (!type.ok()) return UsageErr(type.error().message);
  plan.subnet_type = *type;

  const auto disk = TRY(io::linux::open_disk(options.directory));
  if (!TRY(disk->list(".")).empty())
    return Err(CommandFailure(options.directory + ": not empty; icpd prep makes a new directory"));
  io::linux::SystemEntropy entropy;
  const DealtNetwork network = deal_network(entropy, plan);
  TRY(lay_out_network(*disk, network));
  TRY(io::replace_file(*disk, "NOT_FOR_REAL_USE",
                       as_bytes("All keys of this network were dealt on one machine. Whoever "
                                "could read them there can speak for the network.\n")));
  console.remark("Keys were dealt on this machine: the network is NOT FOR REAL USE.");
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
    const std::string directory = options.directory + "/" + node_directory(i);
    console.line(network.nodes[i].id().text() + "  " + plan.nodes[i].api + "  " + directory);
  }
  console.remark("Copy each directory to its machine and start it there: icpd node --dir DIR");
  return {};
}

}  // namespace icpd::node
