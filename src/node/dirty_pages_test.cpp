#include "node/dirty_pages.hpp"

#include <cstdlib>
#include <gtest/gtest.h>

namespace icpd::node {
namespace {

class DirtyPages : public testing::Test {
 protected:
  ~DirtyPages() override { ::unsetenv("ICPD_DIRTY_PAGES"); }
};

TEST_F(DirtyPages, the_environment_chooses_the_backend) {
  ::setenv("ICPD_DIRTY_PAGES", "pagemap", 1);
  const auto space = open_guest_memory();
  ASSERT_TRUE(space.ok()) << space.error().message;
  EXPECT_STREQ((*space)->backend_name(), "pagemap");
}

TEST_F(DirtyPages, an_empty_choice_is_none) {
  ::setenv("ICPD_DIRTY_PAGES", "", 1);
  EXPECT_TRUE(open_guest_memory().ok());
}

TEST_F(DirtyPages, a_name_that_is_no_backend_is_refused) {
  ::setenv("ICPD_DIRTY_PAGES", "softdirty", 1);
  const auto space = open_guest_memory();
  ASSERT_FALSE(space.ok());
  EXPECT_EQ(space.error().message,
            "ICPD_DIRTY_PAGES: no backend 'softdirty': it is one of userfaultfd, pagemap-scan, "
            "pagemap");
}

}  // namespace
}  // namespace icpd::node
