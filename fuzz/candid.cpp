// Any bytes as a Candid message: read as sent, and at an expected type with every kind of type in
// it. What was read as sent and is written again reads the same.
#include <cstdlib>

#include "codec/candid_mapping.hpp"

using namespace icpd;
using namespace icpd::codec;
using namespace icpd::codec::candid;

namespace {

struct Node {
  std::optional<Nat> size;
  std::string name;
  std::vector<Node> children;
  Variants<Case<"file", Bytes>, Case<"link", PrincipalBytes>, Case<"none">> content;
  std::optional<Func<std::tuple<std::string>, std::tuple<Int>, kQuery>> callback;
  std::vector<std::pair<std::uint64_t, double>> pairs;
  static constexpr auto kCandid =
      record(field<"size">(&Node::size), field<"name">(&Node::name),
             field<"children">(&Node::children), field<"content">(&Node::content),
             field<"callback">(&Node::callback), field<"pairs">(&Node::pairs));
};

bool has_future_type(const ArgTypes& types) {
  for (const Type& type : types.table)
    if (type.op == Op::kFuture) return true;
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Limits limits{.values_max = 20'000, .skipped_max = 20'000, .depth_max = 200};
  const ByteView message(data, size);
  (void)decode_args<Node, std::optional<Int>, Reserved>(message, limits);
  const auto sent = decode_as_sent(message, limits);
  if (!sent.ok() || has_future_type(sent->types)) return 0;
  const Bytes again = encode(sent->types, sent->values);
  const auto back = decode_as_sent(again, limits);
  if (!back.ok() || encode(back->types, back->values) != again) std::abort();
  return 0;
}
