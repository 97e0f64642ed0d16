#include "execution/wasm/meter.hpp"

#include <algorithm>
#include <map>

#include "execution/wasm/acceptance.hpp"
#include "execution/wasm/emit.hpp"
#include "execution/wasm/heap.hpp"

namespace icpd::execution::wasm {
namespace {

enum SectionId : std::uint8_t {
  kCustom = 0,
  kType = 1,
  kImport = 2,
  kFunction = 3,
  kTable = 4,
  kMemory = 5,
  kGlobal = 6,
  kExport = 7,
  kElement = 9,
  kCode = 10,
  kData = 11,
  kDataCount = 12,
};

constexpr std::uint8_t kFunctionTypeForm = 0x60;

class ModuleWriter {
 public:
  ModuleWriter(const Sections& sections, const ModuleFacts& facts, Style style)
      : sections_(sections), facts_(facts) {
    layout_.style = style;
    layout_.plan.heap = facts.width;
    layout_.plan.table_is_64 = table() != nullptr && table()->limits.is_64;
    layout_.imported_functions = sections.imported_functions;
    layout_.local_functions = static_cast<std::uint32_t>(sections.functions.size());
    layout_.counter_global = static_cast<std::uint32_t>(sections.globals.size());
    layout_.threaded_types = static_cast<std::uint32_t>(sections.types.size());
    layout_.has_saved = style == Style::kThreaded;
  }

  Bytes write() {
    append(out_, ByteView(kHeader));
    const Bytes types = type_section();
    section(kType, types);
    section(kImport, import_section());
    section(kFunction, function_section());
    if (table() != nullptr) section(kTable, table_section());
    if (sections_.memory() != nullptr) section(kMemory, memory_section());
    section(kGlobal, global_section());
    section(kExport, export_section());
    if (!sections_.elements.empty()) section(kElement, element_section());
    if (sections_.data_count) section(kDataCount, data_count_section());
    write_code();
    if (!sections_.data.empty()) section(kData, data_section());
    write_names();
    return std::move(out_);
  }

 private:
  static constexpr std::array<std::uint8_t, 8> kHeader = {0, 0x61, 0x73, 0x6D, 1, 0, 0, 0};

  [[nodiscard]] bool threaded() const { return layout_.style == Style::kThreaded; }

  [[nodiscard]] const TableType* table() const {
    for (const Import& import : sections_.imports) {
      if (import.kind == ExternalKind::kTable) return &import.table;
    }
    return sections_.tables.empty() ? nullptr : &sections_.tables.front().type;
  }

  void section(std::uint8_t id, ByteView content) { Emitter(out_).section(id, content); }

  // -- Types: the user's; threaded forms; block types; those of the runtime's functions --

  static void write_types(Emitter& out, ByteView types, bool with_count) {
    out.u64(types.size() + (with_count ? 1 : 0));
    out.bytes(types);
    if (with_count) out.byte(value_type::kI64);
  }
  static void write_type(Emitter& out, ByteView parameters, ByteView results, bool with_count) {
    out.byte(kFunctionTypeForm);
    write_types(out, parameters, with_count);
    write_types(out, results, with_count);
  }

  Bytes type_section() {
    Bytes types;
    Emitter out(types);
    std::uint32_t count = 0;
    for (const FunctionType& type : sections_.types) {
      write_type(out, type.parameters, type.results, false);
      ++count;
    }
    if (threaded()) {
      for (const FunctionType& type : sections_.types) {
        write_type(out, type.parameters, type.results, true);
        ++count;
      }
      for (const FunctionType& type : sections_.types) {
        layout_.result_block_types.push_back(type.results.size() < 2 ? 0 : count);
        if (type.results.size() < 2) continue;
        write_type(out, {}, type.results, false);
        ++count;
      }
    }
    const std::array<std::uint8_t, 1> i32 = {value_type::kI32};
    const std::array<std::uint8_t, 1> i64 = {value_type::kI64};
    const ByteView address = facts_.width == PointerWidth::k64 ? i64 : i32;
    out_of_instructions_type_ = count++;
    write_type(out, {}, {}, threaded());
    grow_heap_type_ = count++;
    write_type(out, address, address, false);
    charge_i32_type_ = count++;
    write_type(out, i32, i32, false);
    charge_i64_type_ = count++;
    write_type(out, i64, i64, false);
    store_in_place_type_ = count++;
    const Bytes range(3, address.front());
    write_type(out, range, range, false);
    return counted(count, types);
  }

