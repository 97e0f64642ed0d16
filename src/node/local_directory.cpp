#include "node/local_directory.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "node/cli_files.hpp"
#include "node/cli_target.hpp"
#include "node/cli_text.hpp"

namespace icpd::node {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 3> kProjectFiles = {"icp.yaml", "dfx.json", ".git"};
constexpr const char* kPlace = ".icpd/local";
constexpr std::uint64_t kMarkerSizeMax = 64 * 1024;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

fs::path marker_path(const std::string& directory) {
  return fs::path(directory) / kLocalMarkerFile;
}

bool is_absent_or_empty(const std::string& directory) {
  std::error_code failed;
  if (!fs::exists(directory, failed)) return true;
  return fs::is_directory(directory, failed) && fs::is_empty(directory, failed) && !failed;
}

Result<LocalMarker> parse_marker(const std::string& directory, std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto integer = [&](const char* key) {
    return json.is_object() && json.contains(key) && json[key].is_number_integer();
  };
  if (!integer("format"))
    return Err(marker_path(directory).string() +
               ": damaged. Start anew with: icpd local --clean --dir " + shell_word(directory));
  LocalMarker marker;
  marker.format = json["format"].get<int>();
  if (marker.format != kLocalFormat)
    return Err(directory + " was made by another version of icpd (format " +
               std::to_string(marker.format) + ", this one reads " + std::to_string(kLocalFormat) +
               "). Start anew with: icpd local --clean --dir " + shell_word(directory));
  if (!integer("nodes") || !integer("main_port") || !json.contains("complete") ||
      !json["complete"].is_boolean())
    return Err(marker_path(directory).string() +
               ": damaged. Start anew with: icpd local --clean --dir " + shell_word(directory));
  marker.nodes = json["nodes"].get<int>();
  marker.main_port = json["main_port"].get<std::uint16_t>();
  marker.complete = json["complete"].get<bool>();
  return marker;
}

}  // namespace

std::string default_local_directory(const std::string& start) {
  for (fs::path at = start;; at = at.parent_path()) {
    for (const char* file : kProjectFiles) {
      if (is_there(at / file)) return (at / kPlace).string();
    }
    if (at == at.parent_path()) return (fs::path(start) / kPlace).string();
  }
}

std::optional<std::string> nearest_local_directory(const std::string& start) {
  for (fs::path at = start;; at = at.parent_path()) {
    if (is_there(at / kPlace / kLocalMarkerFile)) return (at / kPlace).string();
    if (at == at.parent_path()) return std::nullopt;
  }
}

std::string directory_hint(const std::string& directory) {
  std::error_code failed;
  const std::string here = fs::current_path(failed).string();
  const bool is_found = network_of_environment().empty() &&
                        default_local_directory(here) == directory &&
                        nearest_local_directory(here).value_or(directory) == directory;
  return is_found ? "" : " --dir " + shell_word(directory);
}

Status<> write_gitignore(const std::string& directory) {
  return write_user_file(directory + "/.gitignore", as_bytes("*\n"));
}

Result<std::optional<LocalMarker>> read_marker(const std::string& directory) {
  if (is_absent_or_empty(directory)) return std::optional<LocalMarker>();
  if (!is_there(marker_path(directory)))
    return Err(directory + " holds something else than a local network; choose another with --dir");
  const Bytes text = TRY(read_user_file(marker_path(directory).string(), kMarkerSizeMax));
  return std::optional<LocalMarker>(TRY(parse_marker(directory, as_text(text))));
}

Status<> write_marker(const std::string& directory, const LocalMarker& marker) {
  const nlohmann::ordered_json json = {{"format", marker.format},
                                       {"nodes", marker.nodes},
                                       {"main_port", marker.main_port},
                                       {"complete", marker.complete}};
  return write_user_file(marker_path(directory).string(), as_bytes(json.dump(2) + "\n"));
}

Status<> clean_local_directory(const std::string& directory) {
  if (!is_absent_or_empty(directory) && !is_there(marker_path(directory)))
    return Err(directory + " isn't a local network of icpd (it has no " + kLocalMarkerFile +
               "); nothing was deleted");
  // The marker goes last: a deletion that was interrupted can be repeated.
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(directory, failed)) {
    if (entry.path().filename() == kLocalMarkerFile) continue;
    fs::remove_all(entry.path(), failed);
    if (failed) return Err(entry.path().string() + ": " + failed.message());
  }
  fs::remove_all(directory, failed);
  if (failed && is_there(directory)) return Err(directory + ": " + failed.message());
  return {};
}

}  // namespace icpd::node
