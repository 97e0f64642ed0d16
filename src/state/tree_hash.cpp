#include "state/tree_hash.hpp"

namespace icpd::state {

const crypto::Digest& empty_digest() {
  static const crypto::Digest digest = crypto::Hasher("ic-hashtree-empty").finish();
  return digest;
}

crypto::Digest fork_digest(const crypto::Digest& left, const crypto::Digest& right) {
  return crypto::Hasher("ic-hashtree-fork").update(left.view()).update(right.view()).finish();
}

crypto::Digest labeled_digest(ByteView label, const crypto::Digest& tree) {
  return crypto::Hasher("ic-hashtree-labeled").update(label).update(tree.view()).finish();
}

crypto::Digest leaf_digest(ByteView value) {
  return crypto::Hasher("ic-hashtree-leaf").update(value).finish();
}

}  // namespace icpd::state
