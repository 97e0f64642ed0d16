#include "node/log.hpp"

#include <algorithm>
#include <array>
#include <chrono>
// Debian has spdlog and the fmt below it as shared libraries, which a packed icpd could not count
// on; so both are headers only, in this file alone.
#define FMT_HEADER_ONLY
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "node/cli_text.hpp"

namespace icpd::node {
namespace {

constexpr std::size_t kOldFilesKept = 1;

spdlog::level::level_enum to_library(LogLevel level) {
  constexpr std::array kLevels = {spdlog::level::info, spdlog::level::warn, spdlog::level::err};
  return kLevels[static_cast<std::size_t>(level)];
}

std::unique_ptr<spdlog::formatter> formatter() {
  return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                                                     spdlog::pattern_time_type::utc);
}

std::unique_ptr<spdlog::logger> logger_to(spdlog::sink_ptr sink) {
  auto logger = std::make_unique<spdlog::logger>("", std::move(sink));
  logger->set_formatter(formatter());
  logger->flush_on(spdlog::level::trace);
  return logger;
}

std::string with_component(std::string_view component, std::string_view message,
                           const LogFields& fields) {
  return std::string(component) + " " + log_text(message, fields);
}

bool is_plain(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter || (c >= '0' && c <= '9') || std::string_view("._:/+-").contains(c);
}

std::string quoted(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + "\"";
}

}  // namespace

std::string without_controls(std::string_view text) {
  std::string clean;
  for (const char c : printable(text)) {
    if (c == '\n')
      clean += "\\n";
    else if (c == '\t')
      clean += "\\x09";
    else
      clean += c;
  }
  return clean;
}

std::string log_text(std::string_view message, const LogFields& fields) {
  std::string text = without_controls(message);
  for (const auto& [key, value] : fields) {
    const bool plain = !value.empty() && std::ranges::all_of(value, is_plain);
    text.append(" ").append(key).append("=");
    text += plain ? value : without_controls(quoted(value));
  }
  return text;
}

void log_line(LogLevel level, std::string_view component, std::string_view message,
              const LogFields& fields) {
  static const auto logger = logger_to(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->log(to_library(level), with_component(component, message, fields));
}

struct LogFile::Parts {
  std::unique_ptr<spdlog::logger> logger;
};

LogFile::LogFile(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LogFile::~LogFile() = default;
LogFile::LogFile(LogFile&& other) noexcept = default;

Result<LogFile> LogFile::open(const std::string& path, std::uint64_t size_max) {
  try {
    auto sink =
        std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, size_max, kOldFilesKept);
    return LogFile(std::make_unique<Parts>(Parts{logger_to(std::move(sink))}));
  } catch (const spdlog::spdlog_ex& error) {  // the library's way to say that it can't open it
    return Err(std::string(error.what()));
  }
}

void LogFile::write(Time time, LogLevel level, std::string_view component, std::string_view message,
                    const LogFields& fields) {
  const std::chrono::nanoseconds since_epoch(static_cast<std::int64_t>(time.ns));
  const spdlog::log_clock::time_point at(
      std::chrono::duration_cast<spdlog::log_clock::duration>(since_epoch));
  parts_->logger->log(at, spdlog::source_loc{}, to_library(level),
                      with_component(component, message, fields));
}

}  // namespace icpd::node
