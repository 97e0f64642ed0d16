#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <sstream>

#include "execution/management_methods.hpp"
#include "io/linux/files.hpp"
#include "node/cli_candid.hpp"
#include "node/cli_files.hpp"
#include "node/cli_target.hpp"
#include "node/cli_trace.hpp"
#include "node/management_interface.hpp"
#include "node/node_files.hpp"
#include "node/prep.hpp"
#include "node/test_cli.hpp"

namespace icpd::node {
namespace {

namespace fs = std::filesystem;

using testing::Ran;
using testing::says;

Ran icpd(const std::vector<std::string>& arguments) {
  return testing::run_cli(arguments,
                          {.node = [](const NodeOptions&) { return 7; }, .program = "/bin/false"});
}

class CommandLine : public ::testing::Test {
 protected:
  CommandLine() {
    std::string pattern = (fs::temp_directory_path() / "icpd-cli-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
  }
  ~CommandLine() override { fs::remove_all(directory_); }
  std::string directory_;
};

TEST_F(CommandLine, shows_its_commands_when_none_is_given) {
  const Ran ran = icpd({});
  EXPECT_EQ(ran.status, 2);
  for (const char* command : {"local", "node", "prep", "canister", "identity", "sim", "version"})
    EXPECT_TRUE(says(ran.note, command)) << command;
}

TEST_F(CommandLine, every_command_has_help_and_examples_of_its_own) {
  for (const std::string command : {"",
                                    "local",
                                    "local node",
                                    "local stop",
                                    "canister",
                                    "canister deploy",
                                    "canister install",
                                    "canister settings",
                                    "canister start",
                                    "canister logs",
                                    "identity",
                                    "identity new",
                                    "identity use",
                                    "load",
                                    "load lag",
                                    "prep",
                                    "node",
                                    "sim",
                                    "trace",
                                    "wat",
                                    "version"}) {
    std::istringstream words(command + " --help");
    const Ran ran = icpd({std::istream_iterator<std::string>(words), {}});
    const std::string typed = "icpd" + (command.empty() ? "" : " " + command);
    EXPECT_EQ(ran.status, 0);
    EXPECT_TRUE(says(ran.out, "Usage: " + typed + " ")) << ran.out;
    EXPECT_TRUE(says(ran.out, "Examples:\n  " + typed)) << ran.out;
  }
}

TEST_F(CommandLine, knows_the_other_words_for_help_and_version) {
  EXPECT_EQ(icpd({"help"}).out, icpd({"--help"}).out);
  EXPECT_EQ(icpd({"help", "local", "node"}).out, icpd({"local", "node", "--help"}).out);
  for (const char* word : {"--version", "-v", "-V"}) {
    EXPECT_EQ(icpd({word}).status, 0);
    EXPECT_EQ(icpd({word}).out, icpd({"version"}).out);
  }
}

TEST_F(CommandLine, what_is_not_there_yet_is_refused_by_name) {
  for (const std::string command : {"net", "gateway", "pocket-ic", "state"}) {
    const Ran ran = icpd({command, "--help"});
    EXPECT_EQ(ran.status, 2);
    EXPECT_TRUE(says(ran.note, "'icpd " + command + "' isn't there yet")) << ran.note;
    EXPECT_FALSE(says(ran.note, "Did you mean")) << ran.note;
  }
}

TEST_F(CommandLine, a_number_out_of_range_is_named_with_its_range) {
  const std::string huge(300, '9');
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"canister", "settings", "c", "--freezing-threshold", "-1"},
           {"canister", "settings", "c", "--compute-allocation", "-1"},
           {"canister", "settings", "c", "--memory-allocation", huge},
           {"canister", "top-up", "c", "x"},
           {"canister", "create", "c", "--cycles", "1.5"},
           {"local", "--nodes", "41"},
           {"local", "--port", "0"},
           {"local", "--port", "65536"},
           {"local", "node", "x", "kill"},
           {"local", "logs", "--lines", "-3"},
           {"load", "latency", "--calls", "many"},
           {"sim", "--seed", "18446744073709551616"}}) {
    const Ran ran = icpd(words);
    EXPECT_EQ(ran.status, 2) << ran.note;
    EXPECT_TRUE(says(ran.note, " can't be '")) << ran.note;
    EXPECT_LT(ran.note.size(), 250U) << ran.note;
  }
  EXPECT_TRUE(says(icpd({"local", "--nodes", "0"}).note, "a whole number from 1 to 40"));
}

