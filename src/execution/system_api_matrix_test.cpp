// The whole System API by every context that canister code really runs in: each function of the
// specification's table is called from each entry point of an installed canister, in both pointer
// widths, and does what the table says. What is expected comes from the table of the specification
// (tests/vectors/execution/system-api.csv), not from the one that the code is driven by.
//
// The other test of the matrix (SystemCalls.every_function_*) sets the context by hand and has all
// sixteen. Here the host sets it, and one is missing that no canister can get into: cleanup in a
// composite query (CC).
#include <gtest/gtest.h>
#include <sstream>

#include "execution/test_subnet.hpp"
#include "execution/wasm/test_guest.hpp"

namespace icpd::execution {
namespace {

using testing::kAlice;
using testing::TestSubnet;
using wasm::Context;
using wasm::PointerWidth;
using Row = std::map<std::string, std::string>;

/// A function as a module imports and calls it.
struct Function {
  std::string name;
  /// "(param i32) (result i64)".
  std::string type;
  /// Called with zeros; leaves nothing.
  std::string call;
};

/// From "(dst : i32, offset : i32) -> i64".
Function function_of(const std::string& name, const std::string& signature) {
  Function function{name, "", ""};
  const std::size_t arrow = signature.find("->");
  bool has_result = false;
  for (std::size_t i = 0; i + 3 <= signature.size(); ++i) {
    const std::string type = signature.substr(i, 3);
    if (type != "i32" && type != "i64") continue;
    has_result = i > arrow;
    function.type += (has_result ? "(result " : "(param ") + type + ")";
    if (!has_result) function.call += "(" + type + ".const 0)";
  }
  function.call = "(call $f" + function.call + ")";
  if (has_result) function.call = "(drop " + function.call + ")";
  return function;
}

/// A module whose entry points call the function and then trap with "done".
class Modules {
 public:
  Modules(Function function, PointerWidth width)
      : function_(std::move(function)), pointer_(width == PointerWidth::k64 ? "i64" : "i32") {}

  [[nodiscard]] Bytes start() const { return module("(start $try)"); }
  [[nodiscard]] Bytes init() const { return module(R"((export "canister_init" (func $try)))"); }
  [[nodiscard]] Bytes task() const {
    return module(R"((export "canister_heartbeat" (func $try)))");
  }
  [[nodiscard]] Bytes messages() const {
    return module(R"(
      (export "canister_pre_upgrade" (func $try))
      (export "canister_inspect_message" (func $try))
      (export "canister_update U" (func $try))
      (export "canister_query RQ" (func $try))
      (export "canister_composite_query CQ" (func $try))
      (func (export "canister_query ok") (call $reply))
      (func (export "canister_update Ry") (call $ask (P.const 0) (P.const 2)))
      (func (export "canister_update Rt") (call $ask (P.const 0) (P.const 1)))
      (func (export "canister_update C") (call $ask (P.const 1) (P.const 2)))
      (func (export "canister_composite_query CRy") (call $ask (P.const 0) (P.const 2)))
      (func (export "canister_composite_query CRt") (call $ask (P.const 0) (P.const 1))))");
  }

 private:
  [[nodiscard]] Bytes module(const std::string& entries) const {
    const std::string text = "(module (import \"ic0\" \"" + function_.name + "\" (func $f " +
                             function_.type + R"())
      (import "ic0" "trap" (func $trap (param P P)))
      (import "ic0" "msg_reply" (func $reply))
      (import "ic0" "canister_self_size" (func $self_size (result P)))
      (import "ic0" "canister_self_copy" (func $self_copy (param P P P)))
      (import "ic0" "call_new" (func $call_new (param P P P P P P P P)))
      (import "ic0" "call_on_cleanup" (func $on_cleanup (param P P)))
      (import "ic0" "call_perform" (func $perform (result i32)))
      (memory P 1)
      (table 2 funcref)
      (elem (i32.const 0) $callback $fail)
      (data (P.const 64) "doneok")
      (func $try )" + function_.call +
                             R"( (call $trap (P.const 64) (P.const 4)))
      (func $callback (param P) (call $try))
      (func $fail (param P) unreachable)
      ;; Calls the canister's own method "ok", or "o", which it hasn't.
      (func $ask (param $on_reply P) (param $name_size P)
        (call $self_copy (P.const 128) (P.const 0) (call $self_size))
        (call $call_new (P.const 128) (call $self_size) (P.const 68) (local.get $name_size)
          (local.get $on_reply) (P.const 0) (P.const 0) (P.const 0))
        (if (P.ne (local.get $on_reply) (P.const 0)) (then
          (call $on_cleanup (P.const 0) (P.const 0))))
        (drop (call $perform)))
      )" + entries + ")";
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char before = i == 0 ? ' ' : text[i - 1];
      const char after = i + 1 < text.size() ? text[i + 1] : ' ';
      const bool is_type = text[i] == 'P' && (before == ' ' || before == '(') &&
                           (after == ' ' || after == ')' || after == '.');
      const bool is_memory = is_type && text.compare(i - 7, 7, "memory ") == 0;
      out += !is_type ? std::string(1, text[i]) : is_memory && pointer_ == "i32" ? "" : pointer_;
    }
    return testing::wat(out);
  }

  Function function_;
  std::string pointer_;
};

