#include "io/linux/detail/http_connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/status.hpp>

namespace icpd::io::linux::detail {

namespace {

namespace http = beast::http;
using std::chrono::nanoseconds;
using tcp = asio::ip::tcp;

constexpr std::size_t kReadSize = 16 * kKiB;
/// How long, and for how many bytes, a client may go on sending what was refused.
constexpr Duration kLingerTimeMax = Duration::seconds(2);
constexpr std::size_t kLingerBytesMax = 16 * kMiB;
/// A larger buffer is given back when its request is done.
constexpr std::size_t kBufferKeptMax = 64 * kKiB;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

std::string lower_case(beast::string_view text) {
  std::string result(view(text));
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

/// Answers exactly once, also when it is dropped.
class Responder {
 public:
  Responder(std::shared_ptr<HttpReturnPath> path, std::weak_ptr<HttpConnection> connection,
            std::uint64_t request)
      : path_(std::move(path)), connection_(std::move(connection)), request_(request) {}
  Responder(Responder&&) = default;
  Responder& operator=(Responder&&) = delete;
  ~Responder() {
    if (path_) (*this)(HttpResponse{.status = 500});
  }
  void operator()(HttpResponse response) {
    ensure(path_ != nullptr, "a request is answered once");
    std::exchange(path_, nullptr)->deliver(connection_, request_, std::move(response));
  }

 private:
  std::shared_ptr<HttpReturnPath> path_;
  /// Weak: only the server's thread may be the last to let go of a connection.
  std::weak_ptr<HttpConnection> connection_;
  std::uint64_t request_;
};

/// A header that would let its value write further ones is left out.
bool is_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return c == '\r' || c == '\n'; });
}

void add_header(std::string& head, std::string_view name, std::string_view value) {
  if (!is_one_line(name) || !is_one_line(value)) return;
  head.append(name).append(": ").append(value).append("\r\n");
}

bool has_body(unsigned status) {
  return status >= 200 && status != 204 && status != 304;
}

std::string head_of(const HttpResponse& response, bool keep_alive) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  head.append(view(http::obsolete_reason(http::int_to_status(response.status)))).append("\r\n");
  if (!response.content_type.empty()) add_header(head, "content-type", response.content_type);
  for (const auto& [name, value] : response.headers)
    add_header(head, name, value);
  if (has_body(response.status))
    add_header(head, "content-length", std::to_string(response.body.size()));
  if (!keep_alive) add_header(head, "connection", "close");
  return head + "\r\n";
}

HttpResponse refusal(unsigned status, const std::string& why) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .headers = {},
          .body = Slice::copy_of(as_bytes(why + "\n"))};
}

HttpResponse refusal_of(error_code error, const HttpServerConfig& config) {
  if (error == http::error::body_limit)
    return refusal(413,
                   "the body is larger than " + std::to_string(config.body_size_max) + " bytes");
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return refusal(431, "the request's head is larger than " +
                            std::to_string(config.head_size_max) + " bytes");
  return refusal(400, "no HTTP/1.1 request: " + error.message());
}

std::string seconds(Duration duration) {
  return std::to_string(duration.ns / Duration::seconds(1).ns) + " s";
}

}  // namespace

void HttpReturnPath::deliver(const std::weak_ptr<HttpConnection>& connection, std::uint64_t request,
                             HttpResponse response) {
  const std::lock_guard lock(mutex_);
  if (io_ == nullptr) return;
  asio::post(*io_, [connection, request, response = std::move(response)]() mutable {
    if (const auto self = connection.lock()) self->answer(request, std::move(response));
  });
}

void HttpReturnPath::cut() {
  const std::lock_guard lock(mutex_);
  io_ = nullptr;
}

HttpConnection::HttpConnection(tcp::socket socket, std::string address, const HttpService& service)
    : socket_(std::move(socket)), address_(std::move(address)), service_(service) {}

void HttpConnection::start() {
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  next_request();
}

void HttpConnection::turn_away() {
  is_refused_ = true;
  HttpResponse response = refusal(503, "too many connections are open; try again later");
  response.headers.emplace_back("retry-after", "1");
  send(response);
}

void HttpConnection::enter(State state) {
  const HttpServerConfig& config = service_.config;
  state_ = state;
  const auto after = [](Duration duration) { return Clock::now() + nanoseconds(duration.ns); };
  switch (state) {
    case State::kIdle:
      deadline_ = after(config.idle_time_max);
      return;
    case State::kReceiving:
      deadline_ = after(config.receive_time_max);
      return;
    case State::kSending:
      deadline_ = after(config.send_time_max);
      return;
    case State::kLingering:
      deadline_ = after(kLingerTimeMax);
      return;
    case State::kHandling:
    case State::kClosed:
      deadline_ = Clock::time_point::max();
      return;
  }
}