TEST_F(CommandLine, settings_without_a_setting_say_so) {
  const Ran ran = icpd({"canister", "settings", "counter"});
  EXPECT_EQ(ran.status, 2);
  EXPECT_TRUE(says(ran.note, "nothing to change")) << ran.note;
  const Ran wrong = icpd({"canister", "settings", "counter", "--environment", "MODE"});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_TRUE(says(wrong.note, "'MODE' isn't NAME=VALUE")) << wrong.note;
}

TEST_F(CommandLine, names_of_new_canisters_are_checked_before_anything_is_made) {
  for (const char* name : {"", "bad name/../x", ".x"}) {
    const Ran ran = icpd({"canister", "create", name});
    EXPECT_EQ(ran.status, 2) << ran.note;
    EXPECT_TRUE(says(ran.note, "can't be a name")) << ran.note;
  }
}

TEST_F(CommandLine, networks_are_named_by_url_host_and_port_or_directory) {
  EXPECT_EQ(network_place("http://a:1")->url, "http://a:1");
  EXPECT_EQ(network_place("127.0.0.1:8777")->url, "http://127.0.0.1:8777");
  EXPECT_EQ(network_place("[::1]:80")->url, "http://[::1]:80");
  EXPECT_EQ(network_place("/tmp/a:1")->directory, "/tmp/a:1");
  EXPECT_EQ(network_place("/tmp/four")->directory, "/tmp/four");
  EXPECT_EQ(network_place("here")->directory, (fs::current_path() / "here").string());
  for (const char* text : {"https://a", "htp://foo", "ftp://a:1"})
    EXPECT_FALSE(network_place(text).ok()) << text;
}

TEST_F(CommandLine, commands_about_a_local_network_take_its_directory_from_network) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"local", "status"}, {"local", "stop"}, {"local", "node", "1", "kill"}}) {
    std::vector<std::string> named = words;
    named.insert(named.end(), {"--network", directory_});
    const Ran ran = icpd(named);
    EXPECT_EQ(ran.status, 1);
    EXPECT_TRUE(says(ran.note, "no network runs in " + directory_)) << ran.note;
    named.back() = "http://127.0.0.1:1";
    EXPECT_EQ(icpd(named).status, 2);
    EXPECT_TRUE(says(icpd(named).note, "name a directory"));
    named.insert(named.end(), {"--dir", directory_});
    EXPECT_EQ(icpd(named).status, 2) << "both";
  }
}

TEST_F(CommandLine, a_ready_file_that_cannot_be_written_is_said_before_the_start) {
  const std::string network = directory_ + "/network";
  for (const std::string& file : {directory_ + "/nowhere/ready", directory_}) {
    const Ran ran = icpd({"local", "--dir", network, "--ready-file", file});
    EXPECT_EQ(ran.status, 1);
    EXPECT_TRUE(says(ran.note, "icpd: --ready-file: " + file)) << ran.note;
  }
  EXPECT_FALSE(fs::exists(network));
}

TEST_F(CommandLine, prep_takes_no_address_twice) {
  const std::string network = directory_ + "/network";
  const Ran same = icpd({"prep", "--dir", network, "--node", "a:1,a:1"});
  EXPECT_EQ(same.status, 2);
  EXPECT_TRUE(says(same.note,
                   "a:1 stands twice: for the links of node 0 and for the clients of "
                   "node 0"))
      << same.note;
  const Ran others = icpd(
      {"prep", "--dir", network, "--node", "a:1,a:2", "--node", "b:1,b:2", "--node", "c:1,a:2"});
  EXPECT_EQ(others.status, 2);
  EXPECT_TRUE(says(others.note, "for the clients of node 0 and for the clients of node 2"))
      << others.note;
  EXPECT_FALSE(fs::exists(network));
}

TEST_F(CommandLine, suggests_what_was_meant) {
  const Ran top = icpd({"lokal"});
  EXPECT_EQ(top.status, 2);
  EXPECT_TRUE(says(top.note, "Did you mean 'icpd local'?")) << top.note;
  const Ran inner = icpd({"canister", "depoly", "x"});
  EXPECT_EQ(inner.status, 2);
  EXPECT_TRUE(says(inner.note, "Did you mean 'icpd canister deploy'?")) << inner.note;
  EXPECT_FALSE(says(icpd({"xylophone"}).note, "Did you mean"));
}

