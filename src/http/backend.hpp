// What the endpoints need from the node behind them.
//
// Every method may be called from the client loop and returns at once. What takes longer answers
// through `Then`, once, from any thread. A node that can't take more says so (kOverloaded), which
// the client sees as 429 or 503; nothing waits without a bound.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/shared.hpp"
#include "crypto/hash.hpp"
#include "http/certified_reader.hpp"
#include "types/error_code.hpp"
#include "types/messages.hpp"
#include "types/requests.hpp"

namespace icpd::http {

template <typename T>
using Then = std::move_only_function<void(T)>;

/// Why a request ends with an HTTP status other than 200.
struct HttpError {
  unsigned status = 500;
  std::string message;
  /// Of 405: the methods that the path takes, as the header Allow lists them.
  std::string allow = {};
};

struct NodeStatus {
  /// "healthy", or why not ("starting", "waiting_for_certified_state", "certified_state_behind").
  std::string health;
  Bytes root_key_der;
  std::string implementation_version;
  std::uint64_t certified_height = 0;
  [[nodiscard]] bool healthy() const { return health == "healthy"; }
};

/// Who sent a request, after signature, delegations and expiry were checked.
struct Authenticated {
  types::Principal sender;
  /// Canisters that the delegations allow; nothing: all.
  std::optional<std::vector<types::CanisterId>> targets;
};

enum class Submitted : std::uint8_t {
  kAccepted,    // in the ingress pool, or known already
  kOverloaded,  // can't expect to include it before it expires
};
/// A UserError: the filter refused it (inspect_message, frozen, no such canister, ...).
using SubmitOutcome = std::variant<Submitted, types::UserError>;

struct QueryReject {
  types::RejectCode reject_code = types::RejectCode::kSysFatal;
  std::string message;
  types::ErrorCode error_code = types::ErrorCode::kCanisterTrapped;
};

struct QueryAnswer {
  std::variant<types::Reply, QueryReject> result;
  /// Time of the state it ran on.
  Time time;
};

class Backend {
 public:
  virtual ~Backend() = default;

  [[nodiscard]] virtual NodeStatus status() = 0;
  /// Newest certified state; null until there is one.
  [[nodiscard]] virtual std::shared_ptr<const CertifiedReader> certified() = 0;

  /// Checks expiry, signature and delegations of any request on the crypto workers.
  virtual void authenticate(Shared<types::Envelope> envelope,
                            Then<Result<Authenticated, HttpError>> then) = 0;

  /// Runs the ingress filter and puts the call into the ingress pool. The envelope was
  /// authenticated.
  virtual void submit(Shared<types::IngressMessage> message,
                      Then<Result<SubmitOutcome, HttpError>> then) = 0;

  /// Calls back with a certified state in which the request has ended, or with null after
  /// `timeout`. At most one waiter a request: a second one gets null at once.
  virtual void wait_for(const types::RequestId& request, Duration timeout,
                        Then<std::shared_ptr<const CertifiedReader>> then) = 0;

  /// Runs a query on the newest certified state.
  virtual void query(Shared<types::Envelope> envelope,
                     Then<Result<QueryAnswer, HttpError>> then) = 0;

  /// This node's id, and its signature over the hash of a query answer
  /// (interface specification, "Query call").
  [[nodiscard]] virtual types::NodeId node_id() = 0;
  [[nodiscard]] virtual Bytes sign_query_response(const crypto::Digest& response_hash) = 0;

  /// The node's clock, for signature timestamps and expiry of waiters.
  [[nodiscard]] virtual Time now() = 0;
};

}  // namespace icpd::http
