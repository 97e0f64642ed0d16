// The content of a checkpoint's .state file: this record, then its SHA-256.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "codec/record.hpp"
#include "crypto/hash.hpp"
#include "state/ingress_history.hpp"
#include "types/block.hpp"
#include "types/numbers.hpp"

namespace icpd::state::detail {

inline constexpr std::uint32_t kCheckpointFormat = 3;

/// Pages [first, first + count) are in pages [at, at + count) of the file.
struct PageRun {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::uint64_t file = 0;
  std::uint64_t at = 0;
  static constexpr auto kFields =
      std::tuple(&PageRun::first, &PageRun::count, &PageRun::file, &PageRun::at);
};

struct StoredPageFile {
  std::uint64_t number = 0;
  std::uint64_t pages = 0;
  static constexpr auto kFields = std::tuple(&StoredPageFile::number, &StoredPageFile::pages);
};

struct StoredBlob {
  crypto::Digest hash;
  std::uint64_t file = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  static constexpr auto kFields =
      std::tuple(&StoredBlob::hash, &StoredBlob::file, &StoredBlob::offset, &StoredBlob::size);
};

struct StoredCanister {
  Slice record;
  /// Of each memory, in the order of for_each_map().
  std::vector<std::vector<PageRun>> maps;
  static constexpr auto kFields = std::tuple(&StoredCanister::record, &StoredCanister::maps);
};

struct CheckpointRecord {
  std::uint32_t format = kCheckpointFormat;
  types::Height height;
  types::StateHash hash;
  std::vector<StoredPageFile> page_files;
  std::vector<StoredBlob> blobs;
  Slice metadata;
  Slice subnet_queues;
  std::vector<StoredCanister> canisters;
  std::vector<std::pair<types::RequestId, IngressStatus>> ingress;

  static constexpr auto kFields = std::tuple(
      &CheckpointRecord::format, &CheckpointRecord::height, &CheckpointRecord::hash,
      &CheckpointRecord::page_files, &CheckpointRecord::blobs, &CheckpointRecord::metadata,
      &CheckpointRecord::subnet_queues, &CheckpointRecord::canisters, &CheckpointRecord::ingress);
};

}  // namespace icpd::state::detail
