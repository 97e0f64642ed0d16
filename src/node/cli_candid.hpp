// Candid as text, for people: what they type as an argument, what a canister answers, and whether a
// new version of a canister still understands its clients.
//
// A canister states its interface in its module's metadata (`candid:service`); with it numbers get
// the types that the method takes and fields their names. Without one, types are those of the text
// or the message itself: "(7 : nat64)", "(record { 1224700491 = \"counter\" })".
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace icpd::node {

/// What a text or message is for.
struct CandidUse {
  /// A Candid service description; empty: not known.
  std::string interface;
  /// Empty: the initializer.
  std::string method;
};

/// The metadata section in which a module states its interface.
inline constexpr std::string_view kCandidServiceSection = "candid:service";

/// Error: not a Candid text of arguments, or one that the method doesn't take.
[[nodiscard]] Result<Bytes> candid_message(std::string_view text, const CandidUse& use);

/// The values of an answer. What doesn't fit the interface is shown as the message states it.
/// Error: not a Candid message.
[[nodiscard]] Result<std::string> candid_text(ByteView message, const CandidUse& use);

/// Error: what clients of `older` would miss in `newer`.
[[nodiscard]] Status<> candid_compatible(std::string_view newer, std::string_view older);

/// The interface in a module's metadata, gzipped or not; empty if it states none.
[[nodiscard]] std::string candid_interface(Slice module);

}  // namespace icpd::node
