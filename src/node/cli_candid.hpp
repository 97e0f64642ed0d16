// Candid answers as text, for people.
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace icpd::node {

/// "(7 : nat64)", "(record { 1224700491 = \"counter\" })": the values as the message states them.
/// Names of fields are not in a message, so their ids stand there.
/// Error: not a Candid message.
[[nodiscard]] Result<std::string> candid_text(ByteView message);

}  // namespace icpd::node
