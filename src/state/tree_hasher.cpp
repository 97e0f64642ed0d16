#include "state/tree_hasher.hpp"

namespace icpd::state {

crypto::Digest TreeHasher::finish() {
  if (children_.empty()) return certification::empty_digest();
  while (children_.size() > 1) {
    std::size_t made = 0;
    for (std::size_t i = 0; i < children_.size(); i += 2)
      children_[made++] = i + 1 < children_.size()
                              ? certification::fork_digest(children_[i], children_[i + 1])
                              : children_[i];
    children_.resize(made);
  }
  return children_.front();
}

}  // namespace icpd::state
