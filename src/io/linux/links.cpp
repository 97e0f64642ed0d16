#include "io/linux/links.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <map>
#include <mutex>
#include <openssl/crypto.h>
#include <optional>
#include <set>
#include <thread>

#include "io/linux/detail/descriptor.hpp"
#include "io/linux/detail/link_connection.hpp"
#include "io/linux/system.hpp"

namespace icpd::io::linux {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using detail::LinkConnection;
using std::chrono::milliseconds;
using tcp = asio::ip::tcp;
using ConnectionPointer = LinkConnection::Pointer;

/// First frame of a connection in each direction: this, then of a dialer channel and nonce.
constexpr std::string_view kHello = "icpd-link-1 hello";
constexpr std::string_view kWelcome = "icpd-link-1 welcome";
constexpr std::size_t kHelloSize = kHello.size() + 1 + 8;

constexpr unsigned kQuickRetries = 25;
constexpr milliseconds kQuickRetryDelay{20};
constexpr milliseconds kRetryDelayMax{2000};
constexpr milliseconds kPenalty{1000};

milliseconds retry_delay(unsigned failures) {
  if (failures <= kQuickRetries) return kQuickRetryDelay;
  const unsigned doublings = std::min(failures - kQuickRetries, 10u);
  return std::min(kRetryDelayMax, kQuickRetryDelay * (1 << doublings));
}

/// The two connections of a session, or what is there of them.
struct Pair {
  std::array<ConnectionPointer, 2> connections;

  [[nodiscard]] ConnectionPointer& operator[](LinkChannel channel) {
    return connections[static_cast<std::size_t>(channel)];
  }
  [[nodiscard]] bool is_complete() const { return connections[0] && connections[1]; }
  [[nodiscard]] bool has(const ConnectionPointer& connection) const {
    return connection == connections[0] || connection == connections[1];
  }
  void close() {
    for (ConnectionPointer& connection : connections) {
      if (connection) connection->close();
      connection.reset();
    }
  }
};

struct Peer {
  explicit Peer(asio::io_context& io) : retry(io) {}

  LinkPeer address;
  bool we_dial = false;
  /// Zero while no session is up.
  LinkSession session;
  Pair up;
  /// Dialled or accepted, not up yet.
  Pair coming;
  std::array<bool, 2> welcomed{};
  std::uint64_t nonce = 0;
  unsigned failures = 0;
  asio::steady_timer retry;
  LinkConnection::Clock::time_point refused_until{};
};

class LinksOnAsio final : public Links {
 public:
  LinksOnAsio(LinkKey key, asio::ssl::context tls, const LinkConfig& config, LinkSink sink)
      : key_(key),
        tls_(std::move(tls)),
        frame_size_max_(config.frame_size_max),
        sink_(std::move(sink)),
        acceptor_(io_),
        tick_(io_) {
    events_.authenticated = [this](const auto& connection, const LinkKey& peer) {
      return authenticated(connection, peer);
    };
    events_.frame = [this](const auto& connection, Slice frame) {
      return frame_came(connection, std::move(frame));
    };
    events_.lost = [this](const auto& connection, std::string reason) {
      connection_lost(connection, std::move(reason));
    };
  }

  ~LinksOnAsio() override {
    asio::post(io_, [this] { io_.stop(); });
    if (thread_.joinable()) thread_.join();
    // Receipts may outlive us.
    for (auto& [key, peer] : peers_) {
      peer.up.close();
      peer.coming.close();
    }
    for (const ConnectionPointer& connection : unpaired_)
      connection->close();
  }

  Status<> listen(const std::string& host, std::uint16_t port) {
    const std::string where = "link address " + host + ":" + std::to_string(port);
    error_code error;
    const auto address = asio::ip::make_address(host, error);
    if (error) return Err(where + ": " + error.message());
    const tcp::endpoint endpoint(address, port);
    (void)(acceptor_.open(endpoint.protocol(), error) ||
           acceptor_.set_option(tcp::acceptor::reuse_address(true), error) ||
           acceptor_.bind(endpoint, error) ||
           acceptor_.listen(asio::socket_base::max_connections, error));
    if (error) return Err(where + ": " + error.message());
    detail::close_on_exec(acceptor_.native_handle());
    port_ = acceptor_.local_endpoint(error).port();
    return {};
  }

