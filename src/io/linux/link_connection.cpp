#include "io/linux/detail/link_connection.hpp"

#include <algorithm>
#include <boost/asio/write.hpp>

#include "io/linux/detail/descriptor.hpp"

namespace icpd::io::linux::detail {

namespace {

using std::chrono::nanoseconds;
using tcp = asio::ip::tcp;

constexpr std::size_t kLengthSize = 4;
constexpr std::size_t kReadBufferSize = 32 * kKiB;
/// Queued frames are joined up to here, so that many small ones share a TLS record and a write.
constexpr std::size_t kWriteSize = 128 * kKiB;
constexpr std::size_t kFrameOverhead = kFrameCost;

}  // namespace

// The gate.

std::shared_ptr<void> ReadGate::receipt(std::shared_ptr<ReadGate> gate, std::size_t bytes) {
  const std::size_t cost = bytes + kFrameOverhead;
  {
    const std::lock_guard lock(gate->mutex_);
    gate->out_ += cost;
  }
  void* const not_null = gate.get();
  return {not_null, [gate = std::move(gate), cost](void*) { gate->give_back(cost); }};
}

bool ReadGate::pause_if_full() {
  const std::lock_guard lock(mutex_);
  paused_ = out_ > kUnprocessedMax;
  return paused_;
}

void ReadGate::give_back(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  ensure(out_ >= bytes);
  out_ -= bytes;
  if (!paused_ || out_ > kUnprocessedMax / 2) return;
  paused_ = false;
  if (resume_) resume_();
}

void ReadGate::detach() {
  const std::lock_guard lock(mutex_);
  resume_ = nullptr;
}

// The connection.

LinkConnection::LinkConnection(asio::io_context& io, asio::ssl::context& tls, const Events& events,
                               std::size_t frame_size_max)
    : events_(events),
      frame_size_max_(frame_size_max),
      stream_(io, tls),
      handshake_timer_(io),
      rx_(kReadBufferSize),
      last_read_(Clock::now()),
      last_write_(last_read_) {}

void LinkConnection::connect(const tcp::endpoint& endpoint) {
  limit_handshake();
  socket().async_connect(endpoint, [self = shared_from_this()](error_code error) {
    if (error) return self->lose("connect: " + error.message());
    self->handshake(asio::ssl::stream_base::client);
  });
}

void LinkConnection::accept() {
  limit_handshake();
  handshake(asio::ssl::stream_base::server);
}

void LinkConnection::limit_handshake() {
  gate_ = std::make_shared<ReadGate>([executor = stream_.get_executor(), weak = weak_from_this()] {
    asio::post(executor, [weak] {
      if (const Pointer self = weak.lock()) self->resume_reading();
    });
  });
  handshake_timer_.expires_after(nanoseconds(kHandshakeTimeMax.ns));
  handshake_timer_.async_wait([weak = weak_from_this()](error_code error) {
    const Pointer self = weak.lock();
    if (!error && self) self->lose("handshake takes too long");
  });
}

void LinkConnection::handshake(asio::ssl::stream_base::handshake_type role) {
  error_code ignored;
  socket().set_option(tcp::no_delay(true), ignored);
  close_on_exec(socket().native_handle());
  stream_.async_handshake(role, [self = shared_from_this()](error_code error) {
    if (self->closed_) return;
    if (error) return self->lose("TLS handshake: " + error.message());
    const auto key = proven_key(self->stream_.native_handle());
    if (!key || !self->events_.authenticated(self, *key)) return self->lose("unknown key");
    self->resume_reading();
  });
}

void LinkConnection::lose(std::string reason) {
  if (closed_) return;
  close();
  events_.lost(shared_from_this(), std::move(reason));
}

void LinkConnection::close() {
  closed_ = true;
  if (gate_) gate_->detach();
  handshake_timer_.cancel();
  queue_.clear();
  error_code ignored;
  socket().close(ignored);
}

// Reading.

void LinkConnection::resume_reading() {
  if (closed_ || reading_) return;
  last_read_ = Clock::now();  // while reading paused, silence was ours
  parse();
}

void LinkConnection::read() {
  if (rx_begin_ == rx_end_) rx_begin_ = rx_end_ = 0;
  reading_ = true;
  const auto done = [self = shared_from_this()](bool into_frame) {
    return [self, into_frame](error_code error, std::size_t n) {
      self->reading_ = false;
      if (self->closed_) return;
      if (error) return self->lose("read: " + error.message());
      self->last_read_ = Clock::now();
      (into_frame ? self->frame_filled_ : self->rx_end_) += n;
      self->parse();
    };
  };
  if (frame_filled_ < frame_.size()) {
    stream_.async_read_some(
        asio::buffer(frame_.data() + frame_filled_, frame_.size() - frame_filled_), done(true));
  } else {
    std::copy(rx_.begin() + static_cast<long>(rx_begin_), rx_.begin() + static_cast<long>(rx_end_),
              rx_.begin());
    rx_end_ -= std::exchange(rx_begin_, 0);
    stream_.async_read_some(asio::buffer(rx_.data() + rx_end_, rx_.size() - rx_end_), done(false));
  }
}

bool LinkConnection::begin_frame() {
  const auto length = load_be<std::uint32_t>(ByteView(rx_).subspan(rx_begin_));
  if (length > frame_size_max_) return false;
  rx_begin_ += kLengthSize;
  frame_ = Bytes(length);
  frame_filled_ = 0;
  return true;
}

void LinkConnection::parse() {
  const Pointer self = shared_from_this();
  while (!closed_) {
    if (frame_.empty()) {
      if (buffered() < kLengthSize) return read();
      if (!begin_frame()) return lose("frame over the limit");
      if (frame_.empty()) continue;  // a ping
    }
    const std::size_t n = std::min(frame_.size() - frame_filled_, buffered());
    std::copy_n(rx_.begin() + static_cast<long>(rx_begin_), n,
                frame_.begin() + static_cast<long>(frame_filled_));
    rx_begin_ += n;
    frame_filled_ += n;
    if (frame_filled_ < frame_.size()) return read();
    frame_filled_ = 0;
    if (!events_.frame(self, Slice(std::exchange(frame_, Bytes())))) return;
  }
}

// Writing.

bool LinkConnection::enqueue(Slice frame) {
  ensure(!frame.empty() && frame.size() <= frame_size_max_,
         "our frames keep the limit that the peer enforces");
  queued_bytes_ += frame.size() + kFrameOverhead;
  if (queued_bytes_ > kSendQueueMax) return false;
  queue_.push_back(std::move(frame));
  return true;
}

void LinkConnection::flush() {
  if (writing_ || closed_ || queue_.empty()) return;
  tx_.clear();
  while (!queue_.empty() && tx_.size() < kWriteSize) {
    const Slice& frame = queue_.front();
    append_be(tx_, static_cast<std::uint32_t>(frame.size()));
    append(tx_, frame);
    queued_bytes_ -= frame.size() + kFrameOverhead;
    queue_.pop_front();
  }
  writing_ = true;
  asio::async_write(stream_, asio::buffer(tx_),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      self->writing_ = false;
                      if (self->closed_) return;
                      if (error) return self->lose("write: " + error.message());
                      self->last_write_ = Clock::now();
                      self->flush();
                      if (!self->writing_ && self->tx_.capacity() > kReadBufferSize)
                        self->tx_ = Bytes();
                    });
}

void LinkConnection::keep_alive(Clock::time_point now) {
  if (reading_ && now - last_read_ > nanoseconds(kSilenceMax.ns)) return lose("peer is silent");
  if (!writing_ && queue_.empty() && now - last_write_ > nanoseconds(kPingInterval.ns)) {
    queue_.emplace_back();
    queued_bytes_ += kFrameOverhead;
    flush();
  }
}

}  // namespace icpd::io::linux::detail