void HttpConnection::check_deadline(Clock::time_point now) {
  if (now < deadline_) return;
  if (state_ == State::kReceiving)
    return refuse(refusal(
        408, "the request wasn't complete within " + seconds(service_.config.receive_time_max)));
  close();
}

void HttpConnection::close() {
  if (state_ == State::kClosed) return;
  enter(State::kClosed);
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_both, ignored);
  socket_.close(ignored);
  service_.closed(shared_from_this());
}

void HttpConnection::finish() {
  finishing_ = true;
  if (state_ == State::kIdle) close();
}

// Receiving.

void HttpConnection::next_request() {
  if (finishing_) return close();
  parser_.emplace();
  parser_->eager(true);
  parser_->header_limit(static_cast<std::uint32_t>(service_.config.head_size_max));
  parser_->body_limit(service_.config.body_size_max);
  said_continue_ = false;
  if (buffer_.size() == 0 && buffer_.capacity() > kBufferKeptMax) buffer_ = beast::flat_buffer();
  enter(State::kIdle);
  if (buffer_.size() > 0) {
    enter(State::kReceiving);
    return parse();
  }
  read();
}

void HttpConnection::read() {
  socket_.async_read_some(buffer_.prepare(kReadSize),
                          [self = shared_from_this()](error_code error, std::size_t n) {
                            // A refusal may be on its way while the read ends.
                            if (self->state_ != State::kIdle && self->state_ != State::kReceiving)
                              return;
                            if (error) return self->close();
                            self->buffer_.commit(n);
                            if (self->state_ == State::kIdle) self->enter(State::kReceiving);
                            self->parse();
                          });
}

void HttpConnection::parse() {
  while (buffer_.size() > 0 && !parser_->is_done()) {
    error_code error;
    buffer_.consume(parser_->put(buffer_.data(), error));
    if (error == http::error::need_more) break;
    if (error) return refuse(refusal_of(error, service_.config));
  }
  if (parser_->is_done()) return handle();
  if (parser_->is_header_done() && !said_continue_) {
    said_continue_ = true;
    const auto expect = parser_->get()[http::field::expect];
    if (beast::iequals(expect, "100-continue")) return say_continue();
  }
  read();
}

void HttpConnection::say_continue() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(socket_, asio::buffer(kContinue),
                    [self = shared_from_this()](error_code error, std::size_t) {
                      if (self->state_ != State::kReceiving) return;
                      if (error) return self->close();
                      self->read();
                    });
}

void HttpConnection::refuse(const HttpResponse& response) {
  is_refused_ = true;
  is_head_request_ = false;
  send(response);
}

HttpRequest HttpConnection::take_request() {
  auto message = parser_->release();
  HttpRequest request;
  request.method = std::string(view(message.method_string()));
  request.target = std::string(view(message.target()));
  for (const auto& field : message)
    request.headers.emplace_back(lower_case(field.name_string()), view(field.value()));
  request.body = Slice(std::move(message.body()));
  request.peer = address_;
  return request;
}

void HttpConnection::handle() {
  enter(State::kHandling);
  ++request_;
  keep_alive_ = parser_->keep_alive();
  is_head_request_ = parser_->get().method() == http::verb::head;
  if (!service_.allow(address_)) {
    HttpResponse response = refusal(429, "too many requests from this address; try again later");
    response.headers.emplace_back("retry-after", "1");
    return send(response);
  }
  service_.handler(take_request(),
                   HttpResponder(Responder(service_.return_path, shared_from_this(), request_)));
}

// Answering.

void HttpConnection::answer(std::uint64_t request, HttpResponse response) {
  if (state_ == State::kHandling && request == request_) send(response);
}

void HttpConnection::send(const HttpResponse& response) {
  enter(State::kSending);
  if (finishing_ || is_refused_) keep_alive_ = false;
  head_ = head_of(response, keep_alive_);
  body_ = has_body(response.status) && !is_head_request_ ? response.body : Slice();
  const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head_),
                                                     asio::buffer(body_.data(), body_.size())};
  asio::async_write(socket_, buffers, [self = shared_from_this()](error_code error, std::size_t) {
    if (self->state_ != State::kSending) return;
    if (error) return self->close();
    if (self->is_refused_) return self->linger();
    if (!self->keep_alive_) return self->close();
    self->sent();
  });
}

void HttpConnection::linger() {
  if (state_ == State::kClosed) return;
  if (state_ != State::kLingering) enter(State::kLingering);
  // Closing while bytes come in resets the connection, and the client never reads our answer.
  error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  buffer_.clear();
  socket_.async_read_some(buffer_.prepare(kReadSize),
                          [self = shared_from_this()](error_code error, std::size_t n) {
                            self->lingered_ += n;
                            if (error || self->lingered_ > kLingerBytesMax) return self->close();
                            self->linger();
                          });
}

void HttpConnection::sent() {
  head_.clear();
  body_ = Slice();
  next_request();
}

}  // namespace icpd::io::linux::detail
