#include <algorithm>
#include <ranges>
#include <utility>

#include "base/ensure.hpp"
#include "state/checkpoint.hpp"
#include "state/detail/checkpoint_files.hpp"
#include "state/detail/checkpoint_record.hpp"
#include "state/state_hash.hpp"

namespace icpd::state {

using detail::CheckpointRecord;
using detail::PageRun;
using detail::StoredCanister;

namespace detail {

std::string hex16(std::uint64_t number) {
  Bytes bytes;
  append_be(bytes, number);
  return to_hex(bytes);
}

std::optional<std::uint64_t> number_of(std::string_view name, std::string_view suffix) {
  if (name.size() != 16 + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  const auto bytes = from_hex(name.substr(0, 16));
  if (!bytes.has_value()) return std::nullopt;
  const auto number = load_be<std::uint64_t>(*bytes);
  return hex16(number) == name.substr(0, 16) ? std::optional(number) : std::nullopt;
}

PageMap* find_map(CanisterState& canister, const MapName& name) {
  if (!name.snapshot.has_value()) {
    if (!canister.execution.has_value() || name.kind == MapKind::kModule) return nullptr;
    ExecutionState& execution = canister.execution->write();
    return name.kind == MapKind::kHeap ? &execution.heap.pages : &execution.stable.pages;
  }
  if (canister.snapshots->find(*name.snapshot) == nullptr) return nullptr;
  Snapshot& snapshot = canister.snapshots.write().write(*name.snapshot);
  if (name.kind == MapKind::kHeap) return &snapshot.heap.pages;
  if (name.kind == MapKind::kStable) return &snapshot.stable.pages;
  auto* draft = std::get_if<ModuleDraft>(&snapshot.module);
  return draft == nullptr ? nullptr : &draft->pages;
}

}  // namespace detail

namespace {

/// More than any .state file can have.
constexpr std::uint64_t kStateFileSizeMax = 64 * kGiB;

using PageFiles = std::map<std::uint64_t, std::shared_ptr<PageFile>>;
using Blobs = std::map<crypto::Digest, Slice>;

/// A page that can't be read later ends the process, so all are read once here.
Status<> check_readable(const PageRun& run, io::File& file) {
  constexpr std::uint64_t kPagesAtOnce = 256;
  Bytes buffer;
  for (std::uint64_t done = 0; done < run.count; done += kPagesAtOnce) {
    buffer.resize(std::min(kPagesAtOnce, run.count - done) * kPageSize);
    if (TRY(file.read_at((run.at + done) * kPageSize, buffer)) != buffer.size())
      return Err("a file of pages ends early");
  }
  return {};
}

Status<> fill_pages(PageMap& map, const std::vector<PageRun>& runs, const PageFiles& files) {
  const std::optional<crypto::Digest> expected = map.expected_digest();
  map.clear_expected_digest();
  for (const PageRun& run : runs) {
    const auto file = files.find(run.file);
    if (file == files.end()) return Err("pages in a file that isn't listed");
    const std::uint64_t available = file->second->pages;
    if (run.at > available || run.count > available - run.at || run.first > kPagesMax ||
        run.count > kPagesMax - run.first)
      return Err("pages beyond the end");
    TRY(check_readable(run, *file->second->file));
    for (std::uint64_t i = 0; i < run.count; ++i)
      map.set_location(run.first + i, {file->second, run.at + i});
  }
  if (!expected.has_value() || map.digest() != *expected)
    return Err("pages differ from their digest");
  return {};
}

Status<> fill_blob(Blob& blob, const Blobs& blobs) {
  const auto found = blobs.find(blob.hash);
  if (found == blobs.end() || found->second.size() != blob.size)
    return Err("a module or chunk is missing");
  blob.bytes = found->second;
  return {};
}

Status<> fill_chunks(ChunkStore& chunks, const Blobs& blobs) {
  for (auto& [hash, chunk] : chunks)
    TRY(fill_blob(chunk, blobs));
  return {};
}

Status<> fill_snapshots(Snapshots& snapshots, const Blobs& blobs) {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, snapshot] : snapshots.all())
    numbers.push_back(number);
  for (const std::uint64_t number : numbers) {
    Snapshot& snapshot = snapshots.write(number);
    if (auto* module = std::get_if<Blob>(&snapshot.module)) TRY(fill_blob(*module, blobs));
    TRY(fill_chunks(snapshot.chunks.write(), blobs));
  }
  return {};
}

Result<Cow<CanisterState>> read_canister(const StoredCanister& stored, const PageFiles& files,
                                         const Blobs& blobs) {
  auto canister = TRY(codec::from_record<CanisterState>(stored.record));
  std::vector<MapName> names;
  detail::for_each_map(canister,
                       [&](const MapName& name, const PageMap&) { names.push_back(name); });
  if (names.size() != stored.maps.size()) return Err("memories that the canister doesn't have");
  for (std::size_t i = 0; i < names.size(); ++i)
    TRY(fill_pages(*detail::find_map(canister, names[i]), stored.maps[i], files));
  if (canister.execution.has_value()) {
    ExecutionState& execution = canister.execution->write();
    Module module = *execution.module;
    TRY(fill_blob(module.code, blobs));
    execution.module = seal(std::move(module));
  }
  TRY(fill_chunks(canister.chunks.write(), blobs));
  TRY(fill_snapshots(canister.snapshots.write(), blobs));
  return Cow<CanisterState>(std::move(canister));
}

}  // namespace

