#include "io/linux/http_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <map>
#include <set>
#include <thread>

#include "io/linux/detail/descriptor.hpp"
#include "io/linux/detail/http_connection.hpp"
#include "io/linux/detail/rate_limit.hpp"
#include "io/linux/system.hpp"

namespace icpd::io::linux {

namespace {

using detail::error_code;
using detail::HttpConnection;
namespace asio = boost::asio;
using std::chrono::milliseconds;
using tcp = asio::ip::tcp;
using ConnectionPointer = std::shared_ptr<HttpConnection>;

constexpr milliseconds kTick{500};
constexpr milliseconds kAcceptRetry{50};

class HttpServerOnAsio final : public HttpServer {
 public:
  HttpServerOnAsio(HttpServerConfig config, HttpHandler handler)
      : rate_(config.requests_per_second, config.requests_burst),
        service_{std::move(config), std::move(handler), {}, {}, {}},
        acceptor_(io_),
        tick_(io_) {
    service_.return_path = std::make_shared<detail::HttpReturnPath>(io_);
    service_.allow = [this](const std::string& address) {
      return rate_.allow(address, SystemClock().monotonic());
    };
    service_.closed = [this](const ConnectionPointer& connection) { forget(connection); };
  }

  ~HttpServerOnAsio() override {
    service_.return_path->cut();
    asio::post(io_, [this] { io_.stop(); });
    if (thread_.joinable()) thread_.join();
  }

  Status<> listen() {
    const auto& [host, port] = std::tie(service_.config.host, service_.config.port);
    const std::string where = "HTTP address " + host + ":" + std::to_string(port);
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
      name_this_thread(service_.config.thread_name);
      io_.run();
    });
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }

  void drain(Duration at_most) override {
    asio::post(io_, [this] {
      error_code ignored;
      acceptor_.close(ignored);
      // A connection that closes leaves the set.
      for (const ConnectionPointer& connection : std::set(connections_))
        connection->finish();
      note_count();
      draining_ = true;
    });
    std::unique_lock lock(mutex_);
    empty_.wait_for(lock, std::chrono::nanoseconds(at_most.ns), [this] { return is_empty_; });
  }

 private:
  void accept_next() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
      if (error) return accept_later();  // out of descriptors or the like
      detail::close_on_exec(socket.native_handle());
      accepted(std::move(socket));
      accept_next();
    });
  }

  void accept_later() {
    auto timer = std::make_shared<asio::steady_timer>(io_, kAcceptRetry);
    timer->async_wait([this, timer](error_code) { accept_next(); });
  }

  void accepted(tcp::socket socket) {
    error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return;
    const auto connection = std::make_shared<HttpConnection>(
        std::move(socket), endpoint.address().to_string(), service_);
    std::size_t& of_address = per_address_[connection->address()];
    ++of_address;
    connections_.insert(connection);
    const bool too_many = connections_.size() > service_.config.connections_max ||
                          of_address > service_.config.connections_per_address_max;
    too_many ? connection->turn_away() : connection->start();
  }

  void forget(const ConnectionPointer& connection) {
    const std::size_t erased = connections_.erase(connection);
    ensure(erased == 1, "a connection closes once");
    const auto it = per_address_.find(connection->address());
    ensure(it != per_address_.end() && it->second > 0);
    if (--it->second == 0) per_address_.erase(it);
    if (draining_) note_count();
  }

  void note_count() {
    const std::lock_guard lock(mutex_);
    is_empty_ = connections_.empty();
    if (is_empty_) empty_.notify_all();
  }

  void tick() {
    tick_.expires_after(kTick);
    tick_.async_wait([this](error_code error) {
      if (error) return;
      const auto now = HttpConnection::Clock::now();
      for (const ConnectionPointer& connection : std::set(connections_))
        connection->check_deadline(now);
      tick();
    });
  }

  detail::RateLimit rate_;
  detail::HttpService service_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  asio::steady_timer tick_;
  std::set<ConnectionPointer> connections_;
  std::map<std::string, std::size_t> per_address_;
  bool draining_ = false;
  std::mutex mutex_;
  std::condition_variable empty_;
  bool is_empty_ = false;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerConfig config,
                                                      HttpHandler handler) {
  auto server = std::make_unique<HttpServerOnAsio>(std::move(config), std::move(handler));
  TRY(server->listen());
  server->run();
  return std::unique_ptr<HttpServer>(std::move(server));
}

}  // namespace icpd::io::linux
