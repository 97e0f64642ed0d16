#include "node/dirty_pages.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "io/memory/guest_memory_space.hpp"

namespace icpd::node {
namespace {

constexpr const char* kVariable = "ICPD_DIRTY_PAGES";

std::string known_names() {
  std::string text;
  for (const std::string_view name : io::memory::backend_names())
    text += (text.empty() ? "" : ", ") + std::string(name);
  return text;
}

}  // namespace

Result<std::unique_ptr<io::GuestMemorySpace>> open_guest_memory() {
  const char* chosen = std::getenv(kVariable);
  const std::string_view name = chosen == nullptr ? "" : chosen;
  const auto names = io::memory::backend_names();
  if (!name.empty() && std::ranges::find(names, name) == names.end())
    return Err(std::string(kVariable) + ": no backend '" + std::string(name) + "': it is one of " +
               known_names());
  return io::memory::make_guest_memory_space({.backend = name});
}

}  // namespace icpd::node
