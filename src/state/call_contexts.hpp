// Call contexts and callbacks of one canister (interface specification, "Call contexts").
//
// A call context is opened for each message that a canister begins to work on, and lives until it
// was answered and none of its outgoing calls is outstanding. A callback is what to run when the
// response to one outgoing call arrives; it belongs to the context that made the call.
//
//   user --ingress--> [context 1] --call--> callback 1 (context 1) ... response: callback 1 taken
//                                    context 1 answered, no callback left: context 1 closed
//
// Invariants
//  1. Every callback's context exists.
//  2. A context that was answered has no available cycles.
//  3. Ids grow and are never used twice.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "base/units.hpp"
#include "state/ingress.hpp"
#include "types/ids.hpp"
#include "types/messages.hpp"
#include "types/numbers.hpp"
#include "types/requests.hpp"

namespace icpd::state {

struct IngressOrigin {
  types::UserId user;
  types::RequestId message;
  std::string method_name;
  bool operator==(const IngressOrigin&) const = default;
  static constexpr auto kFields =
      std::tuple(&IngressOrigin::user, &IngressOrigin::message, &IngressOrigin::method_name);
};
struct CanisterOrigin {
  types::CanisterId canister;
  /// Of the calling canister.
  types::CallbackId callback;
  types::CoarseTime deadline;
  std::string method_name;
  bool operator==(const CanisterOrigin&) const = default;
  static constexpr auto kFields =
      std::tuple(&CanisterOrigin::canister, &CanisterOrigin::callback, &CanisterOrigin::deadline,
                 &CanisterOrigin::method_name);
};
/// Heartbeat, timer, low memory hook: nobody waits for an answer.
struct SystemTaskOrigin {
  bool operator==(const SystemTaskOrigin&) const = default;
  static constexpr auto kFields = std::tuple();
};
using CallOrigin = std::variant<IngressOrigin, CanisterOrigin, SystemTaskOrigin>;

struct CallContext {
  CallOrigin origin;
  /// Replied or rejected.
  bool responded = false;
  /// The canister was uninstalled: callbacks of this context don't run.
  bool deleted = false;
  /// What the canister may still accept; refunded with the answer.
  types::Cycles available_cycles{0};
  Time started;
  /// Instructions of all executions of this context.
  std::uint64_t instructions = 0;
  std::uint64_t call_tree_depth = 0;
  Time call_tree_start;
  std::optional<CallerInfo> caller_info;
  /// Callbacks that belong to this context. Kept by CallContexts.
  std::uint64_t outstanding_calls = 0;

  bool operator==(const CallContext&) const = default;
  static constexpr auto kFields =
      std::tuple(&CallContext::origin, &CallContext::responded, &CallContext::deleted,
                 &CallContext::available_cycles, &CallContext::started, &CallContext::instructions,
                 &CallContext::call_tree_depth, &CallContext::call_tree_start,
                 &CallContext::caller_info, &CallContext::outstanding_calls);
};

/// A function of the module's table and the value it is called with.
struct Closure {
  std::uint32_t function = 0;
  std::uint64_t environment = 0;
  bool operator==(const Closure&) const = default;
  static constexpr auto kFields = std::tuple(&Closure::function, &Closure::environment);
};

struct Callback {
  types::CallContextId context;
  types::CanisterId respondent;
  types::Cycles cycles_sent{0};
  /// Withdrawn when the call was made; what isn't needed is given back with the response.
  types::Cycles prepaid_execution{0};
  types::Cycles prepaid_transmission{0};
  Closure on_reply;
  Closure on_reject;
  std::optional<Closure> on_cleanup;
  types::CoarseTime deadline;

  [[nodiscard]] bool is_best_effort() const { return deadline != types::kNoDeadline; }
  bool operator==(const Callback&) const = default;
  static constexpr auto kFields =
      std::tuple(&Callback::context, &Callback::respondent, &Callback::cycles_sent,
                 &Callback::prepaid_execution, &Callback::prepaid_transmission, &Callback::on_reply,
                 &Callback::on_reject, &Callback::on_cleanup, &Callback::deadline);
};

class CallContexts {
 public:
  /// `context.outstanding_calls` must be 0.
  [[nodiscard]] types::CallContextId open(CallContext context);
  [[nodiscard]] const CallContext* find(types::CallContextId id) const;
  /// Needs the context to exist. Leave `outstanding_calls` alone.
  [[nodiscard]] CallContext& at(types::CallContextId id);
  /// Removes a context without outstanding calls and gives it back.
  CallContext close(types::CallContextId id);

  /// The id of the next callback; a Request needs it before the callback is added.
  [[nodiscard]] types::CallbackId next_callback() const { return next_callback_; }
  /// Needs the context to exist.
  types::CallbackId add_callback(Callback callback);
  [[nodiscard]] const Callback* find(types::CallbackId id) const;
  /// Removes a callback and counts its context's outstanding calls down; nothing if unknown.
  [[nodiscard]] std::optional<Callback> take_callback(types::CallbackId id);

  /// Best-effort callbacks whose deadline is before `now`, each given once, in order.
  [[nodiscard]] std::vector<types::CallbackId> expire_callbacks(types::CoarseTime now);
  /// The earliest deadline that expire_callbacks() has yet to give.
  [[nodiscard]] std::optional<types::CoarseTime> next_deadline() const;

  [[nodiscard]] const std::map<types::CallContextId, CallContext>& contexts() const {
    return contexts_;
  }
  [[nodiscard]] const std::map<types::CallbackId, Callback>& callbacks() const {
    return callbacks_;
  }
  /// Neither context nor callback: a stopping canister may stop.
  [[nodiscard]] bool idle() const { return contexts_.empty() && callbacks_.empty(); }
  /// Available cycles of all contexts plus everything held in callbacks.
  [[nodiscard]] types::Cycles cycles_available() const;
  [[nodiscard]] types::Cycles cycles_prepaid() const;

  bool operator==(const CallContexts&) const = default;

 private:
  types::CallContextId next_context_{1};
  types::CallbackId next_callback_{1};
  std::map<types::CallContextId, CallContext> contexts_;
  std::map<types::CallbackId, Callback> callbacks_;
  /// Best-effort callbacks that expire_callbacks() hasn't given yet.
  std::set<std::pair<types::CoarseTime, types::CallbackId>> deadlines_;

 public:
  static constexpr auto kFields =
      std::tuple(&CallContexts::next_context_, &CallContexts::next_callback_,
                 &CallContexts::contexts_, &CallContexts::callbacks_, &CallContexts::deadlines_);
};

}  // namespace icpd::state
