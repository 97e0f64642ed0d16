#include "execution/environment.hpp"

#include <list>
#include <mutex>

#include "execution/paused_execution.hpp"

namespace icpd::execution {
/// Modules by the hash of their uploaded bytes.
class Environment::CodeCache {
 public:
  CodeCache(ModuleCompiler* compiler, const EnvironmentOptions& options)
      : compiler_(compiler), options_(options) {}

  const wasm::Engine& engine() const { return engine_; }

  wasm::Module module(const state::Blob& code) {
    auto entry = get(code);
    ensure(entry.ok(), "installed modules are valid");
    return std::move(entry->module);
  }

  wasm::HostResult<NewModule> new_module(const state::Blob& code) {
    Entry entry = TRY(get(code));
    return NewModule{std::move(entry.module), wasm::initial_heap(*entry.data)};
  }

 private:
  struct Entry {
    crypto::Digest hash;
    wasm::Module module;
    /// Of its own, so that it doesn't keep the bytes it came from.
    Shared<std::vector<wasm::DataSegment>> data;
    std::uint64_t bytes = 0;
  };

  wasm::HostResult<Entry> get(const state::Blob& code) {
    if (auto known = find(code.hash)) return std::move(*known);
    // Without the lock: others go on. Two threads may make the same module once.
    Entry entry = make(code.hash, TRY(compile(code)));
    keep(entry);
    return entry;
  }

  std::optional<Entry> find(const crypto::Digest& hash) {
    const std::lock_guard lock(mutex_);
    const auto known = by_hash_.find(hash);
    if (known == by_hash_.end()) return std::nullopt;
    order_.splice(order_.end(), order_, known->second);
    return *known->second;
  }

  wasm::HostResult<wasm::CompiledModule> compile(const state::Blob& code) {
    return compiler_ != nullptr ? compiler_->compile(code)
                                : wasm::compile_module(engine_, code.bytes);
  }

  Entry make(const crypto::Digest& hash, const wasm::CompiledModule& compiled) const {
    auto module = engine_.load(compiled.facts, compiled.machine_code);
    ensure(module.ok(), "the engine loads what it compiled");
    std::vector<wasm::DataSegment> data;
    std::uint64_t bytes = compiled.machine_code.size();
    for (const wasm::DataSegment& segment : compiled.data) {
      data.push_back({segment.address, Slice::copy_of(segment.bytes)});
      bytes += segment.bytes.size();
    }
    return {hash, std::move(*module), Shared(std::move(data)), bytes};
  }

  void keep(const Entry& entry) {
    const std::lock_guard lock(mutex_);
    if (by_hash_.contains(entry.hash)) return;
    while (!order_.empty() && (order_.size() >= options_.modules_max ||
                               bytes_ + entry.bytes > options_.modules_bytes_max)) {
      bytes_ -= order_.front().bytes;
      by_hash_.erase(order_.front().hash);
      order_.pop_front();
    }
    order_.push_back(entry);
    by_hash_[entry.hash] = std::prev(order_.end());
    bytes_ += entry.bytes;
  }

  wasm::Engine engine_;
  ModuleCompiler* compiler_;
  EnvironmentOptions options_;
  std::mutex mutex_;
  /// Least recently used first.
  std::list<Entry> order_;
  std::map<crypto::Digest, std::list<Entry>::iterator> by_hash_;
  /// Of all entries.
  std::uint64_t bytes_ = 0;
};

/// Memories nobody runs in, by canister.
class Environment::MemoryPool {
 public:
  MemoryPool(io::GuestMemorySpace& space, std::size_t warm_max)
      : space_(space), warm_max_(warm_max) {}

  Memories take(const types::CanisterId& canister, wasm::PointerWidth width,
                const state::Memory& heap, const state::Memory& stable) {
    std::optional<Memories> warm = find(canister, heap, stable);
    const bool fits = warm && warm->heap->reserved_bytes() >= wasm::heap_reserve(width) &&
                      warm->stable->reserved_bytes() >= stable.size_bytes;
    if (!fits) warm = create(width, stable.size_bytes);
    bring_to(*warm->heap, warm->heap_pages, heap);
    bring_to(*warm->stable, warm->stable_pages, stable);
    return std::move(*warm);
  }

  void keep(const types::CanisterId& canister, Memories memories) {
    const std::lock_guard lock(mutex_);
    if (idle_.size() >= warm_max_) drop_oldest();
    idle_.push_back({canister, std::move(memories)});
    by_canister_.emplace(canister, std::prev(idle_.end()));
  }

 private:
  struct Idle {
    types::CanisterId canister;
    Memories memories;
  };
  using Order = std::list<Idle>;

  /// Of one canister: one for the rounds, others for queries on earlier states.
  static constexpr std::size_t kWarmPerCanister = 3;

  static bool holds(const Memories& memories, const state::Memory& heap,
                    const state::Memory& stable) {
    return memories.heap->size_bytes() == heap.size_bytes &&
           memories.stable->size_bytes() == stable.size_bytes &&
           memories.heap_pages.same(heap.pages) && memories.stable_pages.same(stable.pages);
  }

