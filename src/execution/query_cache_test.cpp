#include "execution/query_cache.hpp"

#include <gtest/gtest.h>
#include <set>

#include "base/prng.hpp"
#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;
using management::CanisterIdRecord;

/// A subnet whose queries go through a cache, as a node's do.
class Cached {
 public:
  explicit Cached(std::size_t bytes_max = 16 * kMiB) : cache(bytes_max) {}

  static QueryRequest request(const CanisterId& id, std::string method, Bytes arg = {}) {
    return {kAlice, std::nullopt, id, std::move(method), Slice(std::move(arg))};
  }
  QueryAnswer execute(const QueryRequest& request) {
    return execute_query(
        subnet.state, request, [] { return Slice::copy_of(as_bytes("certificate")); },
        subnet.environment);
  }
  void keep(const QueryRequest& request) { cache.insert(query_key(request), execute(request)); }
  bool knows(const QueryRequest& request) {
    return cache.find(query_key(request), subnet.state).has_value();
  }
  /// Asked, and known from then on.
  void learn(const QueryRequest& request) {
    keep(request);
    ASSERT_TRUE(knows(request)) << request.method_name;
  }

  TestSubnet subnet;
  QueryCache cache;
};

/// A counter whose queries read what changes beside its memory.
const std::string kReader =
    with_more_imports(R"((import "ic0" "cost_create_canister" (func $cost (param i32))))", R"(
  (global $n (mut i64) (i64.const 0))
  (func (export "canister_update inc")
    (global.set $n (i64.add (global.get $n) (i64.const 1))) (call $reply))
  (func (export "canister_query get") (call $reply_number (global.get $n)))
  (func (export "canister_query time") (call $reply_number (call $time)))
  (func $reply_16 (call $append (i32.const 0) (i32.const 16)) (call $reply))
  (func (export "canister_query balance") (call $balance (i32.const 0)) (call $reply_16))
  (func (export "canister_query cost") (call $cost (i32.const 0)) (call $reply_16))
  (func (export "canister_query certificate")
    (call $certificate_copy (i32.const 0) (i32.const 0) (call $certificate_size))
    (call $append (i32.const 0) (call $certificate_size))
    (call $reply))
  (func (export "canister_query present") (call $reply_number
    (i64.extend_i32_u (call $has_certificate))))
  (func (export "canister_query trap") unreachable)
  (func (export "canister_query endless")
    (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br 0)))
  (table funcref (elem $on_reply $on_reject))
  (data (i32.const 32) "gettimecanister_status")
  (func $ask (param $name i32) (param $size i32) (param $arg i32)
    (call $arg_copy (i32.const 64) (i32.const 0) (call $arg_size))
    (call $call_new (i32.const 64) (local.get $arg) (local.get $name) (local.get $size)
      (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0))
    (call $call_data (i32.const 64) (call $arg_size))
    (drop (call $perform)))
  (func (export "canister_composite_query ask_number")
    (call $ask (i32.const 32) (i32.const 3) (call $arg_size)))
  (func (export "canister_composite_query ask_time")
    (call $ask (i32.const 35) (i32.const 4) (call $arg_size)))
  (func (export "canister_composite_query ask_status")
    (call $ask (i32.const 39) (i32.const 15) (i32.const 0)))
  (func $on_reply (param i32)
    (call $arg_copy (i32.const 4096) (i32.const 0) (call $arg_size))
    (call $append (i32.const 4096) (call $arg_size))
    (call $reply))
  (func $on_reject (param i32)
    (call $reject_msg_copy (i32.const 4096) (i32.const 0) (call $reject_msg_size))
    (call $reject (i32.const 4096) (call $reject_msg_size))))");

void top_up(TestSubnet& subnet, const CanisterId& id) {
  subnet.minted += 1000;
  subnet.state.update(id, [](state::CanisterState& c) { c.balance += 1000; });
}

