#include "io/linux/http_client.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/vector_body.hpp>
#include <charconv>
#include <future>
#include <map>
#include <set>
#include <thread>

#include "io/linux/detail/descriptor.hpp"
#include "io/linux/system.hpp"

namespace icpd::io::linux {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using std::chrono::nanoseconds;
using tcp = asio::ip::tcp;

class Exchange;
using ExchangePointer = std::shared_ptr<Exchange>;
using Socket = std::unique_ptr<tcp::socket>;

std::string lower_case(beast::string_view text) {
  std::string result(text.data(), text.size());
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool is_about_the_connection(const std::string& name) {
  return name == "connection" || name == "keep-alive" || name == "transfer-encoding" ||
         name == "content-length";
}

/// Connections without a request, and the requests under way.
struct Pool {
  std::map<HttpEndpoint, std::vector<Socket>> kept;
  std::set<ExchangePointer> running;
};

/// One request and its answer.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& io, Pool& pool, HttpEndpoint endpoint, const HttpRequest& request,
           std::move_only_function<void(HttpOutcome)> done)
      : io_(io),
        pool_(pool),
        endpoint_(std::move(endpoint)),
        is_head_(request.method == "HEAD"),
        body_(request.body),
        done_(std::move(done)),
        timer_(io) {
    head_ = request.method + " " + request.target + " HTTP/1.1\r\nhost: " + endpoint_.host + ":" +
            std::to_string(endpoint_.port) + "\r\n";
    for (const auto& [name, value] : request.headers)
      head_ += name + ": " + value + "\r\n";
    head_ += "content-length: " + std::to_string(body_.size()) + "\r\n\r\n";
  }

  void begin(Duration time_max) {
    timer_.expires_after(nanoseconds(time_max.ns));
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->fail("no answer in time");
    });
    auto& kept = pool_.kept[endpoint_];
    if (kept.empty()) return connect();
    socket_ = std::move(kept.back());
    kept.pop_back();
    is_reused_ = true;
    write();
  }

  void fail(const std::string& reason) {
    finish(Err(HttpFailure{!was_sent_,
                           endpoint_.host + ":" + std::to_string(endpoint_.port) + ": " + reason}));
  }

 private:
  void connect() {
    is_reused_ = false;
    socket_ = std::make_unique<tcp::socket>(io_);
    error_code error;
    const auto address = asio::ip::make_address(endpoint_.host, error);
    if (!error) {
      return socket_->async_connect(
          tcp::endpoint(address, endpoint_.port),
          [self = shared_from_this()](error_code failed) { self->connected(failed); });
    }
    auto resolver = std::make_shared<tcp::resolver>(io_);
    resolver->async_resolve(
        endpoint_.host, std::to_string(endpoint_.port),
        [self = shared_from_this(), resolver](error_code failed, const auto& results) {
          if (self->is_done()) return;
          if (failed) return self->fail(failed.message());
          asio::async_connect(
              *self->socket_, results,
              [self](error_code refused, const tcp::endpoint&) { self->connected(refused); });
        });
  }

  void connected(error_code error) {
    if (is_done()) return;
    if (error) return fail(error.message());
    error_code ignored;
    socket_->set_option(tcp::no_delay(true), ignored);
    detail::close_on_exec(socket_->native_handle());
    write();
  }

  void write() {
    was_sent_ = true;
    const std::array<asio::const_buffer, 2> buffers = {asio::buffer(head_),
                                                       asio::buffer(body_.data(), body_.size())};
    // An answer may come before all is written (413): reading begins at once.
    asio::async_write(*socket_, buffers, [self = shared_from_this()](error_code, std::size_t) {});
    read();
  }

  void read() {
    parser_.emplace();
    parser_->body_limit(HttpClient::kAnswerSizeMax);
    if (is_head_) parser_->skip(true);
    http::async_read(*socket_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (!self->is_done()) self->read_done(error);
                     });
  }

  void read_done(error_code error) {
    if (!error && parser_->get().result_int() == 100) return read();
    if (!error) return succeed();
    if (is_reused_ && !parser_->got_some()) {
      buffer_.clear();
      return connect();
    }
    fail(error.message());
  }

  void succeed() {
    const bool keep_alive = parser_->keep_alive();
    auto message = parser_->release();
    HttpResponse response;
    response.status = message.result_int();
    for (const auto& field : message) {
      const std::string name = lower_case(field.name_string());
      if (name == "content-type") {
        response.content_type = field.value();
      } else if (!is_about_the_connection(name)) {
        response.headers.emplace_back(name, field.value());
      }
    }
    response.body = Slice(std::move(message.body()));
    auto& kept = pool_.kept[endpoint_];
    if (keep_alive && buffer_.size() == 0 && kept.size() < HttpClient::kKeptPerEndpointMax)
      kept.push_back(std::move(socket_));
    finish(std::move(response));
  }

  [[nodiscard]] bool is_done() const { return !done_; }

  void finish(HttpOutcome outcome) {
    if (is_done()) return;
    timer_.cancel();
    error_code ignored;
    if (socket_) socket_->close(ignored);
    pool_.running.erase(shared_from_this());
    auto done = std::exchange(done_, nullptr);
    done(std::move(outcome));
  }

  asio::io_context& io_;
  Pool& pool_;
  HttpEndpoint endpoint_;
  bool is_head_;
  std::string head_;
  Slice body_;
  std::move_only_function<void(HttpOutcome)> done_;
  asio::steady_timer timer_;
  Socket socket_;
  beast::flat_buffer buffer_;
  std::optional<http::response_parser<http::vector_body<std::uint8_t>>> parser_;
  bool is_reused_ = false;
  bool was_sent_ = false;
};

