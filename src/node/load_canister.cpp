#include "node/load_canister.hpp"

#include "execution/wasm/assemble.hpp"
#include "node/cli_management.hpp"

namespace icpd::node {
namespace {

using certification::Certificate;

constexpr std::string_view kCounter = R"((module
  (import "ic0" "msg_reply" (func $reply))
  (import "ic0" "msg_reply_data_append" (func $append (param i32 i32)))
  (import "ic0" "certified_data_set" (func $certify (param i32 i32)))
  (import "ic0" "data_certificate_size" (func $size (result i32)))
  (import "ic0" "data_certificate_copy" (func $copy (param i32 i32 i32)))
  (memory 1)
  (func (export "canister_update increment")
    (i64.store (i32.const 0) (i64.add (i64.load (i32.const 0)) (i64.const 1)))
    (call $certify (i32.const 0) (i32.const 8))
    (call $reply))
  (func (export "canister_query certified")
    (call $copy (i32.const 8) (i32.const 0) (call $size))
    (call $append (i32.const 8) (call $size))
    (call $reply)))
)";

Result<std::uint64_t> counter_of(const Certificate& certificate,
                                 const types::CanisterId& canister) {
  const auto found = certificate.tree.lookup(
      {as_bytes("canister"), canister.view(), as_bytes("certified_data")});
  if (!found.found()) return Err("the certificate doesn't show the counter");
  if (found.value.empty()) return 0;
  if (found.value.size() != 8) return Err("the certified counter isn't 8 bytes long");
  return load_le<std::uint64_t>(found.value.view());
}

}  // namespace

AgentResult<types::CanisterId> deploy_load_canister(Session& session) {
  const auto module = execution::wasm::assemble(kCounter);
  ensure(module.ok(), "the counter's text is ours");
  const auto canister = TRY(create_provisional(session, std::nullopt));
  TRY(install_module(session.agent(), canister, InstallModeChoice::kInstall, *module, {}));
  return canister;
}

Result<std::uint64_t> counter_in_unverified(const Slice& certificate,
                                            const types::CanisterId& canister) {
  return counter_of(TRY(Certificate::decode(certificate)), canister);
}

Result<std::uint64_t> counter_in(const Slice& certificate, const types::CanisterId& canister,
                                 const certification::TrustRoot& root) {
  const Certificate decoded = TRY(Certificate::decode(certificate));
  const auto certifier = TRY(certification::verify_certificate(decoded, root));
  if (!certifier.speaks_for(canister))
    return Err("the certificate's subnet may not speak for the canister");
  return counter_of(decoded, canister);
}

}  // namespace icpd::node
