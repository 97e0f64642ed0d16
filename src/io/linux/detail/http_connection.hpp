// One connection of the HTTP server. Lives on the server's thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/vector_body.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "io/linux/http_server.hpp"

namespace icpd::io::linux::detail {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

class HttpConnection;

/// The way from a responder back to the server's thread, as long as there is one.
class HttpReturnPath {
 public:
  explicit HttpReturnPath(asio::io_context& io) : io_(&io) {}
  void deliver(const std::weak_ptr<HttpConnection>& connection, std::uint64_t request,
               HttpResponse response);
  /// From here on answers go nowhere.
  void cut();

 private:
  std::mutex mutex_;
  asio::io_context* io_;
};

/// What all connections of a server share.
struct HttpService {
  HttpServerConfig config;
  HttpHandler handler;
  std::function<bool(const std::string& address)> allow;
  std::function<void(const std::shared_ptr<HttpConnection>&)> closed;
  std::shared_ptr<HttpReturnPath> return_path;
};

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  using Clock = std::chrono::steady_clock;

  HttpConnection(asio::ip::tcp::socket socket, std::string address, const HttpService& service);

  void start();
  /// Answers 503 and closes.
  void turn_away();
  /// Sends the answer to that request, if it is still the current one.
  void answer(std::uint64_t request, HttpResponse response);
  /// Closes when the answer under way is out, at once if there is none.
  void finish();
  void close();
  /// Ends what takes too long.
  void check_deadline(Clock::time_point now);

  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  enum class State : std::uint8_t { kIdle, kReceiving, kHandling, kSending, kLingering, kClosed };
  using Parser = beast::http::request_parser<beast::http::vector_body<std::uint8_t>>;

  void enter(State state);
  void next_request();
  void read();
  void parse();
  void refuse(const HttpResponse& response);
  void handle();
  void say_continue();
  [[nodiscard]] HttpRequest take_request();
  void send(const HttpResponse& response);
  void sent();
  /// Closes once the client has stopped sending.
  void linger();

  asio::ip::tcp::socket socket_;
  std::string address_;
  const HttpService& service_;
  State state_ = State::kIdle;
  Clock::time_point deadline_ = Clock::time_point::max();
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  /// Number of the request being handled; late answers carry an older one.
  std::uint64_t request_ = 0;
  bool keep_alive_ = true;
  bool is_head_request_ = false;
  bool said_continue_ = false;
  bool finishing_ = false;
  /// Without having been read to its end.
  bool is_refused_ = false;
  std::size_t lingered_ = 0;
  std::string head_;
  Slice body_;
};

}  // namespace icpd::io::linux::detail
