#include "execution/wasm/acceptance.hpp"

#include <algorithm>
#include <set>

#include "execution/wasm/compile_work.hpp"
#include "execution/wasm/operators.hpp"
#include "execution/wasm/system_api_table.hpp"

namespace icpd::execution::wasm {
namespace {

using Checked = HostResult<void>;
using namespace module_limits;

std::string quoted(std::string_view text) {
  return std::string("'").append(text).append("'");
}
auto refuse(std::string_view what, const std::string& why) {
  return Err(invalid_module("Wasm module has an invalid " + std::string(what) + ". " + why));
}

PointerWidth width_of(const Sections& sections) {
  const Limits* memory = sections.memory();
  return memory != nullptr && memory->is_64 ? PointerWidth::k64 : PointerWidth::k32;
}

std::uint8_t letter_type(char letter, PointerWidth width) {
  if (letter == 'P') return width == PointerWidth::k64 ? value_type::kI64 : value_type::kI32;
  return letter == 'i' ? value_type::kI32 : value_type::kI64;
}

bool has_signature(const FunctionType& type, const SystemFunction& row, PointerWidth width) {
  const std::string_view letters = row.parameters;
  const std::size_t results = row.result == '-' ? 0 : 1;
  return std::ranges::equal(type.parameters, letters, {}, {},
                            [&](char c) { return letter_type(c, width); }) &&
         type.results.size() == results &&
         (results == 0 || type.results[0] == letter_type(row.result, width));
}

Checked check_function_import(const Import& import, const Sections& sections, PointerWidth width) {
  const auto found = import.module == "ic0" ? find_system_function(import.name) : std::nullopt;
  if (!found || (kSystemApi[*found].only_32 && width == PointerWidth::k64)) {
    return refuse("import section", "Module imports function " + quoted(import.name) + " from " +
                                        quoted(import.module) +
                                        " that is not exported by the runtime.");
  }
  const bool known = import.type < sections.types.size();
  if (!known || !has_signature(sections.types[import.type], kSystemApi[*found], width)) {
    return refuse("import section", "Module imports function " + quoted(import.name) + " from " +
                                        quoted(import.module) +
                                        " with a signature that the runtime does not have.");
  }
  return {};
}

Checked check_imports(const Sections& sections, PointerWidth width) {
  for (const Import& import : sections.imports) {
    const auto is_env = [&](std::string_view name) {
      return import.module == "env" && import.name == name;
    };
    switch (import.kind) {
      case ExternalKind::kFunction:
        TRY(check_function_import(import, sections, width));
        continue;
      case ExternalKind::kMemory:
        if (is_env("memory")) continue;
        break;
      case ExternalKind::kTable:
        if (is_env("table")) continue;
        break;
      case ExternalKind::kGlobal:
      case ExternalKind::kTag:
        break;
    }
    return refuse("import section",
                  "Only functions of 'ic0', the memory 'env.memory' and the table 'env.table' may "
                  "be imported, found " +
                      quoted(import.name) + " from " + quoted(import.module) + ".");
  }
  return {};
}

constexpr std::array<std::string_view, 6> kReservedExports = {
    "canister counter_instructions",
    "canister counter_dirty_pages",
    "canister counter_accessed_pages",
    "canister_start",
    "stable_memory",
    "stable_bytemap_memory",
};
struct MethodPrefix {
  std::string_view text;
  MethodKind kind;
};
constexpr std::array<MethodPrefix, 3> kMethodPrefixes = {{
    {"canister_update ", MethodKind::kUpdate},
    {"canister_query ", MethodKind::kQuery},
    {"canister_composite_query ", MethodKind::kCompositeQuery},
}};

std::optional<Method> method_of(std::string_view name) {
  for (const MethodPrefix& prefix : kMethodPrefixes) {
    if (name.starts_with(prefix.text)) {
      return Method{prefix.kind, std::string(name.substr(prefix.text.size()))};
    }
  }
  return std::nullopt;
}

std::optional<Hook> hook_of(std::string_view name) {
  for (std::size_t i = static_cast<std::size_t>(Hook::kInit); i < kHookCount; ++i) {
    if (export_name(static_cast<Hook>(i)) == name) return static_cast<Hook>(i);
  }
  return std::nullopt;
}

Checked check_entry_type(const Export& entry, const Sections& sections) {
  const auto type = sections.function_type(entry.index);
  if (type && *type < sections.types.size() && sections.types[*type] == FunctionType{}) return {};
  return Err(
      invalid_module("Wasm module has an invalid function signature. The exported function " +
                     quoted(entry.name) + " must have no parameters and no results."));
}

Checked accept_export(const Export& entry, const Sections& sections, ModuleFacts& facts) {
  if (std::ranges::find(kReservedExports, entry.name) != kReservedExports.end()) {
    return refuse("export section", "The name " + quoted(entry.name) + " is reserved.");
  }
  if (entry.kind != ExternalKind::kFunction || !entry.name.starts_with("canister_")) return {};
  if (const auto hook = hook_of(entry.name)) {
    facts.hooks[static_cast<std::size_t>(*hook)] = true;
  } else if (auto method = method_of(entry.name)) {
    facts.methods.push_back(std::move(*method));
  } else {
    return refuse("export section", "Exporting reserved function " + quoted(entry.name) +
                                        " with \"canister_\" prefix.");
  }
  return check_entry_type(entry, sections);
}

constexpr std::string_view kMethodForms =
    "exported functions called `canister_update <name>`, `canister_query <name>`, or "
    "`canister_composite_query <name>`";

Checked accept_exports(const Sections& sections, ModuleFacts& facts) {
  for (const Export& entry : sections.exports)
    TRY(accept_export(entry, sections, facts));
  auto& methods = facts.methods;
  std::ranges::sort(methods, {}, [](const Method& m) { return std::tie(m.name, m.kind); });
  const auto twice = std::ranges::adjacent_find(methods, {}, &Method::name);
  if (twice != methods.end()) {
    return refuse("export section", "Duplicate function " + quoted(twice->name) +
                                        " exported multiple times with different call types: "
                                        "update, query, or composite_query.");
  }
  if (methods.size() > kMethodsMax) {
    return refuse("export section", std::string("The number of ").append(kMethodForms) +
                                        " exceeds " + std::to_string(kMethodsMax) + ".");
  }
  std::size_t size = 0;
  for (const Method& method : methods)
    size += method.name.size();
  if (size > kMethodNamesSizeMax) {
    return refuse("export section",
                  std::string("The sum of `<name>` lengths in ").append(kMethodForms) +
                      " exceeds " + std::to_string(kMethodNamesSizeMax) + ".");
  }
  return {};
}

Checked check_tables(const Sections& sections) {
  std::vector<TableType> tables;
  for (const Import& import : sections.imports) {
    if (import.kind == ExternalKind::kTable) tables.push_back(import.table);
  }
  for (const Table& table : sections.tables)
    tables.push_back(table.type);
  if (tables.size() > 1) return refuse("table section", "More than one table.");
  for (const TableType& table : tables) {
    if (table.element != value_type::kFuncref) {
      return refuse("table section", "Elements must be function references.");
    }
    if (table.limits.minimum > kTableElementsMax) {
      return refuse("table section", "Table of " + std::to_string(table.limits.minimum) +
                                         " elements exceeds the maximum allowed number of " +
                                         std::to_string(kTableElementsMax) + ".");
    }
  }
  return {};
}

/// The only operator of a constant expression; extended constant expressions are not accepted.
std::optional<Instruction> single_operator(ByteView expression) {
  OperatorScanner scanner(expression);
  Instruction first;
  if (!scanner.next(first) || first.end != expression.size()) return std::nullopt;
  return first;
}

Checked accept_data(const Slice& module, const Sections& sections, AcceptedModule& accepted) {
  const ModuleFacts& facts = accepted.facts;
  const bool is_64 = facts.width == PointerWidth::k64;
  const std::uint64_t heap_size = facts.heap_pages_initial * 64 * kKiB;
  for (const DataSegmentView& segment : sections.data) {
    if (segment.mode != SegmentMode::kActive) continue;
    const auto offset = single_operator(segment.offset);
    if (!offset || offset->code != (is_64 ? op::kI64Const : op::kI32Const)) {
      return refuse("data section", std::string("An active segment's offset must be one ") +
                                        (is_64 ? "i64.const." : "i32.const."));
    }
    const std::uint64_t address = is_64 ? static_cast<std::uint64_t>(offset->first)
                                        : static_cast<std::uint32_t>(offset->first);
    if (address > heap_size || segment.bytes.size() > heap_size - address) {
      return refuse("data section", "A segment of " + std::to_string(segment.bytes.size()) +
                                        " bytes at " + std::to_string(address) +
                                        " does not fit the initial memory of " +
                                        std::to_string(heap_size) + " bytes.");
    }
    accepted.data.push_back({address, module.part(segment.bytes)});
  }
  return {};
}

std::optional<ValueType> global_value_type(std::uint8_t type) {
  switch (type) {
    case value_type::kI32:
      return ValueType::kI32;
    case value_type::kI64:
      return ValueType::kI64;
    case value_type::kF32:
      return ValueType::kF32;
    case value_type::kF64:
      return ValueType::kF64;
    case value_type::kV128:
      return ValueType::kV128;
    default:
      return std::nullopt;
  }
}

/// The value of one constant operator; nothing for any other.
std::optional<GlobalValue> constant(ValueType type, ByteView expression) {
  const auto single = single_operator(expression);
  if (!single) return std::nullopt;
  GlobalValue value{type, 0, 0};
  // Floats and vectors: their bytes end the operator, least significant first.
  const auto tail = [&](std::size_t size) { return expression.last(size); };
  switch (single->row->immediate) {
    case Immediate::kI32:
      value.low = static_cast<std::uint32_t>(single->first);
      return value;
    case Immediate::kI64:
      value.low = static_cast<std::uint64_t>(single->first);
      return value;
    case Immediate::kBytes4:
      value.low = load_le<std::uint32_t>(tail(4));
      return value;
    case Immediate::kBytes8:
      value.low = load_le<std::uint64_t>(tail(8));
      return value;
    case Immediate::kBytes16:
      value.low = load_le<std::uint64_t>(tail(16).first(8));
      value.high = load_le<std::uint64_t>(tail(8));
      return value;
    default:
      return std::nullopt;
  }
}

Checked accept_globals(const Sections& sections, ModuleFacts& facts) {
  if (sections.globals.size() > kGlobalsMax) {
    return Err(invalid_module("Wasm module defined " + std::to_string(sections.globals.size()) +
                              " globals which exceeds the maximum number allowed " +
                              std::to_string(kGlobalsMax) + "."));
  }
  std::set<std::uint32_t> exported;
  for (const Export& entry : sections.exports)
    if (entry.kind == ExternalKind::kGlobal) exported.insert(entry.index);
  for (std::uint32_t i = 0; i < sections.globals.size(); ++i) {
    const Global& global = sections.globals[i];
    const auto type = global_value_type(global.type.type);
    if (!type) return refuse("global section", "Globals must be numbers or vectors.");
    const auto initial = constant(*type, global.init);
    if (!initial) return refuse("global section", "An initial value must be one operator.");
    if (global.type.is_mutable) facts.mutable_globals.push_back(*type);
    if (global.type.is_mutable || exported.contains(i))
      facts.listed_globals.push_back({global.type.is_mutable, *initial});
  }
  return {};
}

/// Instantiation would trap, and a canister is instantiated for each message.
Checked check_active_elements(const Sections& sections, const ElementSegment& segment) {
  const auto offset = single_operator(segment.offset);
  if (!offset || (offset->code != op::kI32Const && offset->code != op::kI64Const)) {
    return refuse("element section", "An active segment's offset must be one constant.");
  }
  std::uint64_t table_size = 0;
  for (const Import& import : sections.imports) {
    if (import.kind == ExternalKind::kTable) table_size = import.table.limits.minimum;
  }
  if (!sections.tables.empty()) table_size = sections.tables.front().type.limits.minimum;
  const std::uint64_t index = offset->code == op::kI64Const
                                  ? static_cast<std::uint64_t>(offset->first)
                                  : static_cast<std::uint32_t>(offset->first);
  const std::uint64_t count =
      segment.uses_expressions ? segment.expressions.size() : segment.functions.size();
  if (index <= table_size && count <= table_size - index) return {};
  return refuse("element section", "A segment of " + std::to_string(count) + " elements at " +
                                       std::to_string(index) +
                                       " does not fit the initial table of " +
                                       std::to_string(table_size) + " elements.");
}

Checked check_elements(const Sections& sections) {
  for (const ElementSegment& segment : sections.elements) {
    if (segment.mode == SegmentMode::kActive) TRY(check_active_elements(sections, segment));
    for (const ByteView expression : segment.expressions) {
      if (!single_operator(expression)) {
        return refuse("element section", "An element must be one operator.");
      }
    }
  }
  return {};
}

Checked check_function_name(std::uint32_t function, ByteView name) {
  if (name.size() <= kFunctionNameSizeMax) return {};
  constexpr std::size_t kShown = 100;
  return Err(invalid_module("Wasm module contains a function at index " + std::to_string(function) +
                            " with name '" + std::string(as_text(name.first(kShown))) +
                            "...' of size " + std::to_string(name.size()) +
                            " bytes that exceeds the maximum allowed size of " +
                            std::to_string(kFunctionNameSizeMax) + " bytes."));
}

/// A damaged name section is no error in Wasm: what can't be read is left out.
Checked check_function_names(const Sections& sections) {
  for (const CustomSection& custom : sections.customs) {
    if (custom.name != "name") continue;
    Scanner in(custom.content);
    while (!in.done()) {
      constexpr std::uint8_t kFunctionNames = 1;
      const std::uint8_t id = in.byte();
      Scanner names(in.sized());
      if (id != kFunctionNames) continue;
      const std::uint32_t n = names.count();
      for (std::uint32_t i = 0; i < n && !names.failed(); ++i) {
        const std::uint32_t function = names.u32();
        TRY(check_function_name(function, names.sized()));
      }
    }
  }
  return {};
}

Checked check_functions(const Sections& sections) {
  if (sections.functions.size() > kFunctionsMax) {
    return Err(invalid_module("Wasm module defined " + std::to_string(sections.functions.size()) +
                              " functions, which exceeds the maximum number allowed " +
                              std::to_string(kFunctionsMax) + "."));
  }
  return check_function_names(sections);
}

Checked accept_memory(const Sections& sections, ModuleFacts& facts) {
  const Limits* memory = sections.memory();
  if (memory == nullptr) return {};
  const std::uint64_t max = memory->is_64 ? kHeapPagesMax64 : kHeapPagesMax32;
  facts.has_memory = true;
  facts.heap_pages_initial = memory->minimum;
  facts.heap_pages_max = std::min(memory->maximum.value_or(max), max);
  return {};
}

Checked check_initial_memory(const ModuleFacts& facts) {
  const std::uint64_t max = facts.width == PointerWidth::k64 ? kHeapPagesMax64 : kHeapPagesMax32;
  if (facts.heap_pages_initial <= max) return {};
  return refuse("memory section", "Initial memory of " + std::to_string(facts.heap_pages_initial) +
                                      " pages exceeds the maximum allowed number of " +
                                      std::to_string(max) + " pages.");
}

bool is_forbidden(std::uint16_t code) {
  switch (code) {
    case op::kTableSet:
    case op::kTableGrow:
    case op::kTableFill:
    case op::kTableCopy:
    case op::kTableInit:
      return true;
    default:
      return false;
  }
}

Checked accept_body(std::size_t index, const Body& body, ModuleFacts& facts) {
  std::uint64_t count = 0;
  std::uint64_t complexity = 0;
  const std::string where = "Wasm module contains a function at index " + std::to_string(index);
  OperatorScanner scanner(body.code);
  Instruction instruction;
  while (scanner.next(instruction)) {
    ++count;
    complexity += instruction.row->complexity;
    if (is_forbidden(instruction.code)) {
      return Err(invalid_module(where + " with the unsupported operator " +
                                quoted(instruction.row->name) + "."));
    }
  }
  if (scanner.error() != nullptr) return Err(invalid_module(where + ": " + scanner.error() + "."));
  if (count > kFunctionOperatorsMax) {
    return Err(invalid_module(where + " of size " + std::to_string(count) +
                              " that exceeds the maximum allowed size of " +
                              std::to_string(kFunctionOperatorsMax) + "."));
  }
  if (complexity > kFunctionComplexityMax) {
    return Err(invalid_module(where + " with complexity " + std::to_string(complexity) +
                              " which exceeds the maximum complexity allowed " +
                              std::to_string(kFunctionComplexityMax) + "."));
  }
  facts.operators += count;
  return {};
}

Checked check_compile_work(const Sections& sections) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < sections.bodies.size(); ++i) {
    const std::uint64_t work = compile_work(sections, i);
    total += work;
    if (work <= kFunctionCompileWorkMax && total <= kModuleCompileWorkMax) continue;
    const bool is_function = work > kFunctionCompileWorkMax;
    return Err(invalid_module(
        (is_function ? "Wasm module contains a function at index " + std::to_string(i)
                     : "The functions of the Wasm module up to index " + std::to_string(i)) +
        " whose locals and control flow are too much work to compile: " +
        std::to_string(is_function ? work : total) + ", and at most " +
        std::to_string(is_function ? kFunctionCompileWorkMax : kModuleCompileWorkMax) +
        " are allowed."));
  }
  return {};
}

