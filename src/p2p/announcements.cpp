#include "p2p/announcements.hpp"

namespace icpd::p2p {

bool Announcements::remove_source(const types::NodeId& peer, const types::ArtifactId& id) {
  const auto known = known_.find(id);
  ensure(known != known_.end(), "what a slot holds is known");
  auto& sources = known->second.sources;
  const auto source = sources.find(peer);
  ensure(source != sources.end() && source->second > 0, "who has a slot is a source");
  if (--source->second == 0) sources.erase(source);
  if (!sources.empty()) return false;
  known_.erase(known);
  return true;
}

Announcements::Change Announcements::apply(const types::NodeId& peer, const Update& update) {
  Table& table = tables_[peer][static_cast<std::size_t>(update.id.kind)];
  const auto [it, is_new] = table.try_emplace(update.slot, Slot{update.commit, update.id});
  if (!is_new && it->second.commit >= update.commit) return {};
  // The new source first: an artifact that only moves to another commit stays known.
  ++known_[update.id].sources[peer];
  Change change{.accepted = true, .forgotten = std::nullopt};
  if (!is_new) {
    const types::ArtifactId replaced = it->second.id;
    it->second = Slot{update.commit, update.id};
    if (remove_source(peer, replaced)) change.forgotten = replaced;
  }
  return change;
}

std::vector<types::ArtifactId> Announcements::drop_peer(const types::NodeId& peer) {
  std::vector<types::ArtifactId> forgotten;
  const auto tables = tables_.find(peer);
  if (tables == tables_.end()) return forgotten;
  for (const Table& table : tables->second) {
    for (const auto& [number, slot] : table) {
      if (remove_source(peer, slot.id)) forgotten.push_back(slot.id);
    }
  }
  tables_.erase(tables);
  return forgotten;
}

bool Announcements::is_delivered(const types::ArtifactId& id) const {
  const auto known = known_.find(id);
  return known != known_.end() && known->second.delivered;
}

void Announcements::mark_delivered(const types::ArtifactId& id, bool delivered) {
  const auto known = known_.find(id);
  if (known != known_.end()) known->second.delivered = delivered;
}

std::vector<types::NodeId> Announcements::sources(const types::ArtifactId& id) const {
  std::vector<types::NodeId> peers;
  const auto known = known_.find(id);
  if (known == known_.end()) return peers;
  for (const auto& [peer, slots] : known->second.sources)
    peers.push_back(peer);
  return peers;
}

}  // namespace icpd::p2p
