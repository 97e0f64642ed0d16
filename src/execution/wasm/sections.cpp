#include "execution/wasm/sections.hpp"

#include <algorithm>

#include "execution/wasm/operators.hpp"

namespace icpd::execution::wasm {
namespace {

constexpr std::array<std::uint8_t, 8> kHeader = {0x00, 0x61, 0x73, 0x6D, 0x01, 0x00, 0x00, 0x00};

enum SectionId : std::uint8_t {
  kCustom,
  kType,
  kImport,
  kFunction,
  kTable,
  kMemory,
  kGlobal,
  kExport,
  kStart,
  kElement,
  kCode,
  kData,
  kDataCount,
  kSectionIds,
};
/// Place of each section in a module; the data count comes before the code.
constexpr std::array<std::uint8_t, kSectionIds> kOrder = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 10};

constexpr std::uint8_t kFunctionTypeForm = 0x60;
constexpr std::uint8_t kTableWithInit = 0x40;

std::string_view name(Scanner& in) {
  const ByteView bytes = in.sized();
  if (!is_utf8(bytes)) in.fail("name is not UTF-8");
  return as_text(bytes);
}

std::uint8_t value_type_byte(Scanner& in) {
  const std::uint8_t type = in.byte();
  const bool known = (type >= value_type::kV128 && type <= value_type::kI32) ||
                     type == value_type::kFuncref || type == value_type::kExternref;
  if (!known) in.fail("unknown value type");
  return type;
}

ByteView value_types(Scanner& in) {
  const std::uint32_t n = in.count();
  const std::size_t from = in.offset();
  for (std::uint32_t i = 0; i < n && !in.failed(); ++i)
    (void)value_type_byte(in);
  return in.failed() ? ByteView{} : in.since(from);
}

Limits limits(Scanner& in) {
  const std::uint8_t flags = in.byte();
  if (flags > 7) in.fail("unknown limits");
  Limits result;
  result.shared = (flags & 2) != 0;
  result.is_64 = (flags & 4) != 0;
  result.minimum = result.is_64 ? in.u64() : in.u32();
  if ((flags & 1) != 0) result.maximum = result.is_64 ? in.u64() : in.u32();
  return result;
}

TableType table_type(Scanner& in) {
  TableType result;
  result.element = value_type_byte(in);
  result.limits = limits(in);
  return result;
}

GlobalType global_type(Scanner& in) {
  GlobalType result;
  result.type = value_type_byte(in);
  const std::uint8_t mutability = in.byte();
  if (mutability > 1) in.fail("unknown mutability");
  result.is_mutable = mutability == 1;
  return result;
}

/// Up to and without its `end`. Constant expressions have no blocks.
ByteView constant_expression(Scanner& in, ByteView all) {
  const std::size_t from = in.offset();
  OperatorScanner operators(all.subspan(from));
  Instruction instruction;
  while (operators.next(instruction)) {
    if (instruction.code == op::kEnd) {
      in.take(instruction.end);
      return all.subspan(from, instruction.start);
    }
  }
  in.fail("constant expression has no end");
  return {};
}

ExternalKind external_kind(Scanner& in) {
  const std::uint8_t kind = in.byte();
  if (kind > static_cast<std::uint8_t>(ExternalKind::kTag)) in.fail("unknown external kind");
  return static_cast<ExternalKind>(kind);
}

void read_type(Scanner& in, ByteView, Sections& out) {
  if (in.byte() != kFunctionTypeForm) in.fail("unknown type form");
  FunctionType type;
  type.parameters = value_types(in);
  type.results = value_types(in);
  out.types.push_back(type);
}

void read_import(Scanner& in, ByteView, Sections& out) {
  Import import;
  import.module = name(in);
  import.name = name(in);
  import.kind = external_kind(in);
  switch (import.kind) {
    case ExternalKind::kFunction:
      import.type = in.u32();
      ++out.imported_functions;
      break;
    case ExternalKind::kTable:
      import.table = table_type(in);
      break;
    case ExternalKind::kMemory:
      import.memory = limits(in);
      break;
    case ExternalKind::kGlobal:
      import.global = global_type(in);
      break;
    case ExternalKind::kTag:
      if (in.byte() != 0) in.fail("unknown tag attribute");
      import.type = in.u32();
      break;
  }
  out.imports.push_back(import);
}

void read_function(Scanner& in, ByteView, Sections& out) {
  out.functions.push_back(in.u32());
}

void read_table(Scanner& in, ByteView all, Sections& out) {
  Table table;
  const bool has_init = in.peek() == kTableWithInit;
  if (has_init) {
    in.take(1);
    if (in.byte() != 0) in.fail("unknown table form");
  }
  table.type = table_type(in);
  if (has_init) table.init = constant_expression(in, all);
  out.tables.push_back(table);
}

void read_memory(Scanner& in, ByteView, Sections& out) {
  out.memories.push_back(limits(in));
}

void read_global(Scanner& in, ByteView all, Sections& out) {
  Global global;
  global.type = global_type(in);
  global.init = constant_expression(in, all);
  out.globals.push_back(global);
}

void read_export(Scanner& in, ByteView, Sections& out) {
  Export entry;
  entry.name = name(in);
  entry.kind = external_kind(in);
  entry.index = in.u32();
  out.exports.push_back(entry);
}

void read_element(Scanner& in, ByteView all, Sections& out) {
  constexpr std::uint32_t kNotActive = 1;
  constexpr std::uint32_t kExplicit = 2;  // a table index, or "declared" if not active
  constexpr std::uint32_t kExpressions = 4;
  const std::uint32_t flags = in.u32();
  if (flags > 7) return in.fail("unknown element segment");
  ElementSegment segment;
  segment.uses_expressions = (flags & kExpressions) != 0;
  if ((flags & kNotActive) != 0) {
    segment.mode = (flags & kExplicit) != 0 ? SegmentMode::kDeclared : SegmentMode::kPassive;
  } else {
    if ((flags & kExplicit) != 0) segment.table = in.u32();
    segment.offset = constant_expression(in, all);
  }
  if ((flags & (kNotActive | kExplicit)) != 0) {
    if (segment.uses_expressions) {
      segment.type = value_type_byte(in);
    } else if (in.byte() != 0) {
      in.fail("unknown element kind");
    }
  }
  const std::uint32_t n = in.count();
  for (std::uint32_t i = 0; i < n && !in.failed(); ++i) {
    if (segment.uses_expressions) {
      segment.expressions.push_back(constant_expression(in, all));
    } else {
      segment.functions.push_back(in.u32());
    }
  }
  out.elements.push_back(std::move(segment));
}

void read_body(Scanner& in, ByteView, Sections& out) {
  const ByteView bytes = in.sized();
  Scanner body(bytes);
  const std::uint32_t groups = body.count();
  for (std::uint32_t i = 0; i < groups && !body.failed(); ++i) {
    (void)body.u32();
    (void)value_type_byte(body);
  }
  if (body.failed()) return in.fail(body.error());
  out.bodies.push_back({body.since(0), bytes.subspan(body.offset())});
}

void read_data(Scanner& in, ByteView all, Sections& out) {
  const std::uint32_t flags = in.u32();
  if (flags > 2) return in.fail("unknown data segment");
  DataSegmentView segment;
  if (flags == 1) {
    segment.mode = SegmentMode::kPassive;
  } else {
    if (flags == 2) segment.memory = in.u32();
    segment.offset = constant_expression(in, all);
  }
  segment.bytes = in.sized();
  out.data.push_back(segment);
}

using ReadItem = void (*)(Scanner&, ByteView, Sections&);
/// Sections that are vectors; the others are read by hand.
constexpr std::array<ReadItem, kSectionIds> kReaders = {
    nullptr,     read_type, read_import,  read_function, read_table, read_memory, read_global,
    read_export, nullptr,   read_element, read_body,     read_data,  nullptr};

void read_section(std::uint8_t id, ByteView content, Sections& out, Scanner& in) {
  if (id == kCustom) {
    out.customs.push_back({name(in), {}});
    out.customs.back().content = in.take(in.remaining());
    return;
  }
  if (id == kCode) out.code_section_size = content.size();
  if (const ReadItem read = kReaders[id]; read != nullptr) {
    const std::uint32_t n = in.count();
    for (std::uint32_t i = 0; i < n && !in.failed(); ++i)
      read(in, content, out);
  } else if (id == kStart) {
    out.start = in.u32();
  } else {
    out.data_count = in.u32();
  }
  if (!in.done()) in.fail("section size mismatch");
}

}  // namespace

