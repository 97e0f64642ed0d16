#include "node/cli_identity.hpp"

#include "io/linux/system.hpp"
#include "node/cli_files.hpp"
#include "node/identity.hpp"

namespace icpd::node {
namespace {

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

}  // namespace

CommandResult new_identity(const IdentityOptions& options, const Console& console) {
  const auto open = TRY(open_store());
  const KeyKind kind = options.kind == "secp256k1" ? KeyKind::kSecp256k1 : KeyKind::kEd25519;
  TRY(open->store.add(options.name, new_secret_key(kind, open->entropy)));
  console.line(TRY(open->store.load(options.name)).principal().text());
  return {};
}

CommandResult list_identities(const IdentityOptions&, const Console& console) {
  const auto open = TRY(open_store());
  const std::string selected = TRY(open->store.selected());
  for (const std::string& name : TRY(open->store.names())) {
    const auto identity = open->store.load(name);
    console.line(std::string(name == selected ? "* " : "  ") + name + "  " +
                 (identity.ok() ? identity->principal().text() : identity.error().message));
  }
  console.line(std::string(selected == kAnonymousIdentity ? "* " : "  ") + kAnonymousIdentity +
               "  " + Identity().principal().text());
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
  console.line(TRY(open->store.load(options.name)).principal().text());
  return {};
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
  console.line(TRY(open->store.load(name)).principal().text());
  return {};
}

}  // namespace icpd::node
