// Any bytes as the argument of any method of the management canister: every call is answered,
// cycles neither appear nor vanish, and no byte of a user ends the process.
#include <cstdlib>

#include "execution/management.hpp"
#include "execution/test_subnet.hpp"

using namespace icpd;
using namespace icpd::execution;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto kStart = [] {
    testing::TestSubnet subnet;
    subnet.create();
    subnet.deploy(testing::kCounter);
    return subnet.state;
  }();
  if (size == 0) return 0;
  const ManagementMethod& method = kManagementMethods[data[0] % kManagementMethods.size()];
  // What provisional methods mint is not followed here.
  if (method.access == Access::kProvisional) return 0;

  testing::TestSubnet subnet;
  subnet.state = kStart;
  subnet.minted = subnet.cycles_accounted_for();
  const auto request = subnet.submit(testing::kAlice, types::management_canister(),
                                     std::string(method.name), Bytes(data + 1, data + size));
  for (int i = 0; i < 3; ++i)
    subnet.round();
  if (!state::is_final(subnet.status(request))) std::abort();
  return 0;
}
