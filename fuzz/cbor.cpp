// Any bytes as CBOR: the reader ends within its bounds, and what it accepts it can walk.
#include "codec/cbor.hpp"

#include <cstdlib>

using namespace icpd;
using namespace icpd::codec::cbor;

namespace {

std::size_t walk(const Item& item) {
  std::size_t items = 1;
  (void)item.u64();
  (void)item.i64();
  (void)item.bytes();
  (void)item.text();
  (void)item.find("content");
  for (auto child = item.first(); child; child = child->next_in(item))
    items += walk(*child);
  return items;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Limits limits{.depth_max = 64, .items_max = 10'000};
  const auto document = Document::parse({data, size}, limits);
  if (document.ok() && walk(document->root()) > limits.items_max) std::abort();
  return 0;
}
