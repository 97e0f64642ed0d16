// What a node has signed that it must never sign differently again.
//
// The watermark lies beside the keys and is synced, in one batch with the node's own artifacts,
// before anything it covers is sent. After a restart a node signs none of the three at or below its
// height, unless its own share of that height is in the recovered pool: then it knows what it
// signed, and the rules of notary and finalizer hold as if it had never stopped. A finalization
// share at a height ends notarizing there even if it is all that is known. Keys without a watermark
// must not be used (the caller refuses to start). A block that carries the node's own signature,
// above its watermark and not made by it, shows that its keys are in use elsewhere: it stops.
//
// Why: a notarization share forgotten over a crash lets a node finalize a block while its share
// helps another; then two blocks of one height can be final (reference B.14).
#pragma once

#include <algorithm>
#include <tuple>

#include "types/numbers.hpp"

namespace icpd::consensus {

/// Highest heights signed; 0 where nothing was.
struct Watermark {
  types::Height block;
  types::Height notarization;
  types::Height finalization;

  bool operator==(const Watermark&) const = default;
  static constexpr auto kFields =
      std::tuple(&Watermark::block, &Watermark::notarization, &Watermark::finalization);
};

}  // namespace icpd::consensus
