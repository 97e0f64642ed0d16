#include "codec/number.hpp"
#include "node/cli_text.hpp"
#include "node/detail/command_tree.hpp"

namespace icpd::node::detail {
namespace {

constexpr std::size_t kEchoMax = 48;

std::string range_text(NumberRange range) {
  const std::string most = codec::to_decimal(range.most);
  return range.least == 0 ? "a whole number of at most " + most
                          : "a whole number from " + codec::to_decimal(range.least) + " to " + most;
}

}  // namespace

CLI::Option* add_whole_number(CLI::App& command, const std::string& name, NumberRange range,
                              const std::string& description,
                              std::function<void(codec::Uint128)> set) {
  const auto read = [name, range, set = std::move(set)](const std::string& text) {
    const auto number = parse_whole_number(text);
    if (!number || *number < range.least || *number > range.most)
      throw CLI::ValidationError(name + " can't be '" + brief(text, kEchoMax) +
                                 "': " + range_text(range));
    set(*number);
  };
  return command.add_option_function<std::string>(name, read, description)->type_name("NUMBER");
}

}  // namespace icpd::node::detail
