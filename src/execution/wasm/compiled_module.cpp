#include "execution/wasm/compiled_module.hpp"

#include <variant>

#include "codec/record.hpp"
#include "execution/wasm/prepare.hpp"

namespace icpd::execution::wasm {
namespace {

/// Bits of the hooks that a module has.
std::uint8_t hook_bits(const ModuleFacts& facts) {
  static_assert(kHookCount <= 8);
  std::uint8_t bits = 0;
  for (std::size_t i = 0; i < kHookCount; ++i)
    bits = static_cast<std::uint8_t>(bits | (facts.hooks[i] ? 1U << i : 0U));
  return bits;
}

using Alternatives = std::variant<CompiledModule, Failure>;

}  // namespace

// Not in the namespace without a name: there argument-dependent lookup wouldn't find them.

static void record_write(codec::RecordWriter& out, const ModuleFacts& facts) {
  codec::write_record(out, facts.width);
  codec::write_record(out, facts.has_memory);
  codec::write_record(out, facts.heap_pages_initial);
  codec::write_record(out, facts.heap_pages_max);
  codec::write_record(out, facts.methods);
  codec::write_record(out, hook_bits(facts));
  codec::write_record(out, facts.mutable_globals);
  codec::write_record(out, facts.listed_globals);
  codec::write_record(out, facts.metadata);
  codec::write_record(out, facts.compilation_units);
  codec::write_record(out, facts.operators);
  codec::write_record(out, facts.pages_reserved_for_upgrade);
}

static Status<> record_read(codec::RecordReader& in, ModuleFacts& facts) {
  TRY(codec::read_record(in, facts.width));
  TRY(codec::read_record(in, facts.has_memory));
  TRY(codec::read_record(in, facts.heap_pages_initial));
  TRY(codec::read_record(in, facts.heap_pages_max));
  TRY(codec::read_record(in, facts.methods));
  std::uint8_t hooks = 0;
  TRY(codec::read_record(in, hooks));
  for (std::size_t i = 0; i < kHookCount; ++i)
    facts.hooks[i] = (hooks >> i & 1U) != 0;
  TRY(codec::read_record(in, facts.mutable_globals));
  TRY(codec::read_record(in, facts.listed_globals));
  TRY(codec::read_record(in, facts.metadata));
  TRY(codec::read_record(in, facts.compilation_units));
  TRY(codec::read_record(in, facts.operators));
  TRY(codec::read_record(in, facts.pages_reserved_for_upgrade));
  return {};
}

static void record_write(codec::RecordWriter& out, const CompiledModule& module) {
  codec::write_record(out, module.facts);
  codec::write_record(out, module.data);
  codec::write_record(out, module.machine_code);
}

static Status<> record_read(codec::RecordReader& in, CompiledModule& module) {
  TRY(codec::read_record(in, module.facts));
  TRY(codec::read_record(in, module.data));
  TRY(codec::read_record(in, module.machine_code));
  for (const DataSegment& segment : module.data) {
    if (segment.bytes.size() > UINT64_MAX - segment.address)
      return Err("a data segment beyond all addresses");
  }
  return {};
}

HostResult<CompiledModule> compile_module(const Engine& engine, Slice uploaded) {
  PreparedModule prepared = TRY(prepare(engine, std::move(uploaded)));
  Slice machine_code(TRY(engine.compile(prepared.metered)));
  return CompiledModule{std::move(prepared.facts), std::move(prepared.data),
                        std::move(machine_code)};
}

Bytes encode(const HostResult<CompiledModule>& answer) {
  return codec::to_record(answer.ok() ? Alternatives(*answer) : Alternatives(answer.error()));
}

Result<HostResult<CompiledModule>> decode_compiled(Slice record) {
  Alternatives answer = TRY(codec::from_record<Alternatives>(std::move(record)));
  if (auto* failure = std::get_if<Failure>(&answer))
    return HostResult<CompiledModule>(Err(std::move(*failure)));
  return HostResult<CompiledModule>(std::get<CompiledModule>(std::move(answer)));
}

}  // namespace icpd::execution::wasm
