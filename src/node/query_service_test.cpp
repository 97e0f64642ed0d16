#include "node/query_service.hpp"

#include <gtest/gtest.h>

#include "execution/test_subnet.hpp"

namespace icpd::node {
namespace {

using namespace execution::testing;

/// Each look at it takes a while.
class SlowClock final : public io::Clock {
 public:
  Time now() override { return {}; }
  Duration monotonic() override { return time = Duration{time.ns + step.ns}; }

  Duration time = Duration::seconds(1000);
  Duration step{0};
};

execution::QueryRequest request(const types::CanisterId& id, std::string method) {
  return {kAlice, std::nullopt, id, std::move(method), Slice()};
}

TEST(QueryService, asks_a_canister_once_for_the_same_answer) {
  TestSubnet subnet;
  SlowClock clock;
  QueryService service(clock, subnet.environment);
  const types::CanisterId id = subnet.deploy(kCounter);
  const auto get = [&] {
    return subnet.text(service.answer(subnet.state, request(id, "get"), std::nullopt));
  };
  EXPECT_EQ(get(), "reply: 0");
  const std::uint64_t instructions = service.figures().evaluated.instructions;
  EXPECT_GT(instructions, 0U);
  EXPECT_EQ(get(), "reply: 0");
  QueryFigures figures = service.figures();
  EXPECT_EQ(figures.queries, 2U);
  EXPECT_EQ(figures.from_cache, 1U);
  EXPECT_EQ(figures.evaluated.calls, 2U);
  EXPECT_EQ(figures.evaluated.instructions, instructions);
  EXPECT_EQ(figures.evaluated.response_bytes, 2U);
  EXPECT_GT(figures.cache_bytes, 0U);
  subnet.call(kAlice, id, "inc");
  EXPECT_EQ(get(), "reply: 1");
  EXPECT_EQ(service.figures().from_cache, 1U);
}

TEST(QueryService, hands_over_what_an_epoch_cost_each_canister_once) {
  TestSubnet subnet;
  SlowClock clock;
  QueryService service(clock, subnet.environment);
  const types::CanisterId id = subnet.deploy(kCounter);
  static_cast<void>(service.answer(subnet.state, request(id, "get"), std::nullopt));
  static_cast<void>(service.answer(subnet.state, request(id, "get"), std::nullopt));
  EXPECT_FALSE(service.take_counts(0).has_value());
  const auto counts = service.take_counts(1);
  ASSERT_TRUE(counts.has_value());
  EXPECT_EQ(counts->epoch, 0U);
  ASSERT_EQ(counts->canisters.size(), 1U);
  EXPECT_EQ(counts->canisters[0].canister, id);
  EXPECT_EQ(counts->canisters[0].stats, service.figures().evaluated);
  EXPECT_FALSE(service.take_counts(1).has_value());
}

// Interface specification, "Request: Query call": MAX_WALL_CLOCK_TIME_COMPOSITE_QUERY.
TEST(QueryService, ends_a_query_after_ten_seconds) {
  TestSubnet subnet;
  SlowClock clock;
  QueryService service(clock, subnet.environment);
  const types::CanisterId id =
      subnet.deploy(with_imports(R"((func (export "canister_query busy") (local $i i32)
        (local.set $i (i32.const 20000000))
        (loop (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
        (call $reply)))"));
  const auto busy = [&] {
    return subnet.text(service.answer(subnet.state, request(id, "busy"), std::nullopt));
  };
  clock.step = execution::kQueryTimeMax;
  clock.step.ns += 1;
  EXPECT_EQ(busy(), "IC0528: Query and the calls it makes exceeded their time limit.");
  clock.step.ns = execution::kQueryTimeMax.ns / 3;
  EXPECT_EQ(busy(), "reply: ") << "asked about twice, and the failure wasn't kept";
}

}  // namespace
}  // namespace icpd::node
