#include "node/identity.hpp"

#include <algorithm>
#include <filesystem>

#include "node/cli_files.hpp"
#include "node/cli_text.hpp"

namespace icpd::node {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kEnding = ".pem";
constexpr std::uint64_t kSelectedMax = 256;

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

bool is_there(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Slice sign_with(const crypto::UserSecretKey& key, ByteView message) {
  if (const auto* ed25519 = std::get_if<crypto::Ed25519SecretKey>(&key))
    return Slice::copy_of(ed25519->sign(message));
  return Slice::copy_of(std::get<crypto::Secp256k1SecretKey>(key).sign(message));
}

}  // namespace

Identity::Identity(crypto::UserSecretKey key) {
  Slice der(crypto::public_key_der(key));
  key_.emplace(Key{std::move(key), std::move(der)});
}

types::Principal Identity::principal() const {
  return key_ ? types::Principal::self_authenticating(key_->public_der)
              : types::Principal::anonymous();
}

std::optional<certification::EnvelopeSignature> Identity::sign(
    const types::RequestId& request) const {
  if (!key_) return std::nullopt;
  return certification::EnvelopeSignature{
      key_->public_der, sign_with(key_->secret, certification::request_message(request)), {}};
}

crypto::UserSecretKey new_secret_key(KeyKind kind, io::Entropy& entropy) {
  for (;;) {
    crypto::SecretBytes<32> random;
    entropy.fill(random.write());
    if (kind == KeyKind::kEd25519) return crypto::Ed25519SecretKey(random);
    // All but 2^-128 of the numbers are scalars.
    auto key = crypto::Secp256k1SecretKey::from_scalar(random);
    if (key.ok()) return std::move(key).value();
  }
}

Result<std::string> IdentityStore::usual_directory() {
  if (const char* own = environment("ICPD_HOME")) return std::string(own);
  if (const char* config = environment("XDG_CONFIG_HOME")) return std::string(config) + "/icpd";
  if (const char* home = environment("HOME")) return std::string(home) + "/.config/icpd";
  return Err("where to keep identities? Set HOME or ICPD_HOME");
}

std::string IdentityStore::path(const std::string& name) const {
  return directory_ + "/identity/" + name + std::string(kEnding);
}

Status<> IdentityStore::make_default() {
  if (is_there(path(kDefaultIdentity))) return {};
  // Made by another command meanwhile: that one it is.
  (void)TRY(create(kDefaultIdentity, new_secret_key(KeyKind::kEd25519, entropy_)));
  return {};
}

Result<std::vector<std::string>> IdentityStore::names() {
  std::vector<std::string> names;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(directory_ + "/identity", failed)) {
    const std::string file = entry.path().filename().string();
    if (file.size() > kEnding.size() && file.ends_with(kEnding))
      names.push_back(file.substr(0, file.size() - kEnding.size()));
  }
  if (names.empty()) {
    TRY(make_default());
    names.emplace_back(kDefaultIdentity);
  }
  std::ranges::sort(names);
  return names;
}

bool IdentityStore::has(const std::string& name) const {
  return name == kAnonymousIdentity || (check_name(name).ok() && is_there(path(name)));
}

Result<std::string> IdentityStore::selected() {
  const std::string file = directory_ + "/identity/selected";
  if (!is_there(file)) {
    TRY(make_default());
    return std::string(kDefaultIdentity);
  }
  const Bytes content = TRY(read_user_file(file, kSelectedMax));
  std::string name(as_text(content));
  while (!name.empty() && name.back() == '\n')
    name.pop_back();
  return name;
}

Status<> IdentityStore::select(const std::string& name) {
  if (name == kDefaultIdentity) TRY(make_default());
  if (name != kAnonymousIdentity) {
    TRY(check_name(name));
    if (!is_there(path(name))) return Err("no identity '" + name + "'; see: icpd identity list");
  }
  std::error_code ignored;
  fs::create_directories(directory_ + "/identity", ignored);
  return write_user_file(directory_ + "/identity/selected", as_bytes(name + "\n"), 0600);
}

Result<std::string> IdentityStore::load_pem(const std::string& name) {
  TRY(check_name(name));
  if (name == kDefaultIdentity) TRY(make_default());
  if (!is_there(path(name))) return Err("no identity '" + name + "'; see: icpd identity list");
  std::error_code failed;
  const fs::perms mode = fs::status(path(name), failed).permissions();
  if ((mode & (fs::perms::group_all | fs::perms::others_all)) != fs::perms::none)
    return Err(path(name) + ": others may read this secret key. Run: chmod 600 " + path(name));
  Bytes content = TRY(read_user_file(path(name), crypto::kPemSizeMax));
  std::string pem(as_text(content));
  crypto::clear(content);
  return pem;
}

Result<Identity> IdentityStore::load(const std::string& name) {
  if (name == kAnonymousIdentity) return Identity();
  std::string pem = TRY(load_pem(name));
  auto key = crypto::parse_pem_key(pem);
  crypto::clear({reinterpret_cast<std::uint8_t*>(pem.data()), pem.size()});
  if (!key.ok()) return Err(key.error().within(path(name)));
  return Identity(std::move(key).value());
}

Result<bool> IdentityStore::create(const std::string& name, const crypto::UserSecretKey& key) {
  std::error_code failed;
  fs::create_directories(directory_ + "/identity", failed);
  if (failed) return Err(directory_ + "/identity: " + failed.message());
  fs::permissions(directory_ + "/identity", fs::perms::owner_all, failed);
  std::string pem = crypto::pem_of(key);
  auto created = create_user_file(path(name), as_bytes(pem), 0600);
  crypto::clear({reinterpret_cast<std::uint8_t*>(pem.data()), pem.size()});
  return created;
}

Status<> IdentityStore::add(const std::string& name, const crypto::UserSecretKey& key) {
  TRY(check_name(name));
  if (name == kAnonymousIdentity || !TRY(create(name, key)))
    return Err("there is an identity '" + name + "' already");
  return {};
}

}  // namespace icpd::node