class HttpClientOnAsio final : public HttpClient {
 public:
  HttpClientOnAsio()
      : work_(asio::make_work_guard(io_)), thread_([this] {
          name_this_thread("http client");
          io_.run();
        }) {}

  ~HttpClientOnAsio() override {
    asio::post(io_, [this] {
      for (const ExchangePointer& exchange : std::set(pool_.running))
        exchange->fail("client is closed");
      io_.stop();
    });
    thread_.join();
  }

  void send(HttpEndpoint endpoint, HttpRequest request, Duration time_max,
            std::move_only_function<void(HttpOutcome)> done) override {
    asio::post(io_, [this, endpoint = std::move(endpoint), request = std::move(request), time_max,
                     done = std::move(done)]() mutable {
      const auto exchange =
          std::make_shared<Exchange>(io_, pool_, std::move(endpoint), request, std::move(done));
      pool_.running.insert(exchange);
      exchange->begin(time_max);
    });
  }

 private:
  asio::io_context io_{1};
  Pool pool_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<HttpClient> HttpClient::start() {
  return std::make_unique<HttpClientOnAsio>();
}

HttpOutcome HttpClient::fetch(HttpEndpoint endpoint, HttpRequest request, Duration time_max) {
  std::promise<HttpOutcome> promise;
  auto outcome = promise.get_future();
  send(std::move(endpoint), std::move(request), time_max,
       [&promise](HttpOutcome result) { promise.set_value(std::move(result)); });
  return outcome.get();
}

Result<HttpEndpoint> endpoint_of(const std::string& url) {
  static constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) return Err("'" + url + "' doesn't begin with http://");
  std::string authority = url.substr(kScheme.size());
  authority = authority.substr(0, authority.find_first_of("/?#"));
  HttpEndpoint endpoint{authority, 80};
  const std::size_t colon = authority.rfind(':');
  const bool is_v6 = authority.starts_with('[');
  if (colon != std::string::npos && (!is_v6 || authority.find(']') < colon)) {
    endpoint.host = authority.substr(0, colon);
    const std::string port = authority.substr(colon + 1);
    const auto [end, error] =
        std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
    if (error != std::errc() || end != port.data() + port.size())
      return Err("'" + url + "' has no valid port");
  }
  if (is_v6) {
    if (!endpoint.host.ends_with(']')) return Err("'" + url + "' has no valid host");
    endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  }
  if (endpoint.host.empty()) return Err("'" + url + "' has no host");
  return endpoint;
}

}  // namespace icpd::io::linux
