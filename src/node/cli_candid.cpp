#include "node/cli_candid.hpp"

#include <icpd_candid.h>

#include "execution/wasm/prepare.hpp"
#include "execution/wasm/sections.hpp"

namespace icpd::node {
namespace {

icpd_text_t lent(ByteView bytes) {
  return {bytes.data(), bytes.size()};
}

icpd_text_t lent(std::string_view text) {
  return lent(as_bytes(text));
}

/// What a function of the interface gave: its result, or what was wrong.
Result<Bytes> taken(bool ok, icpd_buffer_t buffer) {
  Bytes bytes(buffer.data, buffer.data + buffer.size);
  icpd_buffer_free(buffer);
  if (!ok) return Err(std::string(as_text(bytes)));
  return bytes;
}

}  // namespace

Result<Bytes> candid_message(std::string_view text, const CandidUse& use) {
  icpd_buffer_t out{};
  const bool ok = icpd_candid_encode(lent(text), lent(use.interface), lent(use.method), &out);
  return taken(ok, out);
}

Result<std::string> candid_text(ByteView message, const CandidUse& use) {
  icpd_buffer_t out{};
  const bool ok = icpd_candid_decode(lent(message), lent(use.interface), lent(use.method), &out);
  return std::string(as_text(TRY(taken(ok, out))));
}

Status<> candid_compatible(std::string_view newer, std::string_view older) {
  icpd_buffer_t out{};
  const bool ok = icpd_candid_compatible(lent(newer), lent(older), &out);
  (void)TRY(taken(ok, out));
  return {};
}

std::string candid_interface(Slice module) {
  const auto bytes = execution::wasm::uncompressed(std::move(module));
  if (!bytes.ok()) return {};
  const auto sections = execution::wasm::parse_sections(*bytes);
  if (!sections.ok()) return {};
  for (const auto& custom : sections->customs) {
    for (const std::string_view visibility : {"icp:public ", "icp:private "}) {
      if (custom.name == std::string(visibility) + std::string(kCandidServiceSection))
        return std::string(as_text(custom.content));
    }
  }
  return {};
}

}  // namespace icpd::node
