#include "state/ingress_history.hpp"

#include <algorithm>

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
  if (std::holds_alternative<IngressDone>(after)) return false;  // reduce() alone makes it
  if (before == nullptr) return true;
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

void IngressHistory::set(const types::RequestId& id, IngressStatus status) {
  IngressStatus* known = statuses_.write(id);
  ensure(may_follow(known, status.state), "a request's status only goes forward");
  if (known != nullptr) memory_bytes_ -= size_of(known->state);
  add(id, status);
  if (known != nullptr)
    *known = std::move(status);
  else
    statuses_.insert(id, std::move(status));
}

void IngressHistory::add(const types::RequestId& id, const IngressStatus& status) {
  memory_bytes_ += size_of(status.state);
  if (!is_final(status.state)) return;
  TimeKey key;
  store_be(MutableByteView(key.bytes), status.time.ns);
  if (Cow<std::vector<types::RequestId>>* ids = final_.write(key))
    ids->write().push_back(id);
  else
    final_.set(key, Cow<std::vector<types::RequestId>>({id}));
}

void IngressHistory::prune(Time now, std::uint64_t memory_max) {
  while (!final_.empty() && *next_prune() < now) {
    const auto [key, ids] = final_.front();
    forget(*ids);
    final_.erase(TimeKey(key));
  }
  if (memory_bytes_ <= memory_max) return;
  TimeKey from;
  if (reduced_until_.has_value()) store_be(MutableByteView(from.bytes), reduced_until_->ns + 1);
  for (auto at = final_.lower_bound(from); at != final_.end() && memory_bytes_ > memory_max; ++at) {
    const Time time{load_be<std::uint64_t>((*at).first.view())};
    if (time >= now) break;
    reduce(*(*at).second);
    reduced_until_ = time;
  }
}

void IngressHistory::forget(const std::vector<types::RequestId>& ids) {
  for (const types::RequestId& id : ids) {
    const IngressStatus* status = statuses_.find(id);
    ensure(status != nullptr, "the index names entries only");
    memory_bytes_ -= size_of(status->state);
    statuses_.erase(id);
  }
}

void IngressHistory::reduce(const std::vector<types::RequestId>& ids) {
  for (const types::RequestId& id : ids) {
    IngressStatus* status = statuses_.write(id);
    ensure(status != nullptr, "the index names entries only");
    memory_bytes_ -= size_of(status->state);
    status->state = IngressDone{};
    memory_bytes_ += size_of(status->state);
  }
}

std::optional<Time> IngressHistory::next_prune() const {
  if (final_.empty()) return std::nullopt;
  return Time{load_be<std::uint64_t>(final_.front().first.view())} +
         types::limits::kIngressHistoryTtl;
}

void IngressHistory::restore(const types::RequestId& id, IngressStatus status) {
  add(id, status);
  if (std::holds_alternative<IngressDone>(status.state))
    reduced_until_ = std::max(reduced_until_.value_or(status.time), status.time);
  statuses_.insert(id, std::move(status));
}

}  // namespace icpd::state
