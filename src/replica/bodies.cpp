#include "replica/bodies.hpp"

namespace icpd::replica {

void Bodies::keep(types::Height height, const SharedIngress& message, const Encoded& artifact) {
  const types::IngressHash& hash = message->hash;
  if (const auto found = bodies_.find(hash); found != bodies_.end()) {
    if (found->second.height >= height) return;
    forget(found);
  }
  bytes_ += message->size();
  bodies_.emplace(hash, Body{message, artifact, height});
  by_height_.emplace(height, hash);
  while (bytes_ > kBodiesBytesMax && by_height_.size() > 1)
    purge_below(by_height_.begin()->first + 1);
}

const Bodies::Body* Bodies::find(const types::IngressHash& hash) const {
  const auto found = bodies_.find(hash);
  return found == bodies_.end() ? nullptr : &found->second;
}

void Bodies::purge_below(types::Height height) {
  while (!by_height_.empty() && by_height_.begin()->first < height)
    forget(bodies_.find(by_height_.begin()->second));
  complete_from_ = std::max(complete_from_, height);
}

void Bodies::forget(std::map<types::IngressHash, Body>::iterator body) {
  ensure(body != bodies_.end());
  const auto [first, last] = by_height_.equal_range(body->second.height);
  for (auto it = first; it != last; ++it) {
    if (it->second != body->first) continue;
    by_height_.erase(it);
    break;
  }
  bytes_ -= body->second.message->size();
  bodies_.erase(body);
}

}  // namespace icpd::replica
