#include "state/ingress_history.hpp"

#include "base/ensure.hpp"
#include "state/request_status.hpp"
#include "state/tree_hasher.hpp"

namespace icpd::state {

namespace {

/// What an entry counts for besides its reply or text.
constexpr std::uint64_t kEntryBytes = 160;

std::uint64_t size_of(const IngressState& state) {
  if (const auto* replied = std::get_if<IngressReplied>(&state))
    return kEntryBytes + replied->reply.size();
  if (const auto* failed = std::get_if<IngressFailed>(&state))
    return kEntryBytes + failed->error.message.size();
  return kEntryBytes;
}

bool may_follow(const IngressStatus* before, const IngressState& after) {
  if (before == nullptr) return !std::holds_alternative<IngressDone>(after);
  return !is_final(before->state) && !std::holds_alternative<IngressReceived>(after);
}

}  // namespace

bool is_final(const IngressState& state) {
  return !std::holds_alternative<IngressReceived>(state) &&
         !std::holds_alternative<IngressProcessing>(state);
}

crypto::Digest IngressStatusDigest::digest(const types::RequestId&, const IngressStatus& status) {
  TreeHasher tree;
  for_each_request_status_leaf(
      status, [&](std::string_view label, ByteView leaf) { tree.add_leaf(label, leaf); });
  return tree.finish();
}

IngressHistory::TimeKey IngressHistory::time_key(Time time, const types::RequestId& id) {
  TimeKey key;
  store_be(MutableByteView(key.bytes).first(8), time.ns);
  std::copy(id.bytes.begin(), id.bytes.end(), key.bytes.begin() + 8);
  return key;
}

void IngressHistory::set(const types::RequestId& id, IngressStatus status) {
  const IngressStatus* before = statuses_.find(id);
  ensure(may_follow(before, status.state), "a request's status only goes forward");
  if (before != nullptr) memory_bytes_ -= size_of(before->state);
  add(id, status);
  statuses_.set(id, std::move(status));
}

void IngressHistory::add(const types::RequestId& id, const IngressStatus& status) {
  memory_bytes_ += size_of(status.state);
  if (!is_final(status.state)) return;
  const TimeKey key = time_key(status.time, id);
  final_.set(key, {});
  if (std::holds_alternative<IngressDone>(status.state) &&
      (!reduced_until_.has_value() || *reduced_until_ < key))
    reduced_until_ = key;
}

void IngressHistory::prune(Time now, std::uint64_t memory_max) {
  const auto id_of = [](const TimeKey& key) {
    return *types::RequestId::from(key.view().subspan(8));
  };
  while (!final_.empty()) {
    const TimeKey key = final_.front().first;
    const types::RequestId id = id_of(key);
    const IngressStatus* status = statuses_.find(id);
    ensure(status != nullptr, "the index names entries only");
    if (status->time + types::limits::kIngressHistoryTtl >= now) break;
    memory_bytes_ -= size_of(status->state);
    statuses_.erase(id);
    final_.erase(key);
  }
  while (memory_bytes_ > memory_max) {
    const std::optional<TimeKey> key = oldest_reducible();
    if (!key.has_value()) break;
    IngressStatus* status = statuses_.write(id_of(*key));
    ensure(status != nullptr, "the index names entries only");
    memory_bytes_ -= size_of(status->state);
    status->state = IngressDone{};
    memory_bytes_ += size_of(status->state);
    reduced_until_ = key;
  }
}

std::optional<IngressHistory::TimeKey> IngressHistory::oldest_reducible() const {
  auto at = reduced_until_.has_value() ? final_.lower_bound(*reduced_until_) : final_.begin();
  if (at != final_.end() && reduced_until_.has_value() && (*at).first == *reduced_until_) ++at;
  if (at == final_.end()) return std::nullopt;
  return (*at).first;
}

std::optional<Time> IngressHistory::next_prune() const {
  if (final_.empty()) return std::nullopt;
  return Time{load_be<std::uint64_t>(final_.front().first.view())} +
         types::limits::kIngressHistoryTtl;
}

void IngressHistory::restore(const types::RequestId& id, IngressStatus status) {
  ensure(!contains(id));
  add(id, status);
  statuses_.set(id, std::move(status));
}

}  // namespace icpd::state
