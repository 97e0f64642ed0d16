// Any bytes as a certificate, a hash tree and a canister signature: reading, digesting, looking up
// and pruning end, and pruning keeps the digest.
#include <cstdlib>

#include "certification/canister_signature.hpp"
#include "certification/witness.hpp"

using namespace icpd;
using namespace icpd::certification;

namespace {

void use(const HashTree& tree, const Slice& input) {
  const ByteView label = input.view().first(std::min<std::size_t>(input.size(), 3));
  (void)tree.lookup({label, as_bytes("public_key")});
  PathSet paths;
  paths.add({label});
  paths.add({as_bytes("subnet"), label});
  if (prune(tree, paths).digest() != tree.digest()) std::abort();
  if (HashTree::decode(Slice(tree.encode())).value() != tree) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const TrustRoot kRoot{crypto::BlsSecretKey::from_seed(Bytes(32, 1)).public_key()};
  const Slice input = Slice::copy_of({data, size});
  if (const auto tree = HashTree::decode(input); tree.ok()) use(*tree, input);
  if (const auto certificate = Certificate::decode(input); certificate.ok()) {
    use(certificate->tree, input);
    (void)certificate->time();
    if (const auto certifier = certifier_of(*certificate, kRoot); certifier.ok())
      (void)certifier->speaks_for(types::canister_id_from_index(1));
  }
  (void)decode_ranges(input);
  const CanisterSignatureKey key{types::canister_id_from_index(1), input};
  (void)check_canister_signature(key, as_bytes("payload"), input, kRoot);
  return 0;
}
