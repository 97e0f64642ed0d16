// Requests of a load, ready to be sent.
#pragma once

#include <vector>

#include "io/clock.hpp"
#include "node/identity.hpp"

namespace icpd::node {

class LoadRequests {
 public:
  struct Parts {
    types::CanisterId canister;
    std::size_t argument_size = 0;
    /// Empty: the anonymous sender.
    std::vector<Identity> senders;
    std::size_t api_version = 2;
  };
  LoadRequests(Parts parts, io::Clock& clock, io::Entropy& entropy);

  /// Signs so many calls ahead, so that a run spends no time on it. They expire in minutes.
  void prepare(std::size_t count);

  /// The next call, with its HTTP head; no two are alike. `waits`: answered with the certificate,
  /// whatever the API version.
  [[nodiscard]] Slice call(bool waits);
  /// Asks for the certified counter.
  [[nodiscard]] Slice counter_query();

 private:
  [[nodiscard]] Bytes envelope();
  [[nodiscard]] Slice with_head(const char* version, const char* action, ByteView body) const;

  Parts parts_;
  io::Clock& clock_;
  std::string canister_text_;
  Bytes argument_;
  std::uint64_t number_ = 0;
  std::vector<Bytes> prepared_;
};

}  // namespace icpd::node
