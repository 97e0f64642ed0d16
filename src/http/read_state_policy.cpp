#include "http/read_state_policy.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace icpd::http {

namespace {

struct Asked {
  const Path& path;
  const ReadStateEndpoint& endpoint;
  const Authenticated& sender;
  const CertifiedReader& state;

  [[nodiscard]] std::string_view label(std::size_t i) const { return as_text(path[i]); }
  [[nodiscard]] Result<types::Principal, HttpError> principal(std::size_t i) const {
    const auto parsed = types::Principal::from_bytes(path[i]);
    if (!parsed.ok()) return Err(HttpError{400, "label is no principal"});
    return *parsed;
  }
};

[[nodiscard]] HttpError not_allowed(const char* why) {
  return {403, why};
}

/// What a rule says of a path that has its form.
enum class Verdict : std::uint8_t { kReveal, kLeaveOut };
using Decision = Result<Verdict, HttpError>;

Decision always(const Asked&) {
  return Verdict::kReveal;
}

Decision subnet_canister_ranges(const Asked& asked) {
  const types::SubnetId subnet(TRY(asked.principal(1)));
  if (subnet == asked.state.root_subnet()) return Verdict::kReveal;
  if (asked.endpoint.version == 2) return Verdict::kReveal;
  return Err(not_allowed("canister_ranges of this subnet are under /canister_ranges"));
}

Decision subnet_metrics(const Asked& asked) {
  const types::SubnetId subnet(TRY(asked.principal(1)));
  if (asked.endpoint.subnet == subnet) return Verdict::kReveal;
  return Err(not_allowed("metrics are served at the subnet's own endpoint only"));
}

Decision canister_ranges(const Asked& asked) {
  if (asked.endpoint.subnet.has_value()) return Verdict::kReveal;
  return Err(not_allowed("canister_ranges are served at subnet endpoints only"));
}

Decision request_status(const Asked& asked) {
  const auto request = types::RequestId::from(asked.path[1]);
  if (!request) return Err(HttpError{400, "a request id has 32 bytes"});
  const auto owner = asked.state.request_owner(*request);
  if (!owner) return Verdict::kReveal;
  if (owner->sender != asked.sender.sender)
    return Err(not_allowed("the request was sent by somebody else"));
  const auto& effective = owner->effective_canister;
  if (effective && asked.endpoint.canister && *asked.endpoint.canister != *effective)
    return Err(not_allowed("the request had another effective canister id"));
  // A delegation is for the canisters that are called, the management canister among them.
  const types::CanisterId called = effective.value_or(types::management_canister());
  if (asked.sender.targets) {
    const auto& targets = *asked.sender.targets;
    if (std::find(targets.begin(), targets.end(), called) == targets.end())
      return Err(not_allowed("the delegation doesn't cover the canister of the request"));
  }
  return Verdict::kReveal;
}

Decision own_canister(const Asked& asked) {
  const types::CanisterId canister(TRY(asked.principal(1)));
  if (asked.endpoint.canister == canister) return Verdict::kReveal;
  return Err(not_allowed("the canister isn't the effective canister id"));
}

Decision canister_metadata(const Asked& asked) {
  TRY(own_canister(asked));
  if (!is_utf8(asked.path[3])) return Err(HttpError{400, "a section name is UTF-8"});
  const types::CanisterId& canister = *asked.endpoint.canister;
  if (asked.state.metadata(canister, asked.label(3)) != SectionVisibility::kPrivate)
    return Verdict::kReveal;
  if (asked.state.is_controller(canister, asked.sender.sender)) return Verdict::kReveal;
  return Err(not_allowed("private custom sections are for controllers"));
}

/// "*" stands for any one label.
struct Rule {
  std::array<std::string_view, 5> labels;
  std::size_t size;
  Decision (*decide)(const Asked&);
};

template <typename... Labels>
constexpr Rule rule(Decision (*decide)(const Asked&), Labels... labels) {
  return Rule{{labels...}, sizeof...(labels), decide};
}

constexpr std::string_view kAny = "*";
constexpr std::array kRules = {
    rule(always, "time"),
    rule(always, "api_boundary_nodes"),
    rule(always, "api_boundary_nodes", kAny),
    rule(always, "api_boundary_nodes", kAny, "domain"),
    rule(always, "api_boundary_nodes", kAny, "ipv4_address"),
    rule(always, "api_boundary_nodes", kAny, "ipv6_address"),
    rule(canister_ranges, "canister_ranges", kAny),
    rule(always, "subnet"),
    rule(always, "subnet", kAny),
    rule(always, "subnet", kAny, "public_key"),
    rule(always, "subnet", kAny, "type"),
    rule(always, "subnet", kAny, "node"),
    rule(always, "subnet", kAny, "node", kAny),
    rule(always, "subnet", kAny, "node", kAny, "public_key"),
    rule(subnet_canister_ranges, "subnet", kAny, "canister_ranges"),
    rule(subnet_metrics, "subnet", kAny, "metrics"),
    rule(request_status, "request_status", kAny),
    rule(request_status, "request_status", kAny, "status"),
    rule(request_status, "request_status", kAny, "reply"),
    rule(request_status, "request_status", kAny, "reject_code"),
    rule(request_status, "request_status", kAny, "reject_message"),
    rule(request_status, "request_status", kAny, "error_code"),
    rule(own_canister, "canister", kAny, "module_hash"),
    rule(own_canister, "canister", kAny, "controllers"),
    rule(own_canister, "canister", kAny, "canister_creation_timestamp"),
    rule(own_canister, "canister", kAny, "last_install_timestamp"),
    rule(canister_metadata, "canister", kAny, "metadata", kAny),
};

bool matches(const Rule& rule, const Path& path) {
  if (rule.size != path.size()) return false;
  for (std::size_t i = 0; i < rule.size; ++i) {
    if (rule.labels[i] != kAny && rule.labels[i] != as_text(path[i])) return false;
  }
  return true;
}

/// All paths that begin with `head` must name the same second label.
Status<HttpError> one_only(const std::vector<Path>& paths, std::string_view head,
                           const char* message) {
  const Slice* first = nullptr;
  for (const Path& path : paths) {
    if (path.size() < 2 || as_text(path[0]) != head) continue;
    if (first != nullptr && !(*first == path[1])) return Err(HttpError{400, message});
    first = &path[1];
  }
  return {};
}

}  // namespace

DelegationForm ReadStateEndpoint::delegation_form() const {
  if (version == 2) return DelegationForm::kCanisterRangesFlat;
  return canister ? DelegationForm::kCanisterRangesTree : DelegationForm::kWithoutRanges;
}

Result<std::vector<Path>, HttpError> readable_paths(const std::vector<Path>& requested,
                                                    const ReadStateEndpoint& endpoint,
                                                    const Authenticated& sender,
                                                    const CertifiedReader& state) {
  ensure(endpoint.canister.has_value() != endpoint.subnet.has_value());
  TRY(one_only(requested, "request_status", "paths name more than one request id"));
  TRY(one_only(requested, "canister_ranges", "paths name more than one subnet"));
  std::vector<Path> readable;
  for (const Path& path : requested) {
    const auto rule =
        std::find_if(kRules.begin(), kRules.end(), [&](const Rule& r) { return matches(r, path); });
    if (rule == kRules.end()) return Err(HttpError{404, "no such path"});
    const Verdict verdict = TRY(rule->decide(Asked{path, endpoint, sender, state}));
    if (verdict == Verdict::kReveal) readable.push_back(path);
  }
  return readable;
}

}  // namespace icpd::http
