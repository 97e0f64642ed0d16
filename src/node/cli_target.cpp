#include "node/cli_target.hpp"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "node/cli_files.hpp"
#include "node/local_directory.hpp"

namespace icpd::node {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kJsonSizeMax = 16 * kMiB;
constexpr const char* kNamesFile = "canisters.json";

Result<certification::TrustRoot> root_of(ByteView der) {
  auto key = crypto::BlsPublicKey::decode_der(der);
  if (!key.ok()) return Err(key.error().within("root key"));
  return certification::TrustRoot{*key};
}

Result<NetworkTarget> network_in(const std::string& directory) {
  const std::string file = directory + "/" + kLocalReadyFile;
  const auto text = read_user_file(file, kJsonSizeMax);
  if (!text.ok())
    return Err("no network answers in " + directory + "; start it with: icpd local --dir " +
               directory);
  const json ready = json::parse(text->begin(), text->end(), nullptr, false);
  const Error damaged{file + ": damaged; it is written anew by: icpd local"};
  if (!ready.is_object() || !ready.contains("root_key") || !ready["root_key"].is_string() ||
      !ready.contains("gateway_port") || !ready["gateway_port"].is_number_unsigned())
    return Err(damaged);
  const auto der = from_hex(ready["root_key"].get<std::string>());
  if (!der) return Err(damaged);
  std::vector<std::string> node_urls;
  for (const json& node : ready.value("nodes", json::array())) {
    if (node.is_object() && node.contains("api_port") && node["api_port"].is_number_unsigned())
      node_urls.push_back("http://127.0.0.1:" +
                          std::to_string(node["api_port"].get<std::uint16_t>()));
  }
  return NetworkTarget{
      "http://127.0.0.1:" + std::to_string(ready["gateway_port"].get<std::uint16_t>()),
      std::move(node_urls), TRY(root_of(*der)), directory, types::canister_id_from_index(0)};
}

Result<NetworkTarget> network_at(const std::string& url, const Console& console) {
  const auto transport = TRY(http_transport(url));
  const ServerStatus status = TRY(fetch_status_unverified(*transport));
  console.remark("Believing the root key that " + url + " states.");
  return NetworkTarget{
      url, {}, TRY(root_of(status.root_key_der)), "", types::canister_id_from_index(0)};
}

std::string known_names(const std::map<std::string, types::CanisterId>& names) {
  std::string text;
  for (const auto& [name, id] : names)
    text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none yet" : text;
}

}  // namespace

Result<NetworkTarget> find_network(const std::string& option, const Console& console) {
  std::string place = option;
  const char* environment = std::getenv("ICPD_NETWORK");
  if (place.empty() && environment != nullptr) place = environment;
  if (place.starts_with("http://")) return network_at(place, console);
  if (place.starts_with("https://"))
    return Err("icpd speaks plain HTTP only; '" + place + "' needs TLS");
  std::error_code failed;
  if (!place.empty()) return network_in(fs::absolute(place, failed).string());
  const auto nearest = nearest_local_directory(fs::current_path(failed).string());
  if (!nearest)
    return Err("no network here. Start one with: icpd local. Or name one: --network URL or DIR");
  return network_in(*nearest);
}

Result<std::map<std::string, types::CanisterId>> CanisterNames::all() const {
  std::map<std::string, types::CanisterId> names;
  const std::string file = directory_ + "/" + kNamesFile;
  std::error_code failed;
  if (directory_.empty() || !fs::exists(file, failed)) return names;
  const Bytes text = TRY(read_user_file(file, kJsonSizeMax));
  const json parsed = json::parse(text.begin(), text.end(), nullptr, false);
  if (!parsed.is_object()) return Err(file + ": damaged: not an object of names");
  for (const auto& [name, id] : parsed.items()) {
    if (!id.is_string()) return Err(file + ": '" + name + "' isn't a canister id");
    names[name] = types::CanisterId(TRY(types::Principal::from_text(id.get<std::string>())));
  }
  return names;
}

Result<std::optional<types::CanisterId>> CanisterNames::find(const std::string& name) const {
  const auto names = TRY(all());
  const auto known = names.find(name);
  if (known != names.end()) return std::optional(known->second);
  const auto id = types::Principal::from_text(name);
  if (id.ok()) return std::optional(types::CanisterId(*id));
  return std::optional<types::CanisterId>();
}

Result<types::CanisterId> CanisterNames::resolve(const std::string& name) const {
  const auto id = TRY(find(name));
  if (id) return *id;
  return Err("no canister '" + name + "' here (known: " + known_names(TRY(all())) +
             "), and it isn't a canister id: " + types::Principal::from_text(name).error().message);
}

Status<> CanisterNames::set(const std::string& name, const types::CanisterId& id) const {
  if (directory_.empty()) return Err("a network known by its URL only has no names");
  auto names = TRY(all());
  names[name] = id;
  return save(names);
}

Status<> CanisterNames::remove(const types::CanisterId& id) const {
  if (directory_.empty()) return {};
  auto names = TRY(all());
  std::erase_if(names, [&](const auto& entry) { return entry.second == id; });
  return save(names);
}

Status<> CanisterNames::save(const std::map<std::string, types::CanisterId>& names) const {
  json text = json::object();
  for (const auto& [name, id] : names)
    text[name] = id.text();
  return write_user_file(directory_ + "/" + kNamesFile, as_bytes(text.dump(2) + "\n"));
}

Result<std::unique_ptr<Session>> Session::open(const TargetOptions& options,
                                               const Console& console) {
  std::unique_ptr<Session> session(new Session(TRY(find_network(options.network, console))));
  IdentityStore store(TRY(IdentityStore::usual_directory()), session->entropy_);
  const std::string name = options.identity.empty() ? TRY(store.selected()) : options.identity;
  Identity identity = TRY(store.load(name));
  session->transport_ = TRY(http_transport(session->network_.url));
  session->agent_ = std::make_unique<Agent>(Agent::Parts{*session->transport_, session->clock_,
                                                         session->entropy_, session->network_.root},
                                            std::move(identity));
  return session;
}

}  // namespace icpd::node
