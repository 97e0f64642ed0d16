#include <gtest/gtest.h>

#include "certification/test_subnet.hpp"
#include "http/bodies.hpp"
#include "node/load_canister.hpp"
#include "node/load_run.hpp"

namespace icpd::node {
namespace {

using certification::branch;
using certification::TestSubnet;

const types::CanisterId kCanister = types::canister_id_from_index(5);
constexpr io::linux::PumpConnection kWaiting{0, 0};
constexpr io::linux::PumpConnection kQuick{0, 1};

class SetClock final : public io::Clock {
 public:
  Duration at;
  Time now() override { return Time::from_seconds(1'700'000'000) + at; }
  Duration monotonic() override { return at; }
};
class CountingEntropy final : public io::Entropy {
 public:
  void fill(MutableByteView out) override {
    for (auto& byte : out)
      byte = next_++;
  }

 private:
  std::uint8_t next_ = 1;
};

Slice certificate_of(std::uint64_t counter) {
  Bytes value;
  append_le(value, counter);
  const auto data = branch(kCanister.view(), {certification::entry("certified_data", value)});
  return Slice(TestSubnet()
                   .root_certificate(certification::HashTree::level(
                       {branch(as_bytes("canister"), {data}), certification::time_entry(Time{7})}))
                   .encode());
}

Slice counter_answer(std::uint64_t counter) {
  const http::QueryAnswer answer{types::Reply{certificate_of(counter)}, Time{7}};
  return Slice(http::query_body(answer, {Time{7}, Bytes(64, 1), {}}));
}

struct LoadRunTest : ::testing::Test {
  SetClock clock;
  CountingEntropy entropy;
  LoadRequests requests{{kCanister, 250, {}, 2}, clock, entropy};
  LoadLimits limits{.warm_up = Duration::seconds(1),
                    .window = Duration::seconds(10),
                    .outstanding = 2,
                    .rate = 0,
                    .api_version = 2};
  LoadRun run{requests, kCanister, limits, clock};

  std::string path_of(io::linux::PumpConnection connection) {
    const auto request = run.next(connection);
    if (!request) return "";
    const std::string_view text = as_text(*request);
    return std::string(text.substr(0, text.find(" HTTP")));
  }
  /// Answers the query that comes first on a connection.
  void show_counter(std::uint64_t counter) {
    clock.at = clock.at + Duration::milliseconds(100);
    EXPECT_TRUE(path_of({0, 2}).ends_with("/query"));
    run.answered({0, 2}, 200, counter_answer(counter));
  }
};

TEST_F(LoadRunTest, has_only_so_many_calls_outstanding) {
  show_counter(0);
  EXPECT_TRUE(path_of(kQuick).ends_with("/call"));
  EXPECT_TRUE(path_of(kWaiting).ends_with("/call"));
  EXPECT_EQ(path_of({0, 3}), "");
  // Accepted is still outstanding; certified isn't.
  run.answered(kQuick, 202, Slice());
  EXPECT_EQ(path_of(kQuick), "");
  show_counter(1);
  EXPECT_TRUE(path_of(kQuick).ends_with("/call"));
}

TEST_F(LoadRunTest, waits_for_certificates_on_the_first_connection_of_each_node) {
  show_counter(0);
  EXPECT_TRUE(path_of(kWaiting).starts_with("POST /api/v4/canister/"));
  EXPECT_TRUE(path_of(kQuick).starts_with("POST /api/v2/canister/"));
}

TEST_F(LoadRunTest, counts_answers_by_what_they_mean) {
  limits.outstanding = 100;
  LoadRun wide(requests, kCanister, limits, clock);
  clock.at = Duration::seconds(2);
  EXPECT_TRUE(wide.next({0, 9}).has_value());  // the query
  for (const unsigned status : {202U, 503U, 429U, 400U}) {
    clock.at = clock.at + Duration::milliseconds(100);
    EXPECT_TRUE(wide.next(kQuick).has_value());
    wide.answered(kQuick, status, Slice(to_bytes("why")));
  }
  clock.at = clock.at + Duration::milliseconds(100);
  EXPECT_TRUE(wide.next(kQuick).has_value());
  wide.lost(kQuick);
  EXPECT_EQ(wide.counts().sent, 5U);
  EXPECT_EQ(wide.counts().accepted, 1U);
  EXPECT_EQ(wide.counts().busy, 2U);
  EXPECT_EQ(wide.counts().refused, 1U);
  EXPECT_EQ(wide.counts().unanswered, 1U);
  EXPECT_EQ(wide.first_refusal(), "400 why");
}

TEST_F(LoadRunTest, leaves_a_busy_node_alone_for_a_moment) {
  show_counter(0);
  EXPECT_NE(path_of(kQuick), "");
  run.answered(kQuick, 503, Slice());
  EXPECT_EQ(path_of(kQuick), "");
  clock.at = clock.at + Duration::milliseconds(60);
  EXPECT_TRUE(path_of({0, 2}).ends_with("/query"));
  EXPECT_NE(path_of(kQuick), "");
}

TEST_F(LoadRunTest, is_finished_when_all_that_was_accepted_is_certified) {
  show_counter(0);
  EXPECT_NE(path_of(kQuick), "");
  run.answered(kQuick, 202, Slice());
  clock.at = Duration::seconds(11);
  EXPECT_EQ(path_of(kQuick).find("/call"), std::string::npos);
  EXPECT_FALSE(run.is_finished());
  run.answered(kQuick, 200, counter_answer(1));
  EXPECT_TRUE(run.is_finished());
}

TEST_F(LoadRunTest, gives_up_on_a_counter_that_stands_still) {
  show_counter(0);
  EXPECT_NE(path_of(kQuick), "");
  run.answered(kQuick, 202, Slice());
  clock.at = Duration::seconds(11) + LoadRun::kPatience + Duration::seconds(1);
  EXPECT_TRUE(run.is_finished());
}

TEST_F(LoadRunTest, rests_on_the_first_and_last_reading_of_the_window) {
  show_counter(1);
  EXPECT_FALSE(run.window().has_value());
  clock.at = Duration::seconds(1);
  show_counter(4);
  clock.at = Duration::seconds(9);
  show_counter(64);
  clock.at = Duration::seconds(11);
  show_counter(80);
  ASSERT_TRUE(run.window().has_value());
  EXPECT_EQ(run.window()->first.counter, 4U);
  EXPECT_EQ(run.window()->second.counter, 64U);
  EXPECT_EQ((run.window()->second.at - run.window()->first.at), Duration::seconds(8));
  EXPECT_EQ(run.last_reading()->counter, 80U);
}

TEST(LoadCanister, believes_only_a_certificate_that_verifies) {
  const Slice good = certificate_of(77);
  const TestSubnet subnet;
  EXPECT_EQ(counter_in_unverified(good, kCanister).value(), 77U);
  EXPECT_EQ(counter_in(good, kCanister, subnet.root()).value(), 77U);
  EXPECT_FALSE(counter_in(good, kCanister, {subnet.key.public_key()}).ok());
  EXPECT_FALSE(counter_in(good, types::canister_id_from_index(6), subnet.root()).ok());
}

TEST(LoadRequests, makes_no_two_calls_alike) {
  SetClock clock;
  CountingEntropy entropy;
  LoadRequests requests({kCanister, 250, {}, 2}, clock, entropy);
  const Slice first = requests.call(false);
  const Slice second = requests.call(false);
  EXPECT_FALSE(equal(first, second));
  EXPECT_EQ(first.size(), second.size());
}

}  // namespace
}  // namespace icpd::node
