#include "state/execution_state.hpp"

#include "state/tree_hasher.hpp"

namespace icpd::state {

Blob Blob::of(Slice bytes) {
  return Blob{crypto::sha256(bytes.view()), bytes.size(), std::move(bytes)};
}

void record_write(codec::RecordWriter& out, const Blob& blob) {
  codec::write_record(out, blob.hash);
  codec::write_record(out, blob.size);
}

Status<> record_read(codec::RecordReader& in, Blob& blob) {
  blob.bytes = {};
  TRY(codec::read_record(in, blob.hash));
  return codec::read_record(in, blob.size);
}

std::uint64_t Module::metadata_size_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [name, section] : metadata)
    bytes += name.size() + section.content.size();
  return bytes;
}

Shared<Module> seal(Module module) {
  TreeHasher tree;
  for (const auto& [name, section] : module.metadata)
    tree.add_leaf(name, section.content);
  module.metadata_digest = tree.finish();
  return Shared<Module>(std::move(module));
}

void record_write(codec::RecordWriter& out, const Module& module) {
  std::uint8_t methods = 0;
  static_assert(kSystemMethods <= 8);
  for (std::size_t i = 0; i < kSystemMethods; ++i)
    methods |= static_cast<std::uint8_t>(module.system_methods[i] ? 1U << i : 0U);
  codec::write_record(out, module.code);
  codec::write_record(out, methods);
  codec::write_record(out, module.metadata);
}

Status<> record_read(codec::RecordReader& in, Module& module) {
  std::uint8_t methods = 0;
  TRY(codec::read_record(in, module.code));
  TRY(codec::read_record(in, methods));
  TRY(codec::read_record(in, module.metadata));
  for (std::size_t i = 0; i < kSystemMethods; ++i)
    module.system_methods[i] = ((methods >> i) & 1U) != 0;
  module = *seal(std::move(module));
  return {};
}

}  // namespace icpd::state
