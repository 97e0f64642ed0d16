// The files of web/, built into the program: the dashboard needs nothing from the disk.
#pragma once

#include <span>
#include <string_view>

namespace icpd::node {

struct WebFile {
  /// Under which it is served: "/_/dashboard".
  std::string_view path;
  std::string_view content_type;
  std::string_view content;
};

/// The body is made by cmake/icpd_web_files.cmake.
[[nodiscard]] std::span<const WebFile> web_files();

}  // namespace icpd::node
