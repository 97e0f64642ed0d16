#include "counting_module.hpp"

#include <array>
#include <fstream>
#include <map>
#include <string>

#include "execution/wasm/emit.hpp"
#include "execution/wasm/operators.hpp"
#include "execution/wasm/random_operators.hpp"
#include "execution/wasm/sections.hpp"

namespace icpd::fuzz {
namespace {

using namespace execution::wasm;

// -- Weights --

struct Weights {
  std::array<std::uint64_t, 2> of_width{};
};

std::map<std::string, Weights> read_weights() {
  std::ifstream in(ICPD_VECTORS "/execution/wasm-weights.csv");
  ensure(in.is_open(), "the table of weights is there");
  std::map<std::string, Weights> weights;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    if (line.starts_with('(')) continue;
    const std::size_t first = line.find(',');
    const std::size_t second = line.find(',', first + 1);
    weights[line.substr(0, first)] = {
        {std::stoull(line.substr(first + 1)), std::stoull(line.substr(second + 1))}};
  }
  return weights;
}

std::uint64_t weight_of(const Operator& row, bool heap_64) {
  // Operators are constants of the program: their rows are their names.
  static const auto by_row = [] {
    const auto named = read_weights();
    std::map<const Operator*, Weights> weights;
    for (const std::uint8_t prefix : {0x00, 0xFC, 0xFD}) {
      for (const Operator& one : operators(prefix))
        weights[&one] = named.at(std::string(one.name));
    }
    return weights;
  }();
  return by_row.at(&row).of_width[heap_64 ? 1 : 0];
}

// -- Charge points: reference execution.md 2.2 --

struct Point {
  std::size_t offset = 0;
  std::uint64_t cost = 0;
  bool checks = false;
};

bool begins_a_point_behind(std::uint16_t code) {
  switch (code) {
    case op::kIf:
    case op::kElse:
    case op::kEnd:
    case op::kBr:
    case op::kBrIf:
    case op::kBrTable:
    case op::kReturn:
    case op::kUnreachable:
    case op::kReturnCall:
    case op::kReturnCallIndirect:
      return true;
    default:
      return false;
  }
}

std::vector<Point> points_of(ByteView code, bool heap_64) {
  std::vector<Point> points = {{0, 1, true}};
  OperatorScanner scanner(code);
  for (Instruction instruction; scanner.next(instruction);) {
    points.back().cost += weight_of(*instruction.row, heap_64);
    if (instruction.code == op::kLoop) points.push_back({instruction.end, 0, true});
    if (begins_a_point_behind(instruction.code)) points.push_back({instruction.end, 0, false});
  }
  return points;
}

// -- Bodies --

constexpr std::uint8_t kI64Or = 0x84;
constexpr std::uint8_t kI64And = 0x83;
constexpr std::uint8_t kI64Add = 0x7C;
constexpr std::uint8_t kI64ShrU = 0x88;
constexpr std::uint8_t kI64Eqz = 0x50;
constexpr std::uint8_t kI64GtU = 0x56;
constexpr std::uint8_t kI32Eqz = 0x45;
constexpr std::uint8_t kWrap = 0xA7;
constexpr std::uint8_t kMarksMemory = 1;
constexpr std::int64_t kPageBits = 12;

class CountingBody {
 public:
  CountingBody(const Sections& sections, std::size_t index, std::uint64_t limit)
      : body_(sections.bodies[index]),
        heap_64_(sections.memory()->is_64),
        limit_(limit),
        count_(static_cast<std::uint32_t>(sections.globals.size())),
        parameters_(sections.types[sections.functions[index]].parameters.size()) {}

  Bytes write() {
    write_locals();
    const std::vector<Point> points = points_of(body_.code, heap_64_);
    std::size_t next = 0;
    const auto enter = [&](std::size_t offset) {
      for (; next < points.size() && points[next].offset == offset; ++next)
        charge(points[next]);
    };
    enter(0);
    OperatorScanner scanner(body_.code);
    for (Instruction instruction; scanner.next(instruction);) {
      write_operator(instruction);
      enter(instruction.end);
    }
    return std::move(out_);
  }

 private:
  // A scratch local of each number type for values, one more for the second operand of
  // memory.init, two for the heap's addresses and lengths, two for 64-bit forms of these.
  enum Scratch : std::uint32_t {
    kI32,
    kI64,
    kF32,
    kF64,
    kV128,
    kSegment,
    kAddress,
    kLength,
    kFrom,
    kSize
  };

