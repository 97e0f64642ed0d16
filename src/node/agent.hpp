// A client of the Internet Computer that believes nothing but the root key.
//
// Update calls are sent to the synchronous endpoint, a few times if the server goes away before it
// answers; a call that isn't answered there is asked for with read_state until its request expires.
// Every answer of a call and of read_state comes in a certificate whose signatures, delegation and
// time are checked; every answer of a query carries a node's signature, which is checked against
// the certified list of the subnet's nodes (interface specification, "HTTPS Interface",
// "Certification", "Query call").
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "certification/certificate.hpp"
#include "io/clock.hpp"
#include "io/entropy.hpp"
#include "io/http.hpp"
#include "node/identity.hpp"
#include "types/error_code.hpp"

namespace icpd::node {

/// One server of the HTTPS interface.
class Transport {
 public:
  virtual ~Transport() = default;
  /// Waits for the answer. Error: there is none.
  [[nodiscard]] virtual Result<io::HttpResponse> send(io::HttpRequest request) = 0;
  /// Waits, between two polls.
  virtual void pause(Duration time) = 0;
};

/// "http://host:port". Error: not such a text.
[[nodiscard]] Result<std::unique_ptr<Transport>> http_transport(const std::string& url);

struct AgentError {
  enum class Kind : std::uint8_t {
    kUnreachable,  // no answer, or one that isn't of the interface
    kRefused,      // an HTTP error; the call wasn't accepted
    kRejected,     // the canister or the system rejected it
    kUntrusted,    // a certificate or signature that doesn't verify
    kTimeout,      // not known whether it was executed
  };
  Kind kind = Kind::kUnreachable;
  /// For people. Of a reject: "failed: text (IC0503)". May have words of canisters and servers.
  std::string message;
  /// Of a reject, if the answer names it: "IC0503".
  std::string error_code;

  operator Error() const { return Error{message}; }  // NOLINT: implicit so that TRY passes it on
};
template <typename T>
using AgentResult = Result<T, AgentError>;

struct Call {
  types::CanisterId canister;
  std::string method;
  Bytes arg;
  /// The canister that the URL names: the called one, but for the management canister the one that
  /// the call is about.
  types::CanisterId effective;

  [[nodiscard]] static Call to(const types::CanisterId& canister, std::string method, Bytes arg) {
    return {canister, std::move(method), std::move(arg), canister};
  }
};

class Agent {
 public:
  struct Parts {
    Transport& transport;
    io::Clock& clock;
    io::Entropy& entropy;
    certification::TrustRoot root;
  };
  Agent(Parts parts, Identity identity);

  [[nodiscard]] AgentResult<Slice> update(const Call& call);
  [[nodiscard]] AgentResult<Slice> query(const Call& call);

  using Labels = std::vector<Slice>;
  /// The tree of a verified certificate that shows these paths.
  [[nodiscard]] AgentResult<certification::HashTree> read_state(const types::CanisterId& effective,
                                                                std::vector<Labels> paths);

  [[nodiscard]] const Identity& identity() const { return identity_; }
  /// The id of the last update call.
  [[nodiscard]] const types::RequestId& last_request() const { return last_request_; }

 private:
  using NodeKeys = std::map<types::Principal, Slice>;

  struct Verified {
    certification::HashTree tree;
    types::SubnetId subnet;
  };
  AgentResult<Verified> verify(ByteView bytes, const types::CanisterId& effective);
  AgentResult<Verified> read_verified(const types::CanisterId& effective,
                                      std::vector<Labels> paths);
  AgentResult<Slice> post(const std::string& path, Slice body);
  /// Sends the same bytes again when nobody answers: their request id makes it one call.
  AgentResult<Slice> post_call(const std::string& path, const Slice& body);
  AgentResult<Slice> poll(const types::RequestId& id, const types::CanisterId& effective,
                          Time until);
  AgentResult<NodeKeys> fetch_node_keys(const types::CanisterId& effective);
  Status<AgentError> check_query_signatures(const struct QueryReply& reply,
                                            const types::RequestId& id,
                                            const types::CanisterId& effective);
  types::RequestBase base();
  Bytes envelope(const types::RequestContent& content) const;

  Parts parts_;
  Identity identity_;
  types::RequestId last_request_;
  std::optional<NodeKeys> node_keys_;
};

/// The server's root key and health, unverified: for networks whose key isn't known otherwise.
struct ServerStatus {
  Bytes root_key_der;
  std::string health;
};
[[nodiscard]] Result<ServerStatus> fetch_status_unverified(Transport& transport);

}  // namespace icpd::node