TEST_F(CommandLine, wrong_usage_ends_with_2_and_names_the_option) {
  EXPECT_EQ(icpd({"node"}).status, 2);
  EXPECT_TRUE(says(icpd({"node"}).note, "--dir"));
  EXPECT_EQ(icpd({"local", "--nodes", "many"}).status, 2);
  EXPECT_EQ(icpd({"local", "--dir", directory_, "--nodes", "0"}).status, 2);
  EXPECT_EQ(icpd({"local", "node", "0", "eat"}).status, 2);
  EXPECT_EQ(icpd({"canister"}).status, 2);
  EXPECT_EQ(icpd({"version", "--frob"}).status, 2);
}

TEST_F(CommandLine, passes_a_nodes_status_on) {
  EXPECT_EQ(icpd({"node", "--dir", directory_}).status, 7);
}

TEST_F(CommandLine, assembles_text) {
  const std::string text = directory_ + "/a.wat", module = directory_ + "/a.wasm";
  std::ofstream(text) << "(module (@custom \"icp:public x\" \"y\"))";
  EXPECT_EQ(icpd({"wat", text, module}).status, 0);
  const auto bytes = read_user_file(module, 1000);
  ASSERT_TRUE(bytes.ok());
  EXPECT_TRUE(as_text(*bytes).starts_with(std::string_view("\0asm", 4)));
  EXPECT_TRUE(says(std::string(as_text(*bytes)), "icp:public x"));
}

TEST_F(CommandLine, names_the_file_that_does_not_assemble) {
  const std::string text = directory_ + "/a.wat";
  std::ofstream(text) << "(module";
  const Ran ran = icpd({"wat", text, directory_ + "/a.wasm"});
  EXPECT_EQ(ran.status, 1);
  EXPECT_TRUE(says(ran.note, text + ":1:8")) << ran.note;
  EXPECT_FALSE(says(ran.note, "anon")) << ran.note;
}

TEST_F(CommandLine, prep_lays_a_network_out_and_says_that_it_is_not_for_real_use) {
  const std::string network = directory_ + "/network";
  const Ran ran = icpd({"prep", "--dir", network, "--node", "10.0.0.1:1,10.0.0.1:2", "--node",
                        "10.0.0.2:1,10.0.0.2:2"});
  EXPECT_EQ(ran.status, 0) << ran.note;
  EXPECT_TRUE(says(ran.note, "NOT FOR REAL USE"));
  EXPECT_TRUE(fs::exists(network + "/nodes/1/keys/node.keys"));
  EXPECT_TRUE(fs::exists(network + "/NOT_FOR_REAL_USE"));
  EXPECT_EQ(icpd({"prep", "--dir", network, "--node", "10.0.0.1:1,10.0.0.1:2"}).status, 1)
      << "never over what is there";
}

TEST_F(CommandLine, prep_takes_admins) {
  const std::string network = directory_ + "/network";
  const auto admin = types::Principal::self_authenticating(as_bytes("admin"));
  const auto prep = [&](const std::string& text) {
    return icpd({"prep", "--dir", network, "--node", "10.0.0.1:1,10.0.0.1:2", "--admin", text});
  };
  EXPECT_EQ(prep("nobody").status, 2);
  ASSERT_EQ(prep(admin.text()).status, 0);
  const auto disk = io::linux::open_disk(network + "/nodes/0");
  ASSERT_TRUE(disk.ok());
  const auto registry = load_registry(**disk);
  ASSERT_TRUE(registry.ok());
  EXPECT_TRUE(registry->subnet(registry->root_subnet).admins.contains(admin));
}

TEST_F(CommandLine, check_config_says_whether_a_node_can_start_without_starting_it) {
  const std::string network = directory_ + "/network", node = network + "/nodes/0";
  ASSERT_EQ(icpd({"prep", "--dir", network, "--node", "10.0.0.1:1,10.0.0.1:2"}).status, 0);
  EXPECT_TRUE(fs::exists(node + "/NOT_FOR_REAL_USE"));
  const Ran good = icpd({"node", "--dir", node, "--check-config"});
  EXPECT_EQ(good.status, 0) << good.note;
  EXPECT_TRUE(says(good.out, "can start")) << good.out;
  std::ofstream(node + "/node.toml", std::ios::app) << "foo = 1\n";
  const Ran bad = icpd({"node", "--dir", node, "--check-config"});
  EXPECT_EQ(bad.status, 1);
  EXPECT_TRUE(says(bad.note, node + "/node.toml:")) << bad.note;
  EXPECT_TRUE(says(bad.note, ": execution.foo: unknown key\n")) << bad.note;
}

