// The node behind its public endpoints: checks who sends and runs the filter on client workers,
// queries on workers of their own, and hands calls to the protocol thread.
#pragma once

#include <atomic>

#include "certification/request_auth.hpp"
#include "crypto/ed25519.hpp"
#include "execution/environment.hpp"
#include "http/backend.hpp"
#include "node/compile_ahead.hpp"
#include "node/protocol_thread.hpp"
#include "node/query_service.hpp"
#include "node/query_workers.hpp"

namespace icpd::node {

/// A node whose certified time is further behind than this calls itself behind.
inline constexpr Duration kCertifiedLagMax = Duration::seconds(15);

struct BackendParts {
  io::Clock& clock;
  ProtocolThread& protocol;
  Published& published;
  TaskQueue& tasks;
  execution::Environment& environment;
  QueryService& queries;
  QueryWorkers& query_workers;
  CompileAhead& ahead;
  certification::TrustRoot trust_root;
  types::NodeId node;
  crypto::Ed25519SecretKey signing_key;
  std::string version;
};

class NodeBackend final : public http::Backend {
 public:
  /// Before the protocol thread starts.
  explicit NodeBackend(BackendParts parts)
      : parts_(std::move(parts)), final_at_start_(parts_.protocol.final_at_start()) {}

  [[nodiscard]] http::NodeStatus status() override;
  [[nodiscard]] std::shared_ptr<const http::CertifiedReader> certified() override;
  void authenticate(Shared<types::Envelope> envelope,
                    http::Then<Result<http::Authenticated, http::HttpError>> then) override;
  void submit(Shared<types::IngressMessage> message,
              http::Then<Result<http::SubmitOutcome, http::HttpError>> then) override;
  void wait_for(const types::RequestId& request, Duration timeout,
                http::Then<std::shared_ptr<const http::CertifiedReader>> then) override;
  void query(Shared<types::Envelope> envelope,
             http::Then<Result<http::QueryAnswer, http::HttpError>> then) override;
  [[nodiscard]] types::NodeId node_id() override { return parts_.node; }
  [[nodiscard]] Bytes sign_query_response(const crypto::Digest& response_hash) override;
  [[nodiscard]] Time now() override { return parts_.clock.now(); }

 private:
  /// False after a start until what was final before is certified again: an earlier state would
  /// show clients less than this node has shown before.
  [[nodiscard]] bool caught_up();
  [[nodiscard]] Status<certification::AuthError> check_expiry(const types::Envelope& envelope,
                                                              Time now) const;
  /// Runs on a client worker, or answers 429.
  template <typename T>
  void on_worker(http::Then<Result<T, http::HttpError>> then,
                 std::move_only_function<void(http::Then<Result<T, http::HttpError>>)> work);
  [[nodiscard]] http::QueryAnswer answer_query(const types::Envelope& envelope);

  BackendParts parts_;
  const types::Height final_at_start_;
  std::atomic<bool> caught_up_ = false;
};

}  // namespace icpd::node