/// Builds a state from its parts.
class StateReader {
 public:
  static Result<ReplicatedState> read(const CheckpointRecord& record, const PageFiles& files,
                                      const Blobs& blobs) {
    auto metadata = TRY(codec::from_record<SystemMetadata>(record.metadata));
    const NetworkTopology& topology = *metadata.topology;
    if (!topology.subnets.contains(topology.own_subnet) ||
        !topology.subnets.contains(topology.root_subnet))
      return Err("topology without its own subnet");
    ReplicatedState state(metadata.topology);
    state.metadata_ = Cow<SystemMetadata>(std::move(metadata));
    state.subnet_queues_ =
        Cow<CanisterQueues>(TRY(codec::from_record<CanisterQueues>(record.subnet_queues)));
    for (const StoredCanister& stored : record.canisters)
      state.put(TRY(read_canister(stored, files, blobs)));
    for (const auto& [id, status] : record.ingress) {
      if (state.ingress_.contains(id)) return Err("two entries for one request");
      state.ingress_.restore(id, status);
    }
    return state;
  }
};

Result<std::shared_ptr<PageFile>> CheckpointStore::open_pages(std::uint64_t number,
                                                              std::uint64_t pages) {
  if (auto open = page_files_[number].lock(); open != nullptr && open->pages == pages) return open;
  auto file = std::make_shared<PageFile>();
  file->number = number;
  file->pages = pages;
  file->file = TRY(disk_.open(detail::pages_path(number), io::OpenMode::kRead));
  if (TRY(file->file->size()) / kPageSize < pages) return Err("a file of pages is too short");
  page_files_[number] = file;
  return file;
}

Result<CheckpointRecord> CheckpointStore::read_record(types::Height height) {
  const Slice content(
      TRY(io::read_file(disk_, detail::state_path(height.value), kStateFileSizeMax)));
  if (content.size() < crypto::Digest::kSize) return Err("too short");
  const std::size_t size = content.size() - crypto::Digest::kSize;
  const ByteView checksum = content.view().subspan(size);
  const Slice body = content.part(0, size);
  if (!equal(crypto::sha256(body.view()), checksum)) return Err("checksum differs");
  auto record = TRY(codec::from_record<CheckpointRecord>(body));
  if (record.format != detail::kCheckpointFormat)
    return Err("format " + std::to_string(record.format) + " is not known");
  if (record.height != height) return Err("of another height");
  return record;
}

Result<LoadedCheckpoint> CheckpointStore::load_one(types::Height height) {
  const CheckpointRecord record = TRY(read_record(height));
  PageFiles files;
  for (const detail::StoredPageFile& file : record.page_files)
    files[file.number] = TRY(open_pages(file.number, file.pages));
  Blobs blobs;
  for (const detail::StoredBlob& stored : record.blobs) {
    if (stored.size > types::limits::kWasmModuleSizeMax) return Err("a blob is too large");
    Bytes bytes(stored.size);
    const auto file = TRY(disk_.open(detail::blobs_path(stored.file), io::OpenMode::kRead));
    if (TRY(file->read_at(stored.offset, bytes)) != bytes.size() ||
        crypto::sha256(bytes) != stored.hash)
      return Err("a module or chunk is damaged");
    blobs[stored.hash] = Slice(std::move(bytes));
  }
  LoadedCheckpoint loaded{TRY(StateReader::read(record, files, blobs)), record.hash};
  if (loaded.state.height() != height || state_hash(loaded.state) != record.hash)
    return Err("state hash differs");
  remember(record);
  return loaded;
}

Result<std::vector<types::Height>> CheckpointStore::heights() {
  std::vector<types::Height> heights;
  if (!disk_.exists("checkpoints")) return heights;
  for (const std::string& name : TRY(disk_.list("checkpoints")))
    if (const auto number = detail::number_of(name, detail::kStateSuffix))
      heights.emplace_back(*number);
  std::ranges::sort(heights);
  return heights;
}

Result<FoundCheckpoint> CheckpointStore::load(types::Height height_max) {
  auto heights = TRY(this->heights());
  FoundCheckpoint found;
  for (const types::Height height : std::views::reverse(heights)) {
    if (height > height_max) continue;
    auto loaded = load_one(height);
    if (loaded.ok()) {
      found.newest = std::move(loaded).value();
      break;
    }
    found.damaged.push_back("checkpoint " + to_string(height) + ": " + loaded.error().message);
  }
  return found;
}

Status<> CheckpointStore::keep_from(types::Height height) {
  const auto heights = TRY(this->heights());
  for (const types::Height old : heights) {
    if (old >= height || old == heights.back()) continue;
    TRY(disk_.remove(detail::state_path(old.value)));
    files_of_.erase(old);
  }
  return remove_unused_files();
}

Status<> CheckpointStore::remove_unused_files() {
  FilesOf needed;
  for (const types::Height height : TRY(heights())) {
    if (!files_of_.contains(height)) {
      const auto record = read_record(height);
      // What a damaged checkpoint needed isn't known; nobody will load it.
      if (!record.ok()) continue;
      FilesOf& files = files_of_[height];
      for (const detail::StoredBlob& blob : record->blobs)
        files.blobs.insert(blob.file);
      for (const auto& file : record->page_files)
        files.pages.insert(file.number);
    }
    needed.pages.insert(files_of_[height].pages.begin(), files_of_[height].pages.end());
    needed.blobs.insert(files_of_[height].blobs.begin(), files_of_[height].blobs.end());
  }
  if (!disk_.exists("files")) return {};
  for (const std::string& name : TRY(disk_.list("files"))) {
    const auto pages = detail::number_of(name, detail::kPagesSuffix);
    const auto blobs = detail::number_of(name, detail::kBlobsSuffix);
    const bool keep = (pages.has_value() && needed.pages.contains(*pages)) ||
                      (blobs.has_value() && needed.blobs.contains(*blobs));
    if (!keep) TRY(disk_.remove("files/" + name));
  }
  return disk_.sync_directory("files");
}

}  // namespace icpd::state
