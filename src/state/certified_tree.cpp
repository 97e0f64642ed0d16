#include "state/certified_tree.hpp"

#include <string_view>

#include "base/ensure.hpp"
#include "codec/cbor.hpp"
#include "codec/leb128.hpp"
#include "state/map_witness.hpp"
#include "state/request_status.hpp"
#include "state/tree_hasher.hpp"

namespace icpd::state {

namespace {

using certification::HashTree;
using certification::PathSet;

constexpr std::size_t kRangesPerLeaf = 5;

Bytes leb(std::uint64_t value) {
  return codec::encode_leb128(value);
}
Bytes leb(Time time) {
  return leb(time.ns);
}

Bytes encode(const std::set<types::Principal>& principals) {
  codec::cbor::Writer out;
  out.self_describe().array(principals.size());
  for (const types::Principal& principal : principals)
    out.bytes(principal.view());
  return std::move(out).finish();
}

Bytes encode(std::span<const IndexRange> ranges) {
  codec::cbor::Writer out;
  out.self_describe().array(ranges.size());
  for (const IndexRange& range : ranges)
    out.array(2)
        .bytes(types::canister_id_from_index(range.first).view())
        .bytes(types::canister_id_from_index(range.last).view());
  return std::move(out).finish();
}

Bytes encode_metrics(const ReplicatedState& state) {
  const Totals& totals = state.index().totals();
  const SubnetMetrics& metrics = state.metadata().metrics;
  const unsigned __int128 consumed = totals.consumed.value + metrics.consumed_by_deleted.value;
  const auto low = static_cast<std::uint64_t>(consumed);
  const auto high = static_cast<std::uint64_t>(consumed >> 64);
  codec::cbor::Writer out;
  out.self_describe().map(4);
  out.unsigned_integer(0).unsigned_integer(state.canisters().size());
  out.unsigned_integer(1).unsigned_integer(totals.state_bytes);
  out.unsigned_integer(2).map(high == 0 ? 1 : 2).unsigned_integer(0).unsigned_integer(low);
  if (high != 0) out.unsigned_integer(1).unsigned_integer(high);
  out.unsigned_integer(3).unsigned_integer(metrics.update_transactions_total);
  return std::move(out).finish();
}

/// Collects one level as a tree.
class Level {
 public:
  Level& add(ByteView label, HashTree tree) {
    children_.push_back(HashTree::labeled(Slice::copy_of(label), std::move(tree)));
    return *this;
  }
  Level& add(std::string_view label, HashTree tree) {
    return add(as_bytes(label), std::move(tree));
  }
  Level& leaf(std::string_view label, ByteView value) {
    return add(label, HashTree::leaf(Slice::copy_of(value)));
  }
  [[nodiscard]] HashTree finish() { return HashTree::level(std::move(children_)); }

 private:
  std::vector<HashTree> children_;
};

/// Collects one level as a digest, by the same calls.
class DigestLevel {
 public:
  DigestLevel& leaf(std::string_view label, ByteView value) {
    hasher_.add_leaf(label, value);
    return *this;
  }
  DigestLevel& metadata(const Module& module) {
    hasher_.add("metadata", module.metadata_digest);
    return *this;
  }
  [[nodiscard]] crypto::Digest finish() { return hasher_.finish(); }

