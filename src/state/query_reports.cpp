#include "state/query_reports.hpp"

#include <algorithm>
#include <optional>

namespace icpd::state {

namespace {

using types::QueryStats;

}  // namespace

bool QueryReports::has(const types::NodeId& maker, const types::CanisterId& canister) const {
  const std::vector<OfMaker>* of_canister = reports_.find(canister);
  if (of_canister == nullptr) return false;
  return std::ranges::any_of(*of_canister,
                             [&](const OfMaker& report) { return makers_[report.maker] == maker; });
}

void QueryReports::add(std::uint64_t epoch, const types::NodeId& maker,
                       const types::CanisterId& canister, const types::QueryStats& stats) {
  ensure(empty() || epoch == epoch_, "reports are of one epoch");
  ensure(!has(maker, canister), "a maker reports a canister once");
  epoch_ = epoch;
  auto known = std::ranges::find(makers_, maker);
  if (known == makers_.end()) known = makers_.insert(known, maker);
  const OfMaker report{static_cast<std::uint32_t>(known - makers_.begin()), stats};
  if (std::vector<OfMaker>* of_canister = reports_.write(canister))
    of_canister->push_back(report);
  else
    reports_.insert(canister, {report});
}

void record_write(codec::RecordWriter& out, const QueryReports& reports) {
  codec::write_record(out, reports.epoch_);
  codec::write_record(out, reports.makers_);
  codec::write_record(out, static_cast<std::uint64_t>(reports.reports_.size()));
  for (const auto& [canister, of_canister] : reports.reports_) {
    codec::write_record(out, canister);
    codec::write_record(out, of_canister);
  }
}

Status<> record_read(codec::RecordReader& in, QueryReports& reports) {
  std::uint64_t count = 0;
  TRY(codec::read_record(in, reports.epoch_));
  TRY(codec::read_record(in, reports.makers_));
  TRY(codec::read_record(in, count));
  std::optional<types::CanisterId> before;
  for (std::uint64_t i = 0; i < count; ++i) {
    types::CanisterId canister;
    std::vector<QueryReports::OfMaker> of_canister;
    TRY(codec::read_record(in, canister));
    TRY(codec::read_record(in, of_canister));
    if (before && canister <= *before) return Err("query reports: canisters don't ascend");
    before = canister;
    for (const QueryReports::OfMaker& report : of_canister)
      if (report.maker >= reports.makers_.size()) return Err("query reports: an unknown maker");
    reports.reports_.insert(canister, std::move(of_canister));
  }
  return {};
}

types::QueryStats credit(std::span<const QueryReports::OfMaker> reports, std::size_t faulty) {
  types::QueryStats sum;
  if (reports.size() <= faulty) return sum;
  std::vector<std::uint64_t> values;
  for (const auto number : types::kQueryNumbers) {
    values.clear();
    for (const QueryReports::OfMaker& report : reports)
      values.push_back(report.stats.*number);
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(faulty);
    std::ranges::nth_element(values, place, std::greater());
    const std::uint64_t cut = *place;
    types::QueryStats one;
    for (const std::uint64_t value : values) {
      one.*number = std::min(value, cut);
      types::add_saturating(sum, one);
    }
  }
  return sum;
}

}  // namespace icpd::state