Checked accept_bodies(const Sections& sections, ModuleFacts& facts) {
  for (std::size_t i = 0; i < sections.bodies.size(); ++i) {
    TRY(accept_body(i, sections.bodies[i], facts));
  }
  TRY(check_compile_work(sections));
  facts.compilation_units = facts.operators + 2 * sections.globals.size();
  return {};
}

Checked accept_metadata(const Sections& sections, ModuleFacts& facts) {
  using Visibility = MetadataSection::Visibility;
  std::size_t size = 0;
  for (const CustomSection& custom : sections.customs) {
    if (!custom.name.starts_with("icp:")) continue;
    const bool is_public = custom.name.starts_with("icp:public ");
    if (!is_public && !custom.name.starts_with("icp:private ")) {
      return refuse("custom section", "Section " + quoted(custom.name) +
                                          " is neither 'icp:public <name>' nor "
                                          "'icp:private <name>'.");
    }
    const std::string_view name = custom.name.substr(custom.name.find(' ') + 1);
    facts.metadata.push_back({std::string(name),
                              is_public ? Visibility::kPublic : Visibility::kPrivate,
                              Slice::copy_of(custom.content)});
    size += name.size() + custom.content.size();
  }
  auto& metadata = facts.metadata;
  std::ranges::sort(metadata, {}, &MetadataSection::name);
  const auto twice = std::ranges::adjacent_find(metadata, {}, &MetadataSection::name);
  if (twice != metadata.end()) {
    return refuse("custom section", "Name " + quoted(twice->name) + " is used twice.");
  }
  if (metadata.size() > kMetadataSectionsMax) {
    return refuse("custom section", "The number of sections " + std::to_string(metadata.size()) +
                                        " exceeds the maximum allowed number of " +
                                        std::to_string(kMetadataSectionsMax) + ".");
  }
  if (size > kMetadataSizeMax) {
    return refuse("custom section", "The size of all sections " + std::to_string(size) +
                                        " exceeds the maximum allowed size of " +
                                        std::to_string(kMetadataSizeMax) + ".");
  }
  return {};
}