TEST(QueryCache, gives_an_answer_again_until_its_canister_changes) {
  Cached cached;
  const CanisterId a = cached.subnet.deploy(kReader);
  const CanisterId b = cached.subnet.deploy(kReader);
  const QueryRequest get = Cached::request(a, "get");
  EXPECT_FALSE(cached.knows(get));
  const QueryAnswer first = cached.execute(get);
  cached.cache.insert(query_key(get), first);
  const auto again = cached.cache.find(query_key(get), cached.subnet.state);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again->result, *first.result);
  EXPECT_EQ(again->instructions, 0U);
  ASSERT_EQ(again->evaluated.size(), 1U);
  EXPECT_EQ(again->evaluated[0].canister, a);
  EXPECT_EQ(again->evaluated[0].stats.calls, 1U);
  EXPECT_EQ(again->evaluated[0].stats.instructions, 0U);
  EXPECT_EQ(again->evaluated[0].stats.response_bytes, 8U);

  cached.subnet.call(kAlice, b, "inc");
  top_up(cached.subnet, a);
  cached.subnet.round();
  EXPECT_TRUE(cached.knows(get)) << "none of this can be seen in the answer";
  cached.subnet.call(kAlice, a, "inc");
  EXPECT_FALSE(cached.knows(get));
  EXPECT_EQ(cached.cache.size(), 0U) << "what will never hold again is dropped";
}

TEST(QueryCache, time_counts_only_where_it_was_read) {
  Cached cached;
  const CanisterId id = cached.subnet.deploy(kReader);
  const QueryRequest get = Cached::request(id, "get");
  const QueryRequest time = Cached::request(id, "time");
  const QueryRequest asks = Cached::request(id, "ask_time", to_bytes(id.view()));
  for (const auto& request : {get, time, asks})
    cached.learn(request);
  cached.subnet.round();
  EXPECT_TRUE(cached.knows(get));
  EXPECT_FALSE(cached.knows(time));
  EXPECT_FALSE(cached.knows(asks)) << "a callee read it";
}

TEST(QueryCache, the_balance_counts_only_where_it_was_read) {
  Cached cached;
  const CanisterId id = cached.subnet.deploy(kReader);
  const QueryRequest get = Cached::request(id, "get");
  const QueryRequest balance = Cached::request(id, "balance");
  for (const auto& request : {get, balance})
    cached.learn(request);
  top_up(cached.subnet, id);
  EXPECT_TRUE(cached.knows(get));
  EXPECT_FALSE(cached.knows(balance));
}

TEST(QueryCache, a_certificate_is_shown_again_for_a_minute) {
  Cached cached;
  const CanisterId id = cached.subnet.deploy(kReader);
  const QueryRequest certificate = Cached::request(id, "certificate");
  const QueryRequest present = Cached::request(id, "present");
  for (const auto& request : {certificate, present})
    cached.learn(request);
  cached.subnet.step = kCertificateReuseMax;
  cached.subnet.round();
  EXPECT_TRUE(cached.knows(certificate));
  cached.subnet.step = Duration{1};
  cached.subnet.round();
  EXPECT_FALSE(cached.knows(certificate));
  EXPECT_TRUE(cached.knows(present)) << "that there is one always holds";
  cached.learn(certificate);
  cached.subnet.call(kAlice, id, "inc");
  EXPECT_FALSE(cached.knows(certificate)) << "it may certify other data now";
}

TEST(QueryCache, fees_and_members_of_the_subnet_count) {
  Cached cached;
  const CanisterId id = cached.subnet.deploy(kReader);
  const QueryRequest cost = Cached::request(id, "cost");
  cached.learn(cost);
  state::NetworkTopology topology = cached.subnet.state.topology();
  topology.subnets.at(topology.own_subnet).nodes.erase(topology.own().nodes.begin());
  cached.subnet.state.write_metadata().topology = Shared(std::move(topology));
  EXPECT_FALSE(cached.knows(cost));
}

TEST(QueryCache, every_canister_that_was_asked_counts) {
  Cached cached;
  const CanisterId a = cached.subnet.deploy(kReader);
  const CanisterId b = cached.subnet.deploy(kReader);
  const QueryRequest asks = Cached::request(a, "ask_number", to_bytes(b.view()));
  cached.learn(asks);
  cached.subnet.round();
  EXPECT_TRUE(cached.knows(asks));
  cached.subnet.call(kAlice, b, "inc");
  EXPECT_FALSE(cached.knows(asks));
}

