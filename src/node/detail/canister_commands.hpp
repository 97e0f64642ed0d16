// What the commands of `icpd canister` (cli_canister.hpp) have in common.
#pragma once

#include <memory>

#include "node/cli_canister.hpp"
#include "node/progress.hpp"

namespace icpd::node::detail {

/// A session and the canister that a command is about.
struct Subject {
  std::unique_ptr<Session> session;
  types::CanisterId canister;

  [[nodiscard]] Agent& agent() const { return session->agent(); }
};

[[nodiscard]] Result<Subject> open_subject(const CanisterOptions& options, const Console& console);

/// While a call is on its way, to be held by the caller. If it takes long it says why the network
/// doesn't get on.
[[nodiscard]] std::unique_ptr<Waiting> wait_for_certificate(const Session& session,
                                                            const std::string& call,
                                                            const Console& console);

/// Before something that can't be taken back: `what` says what that is, in a sentence. Fails unless
/// --yes was given or the user says so.
[[nodiscard]] CommandResult must_confirm(bool yes, const std::string& what, const Console& console);

}  // namespace icpd::node::detail
