// What two nodes say to each other within a session: canonical records (codec/record.hpp), each one
// frame of a channel.
//
// | frame | channel | says |
// | --- | --- | --- |
// | Horizon | urgent | first of all: what I need no more |
// | Update | as urgent as its artifact | my slot now holds this artifact |
// | Acknowledge | urgent | I have taken in so much of a channel |
// | Request | urgent | send me this artifact, or this range |
// | Cancel | urgent | I need no answer any more |
// | Absent | bulk | I don't have what you asked for |
// | Chunk | bulk | a piece of the answer; pieces come in order |
//
// A frame that doesn't decode, is over a bound or on the wrong channel ends the session.
#pragma once

#include <optional>
#include <variant>

#include "base/result.hpp"
#include "base/strong.hpp"
#include "types/artifact.hpp"

namespace icpd::p2p {

/// A session has two connections, so that a small urgent frame never waits behind a large one.
/// Each delivers its frames in order; between the two there is no order.
enum class Channel : std::uint8_t { kUrgent, kBulk };
[[nodiscard]] constexpr bool is_valid(Channel channel) {
  return channel <= Channel::kBulk;
}
inline constexpr std::size_t kChannels = 2;
[[nodiscard]] constexpr std::size_t index(Channel channel) {
  return static_cast<std::size_t>(channel);
}

/// Order of a node's announcements; grows by one with each, also over sessions.
using CommitNumber = Strong<struct CommitNumberTag, std::uint64_t>;
/// Place in a node's table of one artifact kind; the lowest free ones are used.
using SlotNumber = Strong<struct SlotNumberTag, std::uint32_t>;
/// Names a request within a session and direction; grows.
using RequestNumber = Strong<struct RequestNumberTag, std::uint64_t>;

/// Whoever says it needs no artifact of a lower height, of the kinds that heights make obsolete
/// (is_below). Comes once in a session, before which the other side announces nothing.
struct Horizon {
  types::Height height;

  bool operator==(const Horizon&) const = default;
  static constexpr auto kFields = std::tuple(&Horizon::height);
};

/// True if who has this horizon doesn't need the artifact: not of ingress, which belongs to no
/// height, nor of catch-up packages, which come long after theirs.
[[nodiscard]] bool is_below(const Horizon& horizon, const types::ArtifactId& id);

struct Update {
  CommitNumber commit;
  SlotNumber slot;
  types::ArtifactId id;
  /// The artifact itself if it is small or urgent.
  std::optional<Slice> content;

  bool operator==(const Update&) const = default;
  static constexpr auto kFields =
      std::tuple(&Update::commit, &Update::slot, &Update::id, &Update::content);
};

/// Flow control: the cost (frame_cost) of all windowed frames taken in since the session began.
struct Acknowledge {
  Channel channel = Channel::kUrgent;
  std::uint64_t total = 0;

  bool operator==(const Acknowledge&) const = default;
  static constexpr auto kFields = std::tuple(&Acknowledge::channel, &Acknowledge::total);
};

/// What a range request asks for is between the replicas: this layer doesn't look inside.
struct RangeQuery {
  Slice bytes;
  bool operator==(const RangeQuery&) const = default;
  static constexpr auto kFields = std::tuple(&RangeQuery::bytes);
};

struct Request {
  RequestNumber number;
  std::variant<types::ArtifactId, RangeQuery> what;

  bool operator==(const Request&) const = default;
  static constexpr auto kFields = std::tuple(&Request::number, &Request::what);
};

struct Cancel {
  RequestNumber number;
  bool operator==(const Cancel&) const = default;
  static constexpr auto kFields = std::tuple(&Cancel::number);
};

struct Absent {
  RequestNumber number;
  bool operator==(const Absent&) const = default;
  static constexpr auto kFields = std::tuple(&Absent::number);
};

struct Chunk {
  RequestNumber number;
  bool last = false;
  Slice bytes;

  bool operator==(const Chunk&) const = default;
  static constexpr auto kFields = std::tuple(&Chunk::number, &Chunk::last, &Chunk::bytes);
};

/// The order is part of the wire format.
using Frame = std::variant<Update, Acknowledge, Request, Cancel, Absent, Chunk, Horizon>;

[[nodiscard]] Slice encode(const Frame& frame);

/// The frame that came on `channel`. Total; content shares the input's storage.
[[nodiscard]] Result<Frame> decode(const Slice& bytes, Channel channel);

/// True for frames that count against the window of their channel.
[[nodiscard]] bool is_windowed(const Frame& frame);
/// What an encoded frame of this size counts.
[[nodiscard]] std::uint64_t frame_cost(std::size_t size);

}  // namespace icpd::p2p