  static Bytes counted(std::size_t count, ByteView items) {
    Bytes content;
    Emitter out(content);
    out.u64(count);
    out.bytes(items);
    return content;
  }

  [[nodiscard]] std::uint32_t function_type(std::uint32_t user_type) const {
    return threaded() ? layout_.threaded_types + user_type : user_type;
  }

  // -- Imports and declarations --

  Bytes import_section() const {
    Bytes imports;
    Emitter out(imports);
    const auto import = [&](std::string_view module, std::string_view name, std::uint32_t type) {
      out.name(module);
      out.name(name);
      out.byte(static_cast<std::uint8_t>(ExternalKind::kFunction));
      out.u32(type);
    };
    for (const Import& user : sections_.imports) {
      if (user.kind == ExternalKind::kFunction) {
        import(user.module, user.name, function_type(user.type));
      }
    }
    import(kRuntimeModule, kOutOfInstructions, out_of_instructions_type_);
    import(kRuntimeModule, kGrowHeap, grow_heap_type_);
    return counted(sections_.imported_functions + Layout::kAddedImports, imports);
  }

  [[nodiscard]] bool has_heap() const { return sections_.memory() != nullptr; }
  [[nodiscard]] std::size_t added_functions() const {
    return (threaded() ? 1U : 2U) + (has_heap() ? 1U : 0U);
  }

  Bytes function_section() const {
    Bytes functions;
    Emitter out(functions);
    for (const std::uint32_t type : sections_.functions)
      out.u32(function_type(type));
    if (threaded()) {
      out.u32(out_of_instructions_type_);
    } else {
      out.u32(charge_i32_type_);
      out.u32(charge_i64_type_);
    }
    if (has_heap()) out.u32(store_in_place_type_);
    return counted(sections_.functions.size() + added_functions(), functions);
  }

  static void write_limits(Emitter& out, const Limits& limits,
                           std::optional<std::uint64_t> maximum) {
    out.byte(static_cast<std::uint8_t>((limits.is_64 ? 4 : 0) | (maximum ? 1 : 0)));
    out.u64(limits.minimum);
    if (maximum) out.u64(*maximum);
  }

  Bytes table_section() const {
    Bytes tables;
    Emitter out(tables);
    const ByteView init = sections_.tables.empty() ? ByteView{} : sections_.tables.front().init;
    if (!init.empty()) {
      out.byte(0x40);
      out.byte(0);
    }
    out.byte(table()->element);
    write_limits(out, table()->limits, table()->limits.maximum);
    if (!init.empty()) write_expression(tables, init);
    return counted(1, tables);
  }

  Bytes memory_section() const {
    Bytes memories;
    Emitter out(memories);
    write_limits(out, *sections_.memory(), facts_.heap_pages_max);
    return counted(1, memories);
  }

  void write_expression(Bytes& out, ByteView expression) const {
    write_constant_expression(expression, layout_, out);
    out.push_back(op::kEnd);
  }

  Bytes global_section() const {
    Bytes globals;
    Emitter out(globals);
    for (const Global& global : sections_.globals) {
      out.byte(global.type.type);
      out.byte(global.type.is_mutable ? 1 : 0);
      write_expression(globals, global.init);
    }
    write_zero_global(globals, value_type::kI64);
    std::size_t added = 1;
    if (layout_.has_saved) {
      for (const std::uint8_t type : kValueTypes) {
        for (std::uint32_t i = 0; i < Layout::kSavedPerType; ++i, ++added) {
          write_zero_global(globals, type);
        }
      }
    }
    return counted(sections_.globals.size() + added, globals);
  }

