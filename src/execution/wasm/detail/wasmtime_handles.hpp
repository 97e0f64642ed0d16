// Owners for what the engine's C interface hands out.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <wasmtime.h>

#include "base/bytes.hpp"

namespace icpd::execution::wasm {

template <auto Delete>
struct Deleter {
  template <typename T>
  void operator()(T* pointer) const {
    Delete(pointer);
  }
};
template <typename T, auto Delete>
using Handle = std::unique_ptr<T, Deleter<Delete>>;

using ErrorHandle = Handle<wasmtime_error_t, wasmtime_error_delete>;
using TrapHandle = Handle<wasm_trap_t, wasm_trap_delete>;
using EngineHandle = Handle<wasm_engine_t, wasm_engine_delete>;
using ModuleHandle = Handle<wasmtime_module_t, wasmtime_module_delete>;
using LinkerHandle = Handle<wasmtime_linker_t, wasmtime_linker_delete>;
using InstancePreHandle = Handle<wasmtime_instance_pre_t, wasmtime_instance_pre_delete>;
using StoreHandle = Handle<wasmtime_store_t, wasmtime_store_delete>;
using FutureHandle = Handle<wasmtime_call_future_t, wasmtime_call_future_delete>;
using FunctionTypeHandle = Handle<wasm_functype_t, wasm_functype_delete>;

/// A vector of the C interface, freed at the end of the scope.
class ByteVector {
 public:
  ByteVector() { wasm_byte_vec_new_empty(&vector_); }
  ~ByteVector() { wasm_byte_vec_delete(&vector_); }
  ByteVector(const ByteVector&) = delete;
  ByteVector& operator=(const ByteVector&) = delete;
  [[nodiscard]] wasm_byte_vec_t* out() { return &vector_; }
  [[nodiscard]] ByteView view() const {
    return {reinterpret_cast<const std::uint8_t*>(vector_.data), vector_.size};
  }
  [[nodiscard]] std::string text() const { return {vector_.data, vector_.size}; }

 private:
  wasm_byte_vec_t vector_{};
};

[[nodiscard]] inline std::string message(const wasmtime_error_t& error) {
  ByteVector text;
  wasmtime_error_message(&error, text.out());
  return text.text();
}

/// For calls that only fail through a bug of ours.
inline void must_succeed(wasmtime_error_t* error, const char* what) {
  if (error == nullptr) return;
  const std::string text = std::string(what) + ": " + message(*ErrorHandle(error));
  ensure(false, text.c_str());
}

}  // namespace icpd::execution::wasm