  void run() {
    accept_next();
    tick();
    thread_ = std::thread([this] {
      name_this_thread("links");
      io_.run();
    });
  }

  [[nodiscard]] LinkKey key() const override { return key_; }
  [[nodiscard]] std::uint16_t port() const override { return port_; }

  void set_peers(std::vector<LinkPeer> peers) override {
    asio::post(io_, [this, peers = std::move(peers)] { change_peers(peers); });
  }

  using Links::send;
  void send(std::vector<LinkMessage> messages) override {
    if (messages.empty()) return;
    bool was_empty = false;
    {
      const std::lock_guard lock(outbox_mutex_);
      was_empty = outbox_.empty();
      outbox_.insert(outbox_.end(), std::make_move_iterator(messages.begin()),
                     std::make_move_iterator(messages.end()));
    }
    // One wake-up for all that is added until the thread looks.
    if (was_empty) asio::post(io_, [this] { send_outbox(); });
  }

  void close(const LinkKey& peer, LinkSession session, std::string reason) override {
    asio::post(io_, [this, peer, session, reason = std::move(reason)] {
      const auto it = peers_.find(peer);
      if (it == peers_.end() || it->second.session != session || session.value == 0) return;
      it->second.refused_until = LinkConnection::Clock::now() + kPenalty;
      session_down(it->second, reason, kPenalty);
    });
  }

 private:
  // Peers.

  void change_peers(const std::vector<LinkPeer>& wanted) {
    std::set<LinkKey> keys;
    for (const LinkPeer& peer : wanted)
      keys.insert(peer.key);
    for (auto it = peers_.begin(); it != peers_.end();) {
      if (keys.contains(it->first)) {
        ++it;
        continue;
      }
      it->second.we_dial = false;
      session_down(it->second, "no longer a peer", kPenalty);
      it->second.coming.close();
      it = peers_.erase(it);
    }
    for (const LinkPeer& peer : wanted) {
      if (peer.key == key_) continue;
      Peer& state = peers_.try_emplace(peer.key, io_).first->second;
      const bool is_same = state.address.host == peer.host && state.address.port == peer.port;
      state.address = peer;
      state.we_dial = key_ < peer.key;
      if (state.we_dial && !is_same && state.session.value == 0) dial(state);
    }
  }

  // Dialling.

  void dial_after(Peer& peer, milliseconds delay) {
    peer.retry.expires_after(delay);
    peer.retry.async_wait([this, key = peer.address.key](error_code error) {
      const auto it = peers_.find(key);
      if (!error && it != peers_.end()) dial(it->second);
    });
  }

  void dial(Peer& peer) {
    peer.retry.cancel();
    peer.coming.close();
    peer.welcomed = {};
    SystemEntropy().fill(
        MutableByteView(reinterpret_cast<std::uint8_t*>(&peer.nonce), sizeof peer.nonce));
    error_code error;
    const auto address = asio::ip::make_address(peer.address.host, error);
    if (!error) return connect(peer, tcp::endpoint(address, peer.address.port));
    auto resolver = std::make_shared<tcp::resolver>(io_);
    resolver->async_resolve(peer.address.host, std::to_string(peer.address.port),
                            [this, resolver, key = peer.address.key, nonce = peer.nonce](
                                error_code failed, const auto& results) {
                              const auto it = peers_.find(key);
                              if (it == peers_.end() || it->second.nonce != nonce) return;
                              if (failed || results.empty()) return dial_failed(it->second);
                              connect(it->second, results.begin()->endpoint());
                            });
  }

