#include "types/numbers.hpp"

#include <algorithm>

namespace icpd::types {

std::string to_text(Cycles cycles) {
  unsigned __int128 rest = cycles.value;
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

}  // namespace icpd::types
