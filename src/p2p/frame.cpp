#include "p2p/frame.hpp"

#include "codec/record.hpp"
#include "p2p/limits.hpp"

namespace icpd::p2p {

namespace {

/// Checks of one frame beyond its form: bounds and channel.
struct Check {
  Channel channel;

  [[nodiscard]] Status<> on(Channel right) const {
    if (channel != right) return Err("frame on the wrong channel");
    return {};
  }
  Status<> operator()(const Update& update) const {
    if (update.slot.value >= slots_max(update.id.kind)) return Err("slot number over the limit");
    if (!update.content) return {};
    const std::size_t size_max =
        channel == Channel::kUrgent ? kUrgentInlineSizeMax : kInlineSizeMax;
    if (update.content->size() > size_max) return Err("announcement carries too much");
    return {};
  }
  Status<> operator()(const Acknowledge&) const { return on(Channel::kUrgent); }
  Status<> operator()(const Request& request) const {
    const auto* range = std::get_if<RangeQuery>(&request.what);
    if (range != nullptr && range->bytes.size() > kRangeQuerySizeMax)
      return Err("range request too long");
    return on(Channel::kUrgent);
  }
  Status<> operator()(const Cancel&) const { return on(Channel::kUrgent); }
  Status<> operator()(const Absent&) const { return on(Channel::kBulk); }
  Status<> operator()(const Chunk& chunk) const {
    if (chunk.bytes.size() > kChunkSizeMax) return Err("piece of an answer too long");
    // Else a peer could keep a request alive for hours by a byte now and then.
    if (chunk.bytes.size() < kChunkSizeMax && !chunk.last)
      return Err("a piece of an answer that isn't the last is not full");
    return on(Channel::kBulk);
  }
  Status<> operator()(const Horizon&) const { return on(Channel::kUrgent); }
};

}  // namespace

bool is_below(const Horizon& horizon, const types::ArtifactId& id) {
  switch (id.kind) {
    case types::ArtifactKind::kIngress:
    case types::ArtifactKind::kCatchUpPackageShare:
    case types::ArtifactKind::kCatchUpPackage:
      return false;
    default:
      return id.height < horizon.height;
  }
}

Slice encode(const Frame& frame) {
  Slice bytes(codec::to_record(frame));
  ensure(bytes.size() <= kFrameSizeMax, "our own frames keep their bound");
  return bytes;
}

Result<Frame> decode(const Slice& bytes, Channel channel) {
  if (bytes.size() > kFrameSizeMax) return Err("frame too long");
  Frame frame = TRY(codec::from_record<Frame>(bytes));
  TRY(std::visit(Check{channel}, frame));
  return frame;
}

bool is_windowed(const Frame& frame) {
  return std::holds_alternative<Update>(frame) || std::holds_alternative<Absent>(frame) ||
         std::holds_alternative<Chunk>(frame);
}

std::uint64_t frame_cost(std::size_t size) {
  return size + kFrameCost;
}

}  // namespace icpd::p2p
