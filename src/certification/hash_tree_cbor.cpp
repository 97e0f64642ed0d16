#include "certification/hash_tree.hpp"

namespace icpd::certification {
namespace {

using codec::Decoded;
using codec::DecodeError;
using codec::cbor::Item;
using codec::cbor::Kind;

// Numbers of the specification's CDDL.
constexpr std::uint64_t kEmptyNode = 0;
constexpr std::uint64_t kForkNode = 1;
constexpr std::uint64_t kLabeledNode = 2;
constexpr std::uint64_t kLeafNode = 3;
constexpr std::uint64_t kPrunedNode = 4;
/// Elements of the array, its number included.
constexpr std::size_t kArraySize[] = {1, 3, 3, 2, 2};

Decoded<HashTree> decode_node(const Item& item, const Slice& source, std::size_t depth) {
  if (depth > kTreeDepthMax) return Err(item.error("hash tree is too deep"));
  if (!item.is(Kind::kArray) || item.size() == 0) return Err(item.error("not a hash tree"));
  const Item number = *item.first();
  const std::uint64_t node = TRY(number.u64());
  if (node > kPrunedNode || item.size() != kArraySize[node])
    return Err(item.error("unknown node of a hash tree"));
  if (node == kEmptyNode) return HashTree();
  const Item second = *number.next_in(item);
  switch (node) {
    case kForkNode: {
      HashTree left = TRY(decode_node(second, source, depth + 1));
      return HashTree::fork(std::move(left),
                            TRY(decode_node(*second.next_in(item), source, depth + 1)));
    }
    case kLabeledNode: {
      const ByteView label = TRY(second.bytes());
      return HashTree::labeled(share(source, label),
                               TRY(decode_node(*second.next_in(item), source, depth + 1)));
    }
    case kLeafNode:
      return HashTree::leaf(share(source, TRY(second.bytes())));
    default: {
      const auto digest = Digest::from(TRY(second.bytes()));
      if (!digest) return Err(second.error("a pruned digest has 32 bytes"));
      return HashTree::pruned(*digest);
    }
  }
}

}  // namespace

void HashTree::encode(codec::cbor::Writer& out) const {
  switch (kind()) {
    case Kind::kEmpty:
      out.array(1).unsigned_integer(kEmptyNode);
      return;
    case Kind::kFork:
      out.array(3).unsigned_integer(kForkNode);
      left().encode(out);
      right().encode(out);
      return;
    case Kind::kLabeled:
      out.array(3).unsigned_integer(kLabeledNode).bytes(label());
      subtree().encode(out);
      return;
    case Kind::kLeaf:
      out.array(2).unsigned_integer(kLeafNode).bytes(value());
      return;
    case Kind::kPruned:
      out.array(2).unsigned_integer(kPrunedNode).bytes(pruned_digest());
      return;
  }
}

Bytes HashTree::encode() const {
  codec::cbor::Writer out;
  encode(out);
  return std::move(out).finish();
}

Decoded<HashTree> HashTree::decode(const Item& item, const Slice& source) {
  HashTree tree = TRY(decode_node(item, source, 1));
  if (!tree.is_well_formed()) return Err(item.error("hash tree is not well-formed"));
  return tree;
}

Decoded<HashTree> HashTree::decode(const Slice& source) {
  const auto document = TRY(codec::cbor::Document::parse(source, kTreeCborLimits));
  return decode(document.root(), source);
}

}  // namespace icpd::certification
