// Whole files, named by the user on the command line.
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace icpd::node {

/// Errors name the file: not there, not readable, a directory, longer than `size_max`.
[[nodiscard]] Result<Bytes> read_user_file(const std::string& path, std::uint64_t size_max);

/// Replaces the file at once or not at all. `mode` is that of a new file.
[[nodiscard]] Status<> write_user_file(const std::string& path, ByteView content,
                                       unsigned mode = 0644);

}  // namespace icpd::node