  void connect(Peer& peer, const tcp::endpoint& endpoint) {
    for (const LinkChannel channel : {LinkChannel::kUrgent, LinkChannel::kBulk}) {
      const auto connection = std::make_shared<LinkConnection>(io_, tls_, events_, frame_size_max_);
      connection->peer = peer.address.key;
      connection->channel = channel;
      connection->is_dialer = true;
      connection->nonce = peer.nonce;
      peer.coming[channel] = connection;
    }
    for (const ConnectionPointer& connection : Pair(peer.coming).connections)
      connection->connect(endpoint);
  }

  void dial_failed(Peer& peer) {
    peer.coming.close();
    ++peer.failures;
    dial_after(peer, retry_delay(peer.failures));
  }

  // Accepting.

  void accept_next() {
    auto connection = std::make_shared<LinkConnection>(io_, tls_, events_, frame_size_max_);
    acceptor_.async_accept(connection->socket(), [this, connection](error_code error) {
      if (error == asio::error::operation_aborted) return;
      if (!error) accepted(connection);
      // Out of descriptors or the like: not at once again.
      if (error) return accept_later();
      accept_next();
    });
  }

  void accept_later() {
    auto timer = std::make_shared<asio::steady_timer>(io_, kQuickRetryDelay);
    timer->async_wait([this, timer](error_code) { accept_next(); });
  }

  void accepted(const ConnectionPointer& connection) {
    if (unpaired_.size() >= kUnpairedMax) return connection->close();
    unpaired_.insert(connection);
    connection->accept();
  }

  // Events of connections.

  bool authenticated(const ConnectionPointer& connection, const LinkKey& key) {
    if (connection->is_dialer) {
      if (key != connection->peer) return false;
      Bytes hello = to_bytes(kHello);
      hello.push_back(static_cast<std::uint8_t>(connection->channel));
      append_be(hello, connection->nonce);
      const bool queued = connection->enqueue(Slice(std::move(hello)));
      ensure(queued, "a new connection has room");
      connection->flush();
      return true;
    }
    const auto it = peers_.find(key);
    if (it == peers_.end() || it->second.we_dial) return false;
    if (LinkConnection::Clock::now() < it->second.refused_until) return false;
    connection->peer = key;
    return true;
  }

  bool frame_came(const ConnectionPointer& connection, Slice frame) {
    const auto it = peers_.find(connection->peer);
    if (it == peers_.end()) return lose(connection, "no longer a peer");
    Peer& peer = it->second;
    if (peer.up.has(connection)) return deliver(peer, connection, std::move(frame));
    const bool ok = connection->is_dialer ? take_welcome(peer, connection, frame)
                                          : take_hello(peer, connection, frame);
    if (!ok) return lose(connection, "not a link of this protocol");
    return false;  // reading goes on when the session is up
  }

  bool lose(const ConnectionPointer& connection, std::string reason) {
    connection->close();
    connection_lost(connection, std::move(reason));
    return false;
  }

  bool deliver(Peer& peer, const ConnectionPointer& connection, Slice frame) {
    auto receipt = detail::ReadGate::receipt(connection->gate(), frame.size());
    const bool is_full = connection->gate()->pause_if_full();
    sink_(LinkFrame{connection->peer, peer.session, connection->channel, std::move(frame),
                    std::move(receipt)});
    return !is_full;
  }

  bool take_hello(Peer& peer, const ConnectionPointer& connection, ByteView frame) {
    if (frame.size() != kHelloSize || as_text(frame.first(kHello.size())) != kHello) return false;
    const std::uint8_t channel = frame[kHello.size()];
    if (channel > static_cast<std::uint8_t>(LinkChannel::kBulk)) return false;
    const auto nonce = load_be<std::uint64_t>(frame.subspan(kHello.size() + 1));
    connection->channel = static_cast<LinkChannel>(channel);
    if (peer.nonce != nonce) peer.coming.close();
    peer.nonce = nonce;
    if (peer.coming[connection->channel]) return false;
    peer.coming[connection->channel] = connection;
    unpaired_.erase(connection);
    if (!peer.coming.is_complete()) return true;
    for (const ConnectionPointer& half : peer.coming.connections) {
      const bool queued = half->enqueue(Slice(to_bytes(kWelcome)));
      ensure(queued, "a new connection has room");
      half->flush();
    }
    session_up(peer);
    return true;
  }

