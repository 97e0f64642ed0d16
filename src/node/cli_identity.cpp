#include "node/cli_identity.hpp"

#include <nlohmann/json.hpp>

#include "io/linux/system.hpp"
#include "node/cli_files.hpp"
#include "node/identity.hpp"

namespace icpd::node {
namespace {

using nlohmann::ordered_json;

struct OpenStore {
  io::linux::SystemEntropy entropy;
  IdentityStore store;
  explicit OpenStore(const std::string& directory) : store(directory, entropy) {}
};

Result<std::unique_ptr<OpenStore>> open_store() {
  return std::make_unique<OpenStore>(TRY(IdentityStore::usual_directory()));
}

Result<std::string> named_or_selected(IdentityStore& store, const std::string& name) {
  return name.empty() ? store.selected() : Result<std::string>(name);
}

CommandResult print_principal(IdentityStore& store, const std::string& name, bool json,
                              const Console& console) {
  const std::string principal = TRY(store.load(name)).principal().text();
  console.line(json ? ordered_json{{"name", name}, {"principal", principal}}.dump() : principal);
  return {};
}

}  // namespace

CommandResult new_identity(const IdentityOptions& options, const Console& console) {
  const auto open = TRY(open_store());
  const KeyKind kind = options.kind == "secp256k1" ? KeyKind::kSecp256k1 : KeyKind::kEd25519;
  TRY(open->store.add(options.name, new_secret_key(kind, open->entropy)));
  return print_principal(open->store, options.name, options.json, console);
}

CommandResult list_identities(const IdentityOptions& options, const Console& console) {
  const auto open = TRY(open_store());
  std::vector<std::string> names = TRY(open->store.names());
  const std::string selected = TRY(open->store.selected());
  names.emplace_back(kAnonymousIdentity);
  ordered_json json = ordered_json::array();
  for (const std::string& name : names) {
    const auto identity = open->store.load(name);
    const std::string principal = identity.ok() ? identity->principal().text() : "";
    if (!options.json)
      console.line((name == selected ? "* " : "  ") + name + "  " +
                   (identity.ok() ? principal : identity.error().message));
    json.push_back({{"name", name},
                    {"principal", identity.ok() ? ordered_json(principal) : ordered_json()},
                    {"selected", name == selected}});
  }
  if (options.json) console.line(json.dump());
  return {};
}

CommandResult use_identity(const IdentityOptions& options, const Console& console) {
  const auto open = TRY(open_store());
  TRY(open->store.select(options.name));
  console.remark("Commands now use identity " + options.name + ".");
  return {};
}

CommandResult import_identity(const IdentityOptions& options, const Console& console) {
  const auto open = TRY(open_store());
  Bytes pem = TRY(read_user_file(options.file, crypto::kPemSizeMax));
  auto key = crypto::parse_pem_key(as_text(pem));
  crypto::clear(pem);
  if (!key.ok()) return Err(CommandFailure(key.error().within(options.file)));
  TRY(open->store.add(options.name, *key));
  return print_principal(open->store, options.name, options.json, console);
}

CommandResult export_identity(const IdentityOptions& options, const Console& console) {
  const auto open = TRY(open_store());
  const std::string name = TRY(named_or_selected(open->store, options.name));
  console.out(TRY(open->store.load_pem(name)));
  return {};
}

CommandResult show_principal(const IdentityOptions& options, const Console& console) {
  const auto open = TRY(open_store());
  const std::string name = TRY(named_or_selected(open->store, options.name));
  return print_principal(open->store, name, options.json, console);
}

}  // namespace icpd::node
