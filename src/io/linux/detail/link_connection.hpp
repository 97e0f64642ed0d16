// One TLS connection between two nodes: handshake, frames in and out. Lives on the links' thread; a
// half of a session (io/linux/links.hpp).
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <mutex>

#include "io/linux/detail/tls.hpp"

namespace icpd::io::linux::detail {

namespace asio = boost::asio;
using boost::system::error_code;

/// Counts what was handed out and not yet processed. Receipts may outlive connection and links.
class ReadGate {
 public:
  explicit ReadGate(std::function<void()> resume) : resume_(std::move(resume)) {}

  /// A receipt for so many bytes; giving it back may resume reading.
  [[nodiscard]] static std::shared_ptr<void> receipt(std::shared_ptr<ReadGate> gate,
                                                     std::size_t bytes);
  /// True if reading must pause; resume is called once it may go on.
  [[nodiscard]] bool pause_if_full();
  /// From here on resume isn't called any more.
  void detach();

 private:
  void give_back(std::size_t bytes);

  std::mutex mutex_;
  std::size_t out_ = 0;
  bool paused_ = false;
  std::function<void()> resume_;
};

class LinkConnection : public std::enable_shared_from_this<LinkConnection> {
 public:
  using Clock = std::chrono::steady_clock;
  using Pointer = std::shared_ptr<LinkConnection>;

  /// Called on the links' thread; each may close the connection.
  struct Events {
    /// The peer proved this key. False refuses it.
    std::function<bool(const Pointer&, const LinkKey&)> authenticated;
    /// True to go on reading, false to wait for resume_reading().
    std::function<bool(const Pointer&, Slice)> frame;
    /// Once, unless close() was called before.
    std::function<void(const Pointer&, std::string)> lost;
  };

  LinkConnection(asio::io_context& io, asio::ssl::context& tls, const Events& events,
                 std::size_t frame_size_max);

  [[nodiscard]] asio::ip::tcp::socket& socket() { return stream_.next_layer(); }

  void connect(const asio::ip::tcp::endpoint& endpoint);
  /// The accepted socket is connected.
  void accept();

  /// Queues a frame; flush() sends what is queued. False if the queue is full.
  [[nodiscard]] bool enqueue(Slice frame);
  void flush();
  void resume_reading();
  void close();

  /// Sends a ping if nothing was sent for long; loses the connection if the peer is silent.
  void keep_alive(Clock::time_point now);
  [[nodiscard]] std::shared_ptr<ReadGate> gate() const { return gate_; }
  /// No longer only shaking hands: ends the limit on its time.
  void established() { handshake_timer_.cancel(); }

  // What the links note about it.
  LinkKey peer;
  LinkChannel channel = LinkChannel::kUrgent;
  bool is_dialer = false;
  std::uint64_t nonce = 0;

 private:
  void limit_handshake();
  void handshake(asio::ssl::stream_base::handshake_type role);
  void lose(std::string reason);
  void read();
  void parse();
  /// False if the length is against the limit.
  [[nodiscard]] bool begin_frame();
  [[nodiscard]] std::size_t buffered() const { return rx_end_ - rx_begin_; }

  const Events& events_;
  std::size_t frame_size_max_;
  asio::ssl::stream<asio::ip::tcp::socket> stream_;
  asio::steady_timer handshake_timer_;
  std::shared_ptr<ReadGate> gate_;
  bool closed_ = false;

  Bytes rx_;
  std::size_t rx_begin_ = 0;
  std::size_t rx_end_ = 0;
  /// The frame being read; empty between frames.
  Bytes frame_;
  std::size_t frame_filled_ = 0;
  bool reading_ = false;

  std::deque<Slice> queue_;
  std::size_t queued_bytes_ = 0;
  Bytes tx_;
  bool writing_ = false;
  Clock::time_point last_read_;
  Clock::time_point last_write_;
};

}  // namespace icpd::io::linux::detail