/// Motoko 0.6.20 and older keep the end of a 32-bit heap for their upgrade hooks.
std::uint32_t pages_reserved_for_upgrade(const Sections& sections, const ModuleFacts& facts) {
  const bool helper = facts.method_kind("__motoko_async_helper") == MethodKind::kUpdate;
  const bool names_compiler = std::ranges::find(sections.customs, "motoko:compiler",
                                                &CustomSection::name) != sections.customs.end();
  const bool old = facts.width == PointerWidth::k32 && helper && !names_compiler;
  return old ? kPagesReservedByOldMotoko : 0;
}

}  // namespace

HostResult<AcceptedModule> accept_module(const Slice& module, const Sections& sections) {
  AcceptedModule accepted;
  ModuleFacts& facts = accepted.facts;
  facts.width = width_of(sections);
  facts.hooks[static_cast<std::size_t>(Hook::kStart)] = sections.start.has_value();
  TRY(accept_memory(sections, facts));
  TRY(check_imports(sections, facts.width));
  TRY(accept_exports(sections, facts));
  TRY(check_tables(sections));
  TRY(check_elements(sections));
  TRY(accept_data(module, sections, accepted));
  TRY(accept_globals(sections, facts));
  TRY(check_functions(sections));
  TRY(check_initial_memory(facts));
  TRY(accept_bodies(sections, facts));
  TRY(accept_metadata(sections, facts));
  facts.pages_reserved_for_upgrade = pages_reserved_for_upgrade(sections, facts);
  return accepted;
}

}  // namespace icpd::execution::wasm
