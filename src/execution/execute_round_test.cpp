#include "execution/execute_round.hpp"

#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;

TEST(ExecuteRound, counts_in_a_canister_that_a_user_created_and_installed) {
  TestSubnet subnet;
  const CanisterId counter = subnet.deploy(kCounter);
  EXPECT_EQ(subnet.text(subnet.call(kBob, counter, "inc")), "reply: 1");
  EXPECT_EQ(subnet.text(subnet.call(kBob, counter, "inc")), "reply: 2");
  EXPECT_EQ(subnet.text(subnet.query(counter, "get")), "reply: 2");
  EXPECT_EQ(subnet.text(subnet.call(kBob, counter, "get")), "reply: 2");
}

}  // namespace
}  // namespace icpd::execution
