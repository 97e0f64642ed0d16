#include "io/disk.hpp"

namespace icpd::io {

namespace {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string(".") : path.substr(0, slash);
}

}  // namespace

Result<Bytes> read_file(Disk& disk, const std::string& path, std::uint64_t size_max) {
  const std::unique_ptr<File> file = TRY(disk.open(path, OpenMode::kRead));
  const std::uint64_t size = TRY(file->size());
  if (size > size_max)
    return Err(path + ": " + std::to_string(size) + " bytes, more than " +
               std::to_string(size_max));
  Bytes content(size);
  const std::size_t read = TRY(file->read_at(0, content));
  content.resize(read);
  return content;
}

Status<> replace_file(Disk& disk, const std::string& path, ByteView content) {
  const std::string aside = path + ".new";
  {
    const std::unique_ptr<File> file = TRY(disk.open(aside, OpenMode::kCreate));
    TRY(file->write_at(0, content));
    TRY(file->sync());
  }
  TRY(disk.rename(aside, path));
  return disk.sync_directory(parent_of(path));
}

}  // namespace icpd::io
