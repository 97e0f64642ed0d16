#include "p2p/announcements.hpp"

#include <algorithm>
#include <utility>

#include "p2p/limits.hpp"

namespace icpd::p2p {

Announcements::Known::Sources::iterator Announcements::source_at(Known& known,
                                                                 const types::NodeId& peer) {
  return std::lower_bound(
      known.sources.begin(), known.sources.end(), peer,
      [](const auto& source, const types::NodeId& p) { return source.first < p; });
}

std::pair<const Announcements::Known&, bool> Announcements::add_source(
    const types::NodeId& peer, const types::ArtifactId& id) {
  const auto [known, is_first] = known_.try_emplace(id);
  const auto source = source_at(known, peer);
  if (source != known.sources.end() && source->first == peer)
    ++source->second;
  else
    known.sources.emplace(source, peer, 1);
  return {known, is_first};
}

bool Announcements::remove_source(const types::NodeId& peer, const types::ArtifactId& id) {
  Known* known = known_.find(id);
  ensure(known != nullptr, "what a slot holds is known");
  const auto source = source_at(*known, peer);
  ensure(source != known->sources.end() && source->first == peer && source->second > 0,
         "who has a slot is a source");
  if (--source->second == 0) known->sources.erase(source);
  if (!known->sources.empty()) return false;
  known_.erase(id);
  return true;
}

Announcements::Change Announcements::apply(const types::NodeId& peer, const Update& update) {
  ensure(update.slot.value < slots_max(update.id.kind), "frames are within their bounds");
  Table& table = tables_[peer][static_cast<std::size_t>(update.id.kind)];
  if (table.size() <= update.slot.value) table.resize(update.slot.value + std::size_t{1});
  Slot& slot = table[update.slot.value];
  if (slot.commit >= update.commit) return {};
  // The new source first: an artifact that only moves to another commit stays known.
  const auto [known, is_first] = add_source(peer, update.id);
  Change change{.accepted = true,
                .is_first = is_first,
                .is_delivered = known.delivered,
                .forgotten = std::nullopt};
  const Slot replaced = std::exchange(slot, Slot{update.commit, update.id});
  if (replaced.commit != CommitNumber{} && remove_source(peer, replaced.id))
    change.forgotten = replaced.id;
  return change;
}

std::vector<types::ArtifactId> Announcements::drop_peer(const types::NodeId& peer) {
  std::vector<types::ArtifactId> forgotten;
  const auto tables = tables_.find(peer);
  if (tables == tables_.end()) return forgotten;
  for (const Table& table : tables->second) {
    for (const Slot& slot : table) {
      if (slot.commit != CommitNumber{} && remove_source(peer, slot.id))
        forgotten.push_back(slot.id);
    }
  }
  tables_.erase(tables);
  return forgotten;
}

bool Announcements::is_delivered(const types::ArtifactId& id) const {
  const Known* known = known_.find(id);
  return known != nullptr && known->delivered;
}

void Announcements::mark_delivered(const types::ArtifactId& id, bool delivered) {
  Known* known = known_.find(id);
  if (known != nullptr) known->delivered = delivered;
}

std::vector<types::NodeId> Announcements::sources(const types::ArtifactId& id) const {
  std::vector<types::NodeId> peers;
  const Known* known = known_.find(id);
  if (known == nullptr) return peers;
  for (const auto& [peer, slots] : known->sources)
    peers.push_back(peer);
  return peers;
}

}  // namespace icpd::p2p
