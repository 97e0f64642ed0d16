#include "node/canister_names.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "crypto/hash.hpp"
#include "node/cli_text.hpp"

namespace icpd::node {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kFileSizeMax = 16 * kMiB;
constexpr const char* kLockFile = "canisters.lock";
constexpr std::size_t kEchoMax = 80;

/// What of the lock file is for changing the names; claims lie behind it.
constexpr PartLock::Part kChangePart{0, 1};

/// Two names that share a part only wait for each other.
PartLock::Part claim_part(const std::string& name) {
  const crypto::Digest digest = crypto::sha256(as_bytes(name));
  return {1 + (load_le<std::uint64_t>(digest) >> 2), 1};
}

std::string known_names(const CanisterNames::Map& names) {
  std::string text;
  for (const auto& [name, id] : names)
    text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none yet" : text;
}

}  // namespace

Result<CanisterNames::Map> CanisterNames::all() const {
  Map names;
  const std::string file = directory_ + "/" + kCanisterNamesFile;
  std::error_code failed;
  if (directory_.empty() || !fs::exists(file, failed)) return names;
  const Bytes text = TRY(read_user_file(file, kFileSizeMax));
  const json parsed = json::parse(text.begin(), text.end(), nullptr, false);
  if (!parsed.is_object()) return Err(file + ": damaged: not an object of names");
  for (const auto& [name, id] : parsed.items()) {
    if (!id.is_string()) return Err(file + ": '" + name + "' isn't a canister id");
    names[name] = types::CanisterId(TRY(types::Principal::from_text(id.get<std::string>())));
  }
  return names;
}

Result<std::optional<types::CanisterId>> CanisterNames::find(const std::string& name) const {
  const Map names = TRY(all());
  const auto known = names.find(name);
  if (known != names.end()) return std::optional(known->second);
  const auto id = types::Principal::from_text(name);
  if (id.ok()) return std::optional(types::CanisterId(*id));
  return std::optional<types::CanisterId>();
}

Result<types::CanisterId> CanisterNames::resolve(const std::string& name) const {
  const auto id = TRY(find(name));
  if (id) return *id;
  return Err("no canister '" + brief(name, kEchoMax) + "' here (known: " + known_names(TRY(all())) +
             "), and it isn't a canister id: " + types::Principal::from_text(name).error().message);
}

std::string CanisterNames::lock_file() const {
  return directory_ + "/" + kLockFile;
}

Result<PartLock> CanisterNames::claim(const std::string& name,
                                      const std::function<void()>& on_wait) const {
  if (directory_.empty()) return PartLock();
  return PartLock::take(lock_file(), claim_part(name), on_wait);
}

Status<> CanisterNames::change(const std::function<void(Map&)>& edit) const {
  const PartLock lock = TRY(PartLock::take(lock_file(), kChangePart));
  Map names = TRY(all());
  edit(names);
  json text = json::object();
  for (const auto& [name, id] : names)
    text[name] = id.text();
  return write_user_file(directory_ + "/" + kCanisterNamesFile, as_bytes(text.dump(2) + "\n"));
}

Status<> CanisterNames::set(const std::string& name, const types::CanisterId& id) const {
  if (directory_.empty()) return Err("a network known by its URL only has no names");
  TRY(check_name(name));
  return change([&](Map& names) { names[name] = id; });
}

Status<> CanisterNames::remove(const types::CanisterId& id) const {
  if (directory_.empty()) return {};
  return change([&](Map& names) {
    std::erase_if(names, [&](const auto& entry) { return entry.second == id; });
  });
}

}  // namespace icpd::node
