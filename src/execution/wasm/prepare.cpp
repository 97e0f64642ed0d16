#include "execution/wasm/prepare.hpp"

#include <zlib.h>

#include "execution/wasm/acceptance.hpp"
#include "execution/wasm/meter.hpp"
#include "execution/wasm/sections.hpp"

namespace icpd::execution::wasm {
namespace {

constexpr std::array<std::uint8_t, 4> kWasmMagic = {0x00, 0x61, 0x73, 0x6D};
constexpr std::array<std::uint8_t, 3> kGzipMagic = {0x1F, 0x8B, 0x08};
/// A header and a trailer alone have 18 bytes; nothing shorter than this is looked at.
constexpr std::size_t kGzipSizeMin = 16;
/// Deflate makes at most 1,032 bytes out of one (RFC 1951: 258 bytes from two bits).
constexpr std::uint64_t kDeflateRatioMax = 1032;

bool starts_with(ByteView bytes, ByteView prefix) {
  return bytes.size() >= prefix.size() && equal(bytes.first(prefix.size()), prefix);
}

auto undecodable(std::string_view why) {
  return Err(invalid_module("Failed to decode wasm module: " + std::string(why) + "."));
}

HostResult<void> check_size(std::uint64_t size) {
  if (size <= module_limits::kModuleSizeMax) return {};
  return Err(invalid_module("Wasm module size of " + std::to_string(size) +
                            " exceeds the maximum allowed size of " +
                            std::to_string(module_limits::kModuleSizeMax) + "."));
}

/// Exactly out.size() bytes, or false.
bool inflate_exactly(ByteView compressed, Bytes& out) {
  constexpr int kGzip = 16;
  z_stream stream{};
  if (::inflateInit2(&stream, kGzip + MAX_WBITS) != Z_OK) return false;
  stream.next_in = const_cast<Bytef*>(compressed.data());
  stream.avail_in = static_cast<uInt>(compressed.size());
  // One byte more than declared, to see a stream that holds more.
  const std::size_t declared = out.size();
  out.resize(declared + 1);
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  const int status = ::inflate(&stream, Z_FINISH);
  const bool exact = status == Z_STREAM_END && stream.total_out == declared;
  ::inflateEnd(&stream);
  out.resize(declared);
  return exact;
}

HostResult<Slice> gunzip(ByteView compressed) {
  if (compressed.size() < kGzipSizeMin) return undecodable("the gzip stream is too short");
  TRY(check_size(compressed.size()));
  const auto declared = load_le<std::uint32_t>(compressed.last(4));
  TRY(check_size(declared));
  if (declared > compressed.size() * kDeflateRatioMax) {
    return undecodable("the gzip stream is shorter than its declared size");
  }
  Bytes out(declared);
  if (!inflate_exactly(compressed, out)) {
    return undecodable("the gzip stream is damaged or not of its declared size");
  }
  return Slice(std::move(out));
}

HostResult<void> check_code_section(ByteView module) {
  const std::size_t size = code_section_size(module);
  if (size <= module_limits::kCodeSectionSizeMax) return {};
  return Err(invalid_module("Wasm module code section size of " + std::to_string(size) +
                            " exceeds the maximum allowed size of " +
                            std::to_string(module_limits::kCodeSectionSizeMax) + "."));
}

}  // namespace

HostResult<Slice> uncompressed(Slice uploaded) {
  if (starts_with(uploaded, kGzipMagic)) return gunzip(uploaded);
  if (!starts_with(uploaded, kWasmMagic)) return undecodable("unsupported canister module format");
  TRY(check_size(uploaded.size()));
  return uploaded;
}

HostResult<PreparedModule> prepare(const Engine& engine, Slice uploaded) {
  const Slice module = TRY(uncompressed(std::move(uploaded)));
  TRY(check_code_section(module));
  TRY(engine.validate(module));
  auto sections = parse_sections(module);
  if (!sections.ok()) return undecodable(sections.error().message);
  PreparedModule result;
  AcceptedModule accepted = TRY(accept_module(module, sections.value()));
  result.facts = Shared<ModuleFacts>(std::move(accepted.facts));
  result.data = std::move(accepted.data);
  result.metered = Slice(meter_module(sections.value(), *result.facts));
  TRY(engine.validate(result.metered));
  result.metered_hash = crypto::sha256(result.metered);
  return result;
}

}  // namespace icpd::execution::wasm
