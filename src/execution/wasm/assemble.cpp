#include "execution/wasm/assemble.hpp"

#include "execution/wasm/detail/wasmtime_handles.hpp"

namespace icpd::execution::wasm {

Result<Bytes> assemble(std::string_view text) {
  ByteVector out;
  const ErrorHandle error(wasmtime_wat2wasm(text.data(), text.size(), out.out()));
  if (error != nullptr) return Err(message(*error));
  return to_bytes(out.view());
}

}  // namespace icpd::execution::wasm
