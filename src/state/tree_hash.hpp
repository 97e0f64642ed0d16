// Digests of the interface specification's hash tree ("Certification", "Encoding of certificates").
//
//   empty             SHA-256("\x11ic-hashtree-empty")
//   fork(l, r)        SHA-256("\x10ic-hashtree-fork" · l · r)
//   labeled(label, t) SHA-256("\x13ic-hashtree-labeled" · label · t)
//   leaf(v)           SHA-256("\x10ic-hashtree-leaf" · v)
#pragma once

#include "base/bytes.hpp"
#include "crypto/hash.hpp"

namespace icpd::state {

[[nodiscard]] const crypto::Digest& empty_digest();
[[nodiscard]] crypto::Digest fork_digest(const crypto::Digest& left, const crypto::Digest& right);
[[nodiscard]] crypto::Digest labeled_digest(ByteView label, const crypto::Digest& tree);
[[nodiscard]] crypto::Digest leaf_digest(ByteView value);

}  // namespace icpd::state