/// How an execution failed, without whose it was and where.
std::string bare(std::string text) {
  text = TestSubnet::without_backtrace(text);
  const std::size_t prefix = text.find("Error from Canister ");
  if (prefix == std::string::npos) return text;
  return text.substr(text.find(": ", prefix) + 2);
}
std::string bare(const state::IngressState& answer) {
  const auto* failed = std::get_if<state::IngressFailed>(&answer);
  return failed == nullptr ? TestSubnet::text(answer) : bare(failed->error.message);
}

/// What the function does in each context, each time on the same canister: all of them fail.
class Canister {
 public:
  Canister(TestSubnet& subnet, const Modules& modules)
      : subnet_(subnet), modules_(modules), id_(subnet.create()) {}

  std::map<std::string, std::string> run() {
    std::map<std::string, std::string> seen;
    seen["start"] = bare(subnet_.install(id_, modules_.start()));
    seen["I"] = bare(subnet_.install(id_, modules_.init()));
    subnet_.install(id_, modules_.messages());
    seen["G"] = bare(subnet_.install(id_, modules_.messages(), {},
                                     management::InstallMode(std::in_place_index<2>)));
    for (const char* method : {"U", "RQ", "Ry", "Rt"})
      seen[method] = bare(subnet_.call(kAlice, id_, method));
    seen["C"] = of_cleanup(subnet_.call(kAlice, id_, "C"));
    const Slice certificate = Slice::copy_of(as_bytes("certificate"));
    seen["NRQ"] = bare(TestSubnet::text(subnet_.query(id_, "RQ", {}, certificate)));
    seen["TQ"] = bare(TestSubnet::text(
        execute_transform(subnet_.state, {id_, "RQ", Slice()}, subnet_.environment)));
    for (const char* method : {"CQ", "CRy", "CRt"})
      seen[method] = bare(TestSubnet::text(subnet_.query(id_, method, {}, certificate)));
    seen["F"] = of_inspection();
    seen["T"] = of_task();
    return seen;
  }

 private:
  static std::string of_cleanup(const state::IngressState& answer) {
    constexpr std::string_view kMark = "call_on_cleanup also failed:\n\n";
    const auto* failed = std::get_if<state::IngressFailed>(&answer);
    if (failed == nullptr) return TestSubnet::text(answer);
    const std::size_t at = failed->error.message.find(kMark);
    if (at == std::string::npos) return "no cleanup: " + failed->error.message;
    return bare(failed->error.message.substr(at + kMark.size()));
  }

  std::string of_inspection() {
    state::Ingress ingress;
    ingress.sender = kAlice;
    ingress.receiver = id_;
    ingress.method_name = "U";
    const auto verdict = filter_ingress(subnet_.state, ingress, subnet_.environment);
    return verdict.ok() ? "accepted" : bare(verdict.error().message);
  }

  /// The log is all that is left of a task.
  std::string of_task() {
    subnet_.install(id_, modules_.task(), {}, management::InstallMode(std::in_place_index<1>));
    subnet_.round();
    const auto& records = subnet_.at(id_).log->records();
    if (records.empty()) return "no heartbeat";
    std::string text(as_text(records.back().content));
    text.erase(0, std::string_view("[TRAP]: ").size());
    return text.empty() || text.ends_with("one") ? wasm::called_trap(text).message : text;
  }

  TestSubnet& subnet_;
  const Modules& modules_;
  CanisterId id_;
};

struct Failing {
  std::string_view function;
  std::string_view text;
};
/// What functions say to arguments of zero if that isn't right. The others do what they should.
constexpr auto kFailing = std::to_array<Failing>({
    {"call_on_cleanup",
     "Canister violated contract: ic0.call_on_cleanup called when no call is under construction."},
    {"call_data_append",
     "Canister violated contract: ic0.call_data_append called when no call is under construction."},
    {"call_with_best_effort_response",
     "Canister violated contract: ic0.call_with_best_effort_response called when no call is under "
     "construction."},
    {"call_cycles_add",
     "Canister violated contract: ic0.call_cycles_add called when no call is under construction."},
    {"call_cycles_add128",
     "Canister violated contract: ic0.call_cycles_add called when no call is under construction."},
    {"call_perform",
     "Canister violated contract: ic0.call_perform called when no call is under construction."},
    {"env_var_name_size",
     "Environment variable index 0 is out of bounds. The number of environment variables is 0."},
    {"env_var_name_copy",
     "Environment variable index 0 is out of bounds. The number of environment variables is 0."},
    {"env_var_value_size", "Environment variable  not found."},
    {"env_var_value_copy", "Environment variable  not found."},
    {"trap", "Canister called `ic0.trap` with message: "},
    {"cost_http_request_v2",
     "Canister violated contract: ic0.cost_http_request_v2: the parameters are not the Candid "
     "record they should be."},
    {"mint_cycles128",
     "Canister violated contract: ic0.mint_cycles128 cannot be executed on non Cycles Minting "
     "Canister"},
});
constexpr std::string_view kDone = "Canister called `ic0.trap` with message: done";

