#include "replica/bodies.hpp"

namespace icpd::replica {

void Bodies::keep(types::Height height, const SharedIngress& message, const Encoded& artifact) {
  const types::IngressHash& hash = message->hash;
  const auto [body, is_new] = bodies_.try_emplace(hash, Body{message, artifact, height});
  if (!is_new && body.height >= height) return;
  body.height = height;
  if (is_new) bytes_ += message->size();
  by_height_[height].push_back(hash);
  make_room();
}

void Bodies::executed(types::Height height) {
  executed_ = std::max(executed_, height);
  make_room();
}

void Bodies::make_room() {
  while (bytes_ > kBodiesBytesMax && by_height_.begin()->first <= executed_)
    purge_below(by_height_.begin()->first + 1);
}

const Bodies::Body* Bodies::find(const types::IngressHash& hash) const {
  return bodies_.find(hash);
}

void Bodies::purge_below(types::Height height) {
  while (!by_height_.empty() && by_height_.begin()->first < height) {
    const auto& [lowest, hashes] = *by_height_.begin();
    for (const types::IngressHash& hash : hashes) {
      const Body* body = bodies_.find(hash);
      if (body == nullptr || body->height != lowest) continue;
      bytes_ -= body->message->size();
      bodies_.erase(hash);
    }
    by_height_.erase(by_height_.begin());
  }
  complete_from_ = std::max(complete_from_, height);
}

}  // namespace icpd::replica
