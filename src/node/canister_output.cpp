#include "node/canister_output.hpp"

#include <cerrno>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "node/log.hpp"

namespace icpd::node {

std::string encode(const CanisterLine& line) {
  const nlohmann::ordered_json json = {
      {"height", line.height.value},      {"index", line.index},       {"time", line.time.ns},
      {"canister", line.canister.text()}, {"function", line.function}, {"text", line.text}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<CanisterLine> parse_canister_line(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return Err("no canister line: not a JSON object");
  const auto has = [&](const char* key, bool is_number) {
    const auto at = json.find(key);
    return at != json.end() && (is_number ? at->is_number_unsigned() : at->is_string());
  };
  for (const char* key : {"height", "index", "time"}) {
    if (!has(key, true)) return Err("no canister line: " + std::string(key));
  }
  for (const char* key : {"canister", "function", "text"}) {
    if (!has(key, false)) return Err("no canister line: " + std::string(key));
  }
  CanisterLine line;
  line.height = types::Height{json["height"].get<std::uint64_t>()};
  line.index = json["index"].get<std::uint64_t>();
  line.time = Time{json["time"].get<std::uint64_t>()};
  line.canister =
      types::CanisterId(TRY(types::Principal::from_text(json["canister"].get<std::string>())));
  line.function = json["function"].get<std::string>();
  line.text = json["text"].get<std::string>();
  return line;
}

void CanisterOutput::tell(types::Height height, Time time,
                          const std::vector<execution::LogLines>& log) {
  CanisterLine line{.height = height, .time = time, .canister = {}, .function = {}, .text = {}};
  for (const execution::LogLines& lines : log) {
    line.canister = lines.canister;
    line.function = lines.function;
    for (const Bytes& text : lines.lines) {
      line.text = as_text(text);
      hold(encode(line));
      ++line.index;
    }
  }
  write_held();
}

void CanisterOutput::hold(std::string line) {
  if (held_.size() + line.size() > kHeldBytesMax) {
    ++left_out_;
    return;
  }
  if (left_out_ > 0)
    log_line(LogLevel::kWarning, "canister", "lines of canisters were left out: nobody reads them",
             {{"lines", std::to_string(left_out_)}});
  left_out_ = 0;
  held_ += line;
}

void CanisterOutput::write_held() {
  std::size_t written = 0;
  while (written < held_.size()) {
    const ssize_t n = ::write(descriptor_, held_.data() + written, held_.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) written = held_.size();  // nobody is there
    if (n <= 0) break;
    written += static_cast<std::size_t>(n);
  }
  held_.erase(0, written);
}

}  // namespace icpd::node