 private:
  TreeHasher hasher_;
};
class TreeLevel : public Level {
 public:
  TreeLevel& leaf(std::string_view label, ByteView value) {
    Level::leaf(label, value);
    return *this;
  }
  TreeLevel& metadata(const Module& module) {
    Level sections;
    for (const auto& [name, section] : module.metadata)
      sections.add(std::string_view(name), HashTree::leaf(section.content));
    add("metadata", sections.finish());
    return *this;
  }
};

/// The level under /canister/<id>, labels in order.
template <typename L>
auto canister_level(const CanisterState& canister) {
  L level;
  level.leaf("canister_creation_timestamp", leb(canister.created));
  if (canister.has_code()) level.leaf("certified_data", canister.certified_data);
  level.leaf("controllers", encode(canister.settings->controllers));
  if (canister.has_code()) {
    const ExecutionState& execution = **canister.execution;
    level.leaf("last_install_timestamp", leb(execution.last_install));
    level.metadata(*execution.module);
    level.leaf("module_hash", execution.module->hash());
  }
  return level.finish();
}

HashTree request_status_tree(const IngressStatus& status) {
  Level level;
  for_each_request_status_leaf(
      status, [&](std::string_view label, ByteView leaf) { level.leaf(label, leaf); });
  return level.finish();
}

HashTree subnet_tree(const ReplicatedState& state, const types::SubnetId& id,
                     const SubnetTopology& subnet) {
  const bool own = id == state.topology().own_subnet;
  Level level;
  level.leaf("canister_ranges", encode(subnet.ranges));
  if (own) level.leaf("metrics", encode_metrics(state));
  if (own) {
    Level nodes;
    for (const auto& [node, key] : subnet.nodes)
      nodes.add(node.view(), Level().leaf("public_key", key).finish());
    level.add("node", nodes.finish());
  }
  level.leaf("public_key", subnet.public_key);
  level.leaf("type", as_bytes(name(subnet.type)));
  return level.finish();
}

HashTree ranges_tree(const SubnetTopology& subnet) {
  Level level;
  const std::span<const IndexRange> ranges(subnet.ranges);
  if (ranges.empty())
    level.add(types::canister_id_from_index(0).view(), HashTree::leaf(Slice(encode(ranges))));
  for (std::size_t i = 0; i < ranges.size(); i += kRangesPerLeaf) {
    const auto some = ranges.subspan(i, std::min(kRangesPerLeaf, ranges.size() - i));
    level.add(types::canister_id_from_index(some.front().first).view(),
              HashTree::leaf(Slice(encode(some))));
  }
  return level.finish();
}

HashTree metadata_tree(const SystemMetadata& metadata) {
  Level level;
  level.leaf("height", leb(metadata.height.value));
  if (metadata.previous_root.has_value())
    level.leaf("prev_state_hash", metadata.previous_root->view());
  return level.finish();
}

/// The whole tree, with these for the levels under /canister and /request_status.
HashTree state_tree(const ReplicatedState& state, HashTree canisters, HashTree requests) {
  Level ranges;
  Level subnets;
  for (const auto& [id, subnet] : state.topology().subnets) {
    ranges.add(id.view(), ranges_tree(subnet));
    subnets.add(id.view(), subnet_tree(state, id, subnet));
  }
  Level root;
  root.add("canister", std::move(canisters));
  root.add("canister_ranges", ranges.finish());
  root.add("metadata", metadata_tree(state.metadata()));
  root.add("request_status", std::move(requests));
  root.add("streams", HashTree());
  root.add("subnet", subnets.finish());
  root.leaf("time", leb(state.time()));
  return root.finish();
}

const PathSet* below(const PathSet& paths, std::string_view label) {
  if (paths.is_whole()) return &paths;
  const auto child = paths.children().find(to_bytes(label));
  return child == paths.children().end() ? nullptr : &child->second;
}

template <typename Map, typename F>
HashTree show_map(const Map& map, const PathSet* paths, const F& shown) {
  if (paths == nullptr) return map.empty() ? HashTree() : HashTree::pruned(map.digest());
  return map_witness(map, *paths, shown);
}

}  // namespace

crypto::Digest CanisterDigest::digest(const types::CanisterId&,
                                      const Cow<CanisterState>& canister) {
  return canister_level<DigestLevel>(*canister);
}

types::StateRoot hash_state(ReplicatedState& tip) {
  tip.hash_maps();
  const PathSet* nothing = nullptr;
  const auto unused = [](const auto&...) { return HashTree(); };
  const HashTree tree = state_tree(tip, show_map(tip.canisters(), nothing, unused),
                                   show_map(tip.ingress().map(), nothing, unused));
  return *types::StateRoot::from(tree.digest());
}

HashTree witness(const ReplicatedState& state, const PathSet& paths) {
  HashTree canisters = show_map(
      state.canisters(), below(paths, "canister"),
      [](const types::CanisterId&, const Cow<CanisterState>& canister, const PathSet& wanted) {
        return certification::prune(canister_level<TreeLevel>(*canister), wanted);
      });
  HashTree requests =
      show_map(state.ingress().map(), below(paths, "request_status"),
               [](const types::RequestId&, const IngressStatus& status, const PathSet& wanted) {
                 return certification::prune(request_status_tree(status), wanted);
               });
  return certification::prune(state_tree(state, std::move(canisters), std::move(requests)), paths);
}

}  // namespace icpd::state
