// The leaves under /request_status/<id> (interface specification, "Request status").
//
// | state | status | reply | reject_code | reject_message | error_code |
// | --- | --- | --- | --- | --- | --- |
// | received, processing, done | its name | | | | |
// | replied | "replied" | yes | | | |
// | failed | "rejected" | | LEB128 | text | "IC0ddd" |
#pragma once

#include <string_view>

#include "base/bytes.hpp"
#include "state/ingress_history.hpp"

namespace icpd::state {

/// The text of the leaf "status".
[[nodiscard]] constexpr std::string_view status_text(const IngressState& state) {
  constexpr std::string_view kTexts[] = {"received", "processing", "replied", "rejected", "done"};
  static_assert(std::variant_size_v<IngressState> == std::size(kTexts));
  return kTexts[state.index()];
}

/// Calls `visit(label, leaf)` in the order of labels.
template <typename F>
void for_each_request_status_leaf(const IngressStatus& status, F&& visit) {
  using namespace std::string_view_literals;
  if (const auto* failed = std::get_if<IngressFailed>(&status.state)) {
    const types::UserError& error = failed->error;
    visit("error_code"sv, as_bytes(types::text(error.code)));
    // A reject code is one LEB128 byte.
    const auto code = static_cast<std::uint8_t>(types::reject_code(error.code));
    visit("reject_code"sv, ByteView(&code, 1));
    visit("reject_message"sv, as_bytes(error.message));
  } else if (const auto* replied = std::get_if<IngressReplied>(&status.state)) {
    visit("reply"sv, replied->reply.view());
  }
  visit("status"sv, as_bytes(status_text(status.state)));
}

}  // namespace icpd::state