std::optional<std::uint32_t> Sections::function_type(std::uint32_t function) const {
  if (function >= imported_functions) {
    const std::uint32_t local = function - imported_functions;
    if (local >= functions.size()) return std::nullopt;
    return functions[local];
  }
  for (const Import& import : imports) {
    if (import.kind != ExternalKind::kFunction) continue;
    if (function-- == 0) return import.type;
  }
  return std::nullopt;
}

const Limits* Sections::memory() const {
  for (const Import& import : imports) {
    if (import.kind == ExternalKind::kMemory) return &import.memory;
  }
  return memories.empty() ? nullptr : &memories.front();
}

Result<Sections> parse_sections(ByteView module) {
  Scanner in(module);
  if (!equal(in.take(kHeader.size()), kHeader)) return Err("not a Wasm module of version 1");
  Sections out;
  std::uint8_t last = 0;
  while (!in.done()) {
    const std::uint8_t id = in.byte();
    const ByteView content = in.sized();
    if (in.failed()) break;
    if (id >= kSectionIds) return Err("unknown section");
    if (id != kCustom) {
      if (kOrder[id] <= last) return Err("section out of order");
      last = kOrder[id];
    }
    Scanner section(content);
    read_section(id, content, out, section);
    if (section.failed()) {
      return Err(std::string(section.error()) + " in section " + std::to_string(id));
    }
  }
  if (in.failed()) return Err(in.error());
  if (out.functions.size() != out.bodies.size())
    return Err("functions and bodies differ in number");
  if (out.data_count.value_or(static_cast<std::uint32_t>(out.data.size())) != out.data.size()) {
    return Err("data count and data segments differ");
  }
  return out;
}

std::size_t code_section_size(ByteView module) {
  Scanner in(module);
  in.take(kHeader.size());
  while (!in.done()) {
    const std::uint8_t id = in.byte();
    const ByteView content = in.sized();
    if (id == kCode && !in.failed()) return content.size();
  }
  return 0;
}

}  // namespace icpd::execution::wasm