  bool take_welcome(Peer& peer, const ConnectionPointer& connection, ByteView frame) {
    if (as_text(frame) != kWelcome || !peer.coming.has(connection)) return false;
    peer.welcomed[static_cast<std::size_t>(connection->channel)] = true;
    if (peer.welcomed[0] && peer.welcomed[1]) session_up(peer);
    return true;
  }

  void connection_lost(const ConnectionPointer& connection, std::string reason) {
    unpaired_.erase(connection);
    const auto it = peers_.find(connection->peer);
    if (it == peers_.end()) return;
    Peer& peer = it->second;
    if (peer.up.has(connection)) return session_down(peer, std::move(reason), kQuickRetryDelay);
    if (!peer.coming.has(connection)) return;
    if (peer.we_dial) return dial_failed(peer);
    peer.coming.close();
  }

  // Sessions.

  void session_up(Peer& peer) {
    const LinkKey key = peer.address.key;
    Pair coming = std::exchange(peer.coming, Pair());
    if (peer.session.value != 0) {
      peer.up.close();
      sink_(LinkDown{key, std::exchange(peer.session, LinkSession()), "replaced by a new session"});
    }
    peer.session = ++last_session_;
    peer.up = coming;
    peer.failures = 0;
    sink_(LinkUp{key, peer.session});
    for (const ConnectionPointer& connection : coming.connections) {
      connection->established();
      // Not from within its own event.
      asio::post(io_, [connection] { connection->resume_reading(); });
    }
  }

  void session_down(Peer& peer, std::string reason, milliseconds retry) {
    if (peer.session.value == 0) return;
    peer.up.close();
    const LinkSession session = std::exchange(peer.session, LinkSession());
    if (peer.we_dial) dial_after(peer, retry);
    sink_(LinkDown{peer.address.key, session, std::move(reason)});
  }

  void send_outbox() {
    std::vector<LinkMessage> outbox;
    {
      const std::lock_guard lock(outbox_mutex_);
      outbox.swap(outbox_);
    }
    std::set<ConnectionPointer> touched;
    for (LinkMessage& one : outbox) {
      const auto it = peers_.find(one.peer);
      if (it == peers_.end() || it->second.session != one.session || one.session.value == 0)
        continue;
      const ConnectionPointer connection = it->second.up[one.channel];
      if (connection->enqueue(std::move(one.frame))) {
        touched.insert(connection);
      } else {
        session_down(it->second, "send queue is full", kQuickRetryDelay);
      }
    }
    for (const ConnectionPointer& connection : touched)
      connection->flush();
  }

  void tick() {
    tick_.expires_after(milliseconds(1000));
    tick_.async_wait([this](error_code error) {
      if (error) return;
      const auto now = LinkConnection::Clock::now();
      for (auto& [key, peer] : peers_) {
        for (const ConnectionPointer& connection : Pair(peer.up).connections) {
          if (connection) connection->keep_alive(now);
        }
      }
      tick();
    });
  }

  LinkKey key_;
  asio::io_context io_{1};
  asio::ssl::context tls_;
  std::size_t frame_size_max_;
  LinkSink sink_;
  LinkConnection::Events events_;
  tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  asio::steady_timer tick_;
  std::map<LinkKey, Peer> peers_;
  std::set<ConnectionPointer> unpaired_;
  LinkSession last_session_;
  std::mutex outbox_mutex_;
  std::vector<LinkMessage> outbox_;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Links>> Links::start(LinkConfig config, LinkSink sink) {
  const LinkKey key = link_key_of(config.secret_seed);
  auto tls = detail::make_tls_context(config.secret_seed);
  OPENSSL_cleanse(config.secret_seed.data(), config.secret_seed.size());
  if (!tls.ok()) return Err(tls.error());
  auto links = std::make_unique<LinksOnAsio>(key, std::move(tls).value(), config, std::move(sink));
  TRY(links->listen(config.listen_host, config.listen_port));
  links->run();
  return std::unique_ptr<Links>(std::move(links));
}

}  // namespace icpd::io::linux
