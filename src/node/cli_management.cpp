#include "node/cli_management.hpp"

#include <algorithm>

#include "node/cli_candid.hpp"
#include "types/limits.hpp"

namespace icpd::node {
namespace {

namespace candid = codec::candid;

/// A call has 2 MiB with its envelope and argument; what is longer goes in chunks.
constexpr std::size_t kWholeModuleMax = 1'800'000;
/// Motoko canisters with this section keep their heap as it is over an upgrade.
constexpr std::string_view kKeepsMemorySection = "enhanced-orthogonal-persistence";

AgentError unreadable(const Error& error) {
  return AgentError{AgentError::Kind::kUnreachable,
                    "the management canister's answer can't be read: " + error.message,
                    {}};
}

bool keeps_memory(ByteView module) {
  return as_text(module).find(kKeepsMemorySection) != std::string_view::npos;
}

management::InstallMode install_mode(InstallModeChoice choice, ByteView module) {
  using Mode = management::InstallMode;
  if (choice == InstallModeChoice::kInstall) return Mode(std::in_place_index<0>);
  if (choice == InstallModeChoice::kReinstall) return Mode(std::in_place_index<1>);
  std::variant_alternative_t<2, Mode> upgrade;
  if (keeps_memory(module)) {
    management::UpgradeOptions options;
    options.wasm_memory_persistence = management::PersistenceArg(std::in_place_index<0>);
    upgrade.value = options;
  }
  return Mode(std::in_place_index<2>, std::move(upgrade));
}

Status<AgentError> install_whole(Agent& agent, const types::CanisterId& canister,
                                 InstallModeChoice mode, ByteView module, ByteView arg) {
  management::InstallCodeArgs args;
  args.mode = install_mode(mode, module);
  args.canister_id = canister;
  args.wasm_module = module;
  args.arg = arg;
  (void)TRY(call_management(agent, "install_code", candid::encode_args(args), canister));
  return {};
}

Status<AgentError> install_in_chunks(Agent& agent, const types::CanisterId& canister,
                                     InstallModeChoice mode, ByteView module, ByteView arg) {
  constexpr std::size_t kChunk = types::limits::kWasmChunkSizeMax;
  std::vector<crypto::Digest> hashes;
  for (std::size_t at = 0; at < module.size(); at += kChunk) {
    const ByteView chunk = module.subspan(at, std::min(kChunk, module.size() - at));
    hashes.push_back(crypto::sha256(chunk));
    management::UploadChunkArgs upload{canister, chunk};
    (void)TRY(call_management(agent, "upload_chunk", candid::encode_args(upload), canister));
  }
  const crypto::Digest whole = crypto::sha256(module);
  management::InstallChunkedCodeArgs args;
  args.mode = install_mode(mode, module);
  args.target_canister = canister;
  for (const crypto::Digest& hash : hashes)
    args.chunk_hashes_list.push_back({hash});
  args.wasm_module_hash = whole;
  args.arg = arg;
  (void)TRY(call_management(agent, "install_chunked_code", candid::encode_args(args), canister));
  return {};
}

}  // namespace

AgentResult<Slice> call_management(Agent& agent, const std::string& method, Bytes arg,
                                   const types::CanisterId& effective) {
  return agent.update({types::management_canister(), method, std::move(arg), effective});
}

AgentResult<std::optional<Slice>> module_hash(Agent& agent, const types::CanisterId& canister) {
  const auto label = [](std::string_view text) { return Slice::copy_of(as_bytes(text)); };
  const auto tree = TRY(agent.read_state(
      canister, {{label("canister"), Slice::copy_of(canister.view()), label("module_hash")}}));
  const auto hash = tree.lookup({as_bytes("canister"), canister.view(), as_bytes("module_hash")});
  if (!hash.found()) return std::optional<Slice>();
  return std::optional<Slice>(hash.value);
}

std::string canister_interface(Agent& agent, const types::CanisterId& canister) {
  const auto label = [](std::string_view text) { return Slice::copy_of(as_bytes(text)); };
  const auto tree = agent.read_state(canister, {{label("canister"), Slice::copy_of(canister.view()),
                                                 label("metadata"), label(kCandidServiceSection)}});
  if (!tree.ok()) return {};
  const auto section = tree->lookup({as_bytes("canister"), canister.view(), as_bytes("metadata"),
                                     as_bytes(kCandidServiceSection)});
  return section.found() ? std::string(as_text(section.value)) : std::string();
}

Status<AgentError> install_module(Agent& agent, const types::CanisterId& canister,
                                  InstallModeChoice mode, ByteView module, ByteView arg) {
  if (module.size() + arg.size() <= kWholeModuleMax)
    return install_whole(agent, canister, mode, module, arg);
  return install_in_chunks(agent, canister, mode, module, arg);
}

AgentResult<types::CanisterId> create_provisional(Session& session,
                                                  std::optional<codec::Uint128> cycles) {
  management::ProvisionalCreateArgs args;
  args.amount = cycles;
  const Slice reply =
      TRY(call_management(session.agent(), "provisional_create_canister_with_cycles",
                          candid::encode_args(args), session.network().some_canister));
  const auto result = candid::decode_arg<management::CanisterIdRecord>(reply);
  if (!result.ok()) return Err(unreadable(result.error()));
  return result->canister_id;
}

}  // namespace icpd::node
