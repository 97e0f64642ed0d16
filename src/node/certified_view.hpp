// A published state as the endpoints read it: the replicated state of one height with the
// certification of its root.
#pragma once

#include "certification/witness.hpp"
#include "http/certified_reader.hpp"
#include "replica/step.hpp"

namespace icpd::node {

class CertifiedView final : public http::CertifiedReader {
 public:
  CertifiedView(replica::Snapshot state, types::Certification certification);

  [[nodiscard]] types::Height height() const override;
  [[nodiscard]] Time time() const override;
  [[nodiscard]] types::SubnetId own_subnet() const override;
  [[nodiscard]] types::SubnetId root_subnet() const override;
  [[nodiscard]] bool in_own_range(const types::CanisterId& canister) const override;
  [[nodiscard]] std::optional<http::RequestOwner> request_owner(
      const types::RequestId& request) const override;
  [[nodiscard]] bool is_terminal(const types::RequestId& request) const override;
  [[nodiscard]] http::SectionVisibility metadata(const types::CanisterId& canister,
                                                 std::string_view section) const override;
  [[nodiscard]] bool is_controller(const types::CanisterId& canister,
                                   const types::Principal& principal) const override;
  [[nodiscard]] bool is_subnet_admin(const types::Principal& principal) const override;
  [[nodiscard]] Bytes certificate(const std::vector<http::Path>& paths,
                                  http::DelegationForm form) const override;

  [[nodiscard]] const state::ReplicatedState& state() const { return *state_; }
  /// For ic0.data_certificate: time and certified data of one canister.
  [[nodiscard]] Bytes data_certificate(const types::CanisterId& canister) const;

 private:
  [[nodiscard]] Bytes certificate_of(const certification::PathSet& paths) const;

  replica::Snapshot state_;
  types::Certification certification_;
};

}  // namespace icpd::node
