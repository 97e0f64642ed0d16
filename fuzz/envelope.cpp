// Any bytes as a request: reading and authenticating end; a request that was read and is written
// again has the same id, and checks of forged signatures never abort.
#include "certification/envelope.hpp"

#include <cstdlib>

#include "certification/request_auth.hpp"

using namespace icpd;
using namespace icpd::certification;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TrustRoot kRoot{crypto::BlsSecretKey::from_seed(Bytes(32, 1)).public_key()};
  const auto envelope = parse_envelope(Slice::copy_of({data, size}));
  if (!envelope.ok()) return 0;
  if (request_id(envelope->content) != envelope->request_id) std::abort();
  const auto again = parse_envelope(Slice(encode_envelope(envelope->content, std::nullopt)));
  if (!again.ok() || again->request_id != envelope->request_id) std::abort();
  (void)check_expiry(*envelope, Time{1}, Time::max());
  (void)authenticate(*envelope, Time{1}, kRoot);
  return 0;
}
