#include "consensus/consensus.hpp"

#include "consensus/detail/core.hpp"

namespace icpd::consensus {

namespace {

using detail::Core;

template <typename Questions, typename... Args>
void answer(Core& core, Questions& questions, QuestionId id, Args&&... args) {
  auto found = questions.extract(id);
  // Answers to what nobody waits for are ignored.
  if (!found.empty()) found.mapped()(core, std::forward<Args>(args)...);
}

struct Handler {
  Core& core;

  void operator()(ArtifactReceived& input) const {
    detail::receive(core, input.from, input.artifact);
  }
  void operator()(RangeReceived& input) const { detail::range_received(core, input); }
  void operator()(RangeFailed& input) const { detail::range_failed(core, input); }
  void operator()(PayloadBuilt& input) const {
    answer(core, core.build_questions, input.id, std::move(input.payload));
  }
  void operator()(PayloadChecked& input) const {
    answer(core, core.check_questions, input.id, input.verdict);
  }
  void operator()(CryptoDone& input) const {
    answer(core, core.crypto_questions, input.id, input.verdict);
  }
  void operator()(StateCommitted& input) const { detail::state_committed(core, input); }
  void operator()(CheckpointHashed& input) const { detail::checkpoint_hashed(core, input); }
  void operator()(IngressWaiting& input) const { core.ingress_waiting = input.waiting; }
  void operator()(RegistryLearnt& input) const {
    const auto appended = core.registry.append(input.snapshot);
    if (!appended.ok()) detail::stop(core, "registry: " + appended.error().message);
  }
  void operator()(TimerFired&) const { core.wake_announced.reset(); }
};

void set_clock(Core& core, const Moment& now) {
  ensure(now.steady >= core.now.steady, "the steady clock never goes back");
  core.now = now;
}

}  // namespace

Consensus::Consensus(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Consensus::~Consensus() = default;

Result<std::unique_ptr<Consensus>> Consensus::make(const Identity& identity,
                                                   registry::Registry registry,
                                                   Recovered recovered) {
  ensure(identity.signer != nullptr && identity.crypto != nullptr);
  auto core = std::make_unique<Core>(identity, std::move(registry));
  TRY(detail::recover(*core, std::move(recovered)));
  return std::unique_ptr<Consensus>(new Consensus(std::move(core)));
}

Actions Consensus::start(const Moment& now) {
  set_clock(*core_, now);
  detail::rebroadcast(*core_);
  // The state that it starts from; those above come by replay.
  detail::adopt_known_certification(*core_, core_->executed);
  detail::advance(*core_);
  return detail::take_actions(*core_);
}

Actions Consensus::step(const Moment& now, Input input) {
  if (core_->stopped) return {};
  set_clock(*core_, now);
  std::visit(Handler{*core_}, input);
  detail::advance(*core_);
  return detail::take_actions(*core_);
}

ChainRange Consensus::answer_range(types::Height from, types::Height lowest) const {
  return detail::range_from(*core_, from, lowest);
}

types::Height Consensus::notarized() const {
  return core_->notarized;
}
types::Height Consensus::finalized() const {
  return core_->finalized;
}
types::Height Consensus::certified() const {
  return core_->certified;
}
types::Height Consensus::useful_from() const {
  return detail::useful_from(*core_);
}
types::Height Consensus::caught_up() const {
  return core_->package_height;
}
Watermark Consensus::watermark() const {
  return core_->watermark;
}

std::optional<types::HashedBlock> Consensus::final_block(types::Height height) const {
  const detail::HeightPool* pool = detail::pool_at(std::as_const(*core_), height);
  if (pool == nullptr || !pool->final_block) return std::nullopt;
  const detail::BlockNode* node = detail::block_at(*core_, height, *pool->final_block);
  ensure(node != nullptr);
  return node->block;
}

std::vector<types::HashedBlock> Consensus::notarized_chain(types::Height above) const {
  const detail::BlockNode* tip = detail::best_notarized(*core_, core_->notarized);
  ensure(tip != nullptr);
  return detail::chain_to(*core_, *tip, above);
}

std::size_t Consensus::pool_size() const {
  std::size_t size = core_->pending.size() + core_->later.size();
  for (const auto& [height, pool] : core_->heights) {
    size += pool.candidates.size() + pool.blocks.size() + pool.notarizations.size();
    size += pool.notarization_shares.size() + pool.finalization_shares.size();
    size += pool.beacon_shares.by_signer.size() + pool.tape_shares.by_signer.size();
    size += pool.certification_shares.by_signer.size() + pool.package_shares.by_signer.size();
  }
  return size;
}

}  // namespace icpd::consensus
