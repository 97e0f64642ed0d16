#include "types/block.hpp"

namespace icpd::types {

BlockHash block_hash(const Block& block) {
  const Bytes record = codec::to_record(block);
  return *BlockHash::from(crypto::hash_in_domain("block_domain", {ByteView(record)}));
}

void record_write(codec::RecordWriter& out, const HashedBlock& block) {
  codec::write_record(out, *block);
}

Status<> record_read(codec::RecordReader& in, HashedBlock& block) {
  Block plain;
  TRY(codec::read_record(in, plain));
  block = HashedBlock(std::move(plain));
  return {};
}

}  // namespace icpd::types
