#include <algorithm>
#include <numeric>

#include "node/cli.hpp"

namespace icpd::node {
namespace {

constexpr std::size_t kDistanceMax = 2;

/// Levenshtein: insertions, deletions and changes of one letter.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest_word(std::string_view typed, std::span<const std::string> words) {
  std::string best;
  std::size_t least = kDistanceMax + 1;
  for (const std::string& word : words) {
    const std::size_t d = distance(typed, word);
    if (d < least && d < word.size()) {
      least = d;
      best = word;
    }
  }
  return best;
}

}  // namespace icpd::node
