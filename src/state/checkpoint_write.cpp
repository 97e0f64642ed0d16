#include <algorithm>
#include <functional>

#include "base/ensure.hpp"
#include "state/checkpoint.hpp"
#include "state/detail/checkpoint_files.hpp"
#include "state/detail/checkpoint_record.hpp"
#include "state/state_hash.hpp"

namespace icpd::state {

namespace {

using detail::CheckpointRecord;
using detail::PageRun;
using detail::StoredCanister;

/// Appends to a file that is made when the first bytes come.
class FileWriter {
 public:
  FileWriter(io::Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}

  Status<> append_bytes(ByteView bytes) {
    append(buffer_, bytes);
    size_ += bytes.size();
    return buffer_.size() >= kBufferBytes ? flush() : Status<>{};
  }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool used() const { return size_ != 0; }

  /// Durable afterwards, but for its name.
  Status<> finish() {
    if (!used()) return {};
    TRY(flush());
    TRY(file_->sync());
    file_.reset();
    return {};
  }

 private:
  static constexpr std::size_t kBufferBytes = 1 * kMiB;

  Status<> flush() {
    if (!file_) file_ = TRY(disk_.open(path_, io::OpenMode::kCreate));
    TRY(file_->write_at(written_, buffer_));
    written_ += buffer_.size();
    buffer_.clear();
    return {};
  }

  io::Disk& disk_;
  std::string path_;
  std::unique_ptr<io::File> file_;
  Bytes buffer_;
  std::uint64_t size_ = 0;
  std::uint64_t written_ = 0;
};

/// Files of which less than half is used: their pages move to the new file. A page that several
/// memories share is one page.
std::set<const PageFile*> sparse_files(const ReplicatedState& state) {
  std::map<const PageFile*, std::vector<bool>> used;
  for (const auto& [id, canister] : state.canisters()) {
    detail::for_each_map(*canister, [&](const MapName&, const PageMap& map) {
      map.for_each_stored([&](PageIndex, const PageLocation& at) {
        std::vector<bool>& pages = used[at.file.get()];
        pages.resize(at.file->pages);
        pages.at(at.index_in_file) = true;
      });
    });
  }
  std::set<const PageFile*> sparse;
  for (const auto& [file, pages] : used)
    if (static_cast<std::uint64_t>(std::ranges::count(pages, true)) * 2 < file->pages)
      sparse.insert(file);
  return sparse;
}

struct Place {
  PageIndex page = 0;
  std::uint64_t file = 0;
  std::uint64_t at = 0;
};

std::vector<PageRun> runs_of(std::vector<Place> places) {
  std::ranges::sort(places, {}, &Place::page);
  std::vector<PageRun> runs;
  for (const Place& place : places) {
    const bool follows = !runs.empty() && runs.back().file == place.file &&
                         runs.back().first + runs.back().count == place.page &&
                         runs.back().at + runs.back().count == place.at;
    if (follows)
      ++runs.back().count;
    else
      runs.push_back({place.page, 1, place.file, place.at});
  }
  return runs;
}

/// Writes pages to the checkpoint's own file, each once: memories and the snapshots of them share
/// pages.
class PageWriter {
 public:
  PageWriter(FileWriter& out, const ReplicatedState& state) : out_(out) {
    for (const auto& [id, canister] : state.canisters())
      some_are_shared_ = some_are_shared_ || !canister->snapshots->all().empty();
  }

  /// A page in memory is known by its address, which lives as long as the state that is written.
  std::uint64_t add_in_memory(ByteView content) {
    if (!some_are_shared_) return add(content);
    const auto [place, is_new] = in_memory_.try_emplace(content.data(), 0);
    if (is_new) place->second = add(content);
    return place->second;
  }
  /// A page that moves here from an older file.
  std::uint64_t add_moved(const PageLocation& from, const PageMap& map, PageIndex page) {
    const auto [place, is_new] = moved_.try_emplace({from.file->number, from.index_in_file}, 0);
    if (is_new) {
      Bytes content(kPageSize);
      map.read_page(page, content);
      place->second = add(content);
    }
    return place->second;
  }
  [[nodiscard]] const Status<>& status() const { return status_; }

 private:
  std::uint64_t add(ByteView content) {
    const std::uint64_t at = out_.size() / kPageSize;
    if (status_.ok()) status_ = out_.append_bytes(content);
    return at;
  }

  FileWriter& out_;
  bool some_are_shared_ = false;
  std::map<const std::uint8_t*, std::uint64_t> in_memory_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> moved_;
  Status<> status_;
};

/// Writes the pages of one map that aren't in a file that stays.
class MapWriter {
 public:
  MapWriter(PageWriter& out, const std::shared_ptr<PageFile>& file,
            const std::set<const PageFile*>& sparse)
      : out_(out), file_(file), sparse_(sparse) {}

  Result<std::vector<PageRun>> write(const PageMap& map, std::vector<WrittenPage>& written) {
    map.for_each_delta([&](PageIndex page, ByteView content) {
      const std::uint64_t at = out_.add_in_memory(content);
      written.push_back({page, {file_, at}});
      places_.push_back({page, file_->number, at});
    });
    map.for_each_stored([&](PageIndex page, const PageLocation& location) {
      if (!sparse_.contains(location.file.get())) {
        places_.push_back({page, location.file->number, location.index_in_file});
        files_.insert(location.file);
        return;
      }
      places_.push_back({page, file_->number, out_.add_moved(location, map, page)});
    });
    TRY(out_.status());
    return runs_of(std::move(places_));
  }
  /// Files that the map goes on using.
  [[nodiscard]] const std::set<std::shared_ptr<PageFile>>& files() const { return files_; }

