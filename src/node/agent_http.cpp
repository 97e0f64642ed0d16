#include <thread>

#include "io/linux/http_client.hpp"
#include "node/agent.hpp"

namespace icpd::node {
namespace {

/// Longer than a synchronous call waits for its certificate.
constexpr Duration kAnswerTime = Duration::seconds(30);

class HttpTransport final : public Transport {
 public:
  explicit HttpTransport(io::linux::HttpEndpoint endpoint)
      : endpoint_(std::move(endpoint)), client_(io::linux::HttpClient::start()) {}

  Result<io::HttpResponse> send(io::HttpRequest request) override {
    auto outcome = client_->fetch(endpoint_, std::move(request), kAnswerTime);
    if (!outcome.ok())
      return Err("http://" + endpoint_.host + ":" + std::to_string(endpoint_.port) +
                 " doesn't answer: " + outcome.error().message);
    return std::move(outcome).value();
  }
  void pause(Duration time) override {
    std::this_thread::sleep_for(std::chrono::nanoseconds(time.ns));
  }

 private:
  io::linux::HttpEndpoint endpoint_;
  std::unique_ptr<io::linux::HttpClient> client_;
};

}  // namespace

Result<std::unique_ptr<Transport>> http_transport(const std::string& url) {
  return std::unique_ptr<Transport>(
      std::make_unique<HttpTransport>(TRY(io::linux::endpoint_of(url))));
}

}  // namespace icpd::node
