#include "node/cli_version.hpp"

#include <nlohmann/json.hpp>

#include "execution/wasm/engine.hpp"
#include "node/dirty_pages.hpp"

namespace icpd::node {

CommandResult show_version(const VersionOptions& options, const Console& console) {
  const std::string engine = execution::wasm::Engine().compatibility().hex().substr(0, 16);
  const std::string pages = TRY(open_guest_memory())->backend_name();
  if (options.json) {
    const nlohmann::ordered_json json = {{"version", kBuildVersion},
                                         {"interface_specification", "0.66.0"},
                                         {"engine_compatibility", engine},
                                         {"dirty_pages", pages}};
    console.line(json.dump());
    return {};
  }
  console.line("icpd " + std::string(kBuildVersion));
  console.line("interface specification  0.66.0");
  console.line("engine compatibility     " + engine);
  console.line("dirty pages              " + pages);
  return {};
}

}  // namespace icpd::node
