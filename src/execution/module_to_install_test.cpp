#include "execution/module_to_install.hpp"

#include <gtest/gtest.h>

#include "execution/test_subnet.hpp"

namespace icpd::execution {
namespace {

using namespace testing;

template <typename... Args>
state::Ingress management_call(std::string method, const Args&... args) {
  state::Ingress call;
  call.sender = kAlice;
  call.receiver = types::management_canister();
  call.method_name = std::move(method);
  call.arg = Slice(codec::candid::encode_args(args...));
  return call;
}

TEST(ModuleToInstall, is_what_an_install_call_carries) {
  TestSubnet subnet;
  const Bytes module = wat(kCounter);
  management::InstallCodeArgs args;
  args.canister_id = subnet.create();
  args.wasm_module = module;
  const auto found = module_to_install(subnet.state, management_call("install_code", args));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->hash, crypto::sha256(module));
  EXPECT_EQ(to_bytes(found->bytes), module);
}

TEST(ModuleToInstall, is_put_together_from_chunks_that_are_there) {
  TestSubnet subnet;
  const Bytes module = wat(kCounter);
  const ByteView first = ByteView(module).first(100);
  const ByteView second = ByteView(module).subspan(100);
  const CanisterId canister = subnet.create();
  const std::array hashes = {crypto::sha256(first), crypto::sha256(second)};
  const crypto::Digest whole = crypto::sha256(module);
  management::InstallChunkedCodeArgs args;
  args.target_canister = canister;
  args.chunk_hashes_list = {{hashes[0].view()}, {hashes[1].view()}};
  args.wasm_module_hash = whole.view();
  const auto call = management_call("install_chunked_code", args);
  EXPECT_FALSE(module_to_install(subnet.state, call).has_value());
  for (const ByteView chunk : {first, second}) {
    management::UploadChunkArgs upload;
    upload.canister_id = canister;
    upload.chunk = chunk;
    subnet.manage(kAlice, "upload_chunk", upload);
  }
  const auto found = module_to_install(subnet.state, call);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->hash, whole);
}

TEST(ModuleToInstall, is_nothing_for_other_calls_and_for_nonsense) {
  TestSubnet subnet;
  management::CanisterIdRecord record{subnet.create()};
  EXPECT_FALSE(module_to_install(subnet.state, management_call("start_canister", record)));
  state::Ingress nonsense = management_call("install_code");
  EXPECT_FALSE(module_to_install(subnet.state, nonsense));
  nonsense.receiver = subnet.create();
  EXPECT_FALSE(module_to_install(subnet.state, nonsense));
}

}  // namespace
}  // namespace icpd::execution
