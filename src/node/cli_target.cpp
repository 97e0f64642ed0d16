#include "node/cli_target.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "node/cli_files.hpp"
#include "node/local_control.hpp"
#include "node/local_directory.hpp"

namespace icpd::node {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kJsonSizeMax = 16 * kMiB;

Result<certification::TrustRoot> root_of(ByteView der) {
  auto key = crypto::BlsPublicKey::decode_der(der);
  if (!key.ok()) return Err(key.error().within("root key"));
  return certification::TrustRoot{*key};
}

Result<NetworkTarget> network_in(const std::string& directory) {
  const std::string file = directory + "/" + kLocalReadyFile;
  const auto text = read_user_file(file, kJsonSizeMax);
  if (!text.ok() && ask_parent(directory, "status").ok())
    return Err("the network in " + directory +
               " is starting; see what it waits for: icpd local status --dir " + directory);
  if (!text.ok())
    return Err("no network answers in " + directory + "; start it with: icpd local --dir " +
               directory);
  const json ready = json::parse(text->begin(), text->end(), nullptr, false);
  const Error damaged{file + ": damaged; it is written anew by: icpd local --dir " + directory};
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

/// "127.0.0.1:8000", "[::1]:8000".
bool is_host_and_port(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) return false;
  return text.find('/') == std::string::npos &&
         text.find_first_not_of("0123456789", colon + 1) == std::string::npos;
}

}  // namespace

Result<NetworkPlace> network_place(const std::string& text) {
  std::error_code failed;
  if (text.starts_with("http://")) return NetworkPlace{text, ""};
  if (text.starts_with("https://"))
    return Err("icpd speaks plain HTTP only; '" + text + "' needs TLS");
  if (text.find("://") != std::string::npos)
    return Err("'" + text + "' is no network: a URL begins with http://");
  if (is_host_and_port(text) && !fs::exists(text, failed))
    return NetworkPlace{"http://" + text, ""};
  return NetworkPlace{"", fs::absolute(text, failed).string()};
}

std::string network_of_environment() {
  const char* value = std::getenv("ICPD_NETWORK");
  return value == nullptr ? "" : value;
}

Result<NetworkTarget> find_network(const std::string& option, const Console& console) {
  const std::string text = option.empty() ? network_of_environment() : option;
  if (!text.empty()) {
    const NetworkPlace place = TRY(network_place(text));
    return place.url.empty() ? network_in(place.directory) : network_at(place.url, console);
  }
  std::error_code failed;
  const auto nearest = nearest_local_directory(fs::current_path(failed).string());
  if (!nearest)
    return Err("no network here. Start one with: icpd local. Or name one: --network URL or DIR");
  return network_in(*nearest);
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

Result<std::optional<Identity>> Session::find_identity(const std::string& name) {
  IdentityStore store(TRY(IdentityStore::usual_directory()), entropy_);
  if (!store.has(name)) return std::optional<Identity>();
  return std::optional(TRY(store.load(name)));
}

}  // namespace icpd::node