// Interface specification, "Canister version": it grows with code, settings and status.
TEST(QueryCache, management_of_a_canister_makes_its_answers_unknown) {
  Cached cached;
  TestSubnet& subnet = cached.subnet;
  const CanisterId id = subnet.deploy(kReader);
  const QueryRequest get = Cached::request(id, "get");
  const auto expect_unknown = [&](const std::string& after) {
    EXPECT_FALSE(cached.knows(get)) << after;
  };
  cached.learn(get);
  management::UpdateSettingsArgs settings;
  settings.canister_id = id;
  settings.settings.freezing_threshold = codec::Uint128{1'000'000};
  subnet.manage(kAlice, "update_settings", settings);
  expect_unknown("update_settings");

  cached.learn(get);
  subnet.manage(kAlice, "stop_canister", CanisterIdRecord{id});
  expect_unknown("stop_canister");
  cached.keep(get);
  expect_unknown("a query to a stopped canister");
  subnet.manage(kAlice, "start_canister", CanisterIdRecord{id});
  cached.learn(get);

  const Bytes module = wat(kReader);
  subnet.install(id, module, {}, management::InstallMode(std::in_place_index<1>));
  expect_unknown("reinstall");
  cached.learn(get);
  subnet.manage(kAlice, "uninstall_code", CanisterIdRecord{id});
  expect_unknown("uninstall_code");
  subnet.install(id, module);
  cached.learn(get);
  subnet.manage(kAlice, "stop_canister", CanisterIdRecord{id});
  subnet.manage(kAlice, "delete_canister", CanisterIdRecord{id});
  expect_unknown("delete_canister");
}

// Where ids can be chosen, another canister may come to have the same id and version.
TEST(QueryCache, a_canister_that_is_frozen_by_now_gives_nothing) {
  Cached cached;
  const CanisterId id = cached.subnet.deploy(kReader);
  const QueryRequest get = Cached::request(id, "get");
  cached.learn(get);
  cached.subnet.state.update(id, [](state::CanisterState& c) { c.balance = Cycles{0}; });
  EXPECT_FALSE(cached.knows(get));
}

TEST(QueryCache, keeps_what_fails_for_good_and_nothing_that_may_not_fail_again) {
  Cached cached;
  const CanisterId id = cached.subnet.deploy(kReader);
  cached.learn(Cached::request(id, "trap"));
  cached.learn(Cached::request(id, "endless"));
  const auto never = [&](const QueryRequest& request) {
    cached.keep(request);
    EXPECT_FALSE(cached.knows(request)) << request.method_name;
  };
  never(Cached::request(id, "no_such_method"));
  never(Cached::request(types::canister_id_from_index(12345), "get"));
  never(Cached::request(id, "ask_number", to_bytes(types::canister_id_from_index(12345).view())));
  never(Cached::request(id, "ask_status", codec::candid::encode_args(CanisterIdRecord{id})));
  never(Cached::request(types::management_canister(), "canister_status",
                        codec::candid::encode_args(CanisterIdRecord{id})));
}

TEST(QueryCache, all_that_a_canister_is_told_of_a_request_is_in_its_key) {
  const CanisterId a = types::canister_id_from_index(1);
  const CanisterId b = types::canister_id_from_index(2);
  const QueryRequest request = Cached::request(a, "get", Bytes{1, 2});
  std::vector<QueryRequest> others(6, request);
  others[0].sender = kBob;
  others[1].caller_info = state::CallerInfo{Slice(), b.principal};
  others[2].receiver = b;
  others[3].method_name = "got";
  others[4].arg = Slice(Bytes{1, 3});
  others[5].caller_info = state::CallerInfo{Slice(Bytes{1}), b.principal};
  std::set<QueryKey> keys = {query_key(request)};
  for (const QueryRequest& other : others)
    EXPECT_TRUE(keys.insert(query_key(other)).second);
  EXPECT_EQ(query_key(Cached::request(a, "get", Bytes{1, 2})), query_key(request));
  // Neighbours don't run into each other.
  EXPECT_NE(query_key(Cached::request(a, "ge", Bytes{'t'})), query_key(Cached::request(a, "get")));
}