std::string expected(const Row& row, const wasm::ContextName& context) {
  const std::string& function = row.at("function");
  const bool is_start = context.context == Context::kStart;
  if (row.at(is_start ? "start" : std::string(context.letters)) != "1")
    return "Canister violated contract: \"ic0." + function + "\" cannot be executed in " +
           std::string(context.mode) + " mode";
  const auto* failing = std::ranges::find(kFailing, function, &Failing::function);
  return std::string(failing == kFailing.end() ? kDone : failing->text);
}

class SystemApiMatrixOf : public ::testing::TestWithParam<PointerWidth> {};
INSTANTIATE_TEST_SUITE_P(SystemApiMatrix, SystemApiMatrixOf,
                         ::testing::Values(PointerWidth::k32, PointerWidth::k64),
                         [](const auto& info) {
                           return info.param == PointerWidth::k32 ? "wasm32" : "wasm64";
                         });

TEST_P(SystemApiMatrixOf, every_function_does_in_every_context_what_the_specification_says) {
  TestSubnet subnet;
  std::size_t cells = 0;
  for (const Row& row : wasm::testing::read_csv("system-api.csv")) {
    const std::string& name = row.at("function");
    const std::string& signature =
        row.at(GetParam() == PointerWidth::k64 ? "sig_wasm64" : "sig_wasm32");
    // The deprecated functions of 32 bits, and one that the specification doesn't have.
    if (signature.empty() || name == "subnet_self_node_count") continue;
    const Modules modules(function_of(name, signature), GetParam());
    const auto seen = Canister(subnet, modules).run();
    for (const wasm::ContextName& context : wasm::kContextNames) {
      if (context.context == Context::kCompositeCleanup) continue;
      const bool is_start = context.context == Context::kStart;
      const std::string column = is_start ? "start" : std::string(context.letters);
      ASSERT_TRUE(seen.contains(column));
      EXPECT_EQ(seen.at(column), expected(row, context)) << name << " in " << column;
      ++cells;
    }
  }
  // 76 functions, 9 of which only 32-bit modules have, in 15 contexts.
  EXPECT_EQ(cells, (GetParam() == PointerWidth::k64 ? 67U : 76U) * 15U);
}

/// What a getter of a small number says in each context: the digit stands before "one".
struct Getter {
  std::string_view function;
  std::string_view contexts;
  char digit;
};
// Abstract behavior, "System imports". The methods' caller is a user of two bytes, that of tasks
// and transforms is the management canister; RQ and its like are called by users. "Rt" is of a
// method that isn't there.
constexpr auto kGetters = std::to_array<Getter>({
    {"in_replicated_execution", "start I G U RQ Ry Rt C T", '1'},
    {"in_replicated_execution", "NRQ TQ CQ CRy CRt F", '0'},
    {"data_certificate_present", "NRQ CQ", '1'},
    {"data_certificate_present", "I G U RQ TQ Ry Rt CRy CRt C F T", '0'},
    {"msg_caller_size", "I G U RQ NRQ CQ Ry Rt CRy CRt C F", '2'},
    {"msg_caller_size", "TQ T", '0'},
    {"msg_reject_code", "Ry CRy C", '0'},
    {"msg_reject_code", "Rt CRt", '5'},
    {"msg_arg_data_size", "I U RQ NRQ TQ CQ Ry CRy F", '0'},
    {"canister_status", "I G U RQ NRQ TQ CQ Ry Rt CRy CRt C F T", '1'},
});

TEST(SystemApiMatrix, getters_say_in_every_context_what_is_true_there) {
  TestSubnet subnet;
  for (const Getter& getter : kGetters) {
    const std::string name(getter.function);
    const Modules modules(
        {name, "(result i32)", "(i32.store8 (i32.const 64) (i32.add (i32.const 48) (call $f)))"},
        PointerWidth::k32);
    const auto seen = Canister(subnet, modules).run();
    std::istringstream contexts{std::string(getter.contexts)};
    for (std::string context; contexts >> context;) {
      ASSERT_TRUE(seen.contains(context)) << context;
      const std::string line = std::string(1, getter.digit) + "one";
      EXPECT_EQ(seen.at(context), wasm::called_trap(line).message) << name << " in " << context;
    }
  }
}

}  // namespace
}  // namespace icpd::execution
