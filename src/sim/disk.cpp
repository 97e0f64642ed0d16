#include "sim/disk.hpp"

#include <algorithm>
#include <set>

namespace icpd::sim {

namespace {

constexpr std::size_t kSector = 512;
/// Rot is near the end, so that it is in the last record of a log.
constexpr std::size_t kRottenBytes = 16;

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string(".") : path.substr(0, slash);
}

}  // namespace

class SimDisk::OpenFile final : public io::File {
 public:
  OpenFile(SimDisk& disk, Shared content) : disk_(disk), content_(std::move(content)) {}

  Result<std::uint64_t> size() override { return content_->current.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
    const Bytes& from = content_->current;
    if (offset >= from.size()) return std::size_t{0};
    const std::size_t n = std::min<std::size_t>(out.size(), from.size() - offset);
    std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(offset), n, out.begin());
    return n;
  }
  Status<> write_at(std::uint64_t offset, ByteView bytes) override {
    return record({offset, to_bytes(bytes), false});
  }
  Status<> truncate(std::uint64_t size) override { return record({size, {}, true}); }
  Status<> reserve(std::uint64_t) override { return {}; }
  Status<> sync() override {
    TRY(disk_.use_up());
    content_->durable = content_->current;
    content_->unsynced.clear();
    return {};
  }
  int descriptor() override { return -1; }

 private:
  Status<> record(Write write) {
    TRY(disk_.use_up());
    apply(content_->current, write);
    content_->unsynced.push_back(std::move(write));
    return {};
  }
  SimDisk& disk_;
  Shared content_;
};

Status<> SimDisk::use_up() {
  if (!left_) return {};
  if (*left_ == 0) return Err("the machine has stopped");
  --*left_;
  return {};
}

void SimDisk::apply(Bytes& content, const Write& write) {
  if (write.truncates) return content.resize(write.offset);
  if (write.bytes.empty()) return;
  content.resize(std::max<std::size_t>(content.size(), write.offset + write.bytes.size()));
  std::copy(write.bytes.begin(), write.bytes.end(),
            content.begin() + static_cast<std::ptrdiff_t>(write.offset));
}

void SimDisk::apply_torn(Bytes& content, const Write& write, Prng& random) {
  const std::uint64_t end = write.offset + write.bytes.size();
  for (std::uint64_t from = write.offset; from < end;) {
    const std::uint64_t to = std::min(end, (from / kSector + 1) * kSector);
    if (random.chance(1, 2)) {
      const auto first = write.bytes.begin() + static_cast<std::ptrdiff_t>(from - write.offset);
      apply(content, {from, Bytes(first, first + static_cast<std::ptrdiff_t>(to - from)), false});
    }
    from = to;
  }
}

void SimDisk::settle(Content& content, Prng& random, CrashFigures& figures) {
  for (const Write& write : content.unsynced) {
    const std::uint64_t luck = random.below(3);
    if (luck == 0) {
      ++figures.writes_lost;
    } else if (luck == 1 && !write.truncates) {
      ++figures.writes_torn;
      apply_torn(content.durable, write, random);
    } else {
      apply(content.durable, write);
    }
  }
  content.unsynced.clear();
  content.current = content.durable;
}

CrashFigures SimDisk::crash(Prng& random) {
  CrashFigures figures;
  go_on();
  // Names change in their order: a crash keeps a beginning of what wasn't synced.
  std::size_t kept = random.below(unsynced_names_.size() + 1);
  while (kept > 0 && unsynced_names_[kept - 1].with_next)
    --kept;
  for (std::size_t i = 0; i < kept; ++i) {
    const NameChange& change = unsynced_names_[i];
    if (change.content)
      durable_names_[change.path] = change.content;
    else
      durable_names_.erase(change.path);
  }
  unsynced_names_.clear();
  names_ = durable_names_;
  std::set<Content*> seen;
  for (auto& [path, content] : names_) {
    // Those who have the file open from before hold another one.
    if (seen.insert(content.get()).second) settle(*content, random, figures);
  }
  std::map<Content*, Shared> fresh;
  for (auto& [path, content] : names_) {
    Shared& copy = fresh[content.get()];
    if (!copy) copy = std::make_shared<Content>(*content);
    content = copy;
  }
  durable_names_ = names_;
  return figures;
}

