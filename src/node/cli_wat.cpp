#include "node/cli_wat.hpp"

#include "execution/wasm/assemble.hpp"
#include "node/cli_files.hpp"
#include "types/limits.hpp"

namespace icpd::node {
namespace {

/// The assembler doesn't know what its text is called: "...\n --> <anon>:2:1\n...".
std::string in_file(const std::string& name, std::string message) {
  constexpr std::string_view kNameless = "<anon>";
  const std::size_t at = message.find(kNameless);
  if (at == std::string::npos) return name + ": " + message;
  return message.replace(at, kNameless.size(), name);
}

}  // namespace

CommandResult assemble_file(const WatOptions& options, const Console& console) {
  const Bytes text = TRY(read_user_file(options.input, types::limits::kWasmModuleSizeMax));
  const auto module = execution::wasm::assemble(as_text(text));
  if (!module.ok()) return Err(CommandFailure(in_file(options.input, module.error().message)));
  TRY(write_user_file(options.output, *module));
  console.remark(options.output + ": " + std::to_string(module->size()) + " bytes");
  return {};
}

}  // namespace icpd::node
