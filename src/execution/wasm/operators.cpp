#include "execution/wasm/operators.hpp"

#include <array>

namespace icpd::execution::wasm {
namespace {

using enum Immediate;
constexpr bool kObserves = true;

// clang-format off
// code, name, immediates, weight {wasm32, wasm64}, complexity
constexpr auto kPlain = std::to_array<Operator>({
    {0x00, "unreachable", kNone, {1, 1}, 1, kObserves},
    {0x01, "nop", kNone, {1, 1}, 1},
    {0x02, "block", kBlock, {0, 0}, 50},
    {0x03, "loop", kBlock, {0, 0}, 50},
    {0x04, "if", kBlock, {2, 2}, 50},
    {0x05, "else", kNone, {0, 0}, 1},
    {0x0B, "end", kNone, {0, 0}, 1},
    {0x0C, "br", kLabel, {2, 2}, 50},
    {0x0D, "br_if", kLabel, {2, 2}, 50},
    {0x0E, "br_table", kLabels, {2, 2}, 50},
    {0x0F, "return", kNone, {1, 1}, 1},
    {0x10, "call", kFunction, {5, 5}, 50, kObserves},
    {0x11, "call_indirect", kTypeTable, {10, 10}, 50, kObserves},
    {0x12, "return_call", kFunction, {3, 3}, 1, kObserves},
    {0x13, "return_call_indirect", kTypeTable, {60, 60}, 1, kObserves},
    {0x1A, "drop", kNone, {1, 1}, 1},
    {0x1B, "select", kNone, {1, 1}, 2},
    {0x1C, "select_t", kTypes, {1, 1}, 1},
    {0x20, "local.get", kLocal, {1, 1}, 1},
    {0x21, "local.set", kLocal, {1, 1}, 1},
    {0x22, "local.tee", kLocal, {1, 1}, 1},
    {0x23, "global.get", kGlobal, {2, 2}, 2},
    {0x24, "global.set", kGlobal, {2, 2}, 1},
    {0x25, "table.get", kTable, {5, 5}, 14, kObserves},
    {0x26, "table.set", kTable, {5, 5}, 1, kObserves},
    {0x28, "i32.load", kAddress, {1, 2}, 3, kObserves},
    {0x29, "i64.load", kAddress, {1, 2}, 3, kObserves},
    {0x2A, "f32.load", kAddress, {1, 2}, 3, kObserves},
    {0x2B, "f64.load", kAddress, {1, 2}, 3, kObserves},
    {0x2C, "i32.load8_s", kAddress, {1, 2}, 3, kObserves},
    {0x2D, "i32.load8_u", kAddress, {1, 2}, 3, kObserves},
    {0x2E, "i32.load16_s", kAddress, {1, 2}, 3, kObserves},
    {0x2F, "i32.load16_u", kAddress, {1, 2}, 3, kObserves},
    {0x30, "i64.load8_s", kAddress, {1, 2}, 3, kObserves},
    {0x31, "i64.load8_u", kAddress, {1, 2}, 3, kObserves},
    {0x32, "i64.load16_s", kAddress, {1, 2}, 3, kObserves},
    {0x33, "i64.load16_u", kAddress, {1, 2}, 3, kObserves},
    {0x34, "i64.load32_s", kAddress, {1, 2}, 3, kObserves},
    {0x35, "i64.load32_u", kAddress, {1, 2}, 3, kObserves},
    {0x36, "i32.store", kAddress, {1, 2}, 2, kObserves},
    {0x37, "i64.store", kAddress, {1, 2}, 2, kObserves},
    {0x38, "f32.store", kAddress, {1, 2}, 2, kObserves},
    {0x39, "f64.store", kAddress, {1, 2}, 2, kObserves},
    {0x3A, "i32.store8", kAddress, {1, 2}, 2, kObserves},
    {0x3B, "i32.store16", kAddress, {1, 2}, 2, kObserves},
    {0x3C, "i64.store8", kAddress, {1, 2}, 2, kObserves},
    {0x3D, "i64.store16", kAddress, {1, 2}, 2, kObserves},
    {0x3E, "i64.store32", kAddress, {1, 2}, 2, kObserves},
    {0x3F, "memory.size", kMemory, {20, 20}, 2},
    {0x40, "memory.grow", kMemory, {300, 300}, 50, kObserves},
    {0x41, "i32.const", kI32, {1, 1}, 1},
    {0x42, "i64.const", kI64, {1, 1}, 1},
    {0x43, "f32.const", kBytes4, {1, 1}, 1},
    {0x44, "f64.const", kBytes8, {1, 1}, 1},
    {0x45, "i32.eqz", kNone, {1, 1}, 2},
    {0x46, "i32.eq", kNone, {1, 1}, 2},
    {0x47, "i32.ne", kNone, {1, 1}, 2},
    {0x48, "i32.lt_s", kNone, {1, 1}, 2},
    {0x49, "i32.lt_u", kNone, {1, 1}, 2},
    {0x4A, "i32.gt_s", kNone, {1, 1}, 2},
    {0x4B, "i32.gt_u", kNone, {1, 1}, 2},
    {0x4C, "i32.le_s", kNone, {1, 1}, 2},
    {0x4D, "i32.le_u", kNone, {1, 1}, 2},
    {0x4E, "i32.ge_s", kNone, {1, 1}, 2},
    {0x4F, "i32.ge_u", kNone, {1, 1}, 2},
    {0x50, "i64.eqz", kNone, {1, 1}, 2},
    {0x51, "i64.eq", kNone, {1, 1}, 2},
    {0x52, "i64.ne", kNone, {1, 1}, 2},
    {0x53, "i64.lt_s", kNone, {1, 1}, 2},
    {0x54, "i64.lt_u", kNone, {1, 1}, 2},
    {0x55, "i64.gt_s", kNone, {1, 1}, 2},
    {0x56, "i64.gt_u", kNone, {1, 1}, 2},
    {0x57, "i64.le_s", kNone, {1, 1}, 2},
    {0x58, "i64.le_u", kNone, {1, 1}, 2},
    {0x59, "i64.ge_s", kNone, {1, 1}, 2},
    {0x5A, "i64.ge_u", kNone, {1, 1}, 2},
    {0x5B, "f32.eq", kNone, {3, 3}, 2},
    {0x5C, "f32.ne", kNone, {3, 3}, 2},
    {0x5D, "f32.lt", kNone, {3, 3}, 2},
    {0x5E, "f32.gt", kNone, {3, 3}, 2},
    {0x5F, "f32.le", kNone, {3, 3}, 2},
    {0x60, "f32.ge", kNone, {3, 3}, 2},
    {0x61, "f64.eq", kNone, {3, 3}, 3},
    {0x62, "f64.ne", kNone, {3, 3}, 2},
    {0x63, "f64.lt", kNone, {3, 3}, 2},
    {0x64, "f64.gt", kNone, {3, 3}, 2},
    {0x65, "f64.le", kNone, {3, 3}, 2},
    {0x66, "f64.ge", kNone, {3, 3}, 2},
    {0x67, "i32.clz", kNone, {1, 1}, 1},
    {0x68, "i32.ctz", kNone, {1, 1}, 1},
    {0x69, "i32.popcnt", kNone, {1, 1}, 2},
    {0x6A, "i32.add", kNone, {1, 1}, 1},
    {0x6B, "i32.sub", kNone, {1, 1}, 1},
    {0x6C, "i32.mul", kNone, {1, 1}, 1},
    {0x6D, "i32.div_s", kNone, {10, 10}, 3, kObserves},
    {0x6E, "i32.div_u", kNone, {10, 10}, 3, kObserves},
    {0x6F, "i32.rem_s", kNone, {10, 10}, 3, kObserves},
    {0x70, "i32.rem_u", kNone, {10, 10}, 3, kObserves},
    {0x71, "i32.and", kNone, {1, 1}, 1},
    {0x72, "i32.or", kNone, {1, 1}, 1},
    {0x73, "i32.xor", kNone, {1, 1}, 1},
    {0x74, "i32.shl", kNone, {1, 1}, 1},
    {0x75, "i32.shr_s", kNone, {1, 1}, 1},
    {0x76, "i32.shr_u", kNone, {1, 1}, 1},
    {0x77, "i32.rotl", kNone, {1, 1}, 1},
    {0x78, "i32.rotr", kNone, {1, 1}, 1},
    {0x79, "i64.clz", kNone, {1, 1}, 1},
    {0x7A, "i64.ctz", kNone, {1, 1}, 1},
    {0x7B, "i64.popcnt", kNone, {1, 1}, 2},
    {0x7C, "i64.add", kNone, {1, 1}, 1},
    {0x7D, "i64.sub", kNone, {1, 1}, 1},
    {0x7E, "i64.mul", kNone, {1, 1}, 1},
    {0x7F, "i64.div_s", kNone, {10, 10}, 3, kObserves},
    {0x80, "i64.div_u", kNone, {10, 10}, 3, kObserves},
    {0x81, "i64.rem_s", kNone, {10, 10}, 3, kObserves},
    {0x82, "i64.rem_u", kNone, {10, 10}, 3, kObserves},
    {0x83, "i64.and", kNone, {1, 1}, 1},
    {0x84, "i64.or", kNone, {1, 1}, 1},
    {0x85, "i64.xor", kNone, {1, 1}, 1},
    {0x86, "i64.shl", kNone, {1, 1}, 1},
    {0x87, "i64.shr_s", kNone, {1, 1}, 1},
    {0x88, "i64.shr_u", kNone, {1, 1}, 1},
    {0x89, "i64.rotl", kNone, {1, 1}, 1},
    {0x8A, "i64.rotr", kNone, {1, 1}, 1},
    {0x8B, "f32.abs", kNone, {1, 1}, 4},
    {0x8C, "f32.neg", kNone, {1, 1}, 4},
    {0x8D, "f32.ceil", kNone, {2, 2}, 2},
    {0x8E, "f32.floor", kNone, {2, 2}, 2},
    {0x8F, "f32.trunc", kNone, {2, 2}, 2},
    {0x90, "f32.nearest", kNone, {2, 2}, 2},
    {0x91, "f32.sqrt", kNone, {5, 5}, 2},
    {0x92, "f32.add", kNone, {2, 2}, 1},
    {0x93, "f32.sub", kNone, {2, 2}, 1},
    {0x94, "f32.mul", kNone, {2, 2}, 1},
    {0x95, "f32.div", kNone, {3, 3}, 1},
    {0x96, "f32.min", kNone, {18, 18}, 1},
    {0x97, "f32.max", kNone, {18, 18}, 1},
    {0x98, "f32.copysign", kNone, {2, 2}, 3},
    {0x99, "f64.abs", kNone, {1, 1}, 4},
    {0x9A, "f64.neg", kNone, {1, 1}, 4},
    {0x9B, "f64.ceil", kNone, {2, 2}, 2},
    {0x9C, "f64.floor", kNone, {2, 2}, 2},
    {0x9D, "f64.trunc", kNone, {2, 2}, 2},
    {0x9E, "f64.nearest", kNone, {2, 2}, 2},
    {0x9F, "f64.sqrt", kNone, {8, 8}, 2},
    {0xA0, "f64.add", kNone, {2, 2}, 1},
    {0xA1, "f64.sub", kNone, {2, 2}, 1},
    {0xA2, "f64.mul", kNone, {2, 2}, 1},
    {0xA3, "f64.div", kNone, {5, 5}, 1},
    {0xA4, "f64.min", kNone, {18, 18}, 1},
    {0xA5, "f64.max", kNone, {18, 18}, 1},
    {0xA6, "f64.copysign", kNone, {3, 3}, 3},
    {0xA7, "i32.wrap_i64", kNone, {1, 1}, 2},
    {0xA8, "i32.trunc_f32_s", kNone, {20, 20}, 5, kObserves},
    {0xA9, "i32.trunc_f32_u", kNone, {20, 20}, 5, kObserves},
    {0xAA, "i32.trunc_f64_s", kNone, {20, 20}, 5, kObserves},
    {0xAB, "i32.trunc_f64_u", kNone, {20, 20}, 5, kObserves},
    {0xAC, "i64.extend_i32_s", kNone, {1, 1}, 5},
    {0xAD, "i64.extend_i32_u", kNone, {1, 1}, 5},
    {0xAE, "i64.trunc_f32_s", kNone, {20, 20}, 5, kObserves},
    {0xAF, "i64.trunc_f32_u", kNone, {20, 20}, 5, kObserves},
    {0xB0, "i64.trunc_f64_s", kNone, {20, 20}, 5, kObserves},
    {0xB1, "i64.trunc_f64_u", kNone, {20, 20}, 5, kObserves},
    {0xB2, "f32.convert_i32_s", kNone, {3, 3}, 5},
    {0xB3, "f32.convert_i32_u", kNone, {16, 16}, 5},
    {0xB4, "f32.convert_i64_s", kNone, {3, 3}, 5},
    {0xB5, "f32.convert_i64_u", kNone, {16, 16}, 5},
    {0xB6, "f32.demote_f64", kNone, {1, 1}, 5},
    {0xB7, "f64.convert_i32_s", kNone, {3, 3}, 5},
    {0xB8, "f64.convert_i32_u", kNone, {16, 16}, 5},
    {0xB9, "f64.convert_i64_s", kNone, {3, 3}, 5},
    {0xBA, "f64.convert_i64_u", kNone, {16, 16}, 5},
    {0xBB, "f64.promote_f32", kNone, {1, 1}, 2},
    {0xBC, "i32.reinterpret_f32", kNone, {1, 1}, 2},
    {0xBD, "i64.reinterpret_f64", kNone, {1, 1}, 2},
    {0xBE, "f32.reinterpret_i32", kNone, {1, 1}, 2},
    {0xBF, "f64.reinterpret_i64", kNone, {1, 1}, 2},
    {0xC0, "i32.extend8_s", kNone, {1, 1}, 2},
    {0xC1, "i32.extend16_s", kNone, {1, 1}, 2},
    {0xC2, "i64.extend8_s", kNone, {1, 1}, 2},
    {0xC3, "i64.extend16_s", kNone, {1, 1}, 2},
    {0xC4, "i64.extend32_s", kNone, {1, 1}, 2},
    {0xD0, "ref.null", kHeapType, {1, 1}, 1},
    {0xD1, "ref.is_null", kNone, {5, 5}, 6},
    {0xD2, "ref.func", kFunction, {130, 130}, 8},
});
constexpr auto kPrefixFc = std::to_array<Operator>({
    {0x00, "i32.trunc_sat_f32_s", kNone, {20, 20}, 3},
    {0x01, "i32.trunc_sat_f32_u", kNone, {20, 20}, 3},
    {0x02, "i32.trunc_sat_f64_s", kNone, {20, 20}, 3},
    {0x03, "i32.trunc_sat_f64_u", kNone, {20, 20}, 3},
    {0x04, "i64.trunc_sat_f32_s", kNone, {20, 20}, 3},
    {0x05, "i64.trunc_sat_f32_u", kNone, {20, 20}, 3},
    {0x06, "i64.trunc_sat_f64_s", kNone, {20, 20}, 3},
    {0x07, "i64.trunc_sat_f64_u", kNone, {20, 20}, 3},
    {0x08, "memory.init", kDataMemory, {100, 100}, 1, kObserves},
    {0x09, "data.drop", kData, {300, 300}, 1},
    {0x0A, "memory.copy", kMemoryMemory, {100, 100}, 4, kObserves},
    {0x0B, "memory.fill", kMemory, {100, 100}, 3, kObserves},
    {0x0C, "table.init", kElementTable, {100, 100}, 1, kObserves},
    {0x0D, "elem.drop", kElement, {300, 300}, 1},
    {0x0E, "table.copy", kTableTable, {100, 100}, 1, kObserves},
    {0x0F, "table.grow", kTable, {300, 300}, 1, kObserves},
    {0x10, "table.size", kTable, {100, 100}, 1},
    {0x11, "table.fill", kTable, {100, 100}, 1, kObserves},
});
constexpr auto kPrefixFd = std::to_array<Operator>({
    {0x00, "v128.load", kAddress, {1, 2}, 3, kObserves},
    {0x01, "v128.load8x8_s", kAddress, {1, 2}, 3, kObserves},
    {0x02, "v128.load8x8_u", kAddress, {1, 2}, 3, kObserves},
    {0x03, "v128.load16x4_s", kAddress, {1, 2}, 3, kObserves},
    {0x04, "v128.load16x4_u", kAddress, {1, 2}, 3, kObserves},
    {0x05, "v128.load32x2_s", kAddress, {1, 2}, 3, kObserves},
    {0x06, "v128.load32x2_u", kAddress, {1, 2}, 3, kObserves},
    {0x07, "v128.load8_splat", kAddress, {1, 2}, 3, kObserves},
    {0x08, "v128.load16_splat", kAddress, {1, 2}, 3, kObserves},
    {0x09, "v128.load32_splat", kAddress, {1, 2}, 3, kObserves},
    {0x0A, "v128.load64_splat", kAddress, {1, 2}, 3, kObserves},
    {0x0B, "v128.store", kAddress, {1, 2}, 2, kObserves},
    {0x0C, "v128.const", kBytes16, {1, 1}, 1},
    {0x0D, "i8x16.shuffle", kBytes16, {3, 3}, 1},
    {0x0E, "i8x16.swizzle", kNone, {1, 1}, 1},
    {0x0F, "i8x16.splat", kNone, {1, 1}, 1},
    {0x10, "i16x8.splat", kNone, {1, 1}, 1},
    {0x11, "i32x4.splat", kNone, {1, 1}, 1},
    {0x12, "i64x2.splat", kNone, {1, 1}, 1},
    {0x13, "f32x4.splat", kNone, {1, 1}, 1},
    {0x14, "f64x2.splat", kNone, {1, 1}, 1},
    {0x15, "i8x16.extract_lane_s", kLane, {1, 1}, 1},
    {0x16, "i8x16.extract_lane_u", kLane, {1, 1}, 1},
    {0x17, "i8x16.replace_lane", kLane, {1, 1}, 1},
    {0x18, "i16x8.extract_lane_s", kLane, {1, 1}, 1},
    {0x19, "i16x8.extract_lane_u", kLane, {1, 1}, 1},
    {0x1A, "i16x8.replace_lane", kLane, {1, 1}, 1},
    {0x1B, "i32x4.extract_lane", kLane, {1, 1}, 1},
    {0x1C, "i32x4.replace_lane", kLane, {1, 1}, 1},
    {0x1D, "i64x2.extract_lane", kLane, {1, 1}, 1},
    {0x1E, "i64x2.replace_lane", kLane, {1, 1}, 1},
    {0x1F, "f32x4.extract_lane", kLane, {1, 1}, 1},
    {0x20, "f32x4.replace_lane", kLane, {1, 1}, 1},
    {0x21, "f64x2.extract_lane", kLane, {1, 1}, 1},
    {0x22, "f64x2.replace_lane", kLane, {1, 1}, 1},
    {0x23, "i8x16.eq", kNone, {1, 1}, 1},
    {0x24, "i8x16.ne", kNone, {1, 1}, 1},
    {0x25, "i8x16.lt_s", kNone, {1, 1}, 1},
    {0x26, "i8x16.lt_u", kNone, {2, 2}, 1},
    {0x27, "i8x16.gt_s", kNone, {1, 1}, 1},
    {0x28, "i8x16.gt_u", kNone, {2, 2}, 1},
    {0x29, "i8x16.le_s", kNone, {1, 1}, 1},
    {0x2A, "i8x16.le_u", kNone, {1, 1}, 1},
    {0x2B, "i8x16.ge_s", kNone, {1, 1}, 1},
    {0x2C, "i8x16.ge_u", kNone, {1, 1}, 1},
    {0x2D, "i16x8.eq", kNone, {1, 1}, 1},
    {0x2E, "i16x8.ne", kNone, {1, 1}, 1},
    {0x2F, "i16x8.lt_s", kNone, {1, 1}, 1},
    {0x30, "i16x8.lt_u", kNone, {2, 2}, 1},
    {0x31, "i16x8.gt_s", kNone, {1, 1}, 1},
    {0x32, "i16x8.gt_u", kNone, {2, 2}, 1},
    {0x33, "i16x8.le_s", kNone, {1, 1}, 1},
    {0x34, "i16x8.le_u", kNone, {1, 1}, 1},
    {0x35, "i16x8.ge_s", kNone, {1, 1}, 1},
    {0x36, "i16x8.ge_u", kNone, {1, 1}, 1},
    {0x37, "i32x4.eq", kNone, {1, 1}, 1},
    {0x38, "i32x4.ne", kNone, {1, 1}, 1},
    {0x39, "i32x4.lt_s", kNone, {1, 1}, 1},
    {0x3A, "i32x4.lt_u", kNone, {2, 2}, 1},
    {0x3B, "i32x4.gt_s", kNone, {1, 1}, 1},
    {0x3C, "i32x4.gt_u", kNone, {2, 2}, 1},
    {0x3D, "i32x4.le_s", kNone, {1, 1}, 1},
    {0x3E, "i32x4.le_u", kNone, {1, 1}, 1},
    {0x3F, "i32x4.ge_s", kNone, {1, 1}, 1},
    {0x40, "i32x4.ge_u", kNone, {1, 1}, 1},
    {0x41, "f32x4.eq", kNone, {1, 1}, 1},
    {0x42, "f32x4.ne", kNone, {1, 1}, 1},
    {0x43, "f32x4.lt", kNone, {1, 1}, 1},
    {0x44, "f32x4.gt", kNone, {1, 1}, 1},
    {0x45, "f32x4.le", kNone, {1, 1}, 1},
    {0x46, "f32x4.ge", kNone, {1, 1}, 1},
    {0x47, "f64x2.eq", kNone, {1, 1}, 1},
    {0x48, "f64x2.ne", kNone, {1, 1}, 1},
    {0x49, "f64x2.lt", kNone, {1, 1}, 1},
    {0x4A, "f64x2.gt", kNone, {1, 1}, 1},
    {0x4B, "f64x2.le", kNone, {1, 1}, 1},
    {0x4C, "f64x2.ge", kNone, {1, 1}, 1},
    {0x4D, "v128.not", kNone, {1, 1}, 1},
    {0x4E, "v128.and", kNone, {1, 1}, 1},
    {0x4F, "v128.andnot", kNone, {1, 1}, 1},
    {0x50, "v128.or", kNone, {1, 1}, 1},
    {0x51, "v128.xor", kNone, {1, 1}, 1},
    {0x52, "v128.bitselect", kNone, {1, 1}, 1},
    {0x53, "v128.any_true", kNone, {1, 1}, 1},
    {0x54, "v128.load8_lane", kAddressLane, {1, 2}, 3, kObserves},
    {0x55, "v128.load16_lane", kAddressLane, {1, 2}, 3, kObserves},
    {0x56, "v128.load32_lane", kAddressLane, {1, 2}, 3, kObserves},
    {0x57, "v128.load64_lane", kAddressLane, {1, 2}, 3, kObserves},
    {0x58, "v128.store8_lane", kAddressLane, {1, 2}, 2, kObserves},
    {0x59, "v128.store16_lane", kAddressLane, {1, 2}, 2, kObserves},
    {0x5A, "v128.store32_lane", kAddressLane, {1, 2}, 2, kObserves},
    {0x5B, "v128.store64_lane", kAddressLane, {1, 2}, 2, kObserves},
    {0x5C, "v128.load32_zero", kAddress, {1, 2}, 3, kObserves},
    {0x5D, "v128.load64_zero", kAddress, {1, 2}, 3, kObserves},
    {0x5E, "f32x4.demote_f64x2_zero", kNone, {1, 1}, 1},
    {0x5F, "f64x2.promote_low_f32x4", kNone, {1, 1}, 1},
    {0x60, "i8x16.abs", kNone, {1, 1}, 1},
    {0x61, "i8x16.neg", kNone, {1, 1}, 1},
    {0x62, "i8x16.popcnt", kNone, {3, 3}, 1},
    {0x63, "i8x16.all_true", kNone, {1, 1}, 1},
    {0x64, "i8x16.bitmask", kNone, {1, 1}, 1},
    {0x65, "i8x16.narrow_i16x8_s", kNone, {1, 1}, 1},
    {0x66, "i8x16.narrow_i16x8_u", kNone, {1, 1}, 1},
    {0x67, "f32x4.ceil", kNone, {2, 2}, 1},
    {0x68, "f32x4.floor", kNone, {2, 2}, 1},
    {0x69, "f32x4.trunc", kNone, {2, 2}, 1},
    {0x6A, "f32x4.nearest", kNone, {2, 2}, 1},
    {0x6B, "i8x16.shl", kNone, {3, 3}, 1},
    {0x6C, "i8x16.shr_s", kNone, {3, 3}, 1},
    {0x6D, "i8x16.shr_u", kNone, {2, 2}, 1},
    {0x6E, "i8x16.add", kNone, {1, 1}, 1},
    {0x6F, "i8x16.add_sat_s", kNone, {1, 1}, 1},
    {0x70, "i8x16.add_sat_u", kNone, {1, 1}, 1},
    {0x71, "i8x16.sub", kNone, {1, 1}, 1},
    {0x72, "i8x16.sub_sat_s", kNone, {1, 1}, 1},
    {0x73, "i8x16.sub_sat_u", kNone, {1, 1}, 1},
    {0x74, "f64x2.ceil", kNone, {2, 2}, 1},
    {0x75, "f64x2.floor", kNone, {2, 2}, 1},
    {0x76, "i8x16.min_s", kNone, {1, 1}, 1},
    {0x77, "i8x16.min_u", kNone, {1, 1}, 1},
    {0x78, "i8x16.max_s", kNone, {1, 1}, 1},
    {0x79, "i8x16.max_u", kNone, {1, 1}, 1},
    {0x7A, "f64x2.trunc", kNone, {2, 2}, 1},
    {0x7B, "i8x16.avgr_u", kNone, {1, 1}, 1},
    {0x7C, "i16x8.extadd_pairwise_i8x16_s", kNone, {1, 1}, 1},
    {0x7D, "i16x8.extadd_pairwise_i8x16_u", kNone, {2, 2}, 1},
    {0x7E, "i32x4.extadd_pairwise_i16x8_s", kNone, {1, 1}, 1},
    {0x7F, "i32x4.extadd_pairwise_i16x8_u", kNone, {3, 3}, 1},
    {0x80, "i16x8.abs", kNone, {1, 1}, 1},
    {0x81, "i16x8.neg", kNone, {1, 1}, 1},
    {0x82, "i16x8.q15mulr_sat_s", kNone, {1, 1}, 1},
    {0x83, "i16x8.all_true", kNone, {1, 1}, 1},
    {0x84, "i16x8.bitmask", kNone, {1, 1}, 1},
    {0x85, "i16x8.narrow_i32x4_s", kNone, {1, 1}, 1},
    {0x86, "i16x8.narrow_i32x4_u", kNone, {1, 1}, 1},
    {0x87, "i16x8.extend_low_i8x16_s", kNone, {1, 1}, 1},
    {0x88, "i16x8.extend_high_i8x16_s", kNone, {1, 1}, 1},
    {0x89, "i16x8.extend_low_i8x16_u", kNone, {1, 1}, 1},
    {0x8A, "i16x8.extend_high_i8x16_u", kNone, {1, 1}, 1},
    {0x8B, "i16x8.shl", kNone, {2, 2}, 1},
    {0x8C, "i16x8.shr_s", kNone, {2, 2}, 1},
    {0x8D, "i16x8.shr_u", kNone, {2, 2}, 1},
    {0x8E, "i16x8.add", kNone, {1, 1}, 1},
    {0x8F, "i16x8.add_sat_s", kNone, {1, 1}, 1},
    {0x90, "i16x8.add_sat_u", kNone, {1, 1}, 1},
    {0x91, "i16x8.sub", kNone, {1, 1}, 1},
    {0x92, "i16x8.sub_sat_s", kNone, {1, 1}, 1},
    {0x93, "i16x8.sub_sat_u", kNone, {1, 1}, 1},
    {0x94, "f64x2.nearest", kNone, {2, 2}, 1},
    {0x95, "i16x8.mul", kNone, {1, 1}, 1},
    {0x96, "i16x8.min_s", kNone, {1, 1}, 1},
    {0x97, "i16x8.min_u", kNone, {1, 1}, 1},
    {0x98, "i16x8.max_s", kNone, {1, 1}, 1},
    {0x99, "i16x8.max_u", kNone, {1, 1}, 1},
    {0x9B, "i16x8.avgr_u", kNone, {1, 1}, 1},
    {0x9C, "i16x8.extmul_low_i8x16_s", kNone, {1, 1}, 1},
    {0x9D, "i16x8.extmul_high_i8x16_s", kNone, {2, 2}, 1},
    {0x9E, "i16x8.extmul_low_i8x16_u", kNone, {1, 1}, 1},
    {0x9F, "i16x8.extmul_high_i8x16_u", kNone, {2, 2}, 1},
    {0xA0, "i32x4.abs", kNone, {1, 1}, 1},
    {0xA1, "i32x4.neg", kNone, {1, 1}, 1},
    {0xA3, "i32x4.all_true", kNone, {1, 1}, 1},
    {0xA4, "i32x4.bitmask", kNone, {1, 1}, 1},
    {0xA7, "i32x4.extend_low_i16x8_s", kNone, {1, 1}, 1},
    {0xA8, "i32x4.extend_high_i16x8_s", kNone, {1, 1}, 1},
    {0xA9, "i32x4.extend_low_i16x8_u", kNone, {1, 1}, 1},
    {0xAA, "i32x4.extend_high_i16x8_u", kNone, {1, 1}, 1},
    {0xAB, "i32x4.shl", kNone, {2, 2}, 1},
    {0xAC, "i32x4.shr_s", kNone, {2, 2}, 1},
    {0xAD, "i32x4.shr_u", kNone, {2, 2}, 1},
    {0xAE, "i32x4.add", kNone, {1, 1}, 1},
    {0xB1, "i32x4.sub", kNone, {1, 1}, 1},
    {0xB5, "i32x4.mul", kNone, {2, 2}, 1},
    {0xB6, "i32x4.min_s", kNone, {1, 1}, 1},
    {0xB7, "i32x4.min_u", kNone, {1, 1}, 1},
    {0xB8, "i32x4.max_s", kNone, {1, 1}, 1},
    {0xB9, "i32x4.max_u", kNone, {1, 1}, 1},
    {0xBA, "i32x4.dot_i16x8_s", kNone, {1, 1}, 1},
    {0xBC, "i32x4.extmul_low_i16x8_s", kNone, {2, 2}, 1},
    {0xBD, "i32x4.extmul_high_i16x8_s", kNone, {2, 2}, 1},
    {0xBE, "i32x4.extmul_low_i16x8_u", kNone, {2, 2}, 1},
    {0xBF, "i32x4.extmul_high_i16x8_u", kNone, {2, 2}, 1},
    {0xC0, "i64x2.abs", kNone, {1, 1}, 1},
    {0xC1, "i64x2.neg", kNone, {1, 1}, 1},
    {0xC3, "i64x2.all_true", kNone, {1, 1}, 1},
    {0xC4, "i64x2.bitmask", kNone, {1, 1}, 1},
    {0xC7, "i64x2.extend_low_i32x4_s", kNone, {1, 1}, 1},
    {0xC8, "i64x2.extend_high_i32x4_s", kNone, {1, 1}, 1},
    {0xC9, "i64x2.extend_low_i32x4_u", kNone, {1, 1}, 1},
    {0xCA, "i64x2.extend_high_i32x4_u", kNone, {1, 1}, 1},
    {0xCB, "i64x2.shl", kNone, {2, 2}, 1},
    {0xCC, "i64x2.shr_s", kNone, {3, 3}, 1},
    {0xCD, "i64x2.shr_u", kNone, {2, 2}, 1},
    {0xCE, "i64x2.add", kNone, {1, 1}, 1},
    {0xD1, "i64x2.sub", kNone, {1, 1}, 1},
    {0xD5, "i64x2.mul", kNone, {4, 4}, 1},
    {0xD6, "i64x2.eq", kNone, {1, 1}, 1},
    {0xD7, "i64x2.ne", kNone, {1, 1}, 1},
    {0xD8, "i64x2.lt_s", kNone, {1, 1}, 1},
    {0xD9, "i64x2.gt_s", kNone, {1, 1}, 1},
    {0xDA, "i64x2.le_s", kNone, {1, 1}, 1},
    {0xDB, "i64x2.ge_s", kNone, {1, 1}, 1},
    {0xDC, "i64x2.extmul_low_i32x4_s", kNone, {1, 1}, 1},
    {0xDD, "i64x2.extmul_high_i32x4_s", kNone, {1, 1}, 1},
    {0xDE, "i64x2.extmul_low_i32x4_u", kNone, {1, 1}, 1},
    {0xDF, "i64x2.extmul_high_i32x4_u", kNone, {1, 1}, 1},
    {0xE0, "f32x4.abs", kNone, {2, 2}, 1},
    {0xE1, "f32x4.neg", kNone, {2, 2}, 1},
    {0xE3, "f32x4.sqrt", kNone, {5, 5}, 1},
    {0xE4, "f32x4.add", kNone, {2, 2}, 1},
    {0xE5, "f32x4.sub", kNone, {2, 2}, 1},
    {0xE6, "f32x4.mul", kNone, {2, 2}, 1},
    {0xE7, "f32x4.div", kNone, {10, 10}, 1},
    {0xE8, "f32x4.min", kNone, {4, 4}, 1},
    {0xE9, "f32x4.max", kNone, {4, 4}, 1},
    {0xEA, "f32x4.pmin", kNone, {1, 1}, 1},
    {0xEB, "f32x4.pmax", kNone, {1, 1}, 1},
    {0xEC, "f64x2.abs", kNone, {2, 2}, 1},
    {0xED, "f64x2.neg", kNone, {2, 2}, 1},
    {0xEF, "f64x2.sqrt", kNone, {14, 14}, 1},
    {0xF0, "f64x2.add", kNone, {2, 2}, 1},
    {0xF1, "f64x2.sub", kNone, {2, 2}, 1},
    {0xF2, "f64x2.mul", kNone, {2, 2}, 1},
    {0xF3, "f64x2.div", kNone, {12, 12}, 1},
    {0xF4, "f64x2.min", kNone, {4, 4}, 1},
    {0xF5, "f64x2.max", kNone, {5, 5}, 1},
    {0xF6, "f64x2.pmin", kNone, {1, 1}, 1},
    {0xF7, "f64x2.pmax", kNone, {1, 1}, 1},
    {0xF8, "i32x4.trunc_sat_f32x4_s", kNone, {2, 2}, 1},
    {0xF9, "i32x4.trunc_sat_f32x4_u", kNone, {4, 4}, 1},
    {0xFA, "f32x4.convert_i32x4_s", kNone, {1, 1}, 1},
    {0xFB, "f32x4.convert_i32x4_u", kNone, {4, 4}, 1},
    {0xFC, "i32x4.trunc_sat_f64x2_s_zero", kNone, {2, 2}, 1},
    {0xFD, "i32x4.trunc_sat_f64x2_u_zero", kNone, {3, 3}, 1},
    {0xFE, "f64x2.convert_low_i32x4_s", kNone, {1, 1}, 1},
    {0xFF, "f64x2.convert_low_i32x4_u", kNone, {1, 1}, 1},
});
// clang-format on

template <std::size_t N>
constexpr std::array<const Operator*, 256> by_code(const std::array<Operator, N>& rows) {
  std::array<const Operator*, 256> index{};
  for (const Operator& row : rows)
    index[row.code] = &row;
  return index;
}
constexpr auto kPlainByCode = by_code(kPlain);
constexpr auto kPrefixFcByCode = by_code(kPrefixFc);
constexpr auto kPrefixFdByCode = by_code(kPrefixFd);

constexpr std::uint32_t kMemoryIndexFollows = 0x40;

}  // namespace

std::span<const Operator> operators(std::uint8_t prefix) {
  switch (prefix) {
    case 0xFC:
      return kPrefixFc;
    case 0xFD:
      return kPrefixFd;
    default:
      return kPlain;
  }
}

bool OperatorScanner::next(Instruction& out) {
  if (in_.done()) return false;
  out.start = in_.offset();
  const std::uint8_t byte = in_.byte();
  if (byte != 0xFC && byte != 0xFD) [[likely]] {
    out.row = kPlainByCode[byte];
    out.code = byte;
  } else {
    const std::uint32_t sub = in_.u32();
    const auto& index = byte == 0xFC ? kPrefixFcByCode : kPrefixFdByCode;
    out.row = sub < index.size() ? index[sub] : nullptr;
    out.code = static_cast<std::uint16_t>(byte << 8 | (sub & 0xFF));
  }
  if (out.row == nullptr) {
    in_.fail("unknown operator");
    return false;
  }
  read_immediates(out);
  out.end = in_.offset();
  return !in_.failed();
}

void OperatorScanner::read_immediates(Instruction& out) {
  switch (out.row->immediate) {
    case kNone:
      break;
    case kBlock:
      out.first = in_.s33();
      break;
    case kHeapType:
      out.first = in_.s33();
      break;
    case kLabel:
    case kFunction:
    case kLocal:
    case kGlobal:
    case kTable:
    case kElement:
    case kData:
    case kMemory:
      out.first = in_.u32();
      break;
    case kTypeTable:
    case kTableTable:
    case kElementTable:
    case kDataMemory:
    case kMemoryMemory:
      out.first = in_.u32();
      out.second = in_.u32();
      break;
    case kLabels:
      out.first = in_.count();
      for (std::int64_t i = 0; i <= out.first && !in_.failed(); ++i)
        (void)in_.u32();
      break;
    case kTypes:
      out.first = in_.count();
      for (std::int64_t i = 0; i < out.first && !in_.failed(); ++i)
        (void)in_.s33();
      break;
    case kAddress:
    case kAddressLane:
      if ((in_.u32() & kMemoryIndexFollows) != 0) (void)in_.u32();
      out.first = static_cast<std::int64_t>(in_.u64());
      if (out.row->immediate == kAddressLane) (void)in_.byte();
      break;
    case kLane:
      (void)in_.byte();
      break;
    case kI32:
      out.first = in_.s32();
      break;
    case kI64:
      out.first = in_.s64();
      break;
    case kBytes4:
      in_.take(4);
      break;
    case kBytes8:
      in_.take(8);
      break;
    case kBytes16:
      in_.take(16);
      break;
  }
}

}  // namespace icpd::execution::wasm
