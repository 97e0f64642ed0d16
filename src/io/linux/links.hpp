// Links: sessions with the other nodes of a subnet over TLS 1.3 on TCP.
//
// A node is known here by its link key, an Ed25519 public key. Both ends of every connection prove
// theirs (self-signed certificates made from the keys; nothing in a certificate but the key
// counts), and a connection with any other key ends right after the handshake, before a frame is
// read.
//
// Of two nodes the one with the smaller key dials. Two connections, urgent and bulk, make a
// session:
//
//   dialer                                       acceptor
//   TLS, Hello{channel, nonce}  on each  ---->   pairs them by key and nonce
//                               <----  Welcome   on each, once both are there: session up
//   session up when both said Welcome
//
// With TLS 1.3 a dialer whose key is refused believes for a moment that it is connected; waiting
// for Welcome is what makes "up" true. Losing either connection ends both. A lost or refused
// session is dialled again: 25 times after 20 ms, then after doubling waits up to 2 s.
//
// On a connection each frame is a 4-byte big-endian length and that many bytes; length 0 keeps the
// connection alive and is never delivered. A peer that is silent for kSilenceMax, announces a frame
// over the limit, or shakes hands for longer than kHandshakeTimeMax loses its session.
//
// Flow control: frames are handed out without waiting, and each carries a receipt; while a
// connection has more than kUnprocessedMax bytes out, it isn't read, so the peer's writes stall.
// What is to be sent is queued up to kSendQueueMax for each connection; more ends the session (the
// protocol above keeps its own, smaller window).
//
// All work is done on one thread of its own. Any thread may call; events come on that thread.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "base/units.hpp"

namespace icpd::io::linux {

/// An Ed25519 public key.
using LinkKey = FixedBytes<struct LinkKeyTag, 32>;
enum class LinkChannel : std::uint8_t { kUrgent, kBulk };
/// Grows with every session of this process.
using LinkSession = Strong<struct LinkSessionTag, std::uint64_t>;

inline constexpr Duration kHandshakeTimeMax = Duration::seconds(5);
inline constexpr Duration kPingInterval = Duration::seconds(2);
inline constexpr Duration kSilenceMax = Duration::seconds(7);
inline constexpr std::size_t kUnprocessedMax = 16 * kMiB;
inline constexpr std::size_t kSendQueueMax = 64 * kMiB;
/// What a frame counts in both beside its bytes, so that tiny frames are bounded in number too.
inline constexpr std::size_t kFrameCost = 512;
/// Connections that others opened and that haven't become part of a session.
inline constexpr std::size_t kUnpairedMax = 256;

struct LinkPeer {
  LinkKey key;
  /// A numeric address or a name.
  std::string host;
  std::uint16_t port = 0;
};

struct LinkConfig {
  /// Seed of our own key (RFC 8032, section 5.1.5). Cleared by start().
  std::array<std::uint8_t, 32> secret_seed{};
  std::string listen_host = "127.0.0.1";
  /// 0 takes any free port.
  std::uint16_t listen_port = 0;
  std::size_t frame_size_max = 512 * kKiB;
};

struct LinkUp {
  LinkKey peer;
  LinkSession session;
};
struct LinkDown {
  LinkKey peer;
  LinkSession session;
  std::string reason;
};
struct LinkFrame {
  LinkKey peer;
  LinkSession session;
  LinkChannel channel = LinkChannel::kUrgent;
  Slice bytes;
  /// Keep it until the frame is processed; it counts against kUnprocessedMax. Dropping it never
  /// blocks, on any thread.
  std::shared_ptr<void> receipt;
};
/// For one peer in this order: up, frames, down, up with a larger number, ...
using LinkEvent = std::variant<LinkUp, LinkDown, LinkFrame>;
/// Must not block, nor destroy the Links.
using LinkSink = std::function<void(LinkEvent)>;

struct LinkMessage {
  LinkKey peer;
  LinkSession session;
  LinkChannel channel = LinkChannel::kUrgent;
  /// 1 to frame_size_max bytes.
  Slice frame;
};

class Links {
 public:
  /// Listens at once; dials when peers are set. An error names the address that can't be had.
  [[nodiscard]] static Result<std::unique_ptr<Links>> start(LinkConfig config, LinkSink sink);
  /// Closes everything; no event comes afterwards.
  virtual ~Links() = default;

  [[nodiscard]] virtual LinkKey key() const = 0;
  [[nodiscard]] virtual std::uint16_t port() const = 0;

  /// Who may have a session. Sessions with others end; our own key is ignored.
  virtual void set_peers(std::vector<LinkPeer> peers) = 0;
  /// Sends, in order for each channel; what is given together shares writes. A message is dropped
  /// if its session isn't up.
  virtual void send(std::vector<LinkMessage> messages) = 0;
  void send(const LinkKey& peer, LinkSession session, LinkChannel channel, Slice frame) {
    std::vector<LinkMessage> one;
    one.push_back({peer, session, channel, std::move(frame)});
    send(std::move(one));
  }
  /// Ends a session because of what the peer did; it is dialled again after a second. LinkDown
  /// follows.
  virtual void close(const LinkKey& peer, LinkSession session, std::string reason) = 0;
};

/// The public key that belongs to a seed.
[[nodiscard]] LinkKey link_key_of(const std::array<std::uint8_t, 32>& secret_seed);

}  // namespace icpd::io::linux
