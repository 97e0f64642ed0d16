// Whatever a peer sends as transcript, shares or certificate is answered, never fatal.
#include "crypto/threshold.hpp"

#include "codec/record.hpp"
#include "crypto/quorum.hpp"

using namespace icpd;
using namespace icpd::crypto;

namespace {

const Dealt& dealt() {
  static const Dealt value = deal(Bytes(32, 1), {ThresholdTag::kHigh, 4, 2, 1});
  return value;
}

template <typename T, typename F>
void with_record(const Slice& input, F&& f) {
  const Result<T> record = codec::from_record<T>(input);
  if (!record) return;
  ensure(codec::to_record(*record) == to_bytes(input.view()), "a record has one encoding");
  f(*record);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ThresholdPublicKey key = ThresholdPublicKey::from(dealt().transcript).value();
  static const std::vector<Ed25519PublicKey> keys(4);
  const Slice input = Slice::copy_of(ByteView(data, size));
  with_record<Transcript>(input, [](const Transcript& t) { (void)ThresholdPublicKey::from(t); });
  with_record<std::vector<SignatureShare>>(input, [](const std::vector<SignatureShare>& shares) {
    (void)combine_and_verify(key, as_bytes("m"), shares);
  });
  with_record<QuorumCertificate>(input, [](const QuorumCertificate& certificate) {
    (void)quorum_verify({keys, 3}, as_bytes("m"), certificate);
  });
  with_record<std::vector<QuorumShare>>(input, [](const std::vector<QuorumShare>& shares) {
    (void)quorum_combine({keys, 3}, as_bytes("m"), shares);
  });
  return 0;
}