TEST_F(CommandLine, prep_names_the_address_that_is_wrong) {
  for (const char* node :
       {"10.0.0.1:1", "10.0.0.1,10.0.0.1:2", ":1,a:2", "a:0,a:1", "a:70000,a:1", "a:1,a:x"}) {
    const Ran ran = icpd({"prep", "--dir", directory_ + "/n", "--node", node});
    EXPECT_EQ(ran.status, 2) << node;
  }
}

TEST_F(CommandLine, local_refuses_a_directory_of_others) {
  std::ofstream(directory_ + "/precious") << "x";
  const Ran ran = icpd({"local", "--dir", directory_});
  EXPECT_EQ(ran.status, 1);
  EXPECT_TRUE(says(ran.note, "something else")) << ran.note;
  EXPECT_EQ(icpd({"local", "--dir", directory_, "--clean"}).status, 1);
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_), fs::directory_iterator()), 1);
}

TEST_F(CommandLine, local_commands_say_when_no_network_runs) {
  for (const char* command : {"status", "stop"}) {
    const Ran ran = icpd({"local", command, "--dir", directory_});
    EXPECT_EQ(ran.status, 1);
    EXPECT_TRUE(says(ran.note, "no network runs in")) << ran.note;
  }
}

TEST(TraceText, shows_the_four_layers_with_the_figures_of_the_call) {
  const auto text = trace_text(R"({"method": "incr\u001bement", "canister": "aaaaa-aa",
    "request": "5f0c",
    "peer_to_peer": {"from_client": true, "received_ns": 1000000000},
    "nodes": [{"peer_to_peer": {"received_ns": 1000000000}},
              {"peer_to_peer": {"received_ns": 1002340000}},
              {"peer_to_peer": {"received_ns": 1001000000}}],
    "consensus": {"height": 57, "messages_in_block": 2, "block_maker": "abcde-fghij", "signers": 3,
                  "members": 4, "notarized_after_ms": 8.06, "finalized_after_ms": null},
    "message_routing": {"batch": 57, "queued": 2, "state_root": "00112233445566778899",
                        "delivered_after_ms": 12.0},
    "execution": {"instructions": 1234567, "dirty_pages": 1, "executed_after_ms": 13.5},
    "certificate": {"height": 57, "certified_after_ms": 16.25}})");
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text,
            "call incr\\x1bement of canister aaaaa-aa, request 5f0c\n"
            "  1 peer-to-peer     from its client; 2 other nodes had it, the last after 2.3 ms\n"
            "  2 consensus        block 57 with 2 messages, made by abcde...; 3 of 4 signed; "
            "notarized after 8.1 ms, final unseen by this node\n"
            "  3 message routing  batch 57, put 2 calls into canisters' queues, state root "
            "0011223344556677..., delivered after 12.0 ms\n"
            "  4 execution        1,234,567 instructions, 1 page stored to, done after 13.5 ms\n"
            "    certificate      height 57, after 16.3 ms\n");
}

