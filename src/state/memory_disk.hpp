// A disk in memory, for tests: files can be damaged, and writes fail after a number of bytes.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "io/disk.hpp"

namespace icpd::state::testing {

class MemoryDisk final : public io::Disk {
 public:
  using Content = std::shared_ptr<Bytes>;

  /// Bytes that may still be written before the disk is full.
  std::uint64_t room = UINT64_MAX;

  [[nodiscard]] Bytes& content(const std::string& path) { return *files_.at(path); }
  [[nodiscard]] const std::map<std::string, Content>& files() const { return files_; }

  Result<std::unique_ptr<io::File>> open(const std::string& path, io::OpenMode mode) override {
    const bool creates = mode == io::OpenMode::kCreate || mode == io::OpenMode::kCreateNew;
    if (!creates && !files_.contains(path)) return Err(path + ": not found");
    if (mode == io::OpenMode::kCreateNew && files_.contains(path)) return Err(path + ": exists");
    if (creates) files_[path] = std::make_shared<Bytes>();
    return std::unique_ptr<io::File>(std::make_unique<MemoryFile>(*this, files_[path]));
  }
  Status<> make_directory(const std::string&) override { return {}; }
  Status<> rename(const std::string& from, const std::string& to) override {
    files_[to] = files_.at(from);
    files_.erase(from);
    return {};
  }
  Status<> link(const std::string& from, const std::string& to) override {
    files_[to] = files_.at(from);
    return {};
  }
  Status<> remove(const std::string& path) override {
    files_.erase(path);
    return {};
  }
  Status<> remove_tree(const std::string& path) override {
    std::erase_if(files_, [&](const auto& f) { return f.first.starts_with(path + "/"); });
    return {};
  }
  Result<std::vector<std::string>> list(const std::string& path) override {
    std::vector<std::string> names;
    for (const auto& [name, content] : files_)
      if (name.starts_with(path + "/")) names.push_back(name.substr(path.size() + 1));
    return names;
  }
  bool exists(const std::string& path) override {
    return std::ranges::any_of(
        files_, [&](const auto& f) { return f.first == path || f.first.starts_with(path + "/"); });
  }
  Status<> sync_directory(const std::string&) override { return {}; }

 private:
  class MemoryFile final : public io::File {
   public:
    MemoryFile(MemoryDisk& disk, Content content) : disk_(disk), content_(std::move(content)) {}
    Result<std::uint64_t> size() override { return content_->size(); }
    Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
      if (offset >= content_->size()) return std::size_t{0};
      const std::size_t n = std::min<std::size_t>(out.size(), content_->size() - offset);
      std::copy_n(content_->begin() + static_cast<std::ptrdiff_t>(offset), n, out.begin());
      return n;
    }
    Status<> write_at(std::uint64_t offset, ByteView bytes) override {
      if (bytes.size() > disk_.room) return Err("disk is full");
      disk_.room -= bytes.size();
      if (content_->size() < offset + bytes.size()) content_->resize(offset + bytes.size());
      std::ranges::copy(bytes, content_->begin() + static_cast<std::ptrdiff_t>(offset));
      return {};
    }
    Status<> truncate(std::uint64_t size) override {
      content_->resize(size);
      return {};
    }
    Status<> reserve(std::uint64_t) override { return {}; }
    Status<> sync() override { return {}; }
    int descriptor() override { return -1; }

   private:
    MemoryDisk& disk_;
    Content content_;
  };

  std::map<std::string, Content> files_;
};

}  // namespace icpd::state::testing
