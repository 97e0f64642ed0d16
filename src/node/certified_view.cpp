#include "node/certified_view.hpp"

#include "certification/certificate.hpp"
#include "state/certified_tree.hpp"

namespace icpd::node {

CertifiedView::CertifiedView(replica::Snapshot state, types::Certification certification)
    : state_(std::move(state)), certification_(std::move(certification)) {
  ensure(state_->height() == certification_.content.height);
}

types::Height CertifiedView::height() const {
  return state_->height();
}
Time CertifiedView::time() const {
  return state_->time();
}
types::SubnetId CertifiedView::own_subnet() const {
  return state_->topology().own_subnet;
}
types::SubnetId CertifiedView::root_subnet() const {
  return state_->topology().root_subnet;
}

bool CertifiedView::in_own_range(const types::CanisterId& canister) const {
  // The management canister stands for "any canister of this subnet".
  return canister == types::management_canister() || state_->topology().hosts(canister);
}

std::optional<http::RequestOwner> CertifiedView::request_owner(
    const types::RequestId& request) const {
  const state::IngressStatus* status = state_->ingress().find(request);
  if (status == nullptr) return std::nullopt;
  http::RequestOwner owner{status->user.principal, std::nullopt};
  if (status->receiver != types::management_canister()) owner.effective_canister = status->receiver;
  return owner;
}

bool CertifiedView::is_terminal(const types::RequestId& request) const {
  const state::IngressStatus* status = state_->ingress().find(request);
  return status != nullptr && state::is_final(status->state);
}

http::SectionVisibility CertifiedView::metadata(const types::CanisterId& canister,
                                                std::string_view section) const {
  const state::CanisterState* found = state_->find(canister);
  if (found == nullptr || !found->has_code()) return http::SectionVisibility::kAbsent;
  const auto& sections = (*found->execution)->module->metadata;
  const auto metadata = sections.find(std::string(section));
  if (metadata == sections.end()) return http::SectionVisibility::kAbsent;
  return metadata->second.visibility == state::MetadataVisibility::kPublic
             ? http::SectionVisibility::kPublic
             : http::SectionVisibility::kPrivate;
}

bool CertifiedView::is_controller(const types::CanisterId& canister,
                                  const types::Principal& principal) const {
  const state::CanisterState* found = state_->find(canister);
  return found != nullptr && found->is_controller(principal);
}

bool CertifiedView::is_subnet_admin(const types::Principal& principal) const {
  return state_->topology().parameters.is_admin(principal);
}

Bytes CertifiedView::certificate(const std::vector<http::Path>& paths,
                                 http::DelegationForm /*form*/) const {
  // The root subnet speaks with its own key: its certificates carry no delegation of any form.
  ensure(own_subnet() == root_subnet(), "a subnet below the root needs its delegation");
  certification::PathSet shown;
  shown.add({as_bytes("time")});
  for (const http::Path& path : paths) {
    const std::vector<ByteView> labels(path.begin(), path.end());
    shown.add(certification::Path(labels));
  }
  return certificate_of(shown);
}

Bytes CertifiedView::data_certificate(const types::CanisterId& canister) const {
  certification::PathSet shown;
  shown.add({as_bytes("time")});
  shown.add({as_bytes("canister"), canister.view(), as_bytes("certified_data")});
  return certificate_of(shown);
}

Bytes CertifiedView::certificate_of(const certification::PathSet& paths) const {
  const certification::Certificate certificate{state::witness(*state_, paths),
                                               certification_.signature, std::nullopt};
  return certificate.encode();
}

}  // namespace icpd::node