 private:
  PageWriter& out_;
  const std::shared_ptr<PageFile>& file_;
  const std::set<const PageFile*>& sparse_;
  std::vector<Place> places_;
  std::set<std::shared_ptr<PageFile>> files_;
};

}  // namespace

Status<> CheckpointStore::write_pages(const ReplicatedState& state, Checkpoint& checkpoint,
                                      CheckpointRecord& record) {
  const auto file = std::make_shared<PageFile>();
  file->number = state.height().value;
  FileWriter out(disk_, detail::pages_path(file->number));
  const std::set<const PageFile*> sparse = sparse_files(state);
  PageWriter pages(out, state);
  std::map<std::uint64_t, std::uint64_t> used;
  for (const auto& [id, canister] : state.canisters()) {
    StoredCanister stored{.record = Slice(codec::to_record(*canister))};
    Status<> status;
    detail::for_each_map(*canister, [&](const MapName& name, const PageMap& map) {
      if (!status.ok()) return;
      MapWriter writer(pages, file, sparse);
      WrittenMap written{.canister = id, .name = name, .pages = map};
      auto runs = writer.write(map, written.written);
      if (!runs.ok()) {
        status = Err(runs.error());
        return;
      }
      stored.maps.push_back(std::move(runs).value());
      for (const auto& other : writer.files())
        used[other->number] = other->pages;
      if (!written.written.empty()) checkpoint.maps.push_back(std::move(written));
    });
    TRY(status);
    record.canisters.push_back(std::move(stored));
  }
  TRY(out.finish());
  file->pages = out.size() / kPageSize;
  checkpoint.bytes_written += out.size();
  if (out.used()) {
    used[file->number] = file->pages;
    file->file = TRY(disk_.open(detail::pages_path(file->number), io::OpenMode::kRead));
    page_files_[file->number] = file;
  }
  for (const auto& [number, pages] : used)
    record.page_files.push_back({number, pages});
  return {};
}

Status<> CheckpointStore::write_blobs(const ReplicatedState& state, CheckpointRecord& record,
                                      Checkpoint& checkpoint) {
  const std::uint64_t number = state.height().value;
  FileWriter out(disk_, detail::blobs_path(number));
  std::map<crypto::Digest, detail::StoredBlob> stored;
  Status<> status;
  const auto add = [&](const Blob& blob) {
    if (!status.ok() || stored.contains(blob.hash)) return;
    const auto known = blobs_.find(blob.hash);
    // A file of the same number is being replaced.
    if (known != blobs_.end() && known->second.file != number) {
      stored[blob.hash] = {blob.hash, known->second.file, known->second.offset, blob.size};
      return;
    }
    stored[blob.hash] = {blob.hash, number, out.size(), blob.size};
    status = out.append_bytes(blob.bytes);
  };
  for (const auto& [id, canister] : state.canisters())
    detail::for_each_blob(*canister, add);
  TRY(status);
  TRY(out.finish());
  checkpoint.bytes_written += out.size();
  for (const auto& [hash, blob] : stored)
    record.blobs.push_back(blob);
  return {};
}

Result<Checkpoint> CheckpointStore::write(const ReplicatedState& state) {
  for (const auto& [id, nothing] : state.index().long_executions())
    ensure(!state.find(id)->long_execution->is_paused, "checkpoints have no paused execution");
  Checkpoint checkpoint{.height = state.height(), .hash = state_hash(state)};
  CheckpointRecord record{.height = checkpoint.height, .hash = checkpoint.hash};
  record.metadata = Slice(codec::to_record(state.metadata()));
  record.subnet_queues = Slice(codec::to_record(state.subnet_queues()));
  for (const auto& [id, status] : state.ingress().map())
    record.ingress.emplace_back(id, status);

  TRY(disk_.make_directory("files"));
  TRY(disk_.make_directory("checkpoints"));
  TRY(write_pages(state, checkpoint, record));
  TRY(write_blobs(state, record, checkpoint));
  TRY(disk_.sync_directory("files"));
  Bytes content = codec::to_record(record);
  append(content, crypto::sha256(content).view());
  TRY(io::replace_file(disk_, detail::state_path(checkpoint.height.value), content));
  checkpoint.bytes_written += content.size();
  remember(record);
  return checkpoint;
}

void CheckpointStore::remember(const CheckpointRecord& record) {
  blobs_.clear();
  FilesOf files;
  for (const detail::StoredBlob& blob : record.blobs) {
    blobs_[blob.hash] = {blob.file, blob.offset};
    files.blobs.insert(blob.file);
  }
  for (const detail::StoredPageFile& file : record.page_files)
    files.pages.insert(file.number);
  files_of_[record.height] = std::move(files);
}

void adopt(ReplicatedState& tip, const Checkpoint& checkpoint) {
  for (const WrittenMap& map : checkpoint.maps) {
    const CanisterState* canister = tip.find(map.canister);
    if (canister == nullptr) continue;
    tip.update(map.canister, [&](CanisterState& writable) {
      PageMap* pages = detail::find_map(writable, map.name);
      if (pages == nullptr) return;
      for (const WrittenPage& written : map.written)
        pages->adopt_location(written.page, map.pages, written.location);
    });
  }
}

}  // namespace icpd::state