  void write_locals() {
    Scanner in(body_.locals);
    const std::uint32_t groups = in.count();
    const std::size_t from = in.offset();
    scratch_ = static_cast<std::uint32_t>(parameters_);
    for (std::uint32_t i = 0; i < groups; ++i) {
      scratch_ += in.u32();
      (void)in.byte();
    }
    ensure(!in.failed());
    const std::uint8_t heap = heap_64_ ? value_type::kI64 : value_type::kI32;
    const std::array<std::uint8_t, 10> added = {value_type::kI32,
                                                value_type::kI64,
                                                value_type::kF32,
                                                value_type::kF64,
                                                value_type::kV128,
                                                value_type::kI32,
                                                heap,
                                                heap,
                                                value_type::kI64,
                                                value_type::kI64};
    Emitter out(out_);
    out.u32(groups + static_cast<std::uint32_t>(added.size()));
    out.bytes(in.since(from));
    for (const std::uint8_t type : added) {
      out.u32(1);
      out.byte(type);
    }
  }

  CodeEmitter emit() { return CodeEmitter(out_); }
  void plain(std::uint8_t code) { out_.push_back(code); }
  void get(Scratch local) { emit().local_get(scratch_ + local); }
  void set(Scratch local) { emit().local_set(scratch_ + local); }
  void copy(const Instruction& instruction) {
    append(out_, body_.code.subspan(instruction.start, instruction.end - instruction.start));
  }

  void charge(const Point& point) {
    // Behind the last `end` nothing may follow.
    if (point.cost == 0 && !point.checks) return;
    emit().global_get(count_);
    emit().i64_const(static_cast<std::int64_t>(point.cost));
    plain(kI64Add);
    emit().global_set(count_);
    if (point.checks) check();
  }
  void check() {
    emit().global_get(count_);
    emit().i64_const(static_cast<std::int64_t>(limit_));
    plain(kI64GtU);
    emit().begin_if();
    emit().global_get(count_);
    emit().i64_const(static_cast<std::int64_t>(kStopped));
    plain(kI64Or);
    emit().global_set(count_);
    plain(op::kUnreachable);
    plain(op::kEnd);
  }

  void widened(Scratch local, bool is_64) {
    get(local);
    if (!is_64) plain(op::kI64ExtendI32U);
  }

  void write_operator(const Instruction& instruction) {
    switch (instruction.code) {
      case op::kMemoryCopy:
      case op::kMemoryFill:
      case op::kMemoryInit:
        return write_bulk(instruction);
      default:
        break;
    }
    const auto prefix = static_cast<std::uint8_t>(instruction.code >> 8);
    for (const execution::wasm::testing::Access& row : execution::wasm::testing::kStores) {
      const bool is_it = row.prefix == prefix && row.code == (instruction.code & 0xFF);
      if (is_it) return write_store(instruction, row);
    }
    copy(instruction);
  }

  static Scratch scratch_of(char letter) {
    constexpr std::string_view kLetters = "ilfdv";
    return static_cast<Scratch>(kLetters.find(letter));
  }

  void write_store(const Instruction& instruction, const execution::wasm::testing::Access& row) {
    const Scratch value = scratch_of(row.type);
    set(value);
    emit().local_tee(scratch_ + kAddress);
    get(value);
    copy(instruction);
    const std::int64_t offset = instruction.first;
    for (const std::int64_t byte : {std::int64_t{0}, (std::int64_t{1} << row.size_log2) - 1}) {
      widened(kAddress, heap_64_);
      emit().i64_const(offset + byte);
      plain(kI64Add);
      push_page_of_top();
      emit().with_index(0x41, 1);  // i32.const 1
      mark_one();
    }
  }
  void push_page_of_top() {
    emit().i64_const(kPageBits);
    plain(kI64ShrU);
    plain(kWrap);
  }
  void mark_one() {
    plain(0x3A);  // i32.store8 of the other memory
    plain(0x40);
    plain(kMarksMemory);
    plain(0);
  }

