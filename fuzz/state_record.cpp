// Records of the state, as a checkpoint or another node gives them: any bytes are a value or an
// error, and a value has one encoding.
#include "base/ensure.hpp"
#include "state/detail/checkpoint_record.hpp"
#include "state/replicated_state.hpp"

namespace {

template <typename T>
void read(icpd::ByteView input) {
  const auto value = icpd::codec::from_record<T>(icpd::Slice::copy_of(input));
  if (value.ok())
    ensure(icpd::equal(icpd::codec::to_record(*value), input), "one encoding for a value");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const icpd::ByteView input(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      read<icpd::state::CanisterState>(input);
      break;
    case 1:
      read<icpd::state::CanisterQueues>(input);
      break;
    case 2:
      read<icpd::state::SystemMetadata>(input);
      break;
    default:
      read<icpd::state::detail::CheckpointRecord>(input);
  }
  return 0;
}
