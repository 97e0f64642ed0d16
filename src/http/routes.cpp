#include "http/routes.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace icpd::http {

namespace {

struct Entry {
  std::string_view version;
  unsigned number;
  std::string_view scope;
  Scope scope_kind;
  std::string_view action;
  Action action_kind;
};

constexpr std::array kEntries = {
    Entry{"v2", 2, "canister", Scope::kCanister, "call", Action::kCall},
    Entry{"v3", 3, "canister", Scope::kCanister, "call", Action::kCall},
    Entry{"v4", 4, "canister", Scope::kCanister, "call", Action::kCall},
    Entry{"v4", 4, "subnet", Scope::kSubnet, "call", Action::kCall},
    Entry{"v2", 2, "canister", Scope::kCanister, "query", Action::kQuery},
    Entry{"v3", 3, "canister", Scope::kCanister, "query", Action::kQuery},
    Entry{"v3", 3, "subnet", Scope::kSubnet, "query", Action::kQuery},
    Entry{"v2", 2, "canister", Scope::kCanister, "read_state", Action::kReadState},
    Entry{"v3", 3, "canister", Scope::kCanister, "read_state", Action::kReadState},
    Entry{"v2", 2, "subnet", Scope::kSubnet, "read_state", Action::kReadState},
    Entry{"v3", 3, "subnet", Scope::kSubnet, "read_state", Action::kReadState},
};

/// More segments than any route has are cut into one, which then matches nothing.
constexpr std::size_t kSegmentsMax = 6;

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty() && parts.size() < kSegmentsMax) {
    path.remove_prefix(1);  // the '/'
    const std::size_t slash = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, slash));
    path.remove_prefix(slash);
  }
  return parts;
}

}  // namespace

Result<Route, HttpError> route(std::string_view method, std::string_view path) {
  if (!path.starts_with('/')) return Err(HttpError{404, "no such path"});
  const auto parts = segments(path);
  if (parts.size() == 3 && parts[0] == "api" && parts[1] == "v2" && parts[2] == "status") {
    if (method != "GET" && method != "HEAD")
      return Err(HttpError{405, "status is read with GET", "GET, HEAD, OPTIONS"});
    return Route{};
  }
  if (parts.size() != 5 || parts[0] != "api") return Err(HttpError{404, "no such path"});
  const auto entry = std::find_if(kEntries.begin(), kEntries.end(), [&](const Entry& e) {
    return e.version == parts[1] && e.scope == parts[2] && e.action == parts[4];
  });
  if (entry == kEntries.end()) return Err(HttpError{404, "no such path or API version"});
  if (method != "POST") return Err(HttpError{405, "requests are sent with POST", "POST, OPTIONS"});
  const auto id = types::Principal::from_text(parts[3]);
  if (!id.ok()) return Err(HttpError{400, "id in the path: " + id.error().message});
  return Route{entry->action_kind, entry->scope_kind, entry->number, *id};
}

}  // namespace icpd::http
