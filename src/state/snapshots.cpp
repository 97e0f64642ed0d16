#include "state/snapshots.hpp"

#include "base/ensure.hpp"

namespace icpd::state {

Bytes SnapshotId::bytes() const {
  Bytes out;
  append_be(out, number);
  append(out, canister.view());
  return out;
}

std::string SnapshotId::text() const {
  return std::to_string(number) + "-" + canister.text();
}

std::optional<SnapshotId> SnapshotId::from_bytes(ByteView bytes) {
  constexpr std::size_t kNumber = sizeof(std::uint64_t);
  if (bytes.size() < kNumber) return std::nullopt;
  const auto canister = types::Principal::from_bytes(bytes.subspan(kNumber));
  if (!canister.ok()) return std::nullopt;
  return SnapshotId{types::CanisterId(*canister), load_be<std::uint64_t>(bytes.first(kNumber))};
}

std::uint64_t Snapshot::module_size_bytes() const {
  if (const auto* draft = std::get_if<ModuleDraft>(&module)) return draft->size_bytes;
  return std::get<Blob>(module).size;
}

Bytes Snapshot::module_part(std::uint64_t offset, std::uint64_t size) const {
  ensure(size <= module_size_bytes() && offset <= module_size_bytes() - size);
  if (const auto* blob = std::get_if<Blob>(&module))
    return to_bytes(blob->bytes.view().subspan(offset, size));
  Bytes part(size);
  std::get<ModuleDraft>(module).pages.read(offset, part);
  return part;
}

std::uint64_t Snapshot::size_bytes() const {
  return module_size_bytes() + heap.size_bytes + stable.size_bytes +
         globals.size() * kGlobalSizeBytes + state::size_bytes(*chunks) + certified_data.size();
}

std::uint64_t Snapshots::add(Snapshot snapshot) {
  ensure(by_number_.size() < types::limits::kSnapshotsPerCanisterMax);
  const std::uint64_t number = next_++;
  by_number_.emplace(number, Cow<Snapshot>(std::move(snapshot)));
  return number;
}

void Snapshots::remove(std::uint64_t number) {
  const std::size_t removed = by_number_.erase(number);
  ensure(removed == 1, "a snapshot is removed once");
}

Snapshot& Snapshots::write(std::uint64_t number) {
  return by_number_.at(number).write();
}

const Snapshot* Snapshots::find(std::uint64_t number) const {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : &*found->second;
}

std::uint64_t Snapshots::size_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& [number, snapshot] : by_number_)
    bytes += snapshot->size_bytes();
  return bytes;
}

}  // namespace icpd::state
