#include "io/linux/http_pump.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/vector_body.hpp>

namespace icpd::io::linux {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using std::chrono::milliseconds;
using tcp = asio::ip::tcp;

/// How soon a connection without a request asks again.
constexpr milliseconds kIdlePause{2};
constexpr milliseconds kReconnectPause{100};

class Pipe {
 public:
  Pipe(asio::io_context& io, tcp::endpoint server, PumpConnection name)
      : socket_(io), timer_(io), server_(std::move(server)), name_(name) {}

  void connect(PumpDriver& driver) {
    driver_ = &driver;
    socket_.async_connect(server_, [this](error_code error) {
      if (error) return reconnect();
      error_code ignored;
      socket_.set_option(tcp::no_delay(true), ignored);
      ask();
    });
  }

 private:
  void reconnect() {
    error_code ignored;
    socket_.close(ignored);
    buffer_.clear();
    timer_.expires_after(kReconnectPause);
    timer_.async_wait([this](error_code error) {
      if (!error) connect(*driver_);
    });
  }

  void ask() {
    auto request = driver_->next(name_);
    if (request) return send(std::move(*request));
    timer_.expires_after(kIdlePause);
    timer_.async_wait([this](error_code error) {
      if (!error) ask();
    });
  }

  void send(Slice request) {
    request_ = std::move(request);
    asio::async_write(socket_, asio::buffer(request_.data(), request_.size()),
                      [](error_code, std::size_t) {});
    parser_.emplace();
    parser_->body_limit(HttpClient::kAnswerSizeMax);
    http::async_read(socket_, buffer_, *parser_, [this](error_code error, std::size_t) {
      if (error) return lose();
      const bool keep_alive = parser_->keep_alive();
      auto message = parser_->release();
      driver_->answered(name_, message.result_int(), Slice(std::move(message.body())));
      keep_alive ? ask() : reconnect();
    });
  }

  void lose() {
    driver_->lost(name_);
    reconnect();
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  tcp::endpoint server_;
  PumpConnection name_;
  PumpDriver* driver_ = nullptr;
  Slice request_;
  beast::flat_buffer buffer_;
  std::optional<http::response_parser<http::vector_body<std::uint8_t>>> parser_;
};

class HttpPumpOnAsio final : public HttpPump {
 public:
  HttpPumpOnAsio(const std::vector<tcp::endpoint>& servers, std::size_t connections_each) {
    for (std::size_t number = 0; number < connections_each; ++number) {
      for (std::size_t endpoint = 0; endpoint < servers.size(); ++endpoint)
        pipes_.push_back(std::make_unique<Pipe>(io_, servers[endpoint],
                                                PumpConnection{endpoint, number}));
    }
  }

  void run(PumpDriver& driver) override {
    for (const auto& pipe : pipes_)
      pipe->connect(driver);
    while (!driver.is_finished())
      io_.run_one();
  }

 private:
  asio::io_context io_{1};
  std::vector<std::unique_ptr<Pipe>> pipes_;
};

}  // namespace

Result<std::unique_ptr<HttpPump>> HttpPump::make(const std::vector<HttpEndpoint>& endpoints,
                                                 std::size_t connections_each) {
  if (endpoints.empty() || connections_each == 0) return Err("a pump needs connections");
  std::vector<tcp::endpoint> servers;
  for (const HttpEndpoint& endpoint : endpoints) {
    error_code error;
    const auto address = asio::ip::make_address(endpoint.host, error);
    if (error) return Err("'" + endpoint.host + "' isn't a numeric address");
    servers.emplace_back(address, endpoint.port);
  }
  return std::unique_ptr<HttpPump>(std::make_unique<HttpPumpOnAsio>(servers, connections_each));
}

std::string post_head(const std::string& path, const std::string& host,
                      std::string_view content_type, std::size_t body_size) {
  return "POST " + path + " HTTP/1.1\r\nhost: " + host +
         "\r\ncontent-type: " + std::string(content_type) +
         "\r\ncontent-length: " + std::to_string(body_size) + "\r\n\r\n";
}

}  // namespace icpd::io::linux
