// Any bytes as an artifact: an error, or a value whose encoding is exactly these bytes.
#include "types/artifact.hpp"

#include <cstdlib>

using namespace icpd;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Slice bytes = Slice::copy_of(ByteView(data, size));
  const auto artifact = types::decode(bytes);
  if (!artifact.ok()) return 0;
  const auto again = types::encode((*artifact)->artifact);
  if (again->bytes != bytes || again->id != (*artifact)->id) std::abort();
  return 0;
}