  static void write_zero_global(Bytes& out, std::uint8_t type) {
    static const std::map<std::uint8_t, Bytes> kZeros = {
        {value_type::kI32, {op::kI32Const, 0}},
        {value_type::kI64, {op::kI64Const, 0}},
        {value_type::kF32, {0x43, 0, 0, 0, 0}},
        {value_type::kF64, {0x44, 0, 0, 0, 0, 0, 0, 0, 0}},
        {value_type::kV128, {0xFD, 0x0C, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
    };
    out.push_back(type);
    out.push_back(1);  // mutable
    append(out, kZeros.at(type));
    out.push_back(op::kEnd);
  }

  Bytes export_section() const {
    Bytes exports;
    Emitter out(exports);
    std::size_t count = 0;
    const auto add = [&](std::string_view name, ExternalKind kind, std::uint32_t index) {
      out.name(name);
      out.byte(static_cast<std::uint8_t>(kind));
      out.u32(index);
      ++count;
    };
    for (const Export& entry : sections_.exports) {
      if (entry.kind == ExternalKind::kFunction && entry.name.starts_with("canister_")) {
        add(entry.name, ExternalKind::kFunction, layout_.function(entry.index));
      }
    }
    if (sections_.start) {
      add(export_name(Hook::kStart), ExternalKind::kFunction, layout_.function(*sections_.start));
    }
    if (table() != nullptr) add(kTableExport, ExternalKind::kTable, 0);
    if (sections_.memory() != nullptr) add(kMemoryExport, ExternalKind::kMemory, 0);
    add(kCounterExport, ExternalKind::kGlobal, layout_.counter_global);
    for (std::uint32_t i = 0; i < sections_.globals.size(); ++i) {
      if (sections_.globals[i].type.is_mutable) {
        add(global_export_name(i), ExternalKind::kGlobal, i);
      }
    }
    return counted(count, exports);
  }

  // -- Segments --

  static std::uint32_t element_flags(const ElementSegment& segment) {
    std::uint32_t flags = segment.uses_expressions ? 4 : 0;
    switch (segment.mode) {
      case SegmentMode::kActive:
        return flags | 2;  // with an explicit table and element type
      case SegmentMode::kPassive:
        return flags | 1;
      case SegmentMode::kDeclared:
        return flags | 3;
    }
    unreachable_state("a segment mode outside its enumeration");
  }

  Bytes element_section() const {
    Bytes elements;
    Emitter out(elements);
    for (const ElementSegment& segment : sections_.elements) {
      out.u32(element_flags(segment));
      if (segment.mode == SegmentMode::kActive) {
        out.u32(segment.table);
        write_expression(elements, segment.offset);
      }
      out.byte(segment.uses_expressions ? segment.type : 0);
      out.u64(segment.uses_expressions ? segment.expressions.size() : segment.functions.size());
      for (const std::uint32_t function : segment.functions)
        out.u32(layout_.function(function));
      for (const ByteView expression : segment.expressions)
        write_expression(elements, expression);
    }
    return counted(sections_.elements.size(), elements);
  }

  Bytes data_count_section() const { return counted(sections_.data.size(), {}); }

  Bytes data_section() const {
    constexpr std::uint8_t kPassive = 1;
    Bytes data;
    Emitter out(data);
    for (const DataSegmentView& segment : sections_.data) {
      out.byte(kPassive);
      // Instantiation drops an active segment; an empty passive one behaves the same afterwards.
      out.sized(segment.mode == SegmentMode::kActive ? ByteView{} : segment.bytes);
    }
    return counted(sections_.data.size(), data);
  }

  // -- Code --

  MeteredBody body(std::size_t i) const {
    if (!threaded()) return write_global_body(sections_.bodies[i], layout_);
    return write_threaded_body(sections_.bodies[i], sections_.functions[i], sections_.types,
                               layout_);
  }

  void write_code() {
    Bytes bodies;
    Emitter out(bodies);
    Bytes hints;
    std::size_t hinted = 0;
    for (std::size_t i = 0; i < sections_.bodies.size(); ++i) {
      const MeteredBody metered = body(i);
      out.sized(metered.bytes);
      if (metered.unlikely.empty()) continue;
      write_hints(hints, i, metered.unlikely);
      ++hinted;
    }
    if (threaded()) {
      write_end_of_slice(out);
    } else {
      write_charge_function(out, value_type::kI32);
      write_charge_function(out, value_type::kI64);
    }
    if (has_heap()) write_store_in_place(out);
    Bytes custom;
    Emitter(custom).name("metadata.code.branch_hint");
    append(custom, counted(hinted, hints));
    section(kCustom, custom);
    section(kCode, counted(sections_.bodies.size() + added_functions(), bodies));
  }

  void write_hints(Bytes& hints, std::size_t body,
                   const std::vector<std::uint32_t>& unlikely) const {
    constexpr std::uint8_t kHintSize = 1;
    constexpr std::uint8_t kNotTaken = 0;
    Emitter out(hints);
    out.u64(layout_.imported_functions + Layout::kAddedImports + body);
    out.u64(unlikely.size());
    for (const std::uint32_t offset : unlikely) {
      out.u32(offset);
      out.byte(kHintSize);
      out.byte(kNotTaken);
    }
  }

  /// kThreaded: out_of_instructions under a direct call.
  void write_end_of_slice(Emitter& out) const {
    Bytes content;
    Emitter(content).u32(0);  // no locals
    CodeEmitter code(content);
    code.local_get(0);
    code.call(layout_.out_of_instructions());
    code.plain(op::kEnd);
    out.sized(content);
  }

  /// kGlobal: charges its argument and gives it back.
  void write_charge_function(Emitter& out, std::uint8_t type) const {
    Bytes content;
    Emitter(content).u32(0);  // no locals
    CodeEmitter code(content);
    const bool is_64 = type == value_type::kI64;
    code.global_get(layout_.counter_global);
    code.local_get(0);
    if (!is_64) code.plain(op::kI64ExtendI32U);
    code.plain(op::kI64Sub);
    if (is_64) {
      code.i64_const(INT64_MIN);
      code.local_get(0);
      code.i64_const(kLengthMax);
      code.plain(op::kI64LtU);
      code.plain(op::kSelect);
    }
    code.global_set(layout_.counter_global);
    code.global_get(layout_.counter_global);
    code.i64_const(0);
    code.plain(op::kI64LtS);
    code.begin_if();
    code.call(layout_.out_of_instructions());
    code.plain(op::kEnd);
    code.local_get(0);
    code.plain(op::kEnd);
    out.sized(content);
  }

  /// (to, from, size): stores to each page of [to, to + size) what it holds, if `to` is `from`. A
  /// range that isn't within the heap is left alone: memory.copy traps.
  void write_store_in_place(Emitter& out) const {
    constexpr std::uint32_t kTo = 0;
    constexpr std::uint32_t kFrom = 1;
    constexpr std::uint32_t kSize = 2;
    constexpr std::uint32_t kAt = 3;
    constexpr std::uint32_t kUpTo = 4;
    constexpr std::int64_t kPage = io::kGuestPageSize;
    const bool is_64 = facts_.width == PointerWidth::k64;
    Bytes content;
    Emitter raw(content);
    raw.bytes(std::to_array<std::uint8_t>({1, 2, value_type::kI64}));  // two locals of i64
    CodeEmitter code(content);
    const auto widened = [&](std::uint32_t local) {
      code.local_get(local);
      if (!is_64) code.plain(op::kI64ExtendI32U);
    };
    const auto address = [&] {
      code.local_get(kAt);
      if (!is_64) code.plain(op::kI32WrapI64);
    };
    const auto leave_if = [&](op::Code holds, std::uint32_t depth) {
      code.plain(holds);
      code.with_index(op::kBrIf, depth);
    };
    code.begin_block(CodeEmitter::kNoResult);
    code.local_get(kTo);
    code.local_get(kFrom);
    leave_if(is_64 ? op::kI64Ne : op::kI32Ne, 0);
    widened(kTo);
    code.local_tee(kAt);
    widened(kSize);
    code.plain(op::kI64Add);
    code.local_tee(kUpTo);
    code.local_get(kAt);
    leave_if(op::kI64LtU, 0);
    code.local_get(kUpTo);
    code.with_index(op::kMemorySize, 0);
    if (!is_64) code.plain(op::kI64ExtendI32U);
    code.i64_const(kWasmPageSize);
    code.plain(op::kI64Mul);
    leave_if(op::kI64GtU, 0);
    code.plain(op::kLoop);
    raw.byte(CodeEmitter::kNoResult);
    code.local_get(kAt);
    code.local_get(kUpTo);
    leave_if(op::kI64GeU, 1);
    address();
    address();
    code.with_index(op::kI32Load8U, 0);
    raw.u32(0);
    code.with_index(op::kI32Store8, 0);
    raw.u32(0);
    code.local_get(kAt);
    code.i64_const(-kPage);
    code.plain(op::kI64And);
    code.i64_const(kPage);
    code.plain(op::kI64Add);
    code.local_set(kAt);
    code.with_index(op::kBr, 0);
    code.plain(op::kEnd);
    code.plain(op::kEnd);
    for (const std::uint32_t local : {kTo, kFrom, kSize})
      code.local_get(local);
    code.plain(op::kEnd);
    out.sized(content);
  }

  // -- Names, for backtraces --

  void write_names() {
    for (const CustomSection& custom : sections_.customs) {
      if (custom.name != "name") continue;
      write_function_names(custom.content);
      return;
    }
  }

  void write_function_names(ByteView content) {
    constexpr std::uint8_t kFunctionNames = 1;
    Scanner in(content);
    while (!in.done()) {
      const std::uint8_t id = in.byte();
      Scanner names(in.sized());
      if (id != kFunctionNames || in.failed()) continue;
      Bytes shifted;
      Emitter out(shifted);
      const std::uint32_t count = names.count();
      for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t function = names.u32();
        const ByteView name = names.sized();
        if (names.failed()) return;
        out.u32(layout_.function(function));
        out.sized(name);
      }
      Bytes custom;
      Emitter section_out(custom);
      section_out.name("name");
      section_out.section(kFunctionNames, counted(count, shifted));
      section(kCustom, custom);
      return;
    }
  }

  const Sections& sections_;
  const ModuleFacts& facts_;
  Layout layout_;
  Bytes out_;
  std::uint32_t out_of_instructions_type_ = 0;
  std::uint32_t grow_heap_type_ = 0;
  std::uint32_t charge_i32_type_ = 0;
  std::uint32_t charge_i64_type_ = 0;
  std::uint32_t store_in_place_type_ = 0;
};

}  // namespace

std::string global_export_name(std::uint32_t global) {
  return "g" + std::to_string(global);
}

Bytes meter_module(const Sections& sections, const ModuleFacts& facts, Style preferred) {
  const bool fits = preferred != Style::kThreaded || fits_threaded(sections);
  return ModuleWriter(sections, facts, fits ? preferred : Style::kGlobal).write();
}

Style style_of(const Sections& metered) {
  for (const Import& import : metered.imports) {
    if (import.module != kRuntimeModule || import.name != kOutOfInstructions) continue;
    ensure(import.type < metered.types.size());
    return metered.types[import.type].parameters.empty() ? Style::kGlobal : Style::kThreaded;
  }
  unreachable_state("not a metered module");
}

}  // namespace icpd::execution::wasm
