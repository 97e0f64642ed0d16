#include "replica/artifact_log.hpp"

#include <algorithm>

#include "codec/record.hpp"
#include "crypto/hash.hpp"

namespace icpd::replica {

namespace {

constexpr std::string_view kMagic = "ICPDLOG2";
constexpr std::size_t kSlotSize = 512;
constexpr std::size_t kHeaderSize = 2 * kSlotSize;
constexpr std::size_t kRecordHead = 4 + 8 + 8;  // length, digest, sequence
constexpr std::string_view kSuffix = ".segment";
constexpr std::size_t kNumberDigits = 16;

/// What keys/watermark holds. The watermark is as of the last purge; the log knows the newest.
struct Binding {
  LogId id;
  consensus::Watermark watermark;
  static constexpr auto kFields = std::tuple(&Binding::id, &Binding::watermark);
};

struct LogRecord {
  std::vector<Slice> artifacts;
  consensus::Watermark watermark;
  static constexpr auto kFields = std::tuple(&LogRecord::artifacts, &LogRecord::watermark);
};

struct Slot {
  LogId id;
  std::uint64_t sequence = 0;
  /// The last record that is known to be durable.
  std::uint64_t durable = 0;
  /// The record before this segment's first; 0: there is none.
  std::uint64_t before = 0;
  consensus::Watermark watermark;
};

constexpr std::size_t kSlotUsed = kMagic.size() + LogId::kSize + 6 * 8;
static_assert(kSlotUsed + crypto::Digest::kSize <= kSlotSize);

Bytes encode_slot(const Slot& slot) {
  Bytes bytes = to_bytes(kMagic);
  append(bytes, slot.id.view());
  append_be<std::uint64_t>(bytes, slot.sequence);
  append_be<std::uint64_t>(bytes, slot.durable);
  append_be<std::uint64_t>(bytes, slot.before);
  append_be<std::uint64_t>(bytes, slot.watermark.block.value);
  append_be<std::uint64_t>(bytes, slot.watermark.notarization.value);
  append_be<std::uint64_t>(bytes, slot.watermark.finalization.value);
  ensure(bytes.size() == kSlotUsed);
  append(bytes, crypto::sha256(ByteView(bytes)).view());
  bytes.resize(kSlotSize);
  return bytes;
}

std::optional<Slot> decode_slot(ByteView bytes) {
  if (bytes.size() < kSlotSize) return std::nullopt;
  const ByteView used = bytes.first(kSlotUsed);
  const auto digest = crypto::sha256(used);
  if (!equal(digest, bytes.subspan(kSlotUsed, crypto::Digest::kSize))) return std::nullopt;
  if (!equal(used.first(kMagic.size()), as_bytes(kMagic))) return std::nullopt;
  ByteView rest = used.subspan(kMagic.size());
  Slot slot;
  slot.id = *LogId::from(rest.first(LogId::kSize));
  rest = rest.subspan(LogId::kSize);
  const auto number = [&] {
    const auto value = load_be<std::uint64_t>(rest);
    rest = rest.subspan(8);
    return value;
  };
  slot.sequence = number();
  slot.durable = number();
  slot.before = number();
  slot.watermark.block = types::Height{number()};
  slot.watermark.notarization = types::Height{number()};
  slot.watermark.finalization = types::Height{number()};
  return slot;
}

void raise(consensus::Watermark& to, const consensus::Watermark& from) {
  to.block = std::max(to.block, from.block);
  to.notarization = std::max(to.notarization, from.notarization);
  to.finalization = std::max(to.finalization, from.finalization);
}

std::string path_of(std::uint64_t number) {
  Bytes bytes;
  append_be<std::uint64_t>(bytes, number);
  return std::string(ArtifactLog::kDirectory) + "/" + to_hex(bytes) + std::string(kSuffix);
}

std::optional<std::uint64_t> number_of(const std::string& name) {
  if (name.size() != kNumberDigits + kSuffix.size() || !name.ends_with(kSuffix))
    return std::nullopt;
  const auto bytes = from_hex(std::string_view(name).substr(0, kNumberDigits));
  if (!bytes) return std::nullopt;
  return load_be<std::uint64_t>(*bytes);
}

ByteView digest_of(const crypto::Digest& digest) {
  return digest.view().first(8);
}

Bytes frame_record(std::uint64_t sequence, ByteView payload) {
  Bytes sealed;
  append_be<std::uint64_t>(sealed, sequence);
  append(sealed, payload);
  Bytes record;
  append_le<std::uint32_t>(record, static_cast<std::uint32_t>(payload.size()));
  append(record, digest_of(crypto::sha256(ByteView(sealed))));
  append(record, ByteView(sealed));
  return record;
}

struct RawRecord {
  std::uint64_t sequence = 0;
  Slice payload;
  std::uint64_t end = 0;
};

/// Nothing where no whole, unharmed record begins.
Result<std::optional<RawRecord>> read_record_at(io::File& file, std::uint64_t offset,
                                                std::uint64_t size) {
  if (size - offset < kRecordHead) return std::optional<RawRecord>();
  Bytes head(kRecordHead);
  if (TRY(file.read_at(offset, head)) != head.size()) return std::optional<RawRecord>();
  const std::uint64_t length = load_le<std::uint32_t>(head);
  if (length > ArtifactLog::kRecordSizeMax || length > size - offset - kRecordHead)
    return std::optional<RawRecord>();
  Bytes sealed(8 + length);
  if (TRY(file.read_at(offset + 12, sealed)) != sealed.size()) return std::optional<RawRecord>();
  const auto digest = crypto::sha256(ByteView(sealed));
  if (!equal(digest_of(digest), ByteView(head).subspan(4, 8))) return std::optional<RawRecord>();
  const Slice whole(std::move(sealed));
  return std::optional<RawRecord>(RawRecord{load_be<std::uint64_t>(whole),
                                            whole.part(8, whole.size() - 8),
                                            offset + kRecordHead + length});
}

types::Height top_of(const std::vector<Shared<types::EncodedArtifact>>& artifacts) {
  types::Height top;
  for (const auto& artifact : artifacts)
    top = std::max(top, artifact->id.height);
  return top;
}

}  // namespace

Status<> ArtifactLog::create(io::Disk& disk, const LogId& id) {
  if (disk.exists(kWatermarkFile))
    return Err(std::string(kWatermarkFile) + " is there: these keys have a log already");
  // Whatever is there without a watermark belongs to keys that never signed.
  TRY(disk.remove_tree(kDirectory));
  TRY(disk.make_directory(kDirectory));
  ArtifactLog log(disk);
  log.id_ = id;
  TRY(log.begin_segment());
  const Bytes binding = codec::to_record(Binding{id, {}});
  return io::replace_file(disk, kWatermarkFile, binding);
}

/// What belongs to the keys, by name.
struct ArtifactLog::Found {
  Binding binding;
  /// Growing; at least one.
  std::vector<std::uint64_t> segments;
};

Result<ArtifactLog::Found> ArtifactLog::find(io::Disk& disk) {
  if (!disk.exists(kWatermarkFile))
    return Err(std::string(kWatermarkFile) +
               " is missing, so nobody knows what these keys have signed; give this node new keys");
  const Bytes bytes = TRY(io::read_file(disk, kWatermarkFile, 4 * kKiB));
  auto binding = codec::from_record<Binding>(Slice(bytes));
  if (!binding.ok()) return Err(binding.error().within(kWatermarkFile));
  Found found{*binding, {}};
  if (disk.exists(kDirectory)) {
    for (const std::string& name : TRY(disk.list(kDirectory))) {
      if (const auto number = number_of(name)) found.segments.push_back(*number);
    }
  }
  if (found.segments.empty())
    return Err(std::string(kDirectory) +
               " has no log, but these keys have signed with one; give this node new keys");
  std::sort(found.segments.begin(), found.segments.end());
  return found;
}

Status<> ArtifactLog::check(io::Disk& disk) {
  (void)TRY(find(disk));
  return {};
}

Result<std::unique_ptr<ArtifactLog>> ArtifactLog::open(io::Disk& disk, RecoveredLog& recovered) {
  const Found found = TRY(find(disk));
  auto log = std::unique_ptr<ArtifactLog>(new ArtifactLog(disk));
  log->id_ = found.binding.id;
  log->watermark_ = found.binding.watermark;
  for (const std::uint64_t number : found.segments)
    TRY(log->read_segment(number, number == found.segments.back(), recovered));
  if (log->file_ == nullptr) TRY(log->begin_segment());
  recovered.watermark = log->watermark_;
  return log;
}

Status<> ArtifactLog::read_segment(std::uint64_t number, bool is_last, RecoveredLog& recovered) {
  const std::string path = path_of(number);
  auto file = TRY(disk_.open(path, io::OpenMode::kReadWrite));
  const std::uint64_t size = TRY(file->size());
  Bytes header(kHeaderSize);
  header.resize(TRY(file->read_at(0, header)));
  std::vector<Slot> slots;
  std::uint64_t promised = 0;
  std::uint64_t durable = 0;
  std::optional<std::uint64_t> before;
  for (const std::size_t at : {std::size_t{0}, kSlotSize}) {
    if (header.size() < at + kSlotSize) continue;
    const auto slot = decode_slot(ByteView(header).subspan(at));
    if (!slot) continue;
    if (slot->id != id_) return Err(path + " belongs to another node's keys");
    before = slot->before;
    promised = std::max(promised, slot->sequence);
    durable = std::max(durable, slot->durable);
    slots.push_back(*slot);
  }
  if (!before) {
    // A crash while the segment was begun: nothing in it was ever relied on.
    if (is_last && size <= kHeaderSize) return disk_.remove(path);
    return Err(path + " has a damaged header; restore it, or give this node new keys");
  }
  if (segments_.empty()) sequence_ = *before;
  if (sequence_ != *before)
    return Err(path +
               " doesn't continue the segment before; restore it, or give this node new keys");
  Segment segment{number, kHeaderSize, *before, {}};
  while (segment.size < size) {
    const auto record = TRY(read_record_at(*file, segment.size, size));
    if (!record || record->sequence != sequence_ + 1) break;
    const LogRecord content = TRY(codec::from_record<LogRecord>(record->payload));
    for (const Slice& artifact : content.artifacts) {
      recovered.artifacts.push_back(TRY(types::decode(artifact)));
      segment.top = std::max(segment.top, recovered.artifacts.back()->id.height);
    }
    raise(watermark_, content.watermark);
    sequence_ = record->sequence;
    segment.size = record->end;
  }
  for (const Slot& slot : slots) {
    const bool was_under_way = slot.sequence == sequence_ + 1 && durable <= sequence_;
    if (!was_under_way) raise(watermark_, slot.watermark);
  }
  // Shares that are left don't tell which others were lost, so nothing more is said beside them.
  if (durable > sequence_)
    watermark_.finalization = std::max(watermark_.finalization, watermark_.notarization);
  // A process that was killed may have left what is read here in memory only; whoever goes on from
  // it speaks of it.
  if (is_last) TRY(file->sync());
  if (segment.size < size || sequence_ < promised) {
    // An append begins when the one before is durable, so a crash harms the last record only.
    const bool is_torn = is_last && promised <= sequence_ + 1;
    if (!is_torn)
      return Err(path + " is damaged at byte " + std::to_string(segment.size) +
                 "; restore it, or give this node new keys");
    recovered.tail_dropped = true;
    TRY(drop_tail(*file, segment));
  }
  segments_.push_back(segment);
  if (is_last) file_ = std::move(file);
  return {};
}

Status<> ArtifactLog::drop_tail(io::File& file, const Segment& segment) const {
  TRY(file.truncate(segment.size));
  // One slot at a time, so that one is whole whenever the machine stops.
  const Bytes slot = encode_slot({id_, sequence_, sequence_, segment.before, watermark_});
  for (const std::size_t at : {std::size_t{0}, kSlotSize}) {
    TRY(file.write_at(at, slot));
    TRY(file.sync());
  }
  return {};
}

Status<> ArtifactLog::begin_segment() {
  const std::uint64_t number = segments_.empty() ? 1 : segments_.back().number + 1;
  file_ = TRY(disk_.open(path_of(number), io::OpenMode::kCreate));
  const Bytes slot = encode_slot({id_, sequence_, sequence_, sequence_, watermark_});
  Bytes header = slot;
  icpd::append(header, ByteView(slot));
  TRY(file_->write_at(0, header));
  TRY(file_->sync());
  TRY(disk_.sync_directory(kDirectory));
  segments_.push_back({number, kHeaderSize, sequence_, {}});
  return {};
}

Status<> ArtifactLog::write_slot(std::uint64_t place, std::uint64_t durable) {
  const Bytes slot = encode_slot({id_, sequence_, durable, segments_.back().before, watermark_});
  return file_->write_at((place % 2) * kSlotSize, slot);
}

Status<> ArtifactLog::append(const std::vector<Shared<types::EncodedArtifact>>& artifacts,
                             const consensus::Watermark& watermark) {
  ensure(file_ != nullptr && !segments_.empty());
  LogRecord content;
  for (const auto& artifact : artifacts)
    content.artifacts.push_back(artifact->bytes);
  content.watermark = watermark;
  const Bytes payload = codec::to_record(content);
  if (payload.size() > kRecordSizeMax) return Err("a record of the log is too large");
  Segment& segment = segments_.back();
  ++sequence_;
  raise(watermark_, watermark);
  const Bytes record = frame_record(sequence_, payload);
  TRY(file_->write_at(segment.size, record));
  TRY(write_slot(sequence_, sequence_ - 1));
  TRY(file_->sync());
  TRY(write_slot(sequence_ + 1, sequence_));
  segment.size += record.size();
  segment.top = std::max(segment.top, top_of(artifacts));
  return {};
}

Status<> ArtifactLog::purge(types::Height below) {
  if (segments_.back().size > kHeaderSize) TRY(begin_segment());
  // Oldest first, so that what is left is one stretch.
  while (segments_.size() > 1 && segments_.front().top < below) {
    TRY(disk_.remove(path_of(segments_.front().number)));
    segments_.erase(segments_.begin());
  }
  const Bytes binding = codec::to_record(Binding{id_, watermark_});
  return io::replace_file(disk_, kWatermarkFile, binding);
}

std::uint64_t ArtifactLog::size_bytes() const {
  std::uint64_t size = 0;
  for (const Segment& segment : segments_)
    size += segment.size;
  return size;
}

}  // namespace icpd::replica
