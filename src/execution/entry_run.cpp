#include "execution/entry_run.hpp"

namespace icpd::execution {
namespace {

static_assert(static_cast<int>(state::GlobalType::kI32) == static_cast<int>(wasm::ValueType::kI32));
static_assert(static_cast<int>(state::GlobalType::kV128) ==
              static_cast<int>(wasm::ValueType::kV128));

std::optional<wasm::Globals> to_engine(const std::vector<state::Global>& globals) {
  if (globals.empty()) return std::nullopt;
  wasm::Globals values;
  values.reserve(globals.size());
  for (const state::Global& global : globals)
    values.push_back({static_cast<wasm::ValueType>(global.type), global.low, global.high});
  return values;
}

std::vector<state::Global> from_engine(const wasm::Globals& values) {
  std::vector<state::Global> globals;
  globals.reserve(values.size());
  for (const wasm::GlobalValue& value : values)
    globals.push_back({static_cast<state::GlobalType>(value.type), value.low, value.high});
  return globals;
}

wasm::Request request_of(const EntryInput& input, wasm::Context context) {
  wasm::Request request;
  request.entry = input.entry;
  request.context = context;
  request.instructions = input.instructions;
  request.stable_pages = input.stable_pages;
  request.charge_dirty_pages = input.charge_dirty_pages;
  request.watch = input.watch;
  request.globals = to_engine(input.globals);
  return request;
}

/// The guest's own words in a trap's log line.
std::string log_line(const types::UserError& failure) {
  constexpr std::string_view kCalledTrap = "Canister called `ic0.trap` with message: ";
  std::string_view text = failure.message;
  if (text.starts_with(kCalledTrap)) text.remove_prefix(kCalledTrap.size());
  return "[TRAP]: " + std::string(text);
}

types::UserError with_backtrace(types::UserError failure,
                                const std::vector<std::string>& functions) {
  if (functions.empty()) return failure;
  failure.message += "\nCanister Backtrace:";
  for (const std::string& name : functions)
    failure.message += "\n" + name;
  failure.message += "\n";
  return failure;
}

}  // namespace

EntryRun::EntryRun(Environment& environment, EntryInput input, SubnetView subnet,
                   CanisterView canister, MessageView message, SubnetRoom room)
    : environment_(environment),
      input_(std::move(input)),
      api_(std::move(subnet), std::move(canister), message, room),
      memories_(environment.take_memories(input_.canister, input_.module.facts().width, input_.heap,
                                          input_.stable)),
      heap_size_at_start_(memories_.heap->size_bytes()),
      stable_size_at_start_(memories_.stable->size_bytes()) {
  execution_.emplace(environment.engine(), input_.module, request_of(input_, message.context),
                     wasm::Memories{*memories_.heap, *memories_.stable}, api_);
}

EntryRun::~EntryRun() {
  if (!execution_) return;
  const auto heap_dirty = execution_->heap_dirty_so_far();
  const auto stable_dirty = execution_->stable_dirty_so_far();
  execution_.reset();
  roll_back(heap_dirty, stable_dirty);
}

wasm::Progress EntryRun::run() {
  return execution_->run();
}

std::uint64_t EntryRun::slice_instructions() const {
  return execution_->slice_instructions();
}

void EntryRun::roll_back(const std::vector<io::PageIndex>& heap_dirty,
                         const std::vector<io::PageIndex>& stable_dirty) {
  memories_.heap->rollback(heap_dirty, heap_size_at_start_, memories_.heap_pages);
  memories_.stable->rollback(stable_dirty, stable_size_at_start_, memories_.stable_pages);
  environment_.keep_memories(input_.canister, std::move(memories_));
}

void EntryRun::commit(wasm::Outcome& outcome) {
  memories_.heap_pages.take(*memories_.heap, outcome.heap_dirty);
  memories_.stable_pages.take(*memories_.stable, outcome.stable_dirty);
  memories_.heap->commit(outcome.heap_dirty);
  memories_.stable->commit(outcome.stable_dirty);
  input_.heap = {memories_.heap_pages, memories_.heap->size_bytes()};
  input_.stable = {memories_.stable_pages, memories_.stable->size_bytes()};
  input_.globals = from_engine(outcome.globals);
  environment_.keep_memories(input_.canister, std::move(memories_));
}

EntryOutcome EntryRun::finish() {
  ensure(execution_.has_value(), "finished once");
  wasm::Outcome outcome = execution_->take_outcome();
  execution_.reset();

  EntryOutcome result;
  result.instructions = outcome.instructions;
  result.dirty_pages = outcome.heap_dirty.size() + outcome.stable_dirty.size();
  result.told = api_.told();
  const bool keeps = !outcome.failure && input_.keeps_state;
  if (outcome.failure) {
    api_.log(as_bytes(log_line(*outcome.failure)));
    result.failure = with_backtrace(std::move(*outcome.failure), outcome.backtrace);
    result.effects = api_.take_effects().after_failure();
  } else {
    result.effects = api_.take_effects();
    result.drawn = api_.drawn();
  }
  if (keeps)
    commit(outcome);
  else
    roll_back(outcome.heap_dirty, outcome.stable_dirty);
  result.heap = std::move(input_.heap);
  result.stable = std::move(input_.stable);
  result.globals = std::move(input_.globals);
  return result;
}

}  // namespace icpd::execution