TEST(QueryCache, drops_what_was_not_asked_for_longest) {
  Cached one;
  const CanisterId id = one.subnet.deploy(kReader);
  const auto request = [&](std::uint8_t n) { return Cached::request(id, "get", Bytes{n}); };
  one.keep(request(0));
  const std::size_t size = one.cache.bytes();

  QueryCache cache(3 * size);
  const auto keep = [&](std::uint8_t n) {
    cache.insert(query_key(request(n)), one.execute(request(n)));
  };
  const auto knows = [&](std::uint8_t n) {
    return cache.find(query_key(request(n)), one.subnet.state).has_value();
  };
  for (const std::uint8_t n : {1, 2, 3})
    keep(n);
  EXPECT_TRUE(knows(1));
  keep(4);
  EXPECT_EQ(cache.size(), 3U);
  EXPECT_EQ(cache.bytes(), 3 * size);
  EXPECT_FALSE(knows(2));
  EXPECT_TRUE(knows(1));
  keep(4);
  EXPECT_EQ(cache.bytes(), 3 * size) << "the same answer is kept once";
  QueryCache tiny(size - 1);
  tiny.insert(query_key(request(1)), one.execute(request(1)));
  EXPECT_EQ(tiny.size(), 0U);
}

// Queries of several threads run on the newest state that each found.
TEST(QueryCache, an_answer_of_a_later_state_stays) {
  Cached cached;
  const CanisterId id = cached.subnet.deploy(kReader);
  const QueryRequest time = Cached::request(id, "time");
  const QueryAnswer earlier = cached.execute(time);
  const state::ReplicatedState before = cached.subnet.state;
  cached.subnet.round();
  cached.learn(time);
  cached.cache.insert(query_key(time), earlier);
  EXPECT_FALSE(cached.cache.find(query_key(time), before).has_value());
  EXPECT_TRUE(cached.knows(time));
}

// The rule itself: whatever happens, a known answer is the one that executing would give.
TEST(QueryCache, equals_execution_whatever_happens) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    Prng random(seed);
    Cached cached;
    TestSubnet& subnet = cached.subnet;
    const CanisterId a = subnet.deploy(kReader);
    const CanisterId b = subnet.deploy(kReader);
    const Bytes to_a = to_bytes(a.view());
    std::vector<QueryRequest> requests = {Cached::request(a, "ask_number", to_bytes(b.view())),
                                          Cached::request(b, "ask_time", to_a)};
    for (const std::string method : {"get", "time", "balance", "cost", "trap"}) {
      requests.push_back(Cached::request(a, method));
      requests.push_back(Cached::request(b, method));
    }
    std::size_t known = 0;
    for (int step = 0; step < 60; ++step) {
      const CanisterId& id = random.below(2) == 0 ? a : b;
      switch (random.below(7)) {
        case 0:
          subnet.call(kAlice, id, "inc");
          break;
        case 1:
          top_up(subnet, id);
          break;
        case 2:
          subnet.round();
          break;
        case 3:
          subnet.manage(kAlice, "stop_canister", CanisterIdRecord{id});
          break;
        case 4:
          subnet.manage(kAlice, "start_canister", CanisterIdRecord{id});
          break;
        case 5:
          subnet.install(id, wat(kReader), {}, management::InstallMode(std::in_place_index<1>));
          break;
        default:
          break;
      }
      for (const QueryRequest& request : requests) {
        const QueryAnswer fresh = cached.execute(request);
        const auto found = cached.cache.find(query_key(request), subnet.state);
        known += found.has_value() ? 1 : 0;
        if (found) {
          EXPECT_EQ(subnet.text(*found), subnet.text(fresh))
              << "seed " << seed << " step " << step << " " << request.method_name;
        }
        cached.cache.insert(query_key(request), fresh);
      }
    }
    EXPECT_GT(known, 60U) << "seed " << seed;
  }
}

}  // namespace
}  // namespace icpd::execution
