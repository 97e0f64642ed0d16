#include "http/read_state_policy.hpp"

#include <gtest/gtest.h>

namespace icpd::http {
namespace {

using types::CanisterId;
using types::Principal;
using types::SubnetId;

const CanisterId kCanister = types::canister_id_from_index(7);
const CanisterId kOtherCanister = types::canister_id_from_index(8);
const SubnetId kRoot{Principal::self_authenticating(as_bytes("root"))};
const SubnetId kOwn{Principal::self_authenticating(as_bytes("own"))};
const Principal kAlice = Principal::self_authenticating(as_bytes("alice"));
const Principal kBob = Principal::self_authenticating(as_bytes("bob"));
const types::RequestId kKnownRequest = *types::RequestId::from(Bytes(32, 1));
/// Of Alice's, to the management canister.
const types::RequestId kManagementRequest = *types::RequestId::from(Bytes(32, 3));
const types::RequestId kUnknownRequest = *types::RequestId::from(Bytes(32, 2));

/// kCanister has a public section "open" and a private one "secret"; alice controls it and sent
/// kKnownRequest to it.
class FakeState final : public CertifiedReader {
 public:
  types::Height height() const override { return types::Height{1}; }
  Time time() const override { return Time{1}; }
  SubnetId own_subnet() const override { return kOwn; }
  SubnetId root_subnet() const override { return kRoot; }
  bool in_own_range(const CanisterId&) const override { return true; }
  std::optional<RequestOwner> request_owner(const types::RequestId& id) const override {
    if (id == kManagementRequest) return RequestOwner{kAlice, std::nullopt};
    if (id != kKnownRequest) return std::nullopt;
    return RequestOwner{kAlice, kCanister};
  }
  bool is_terminal(const types::RequestId&) const override { return true; }
  SectionVisibility metadata(const CanisterId& canister, std::string_view name) const override {
    if (canister != kCanister) return SectionVisibility::kAbsent;
    if (name == "open") return SectionVisibility::kPublic;
    return name == "secret" ? SectionVisibility::kPrivate : SectionVisibility::kAbsent;
  }
  bool is_controller(const CanisterId& canister, const Principal& p) const override {
    return canister == kCanister && p == kAlice;
  }
  bool is_subnet_admin(const Principal&) const override { return false; }
  Bytes certificate(const std::vector<Path>&, DelegationForm) const override { return {}; }
};

Slice label(std::string_view text) {
  return Slice(to_bytes(text));
}
Slice label(ByteView bytes) {
  return Slice::copy_of(bytes);
}

const ReadStateEndpoint kCanisterV2{2, kCanister, std::nullopt};
const ReadStateEndpoint kCanisterV3{3, kCanister, std::nullopt};
const ReadStateEndpoint kSubnetV2{2, std::nullopt, kOwn};
const ReadStateEndpoint kSubnetV3{3, std::nullopt, kOwn};

/// 200, or the status of the refusal.
unsigned asked(const Path& path, const ReadStateEndpoint& endpoint, const Principal& who = kBob) {
  const auto result = readable_paths({path}, endpoint, {who, std::nullopt}, FakeState());
  if (result.ok()) return result->size() == 1 ? 200u : 0u;
  return result.error().status;
}

// Interface specification, "Request: Read state", the list of requestable paths.
TEST(ReadState, public_paths_can_always_be_requested) {
  for (const auto& endpoint : {kCanisterV2, kCanisterV3, kSubnetV2, kSubnetV3}) {
    EXPECT_EQ(asked({label("time")}, endpoint), 200u);
    EXPECT_EQ(asked({label("subnet")}, endpoint), 200u);
    EXPECT_EQ(asked({label("subnet"), label(kRoot.view()), label("public_key")}, endpoint), 200u);
    EXPECT_EQ(asked({label("subnet"), label(kRoot.view()), label("canister_ranges")}, endpoint),
              200u);
    EXPECT_EQ(asked({label("api_boundary_nodes")}, endpoint), 200u);
  }
}

TEST(ReadState, ranges_of_other_subnets_have_their_endpoints) {
  const Path flat = {label("subnet"), label(kOwn.view()), label("canister_ranges")};
  EXPECT_EQ(asked(flat, kCanisterV2), 200u);
  EXPECT_EQ(asked(flat, kSubnetV2), 200u);
  EXPECT_EQ(asked(flat, kCanisterV3), 403u);
  EXPECT_EQ(asked(flat, kSubnetV3), 403u);
  const Path tree = {label("canister_ranges"), label(kOwn.view())};
  EXPECT_EQ(asked(tree, kSubnetV2), 200u);
  EXPECT_EQ(asked(tree, kSubnetV3), 200u);
  EXPECT_EQ(asked(tree, kCanisterV2), 403u);
  EXPECT_EQ(asked(tree, kCanisterV3), 403u);
}

TEST(ReadState, metrics_are_for_the_subnets_own_endpoint) {
  const Path own = {label("subnet"), label(kOwn.view()), label("metrics")};
  const Path other = {label("subnet"), label(kRoot.view()), label("metrics")};
  EXPECT_EQ(asked(own, kSubnetV3), 200u);
  EXPECT_EQ(asked(other, kSubnetV3), 403u);
  EXPECT_EQ(asked(own, kCanisterV3), 403u);
}

TEST(ReadState, a_request_is_read_by_its_sender_at_its_effective_canister) {
  const Path known = {label("request_status"), label(kKnownRequest.view())};
  EXPECT_EQ(asked(known, kCanisterV3, kAlice), 200u);
  EXPECT_EQ(asked(known, kCanisterV3, kBob), 403u);
  const ReadStateEndpoint elsewhere{3, kOtherCanister, std::nullopt};
  EXPECT_EQ(asked(known, elsewhere, kAlice), 403u);
  const Path unknown = {label("request_status"), label(kUnknownRequest.view()), label("status")};
  EXPECT_EQ(asked(unknown, kCanisterV3, kBob), 200u);
  EXPECT_EQ(asked({label("request_status"), label("short")}, kCanisterV3), 400u);
}

TEST(ReadState, a_delegation_must_cover_the_canister_of_the_request) {
  const auto with_target = [&](const types::RequestId& request, const CanisterId& target) {
    const Path path = {label("request_status"), label(request.view())};
    return readable_paths({path}, kCanisterV3, {kAlice, std::vector{target}}, FakeState()).ok();
  };
  EXPECT_TRUE(with_target(kKnownRequest, kCanister));
  EXPECT_FALSE(with_target(kKnownRequest, kOtherCanister));
  EXPECT_TRUE(with_target(kManagementRequest, types::management_canister()));
  EXPECT_FALSE(with_target(kManagementRequest, kCanister));
}

TEST(ReadState, canister_information_is_for_the_effective_canister) {
  for (const char* leaf :
       {"module_hash", "controllers", "canister_creation_timestamp", "last_install_timestamp"}) {
    EXPECT_EQ(asked({label("canister"), label(kCanister.view()), label(leaf)}, kCanisterV3), 200u);
    EXPECT_EQ(asked({label("canister"), label(kOtherCanister.view()), label(leaf)}, kCanisterV3),
              403u);
  }
  EXPECT_EQ(
      asked({label("canister"), label(kCanister.view()), label("certified_data")}, kCanisterV3),
      404u);
}

TEST(ReadState, private_sections_are_for_controllers) {
  const auto section = [](std::string_view name) {
    return Path{label("canister"), label(kCanister.view()), label("metadata"), label(name)};
  };
  EXPECT_EQ(asked(section("open"), kCanisterV3, kBob), 200u);
  EXPECT_EQ(asked(section("absent"), kCanisterV3, kBob), 200u);
  EXPECT_EQ(asked(section("secret"), kCanisterV3, kBob), 403u);
  EXPECT_EQ(asked(section("secret"), kCanisterV3, kAlice), 200u);
  EXPECT_EQ(asked(section("\xff"), kCanisterV3, kAlice), 400u);
}

TEST(ReadState, all_request_paths_must_name_one_request) {
  const std::vector<Path> two = {{label("request_status"), label(kKnownRequest.view())},
                                 {label("request_status"), label(kUnknownRequest.view())}};
  const auto result = readable_paths(two, kCanisterV3, {kAlice, std::nullopt}, FakeState());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().status, 400u);
}

TEST(ReadState, the_delegation_has_the_form_of_the_endpoint) {
  EXPECT_EQ(kCanisterV2.delegation_form(), DelegationForm::kCanisterRangesFlat);
  EXPECT_EQ(kSubnetV2.delegation_form(), DelegationForm::kCanisterRangesFlat);
  EXPECT_EQ(kCanisterV3.delegation_form(), DelegationForm::kCanisterRangesTree);
  EXPECT_EQ(kSubnetV3.delegation_form(), DelegationForm::kWithoutRanges);
}

}  // namespace
}  // namespace icpd::http
