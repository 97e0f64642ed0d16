#include "http/routes.hpp"

#include <gtest/gtest.h>

namespace icpd::http {
namespace {

constexpr const char* kId = "rrkah-fqaaa-aaaaa-aaaaq-cai";

std::string path(const char* version, const char* scope, const char* action) {
  return std::string("/api/") + version + "/" + scope + "/" + kId + "/" + action;
}

struct Row {
  const char* version;
  const char* scope;
  const char* action;
  unsigned status;  // 200: is a route
};

// Interface specification, "HTTPS Interface", the list of endpoints.
class Routes : public testing::TestWithParam<Row> {};
TEST_P(Routes, are_those_of_the_specification) {
  const Row& row = GetParam();
  const auto found = route("POST", path(row.version, row.scope, row.action));
  if (row.status == 200) {
    ASSERT_TRUE(found.ok()) << found.error().message;
    EXPECT_EQ(found->id.text(), kId);
    EXPECT_EQ(std::to_string(found->version), row.version + 1);
  } else {
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().status, row.status);
  }
}
INSTANTIATE_TEST_SUITE_P(
    All, Routes,
    testing::Values(Row{"v2", "canister", "call", 200}, Row{"v3", "canister", "call", 200},
                    Row{"v4", "canister", "call", 200}, Row{"v5", "canister", "call", 404},
                    Row{"v4", "subnet", "call", 200}, Row{"v3", "subnet", "call", 404},
                    Row{"v2", "canister", "query", 200}, Row{"v3", "canister", "query", 200},
                    Row{"v4", "canister", "query", 404}, Row{"v3", "subnet", "query", 200},
                    Row{"v2", "canister", "read_state", 200},
                    Row{"v3", "canister", "read_state", 200},
                    Row{"v4", "canister", "read_state", 404},
                    Row{"v2", "subnet", "read_state", 200}, Row{"v3", "subnet", "read_state", 200},
                    Row{"v1", "canister", "call", 404}, Row{"v2", "canister", "inspect", 404}));

TEST(Route, status_is_read_with_get) {
  EXPECT_EQ(route("GET", "/api/v2/status")->action, Action::kStatus);
  EXPECT_EQ(route("POST", "/api/v2/status").error().status, 405u);
  EXPECT_EQ(route("GET", "/api/v3/status").error().status, 404u);
}

TEST(Route, another_method_on_a_known_path_is_405) {
  EXPECT_EQ(route("GET", path("v2", "canister", "call")).error().status, 405u);
  EXPECT_EQ(route("GET", path("v2", "canister", "call")).error().allow, "POST, OPTIONS");
  EXPECT_EQ(route("PUT", "/api/v2/status").error().allow, "GET, HEAD, OPTIONS");
  EXPECT_EQ(route("PUT", path("v3", "canister", "query")).error().status, 405u);
}

TEST(Route, an_id_that_is_no_principal_is_400) {
  EXPECT_EQ(route("POST", "/api/v2/canister/not-an-id/call").error().status, 400u);
}

TEST(Route, odd_paths_are_404) {
  for (const char* odd : {"", "/", "//", "api/v2/status", "/api", "/api/v2/status/",
                          "/api/v2/canister/aaaaa-aa/call/more", "/api/v2/canister//"}) {
    const auto found = route("POST", odd);
    ASSERT_FALSE(found.ok()) << odd;
    EXPECT_EQ(found.error().status, 404u) << odd;
  }
}

}  // namespace
}  // namespace icpd::http
