// The routes of the public API as a table: /api/<version>/<scope>/<id>/<action>.
#pragma once

#include <optional>
#include <string_view>

#include "http/backend.hpp"
#include "types/ids.hpp"

namespace icpd::http {

enum class Action : std::uint8_t { kStatus, kCall, kQuery, kReadState };
enum class Scope : std::uint8_t { kNone, kCanister, kSubnet };

struct Route {
  Action action = Action::kStatus;
  Scope scope = Scope::kNone;
  unsigned version = 2;
  /// The effective canister or subnet id; empty where the route has none.
  types::Principal id;
};

/// 404 for a path that is no route, 405 for a route with another method (with the methods that it
/// takes), 400 for an id that is no principal.
[[nodiscard]] Result<Route, HttpError> route(std::string_view method, std::string_view path);

}  // namespace icpd::http