  /// to, from or value, length
  void write_bulk(const Instruction& instruction) {
    const bool is_init = instruction.code == op::kMemoryInit;
    const bool is_copy = instruction.code == op::kMemoryCopy;
    const bool length_64 = heap_64_ && !is_init;
    const Scratch length = is_init ? kI32 : kLength;
    // The second operand is an address, a byte, or an offset in a segment.
    const Scratch second = is_init ? kSegment : is_copy && heap_64_ ? kI64 : kI32;
    set(length);
    widened(length, length_64);
    set(kSize);
    charge_size();
    set(second);
    emit().local_tee(scratch_ + kAddress);
    get(second);
    get(length);
    copy(instruction);
    mark_range();
  }
  void charge_size() {
    emit().global_get(count_);
    emit().i64_const(static_cast<std::int64_t>(kLongLength));
    get(kSize);
    get(kSize);
    emit().i64_const(static_cast<std::int64_t>(kLongLength));
    plain(kI64GtU);
    plain(op::kSelect);
    plain(kI64Add);
    emit().global_set(count_);
    check();
  }
  void mark_range() {
    get(kSize);
    plain(kI64Eqz);
    plain(kI32Eqz);
    emit().begin_if();
    widened(kAddress, heap_64_);
    set(kFrom);
    get(kFrom);
    push_page_of_top();
    emit().with_index(0x41, 1);
    // last page - first page + 1
    get(kFrom);
    get(kSize);
    plain(kI64Add);
    emit().i64_const((1 << kPageBits) - 1);
    plain(kI64Add);
    get(kFrom);
    emit().i64_const(~std::int64_t{(1 << kPageBits) - 1});
    plain(kI64And);
    plain(op::kI64Sub);
    push_page_of_top();
    plain(0xFC);  // memory.fill of the other memory
    plain(0x0B);
    plain(kMarksMemory);
    plain(op::kEnd);
  }

  const Body& body_;
  bool heap_64_;
  std::uint64_t limit_;
  std::uint32_t count_;
  std::size_t parameters_;
  std::uint32_t scratch_ = 0;
  Bytes out_;
};

// -- The module around them --

/// A section's content with one item more.
Bytes with_one_more(ByteView content, ByteView items) {
  Scanner in(content);
  const std::uint32_t n = in.u32();
  Bytes result;
  Emitter out(result);
  out.u32(n + 1);
  out.bytes(in.take(in.remaining()));
  out.bytes(items);
  return result;
}

Bytes counted(std::uint32_t n, ByteView items) {
  Bytes result;
  Emitter out(result);
  out.u32(n);
  out.bytes(items);
  return result;
}

Bytes exports_with_ours(ByteView content, std::uint32_t count_global) {
  Bytes marks;
  Emitter out(marks);
  out.name("marks");
  out.byte(static_cast<std::uint8_t>(ExternalKind::kMemory));
  out.u32(kMarksMemory);
  Bytes count;
  Emitter count_out(count);
  count_out.name("count");
  count_out.byte(static_cast<std::uint8_t>(ExternalKind::kGlobal));
  count_out.u32(count_global);
  return with_one_more(with_one_more(content, marks), count);
}

Bytes code_section(const Sections& sections, std::uint64_t limit) {
  Bytes bodies;
  Emitter out(bodies);
  for (std::size_t i = 0; i < sections.bodies.size(); ++i)
    out.sized(CountingBody(sections, i, limit).write());
  return counted(static_cast<std::uint32_t>(sections.bodies.size()), bodies);
}

constexpr std::size_t kHeaderBytes = 8;
constexpr std::uint8_t kMemorySection = 5;
constexpr std::uint8_t kGlobalSection = 6;
constexpr std::uint8_t kExportSection = 7;
constexpr std::uint8_t kCodeSection = 10;

}  // namespace

Bytes counting_module(ByteView module, std::uint64_t limit) {
  const auto parsed = parse_sections(module);
  ensure(parsed.ok() && parsed->memory() != nullptr);
  const Sections& sections = *parsed;
  const auto count_global = static_cast<std::uint32_t>(sections.globals.size());
  Bytes result = to_bytes(module.first(kHeaderBytes));
  Emitter out(result);
  Scanner in(module.subspan(kHeaderBytes));
  while (!in.done()) {
    const std::uint8_t id = in.byte();
    const ByteView content = in.sized();
    ensure(!in.failed());
    switch (id) {
      case kMemorySection: {
        // 64 KiB of marks, for 4 KiB each.
        constexpr std::array<std::uint8_t, 2> kOnePage = {0, 1};
        out.section(id, with_one_more(content, kOnePage));
        break;
      }
      case kGlobalSection: {
        constexpr std::array<std::uint8_t, 5> kCount = {value_type::kI64, 1, op::kI64Const, 0,
                                                        op::kEnd};
        out.section(id, with_one_more(content, kCount));
        break;
      }
      case kExportSection:
        out.section(id, exports_with_ours(content, count_global));
        break;
      case kCodeSection:
        out.section(id, code_section(sections, limit));
        break;
      default:
        out.section(id, content);
    }
  }
  return result;
}

}  // namespace icpd::fuzz