  /// The canister's memories with the right content; or, if it has many, any to be filled anew.
  std::optional<Memories> find(const types::CanisterId& canister, const state::Memory& heap,
                               const state::Memory& stable) {
    const std::lock_guard lock(mutex_);
    const auto [first, last] = by_canister_.equal_range(canister);
    for (auto it = first; it != last; ++it) {
      if (holds(it->second->memories, heap, stable)) return remove(it);
    }
    if (std::distance(first, last) < static_cast<std::ptrdiff_t>(kWarmPerCanister))
      return std::nullopt;
    return remove(first);
  }

  Memories remove(std::multimap<types::CanisterId, Order::iterator>::iterator it) {
    Memories memories = std::move(it->second->memories);
    idle_.erase(it->second);
    by_canister_.erase(it);
    return memories;
  }

  void drop_oldest() {
    const auto oldest = idle_.begin();
    auto it = by_canister_.find(oldest->canister);
    while (it->second != oldest)
      ++it;
    std::ignore = remove(it);
  }

  /// Changes what a memory holds from `pages` to `content`: only what differs is loaded.
  static void bring_to(io::GuestMemory& memory, state::PageMap& pages,
                       const state::Memory& content) {
    if (memory.size_bytes() > content.size_bytes) memory.reset();
    if (memory.size_bytes() == 0) {
      memory.grow(content.size_bytes);
      content.pages.load_into(memory);
    } else {
      memory.grow(content.size_bytes);
      load_differences(memory, pages, content);
    }
    pages = content.pages;
  }

  static void load_differences(io::GuestMemory& memory, const state::PageMap& pages,
                               const state::Memory& content) {
    const io::PageIndex end = content.size_bytes / io::kGuestPageSize;
    Bytes page(io::kGuestPageSize);
    content.pages.for_each_difference(pages, [&](io::PageIndex index) {
      if (index >= end) return;
      content.pages.read_page(index, page);
      memory.load(index, page);
    });
  }

  /// Drops idle memories until there is address space for another one.
  template <typename F>
  std::unique_ptr<io::GuestMemory> make(F&& try_create) {
    for (;;) {
      if (auto memory = try_create()) return memory;
      const std::lock_guard lock(mutex_);
      ensure(!idle_.empty(), "address space for the executions that run at the same time");
      drop_oldest();
    }
  }

  Memories create(wasm::PointerWidth width, std::uint64_t stable_size) {
    Memories memories;
    memories.heap = make([&] { return wasm::try_create_heap(space_, width); });
    memories.stable = make([&] { return wasm::try_create_stable(space_, stable_size); });
    return memories;
  }

  io::GuestMemorySpace& space_;
  std::size_t warm_max_;
  std::mutex mutex_;
  /// Least recently used first.
  Order idle_;
  std::multimap<types::CanisterId, Order::iterator> by_canister_;
};

struct Environment::Paused {
  std::mutex mutex;
  std::map<types::CanisterId, std::unique_ptr<PausedExecution>> by_canister;
};

Environment::Environment(io::GuestMemorySpace& space, io::WorkerPool& workers,
                         ModuleCompiler* compiler, EnvironmentOptions options)
    : workers_(workers),
      code_(std::make_unique<CodeCache>(compiler, options)),
      memories_(std::make_unique<MemoryPool>(space, options.warm_memories_max)),
      paused_(std::make_unique<Paused>()) {}

Environment::~Environment() {
  abort_all();
}

const wasm::Engine& Environment::engine() const {
  return code_->engine();
}

wasm::Module Environment::module(const state::Blob& code) {
  return code_->module(code);
}

wasm::HostResult<NewModule> Environment::new_module(const state::Blob& code) {
  return code_->new_module(code);
}

Memories Environment::take_memories(const types::CanisterId& canister, wasm::PointerWidth width,
                                    const state::Memory& heap, const state::Memory& stable) {
  return memories_->take(canister, width, heap, stable);
}

void Environment::keep_memories(const types::CanisterId& canister, Memories memories) {
  memories_->keep(canister, std::move(memories));
}

void Environment::pause(const types::CanisterId& canister,
                        std::unique_ptr<PausedExecution> execution) {
  const std::lock_guard lock(paused_->mutex);
  const bool fresh = paused_->by_canister.try_emplace(canister, std::move(execution)).second;
  ensure(fresh, "a canister has one paused execution");
}

std::unique_ptr<PausedExecution> Environment::resume(const types::CanisterId& canister) {
  const std::lock_guard lock(paused_->mutex);
  const auto found = paused_->by_canister.find(canister);
  if (found == paused_->by_canister.end()) return nullptr;
  auto execution = std::move(found->second);
  paused_->by_canister.erase(found);
  return execution;
}

void Environment::abort(const types::CanisterId& canister) {
  resume(canister).reset();
}

void Environment::abort_all() {
  const std::lock_guard lock(paused_->mutex);
  paused_->by_canister.clear();
}

std::size_t Environment::paused_count() const {
  const std::lock_guard lock(paused_->mutex);
  return paused_->by_canister.size();
}

}  // namespace icpd::execution