bool SimDisk::rot_end_of(const std::string& directory, std::size_t keep, Prng& random) {
  const auto after = names_.lower_bound(directory + "0");  // the character after '/'
  if (after == names_.begin()) return false;
  const auto& [name, content] = *std::prev(after);
  const std::size_t size = content->current.size();
  if (!name.starts_with(directory + "/") || size <= keep) return false;
  const std::size_t reach = std::min<std::size_t>(size - keep, kRottenBytes);
  content->current[size - 1 - random.below(reach)] ^= 1;
  content->durable = content->current;
  return true;
}

void SimDisk::flip_bit(const std::string& path, Prng& random) {
  Content& content = *names_.at(path);
  ensure(!content.durable.empty() && content.unsynced.empty());
  const auto flip = static_cast<std::uint8_t>(1U << random.below(8));
  content.durable[random.below(content.durable.size())] ^= flip;
  content.current = content.durable;
}

void SimDisk::change_name(const std::string& path, Shared content, bool with_next) {
  if (content)
    names_[path] = content;
  else
    names_.erase(path);
  unsynced_names_.push_back({path, std::move(content), with_next});
}

Result<std::unique_ptr<io::File>> SimDisk::open(const std::string& path, io::OpenMode mode) {
  const auto found = names_.find(path);
  const bool is_there = found != names_.end();
  if (mode == io::OpenMode::kCreateNew && is_there) return Err(path + ": exists");
  if (mode == io::OpenMode::kRead || mode == io::OpenMode::kReadWrite) {
    if (!is_there) return Err(path + ": no such file");
    return std::unique_ptr<io::File>(std::make_unique<OpenFile>(*this, found->second));
  }
  if (!is_there) {
    TRY(use_up());
    change_name(path, std::make_shared<Content>());
    return std::unique_ptr<io::File>(std::make_unique<OpenFile>(*this, names_.at(path)));
  }
  auto file = std::make_unique<OpenFile>(*this, found->second);
  TRY(file->truncate(0));
  return std::unique_ptr<io::File>(std::move(file));
}

Status<> SimDisk::make_directory(const std::string&) {
  return {};
}

Status<> SimDisk::rename(const std::string& from, const std::string& to) {
  TRY(use_up());
  const auto found = names_.find(from);
  if (found == names_.end()) return Err(from + ": no such file");
  const Shared content = found->second;
  change_name(to, content, true);
  change_name(from, nullptr);
  return {};
}

Status<> SimDisk::link(const std::string& from, const std::string& to) {
  TRY(use_up());
  const auto found = names_.find(from);
  if (found == names_.end()) return Err(from + ": no such file");
  change_name(to, found->second);
  return {};
}

Status<> SimDisk::remove(const std::string& path) {
  TRY(use_up());
  if (names_.contains(path)) change_name(path, nullptr);
  return {};
}

Status<> SimDisk::remove_tree(const std::string& path) {
  TRY(use_up());
  std::vector<std::string> inside;
  for (const auto& [name, content] : names_) {
    if (name.starts_with(path + "/")) inside.push_back(name);
  }
  for (const std::string& name : inside)
    change_name(name, nullptr);
  return {};
}

Result<std::vector<std::string>> SimDisk::list(const std::string& path) {
  std::vector<std::string> found;
  for (const auto& [name, content] : names_) {
    if (!name.starts_with(path + "/")) continue;
    const std::string rest = name.substr(path.size() + 1);
    if (rest.find('/') == std::string::npos) found.push_back(rest);
  }
  return found;
}

bool SimDisk::exists(const std::string& path) {
  return std::any_of(names_.begin(), names_.end(), [&](const auto& entry) {
    return entry.first == path || entry.first.starts_with(path + "/");
  });
}

Status<> SimDisk::sync_directory(const std::string& path) {
  TRY(use_up());
  // Names of other directories stay undecided, and so do all changes before them in the order; a
  // sync of any directory settles everything up to its own last change.
  std::size_t last = 0;
  for (std::size_t i = 0; i < unsynced_names_.size(); ++i) {
    if (directory_of(unsynced_names_[i].path) == path) last = i + 1;
  }
  for (std::size_t i = 0; i < last; ++i) {
    const NameChange& change = unsynced_names_[i];
    if (change.content)
      durable_names_[change.path] = change.content;
    else
      durable_names_.erase(change.path);
  }
  unsynced_names_.erase(unsynced_names_.begin(),
                        unsynced_names_.begin() + static_cast<std::ptrdiff_t>(last));
  return {};
}

}  // namespace icpd::sim
