// Names that people gave to canisters of one network: the file canisters.json in its directory.
//
//   {"counter": "rwlgt-iiaaa-aaaaa-aaaaa-cai"}
//
// Several commands may use the file at once. What changes it holds a lock from reading to writing;
// what makes a canister claims its name first, so that two of one name never come about.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "node/cli_files.hpp"
#include "types/ids.hpp"

namespace icpd::node {

inline constexpr const char* kCanisterNamesFile = "canisters.json";

/// A name works wherever an id does.
class CanisterNames {
 public:
  using Map = std::map<std::string, types::CanisterId>;

  /// An empty directory: there are no names and none can be given.
  explicit CanisterNames(std::string directory) : directory_(std::move(directory)) {}
  [[nodiscard]] Result<Map> all() const;
  /// Nothing if the name isn't known and isn't an id.
  [[nodiscard]] Result<std::optional<types::CanisterId>> find(const std::string& name) const;
  /// As find; an error that says what to do if there is none.
  [[nodiscard]] Result<types::CanisterId> resolve(const std::string& name) const;

  /// For as long as the value lives, no other command makes or installs a canister of that name.
  /// Waits for one that does, and says so first to `on_wait`.
  [[nodiscard]] Result<PartLock> claim(const std::string& name,
                                       const std::function<void()>& on_wait) const;
  [[nodiscard]] Status<> set(const std::string& name, const types::CanisterId& id) const;
  [[nodiscard]] Status<> remove(const types::CanisterId& id) const;

 private:
  Status<> change(const std::function<void(Map&)>& edit) const;
  [[nodiscard]] std::string lock_file() const;

  std::string directory_;
};

}  // namespace icpd::node
