#include "p2p/broadcast.hpp"

namespace icpd::p2p {

namespace {

bool travels_inside(std::size_t size, Channel channel) {
  return size <= (channel == Channel::kUrgent ? kUrgentInlineSizeMax : kInlineSizeMax);
}

}  // namespace

std::optional<SlotNumber> Broadcast::take_slot(types::ArtifactKind kind) {
  Slots& slots = slots_[static_cast<std::size_t>(kind)];
  if (!slots.free.empty()) {
    const SlotNumber slot = slots.free.back();
    slots.free.pop_back();
    return slot;
  }
  if (slots.used_ever == slots_max(kind)) return std::nullopt;
  return SlotNumber{slots.used_ever++};
}

types::ArtifactId Broadcast::make_room(types::ArtifactKind kind) {
  // Ids are ordered by kind, then height.
  const auto lowest = active_.lower_bound(types::ArtifactId{kind, types::Height{0}, {}});
  ensure(lowest != active_.end() && lowest->first.kind == kind, "a full table isn't empty");
  const types::ArtifactId id = lowest->first;
  withdraw(id);
  return id;
}

std::optional<types::ArtifactId> Broadcast::publish(const types::ArtifactId& id, Slice content,
                                                    Channel channel) {
  ensure(content.size() <= kArtifactSizeMax, "the pools admit nothing larger");
  if (active_.contains(id)) return std::nullopt;
  std::optional<types::ArtifactId> evicted;
  std::optional<SlotNumber> slot = take_slot(id.kind);
  if (!slot) {
    evicted = make_room(id.kind);
    slot = take_slot(id.kind);
    ensure(slot.has_value());
  }
  const CommitNumber commit = ++last_commit_;
  Update update{commit, *slot, id, std::nullopt};
  if (travels_inside(content.size(), channel)) update.content = content;
  const auto [it, inserted] = active_.emplace(
      id, Active{id, std::move(content), channel, *slot, commit, encode(Frame{update})});
  ensure(inserted);
  by_commit_[index(channel)].emplace(commit, &it->second);
  newest_[index(channel)] = commit;
  return evicted;
}

void Broadcast::withdraw(const types::ArtifactId& id) {
  const auto it = active_.find(id);
  if (it == active_.end()) return;
  const Active& active = it->second;
  slots_[static_cast<std::size_t>(id.kind)].free.push_back(active.slot);
  const std::size_t erased = by_commit_[index(active.channel)].erase(active.commit);
  ensure(erased == 1, "every active artifact has its commit number");
  active_.erase(it);
}

const Broadcast::Active* Broadcast::find(const types::ArtifactId& id) const {
  const auto it = active_.find(id);
  return it == active_.end() ? nullptr : &it->second;
}

const Broadcast::Active* Broadcast::next(Channel channel, CommitNumber from) const {
  const auto& commits = by_commit_[index(channel)];
  const auto it = commits.lower_bound(from);
  return it == commits.end() ? nullptr : it->second;
}

}  // namespace icpd::p2p
