#include "node/cli_wat.hpp"

#include "execution/wasm/assemble.hpp"
#include "node/cli_files.hpp"
#include "types/limits.hpp"

namespace icpd::node {

CommandResult assemble_file(const WatOptions& options, const Console& console) {
  const Bytes text = TRY(read_user_file(options.input, types::limits::kWasmModuleSizeMax));
  const auto module = execution::wasm::assemble(as_text(text));
  if (!module.ok()) return Err(CommandFailure(module.error().within(options.input)));
  TRY(write_user_file(options.output, *module));
  console.remark(options.output + ": " + std::to_string(module->size()) + " bytes");
  return {};
}

}  // namespace icpd::node
