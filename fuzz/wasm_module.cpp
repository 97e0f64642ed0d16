// Any bytes as a canister's module: our parser and rules, also where the engine would have refused
// first, and everything that follows for what is accepted.
#include <cstdint>

#include "execution/wasm/acceptance.hpp"
#include "execution/wasm/meter.hpp"
#include "execution/wasm/prepare.hpp"

using namespace icpd;
using namespace icpd::execution::wasm;

namespace {
const Engine& engine() {
  static const Engine engine;
  return engine;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Slice module = Slice::copy_of({data, size});
  const bool valid = engine().validate(module).ok();
  const auto sections = parse_sections(module);
  if (sections.ok()) {
    const auto accepted = accept_module(module, sections.value());
    // What metering writes for a module that isn't valid must be refused, never harm.
    if (accepted.ok()) {
      for (const Style style : {Style::kThreaded, Style::kGlobal}) {
        const Bytes metered = meter_module(sections.value(), accepted->facts, style);
        ensure(engine().validate(metered).ok() || !valid, "metering keeps modules valid");
      }
    }
  }
  const auto prepared = prepare(engine(), module);
  ensure(!prepared.ok() || valid || (size > 2 && data[0] == 0x1F),
         "only valid modules are accepted");
  return 0;
}
