// One call of a System API function by a guest.
#pragma once

#include <cstring>

#include "execution/wasm/detail/execution_state.hpp"
#include "execution/wasm/system_api_table.hpp"

namespace icpd::execution::wasm {

/// Arguments, and what a function's body does with the guest's memory.
class Call {
 public:
  Call(detail::ExecutionState& execution, const SystemFunction& function,
       const wasmtime_val_raw_t* values, PointerWidth width)
      : execution(execution), function(function), values_(values), width_(width) {}

  [[nodiscard]] std::uint64_t address(std::size_t i) const {
    return width_ == PointerWidth::k64 ? static_cast<std::uint64_t>(values_[i].i64)
                                       : static_cast<std::uint32_t>(values_[i].i32);
  }
  [[nodiscard]] std::uint32_t i32(std::size_t i) const {
    return static_cast<std::uint32_t>(values_[i].i32);
  }
  [[nodiscard]] std::uint64_t i64(std::size_t i) const {
    return static_cast<std::uint64_t>(values_[i].i64);
  }
  /// Any of the three, by the table's letter.
  [[nodiscard]] std::uint64_t number(std::size_t i) const {
    switch (function.parameters[i]) {
      case 'P':
        return address(i);
      case 'i':
        return i32(i);
      default:
        return i64(i);
    }
  }
  [[nodiscard]] GuestBytes bytes(std::size_t source, std::size_t size) const {
    return {execution.heap_bytes(), address(source), address(size)};
  }
  [[nodiscard]] types::Cycles cycles(std::size_t high, std::size_t low) const {
    return types::Cycles{static_cast<unsigned __int128>(i64(high)) << 64 | i64(low)};
  }
  /// A table index that doesn't fit 32 bits becomes one that no table has.
  [[nodiscard]] Callback callback(std::size_t function_index, std::size_t environment) const {
    const std::uint64_t index = address(function_index);
    return {index > UINT32_MAX ? UINT32_MAX : static_cast<std::uint32_t>(index),
            address(environment)};
  }

  [[nodiscard]] HostResult<std::uint64_t> store(std::uint64_t address, ByteView bytes) const {
    const ByteView heap = execution.heap_bytes();
    if (bytes.size() > heap.size() || address > heap.size() - bytes.size()) {
      return Err(trapped(TrapCode::kHeapOutOfBounds));
    }
    // Guests may hand out memory that nothing is mapped to only within the heap, checked above.
    if (!bytes.empty()) std::memcpy(execution.heap.base() + address, bytes.data(), bytes.size());
    return std::uint64_t{0};
  }
  [[nodiscard]] HostResult<std::uint64_t> store(std::uint64_t address, types::Cycles amount) const {
    std::array<std::uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &amount.value, bytes.size());
    return store(address, ByteView(bytes));
  }
  /// The idiom of all *_copy functions.
  [[nodiscard]] HostResult<std::uint64_t> copy(ByteView blob, std::size_t destination,
                                               std::size_t offset, std::size_t size) const {
    const std::uint64_t from = address(offset);
    const std::uint64_t length = address(size);
    const GuestBytes target = bytes(destination, size);
    if (!target.in_bounds()) return Err(trapped(TrapCode::kHeapOutOfBounds));
    if (length > blob.size() || from > blob.size() - length) {
      return Err(contract_violation("ic0." + std::string(function.name) + " payload: src=" +
                                    std::to_string(from) + " + length=" + std::to_string(length) +
                                    " exceeds the slice size=" + std::to_string(blob.size())));
    }
    return store(address(destination), blob.subspan(from, length));
  }

  [[nodiscard]] SystemApi& api() const { return execution.api; }

  detail::ExecutionState& execution;
  const SystemFunction& function;

 private:
  const wasmtime_val_raw_t* values_;
  PointerWidth width_;
};

/// Result of a function, whatever its type; 0 if it has none.
using Answer = HostResult<std::uint64_t>;

/// Does what the function of kSystemApi at `index` says; charge and context are checked already.
[[nodiscard]] Answer run_system_function(std::size_t index, const Call& call);

}  // namespace icpd::execution::wasm
