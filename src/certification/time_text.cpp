#include "certification/time_text.hpp"

#include <chrono>

namespace icpd::certification {
namespace {

/// Decimal, padded with zeros on the left.
std::string padded(std::uint64_t value, std::size_t width) {
  std::string digits = std::to_string(value);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

}  // namespace

std::string time_text(Time time) {
  const std::uint64_t seconds = time.seconds();
  const std::uint64_t in_day = seconds % 86'400;
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(seconds / 86'400))};
  std::string text = padded(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4) + "-" +
                     padded(static_cast<unsigned>(date.month()), 2) + "-" +
                     padded(static_cast<unsigned>(date.day()), 2) + " ";
  text +=
      padded(in_day / 3600, 2) + ":" + padded(in_day / 60 % 60, 2) + ":" + padded(in_day % 60, 2);
  const std::uint64_t fraction = time.ns % 1'000'000'000;
  if (fraction != 0) text += "." + padded(fraction, 9);
  return text + " UTC";
}

}  // namespace icpd::certification