TEST(TraceText, says_where_a_call_is_that_no_block_has) {
  const auto text = [](const char* expired) {
    return *trace_text(std::string(R"({"method": "f", "canister": "aaaaa-aa",
      "request": "5f0c", "peer_to_peer":
      {"from_client": false, "expired_after_ms": )") +
                       expired + R"(}, "consensus": {"height": 0}})");
  };
  const std::string head =
      "call f of canister aaaaa-aa, request 5f0c\n  1 peer-to-peer     from another node\n";
  EXPECT_EQ(text("null"), head + "  2 consensus        waits for a block\n");
  EXPECT_EQ(text("5000"),
            head + "  2 consensus        no block had it in time: expired after 5000.0 ms\n");
}

TEST(TraceText, refuses_what_is_no_trace) {
  for (const char* text : {"", "[]", "{}", "null"})
    EXPECT_FALSE(trace_text(text).ok());
}

const CandidUse kNoInterface;
CandidUse account(std::string method) {
  return {
      "type Entry = record { name : text; amount : nat64 };"
      "service : (nat32, opt text) -> {"
      "  put : (Entry, opt nat8) -> (nat);"
      "  get : (text) -> (opt Entry) query;"
      "}",
      std::move(method)};
}

TEST(CandidText, prints_values_with_their_types) {
  const auto text = [](std::string_view hex) { return *candid_text(*from_hex(hex), kNoInterface); };
  EXPECT_EQ(text("4449444c0000"), "()");
  EXPECT_EQ(text("4449444c0001780700000000000000"), "(7 : nat64)");
  EXPECT_EQ(text("4449444c0001710568656c6c6f"), "(\"hello\")");
  EXPECT_EQ(text("4449444c016e7e01000101"), "(opt true)");
  EXPECT_FALSE(candid_text(as_bytes("hello"), kNoInterface).ok());
}

TEST(CandidText, an_interface_gives_types_and_names) {
  const auto put = candid_message("(record { name = \"a\"; amount = 5 }, opt 3)", account("put"));
  ASSERT_TRUE(put.ok()) << put.error().message;
  EXPECT_NE(to_hex(*put).find("0500000000000000"), std::string::npos) << "a nat64, not an int";
  const auto entry =
      candid_message("(opt record { name = \"a\"; amount = 5 : nat64 })", kNoInterface);
  ASSERT_TRUE(entry.ok()) << entry.error().message;
  EXPECT_EQ(*candid_text(*entry, account("get")),
            "(opt record { name = \"a\"; amount = 5 : nat64 })");
  EXPECT_EQ(candid_text(*entry, kNoInterface)->find("name"), std::string::npos);
}

TEST(CandidText, the_initializer_has_no_name) {
  EXPECT_EQ(to_hex(*candid_message("(7, null)", account(""))),
            "4449444c016e7102790007000000"
            "00");
}

TEST(CandidText, says_what_is_wrong_with_an_argument) {
  const auto error = [](std::string_view text, const CandidUse& use) {
    return candid_message(text, use).error().message;
  };
  EXPECT_NE(error("(1", kNoInterface).find("not Candid text"), std::string::npos);
  EXPECT_NE(error("(1, 2)", account("put")).find("doesn't fit"), std::string::npos);
  EXPECT_NE(error("(1)", account("nothing")).find("there are: get, put"), std::string::npos);
  EXPECT_NE(error("(1)", {"service {", "f"}).find("doesn't parse"), std::string::npos);
}

TEST(CandidText, what_does_not_fit_the_interface_is_still_shown) {
  EXPECT_EQ(*candid_text(*from_hex("4449444c0001780700000000000000"), account("put")),
            "(7 : nat64)");
}

TEST(CandidText, a_bomb_of_empty_values_is_refused) {
  // vec null with 2^32 - 1 elements.
  EXPECT_FALSE(candid_text(*from_hex("4449444c016d7f0100ffffffff0f"), kNoInterface).ok());
}

TEST(ManagementInterface, has_what_users_may_call) {
  for (const auto& method : execution::kManagementMethods) {
    const bool is_for_users = (method.ways & (execution::kByUser | execution::kByQuery)) != 0;
    const bool is_there = management_interface().find("\n  " + std::string(method.name) + " : (") !=
                          std::string_view::npos;
    const bool is_offered = method.offered == execution::Offered::kYes;
    EXPECT_EQ(is_there && is_offered, is_for_users && is_offered) << method.name;
  }
}

TEST(ManagementInterface, gives_types_and_names) {
  const CandidUse use{std::string(management_interface()), "provisional_top_up_canister"};
  const auto message =
      candid_message("(record { canister_id = principal \"aaaaa-aa\"; amount = 5 })", use);
  ASSERT_TRUE(message.ok()) << message.error().message;
  EXPECT_NE(candid_text(*message, kNoInterface)->find("= 5 : nat"), std::string::npos)
      << *candid_text(*message, kNoInterface);
}

TEST(CandidInterface, may_grow_but_not_lose_methods) {
  constexpr std::string_view kOld = "service : { get : () -> (nat) query }";
  constexpr std::string_view kNew = "service : { get : () -> (nat) query; set : (nat) -> () }";
  EXPECT_TRUE(candid_compatible(kNew, kOld).ok());
  EXPECT_FALSE(candid_compatible(kOld, kNew).ok());
}

}  // namespace
}  // namespace icpd::node
