#include "node/node_config.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <toml.hpp>
#include <variant>

#include "node/cli.hpp"

namespace icpd::node {

namespace {

struct Count {
  std::uint64_t NodeConfig::* field;
  std::int64_t min;
  std::int64_t max;
};
struct Listen {
  Address NodeConfig::* field;
};
/// A number that says how to read the rest.
struct Format {};

struct Key {
  /// Empty: at the top of the file.
  std::string_view table;
  std::string_view name;
  bool is_required;
  std::variant<Format, Listen, Count> kind;
};

// What one machine can serve; a mistyped number is more likely than a larger machine.
constexpr std::int64_t kConnectionsMax = 100'000;
constexpr std::int64_t kRateMax = 1'000'000;
constexpr std::int64_t kThreadsMax = 1'024;

const std::array<Key, 8> kKeys = {{
    {"", "format", true, Format{}},
    {"links", "listen", true, Listen{&NodeConfig::links_listen}},
    {"api", "listen", true, Listen{&NodeConfig::api_listen}},
    {"api", "connections_max", false, Count{&NodeConfig::api_connections_max, 1, kConnectionsMax}},
    {"api", "connections_per_address_max", false,
     Count{&NodeConfig::api_connections_per_address_max, 1, kConnectionsMax}},
    {"api", "requests_per_second", false, Count{&NodeConfig::api_requests_per_second, 0, kRateMax}},
    {"api", "requests_burst", false, Count{&NodeConfig::api_requests_burst, 0, kRateMax}},
    {"execution", "threads", false, Count{&NodeConfig::execution_threads, 0, kThreadsMax}},
}};

std::string full_name(std::string_view table, std::string_view name) {
  return table.empty() ? std::string(name) : std::string(table) + "." + std::string(name);
}

std::string type_name(const toml::value& value) {
  std::ostringstream out;
  out << value.type();
  return out.str();
}

/// Walks the table of keys over a parsed file.
class Reader {
 public:
  Reader(std::string file, const toml::value& root) : file_(std::move(file)), root_(root) {}

  Result<NodeConfig, ConfigProblems> read() {
    for (const auto& [name, value] : root_.as_table())
      look_for_unknown("", name, value);
    for (const Key& key : kKeys)
      read_key(key);
    if (problems_.empty()) check_together();
    if (problems_.empty()) return config_;
    return Err(problems_);
  }

 private:
  void problem(std::size_t line, std::string key, std::string what) {
    const auto place = std::ranges::upper_bound(problems_, line, {}, &ConfigProblem::line);
    problems_.insert(place, {file_, line, std::move(key), std::move(what)});
  }

  static std::size_t line_of(const toml::value& value) { return value.location().line(); }

  void look_for_unknown(std::string_view table, const std::string& name, const toml::value& value) {
    std::vector<std::string> known;
    for (const Key& key : kKeys) {
      if (key.table == table) known.emplace_back(key.name);
      if (table.empty() && !key.table.empty()) known.emplace_back(key.table);
    }
    if (std::ranges::find(known, name) == known.end()) {
      const std::string nearest = nearest_word(name, known);
      return problem(line_of(value), full_name(table, name),
                     "unknown key" + (nearest.empty() ? "" : "; did you mean '" + nearest + "'?"));
    }
    const bool is_table =
        table.empty() && std::ranges::find(kKeys, name, &Key::table) != kKeys.end();
    if (!is_table) return;
    if (!value.is_table()) return problem(line_of(value), name, "must be a table: [" + name + "]");
    for (const auto& [inner, inner_value] : value.as_table())
      look_for_unknown(name, inner, inner_value);
  }

  void read_key(const Key& key) {
    const toml::value* table = &root_;
    if (!key.table.empty()) table = find(root_, key.table);
    const toml::value* value = table == nullptr ? nullptr : find(*table, key.name);
    const std::string name = full_name(key.table, key.name);
    if (value == nullptr) {
      if (key.is_required && (table == nullptr || table->is_table()))
        problem(table == nullptr || key.table.empty() ? 0 : line_of(*table), name, "is missing");
      return;
    }
    std::visit([&](const auto& kind) { take(name, *value, kind); }, key.kind);
  }

  static const toml::value* find(const toml::value& table, std::string_view name) {
    if (!table.is_table()) return nullptr;
    const auto& entries = table.as_table();
    const auto at = entries.find(std::string(name));
    return at == entries.end() ? nullptr : &at->second;
  }

  std::optional<std::int64_t> integer(const std::string& name, const toml::value& value) {
    if (value.is_integer()) return value.as_integer();
    problem(line_of(value), name, "must be an integer, not " + type_name(value));
    return std::nullopt;
  }

  void take(const std::string& name, const toml::value& value, const Format&) {
    const auto number = integer(name, value);
    if (!number || *number == static_cast<std::int64_t>(kConfigFormat)) return;
    problem(line_of(value), name,
            "is " + std::to_string(*number) + "; this icpd reads format " +
                std::to_string(kConfigFormat));
  }

  void take(const std::string& name, const toml::value& value, const Listen& listen) {
    if (!value.is_string())
      return problem(line_of(value), name,
                     "must be a string \"HOST:PORT\", not " + type_name(value));
    const auto address = parse_address(value.as_string().str);
    if (!address.ok()) return problem(line_of(value), name, address.error().message);
    config_.*listen.field = *address;
  }

  void take(const std::string& name, const toml::value& value, const Count& count) {
    const auto number = integer(name, value);
    if (!number) return;
    if (*number < count.min || *number > count.max)
      return problem(line_of(value), name,
                     "is " + std::to_string(*number) + "; it must be between " +
                         std::to_string(count.min) + " and " + std::to_string(count.max));
    config_.*count.field = static_cast<std::uint64_t>(*number);
  }

  void check_together() {
    const auto line = [this](std::string_view table, std::string_view name) {
      return line_of(*find(*find(root_, table), name));
    };
    if (config_.links_listen == config_.api_listen)
      problem(line("api", "listen"), "api.listen", "is the address of links.listen too");
    if (config_.api_requests_burst != 0 && config_.api_requests_per_second == 0)
      problem(line("api", "requests_burst"), "api.requests_burst",
              "has no meaning without requests_per_second");
    if (config_.api_requests_per_second != 0 && config_.api_requests_burst == 0)
      config_.api_requests_burst = config_.api_requests_per_second;
  }

  std::string file_;
  const toml::value& root_;
  NodeConfig config_;
  ConfigProblems problems_;
};

/// The first line of what the parser says, without the name of its function: it says
/// "[error] toml::parse_key: an invalid key appeared.".
std::string first_line(std::string_view what) {
  what = what.substr(0, what.find('\n'));
  const std::size_t end = what.find(": ");
  if (what.starts_with("[error] toml::") && end != std::string_view::npos)
    what.remove_prefix(end + 2);
  return std::string(what);
}

}  // namespace

std::string ConfigProblem::text() const {
  return file + (line == 0 ? "" : ":" + std::to_string(line)) + ": " +
         (key.empty() ? "" : key + ": ") + what;
}

Result<NodeConfig, ConfigProblems> parse_node_config(std::string_view text,
                                                     const std::string& file) {
  std::istringstream in{std::string(text)};
  try {
    const toml::value root = toml::parse(in, file);
    return Reader(file, root).read();
  } catch (const toml::exception& error) {
    return Err(ConfigProblems{{file, error.location().line(), "", first_line(error.what())}});
  } catch (const std::exception& error) {  // what the parser throws where it knows no place
    return Err(ConfigProblems{{file, 0, "", first_line(error.what())}});
  }
}

std::string node_config_text(std::string_view links_listen, std::string_view api_listen) {
  const NodeConfig defaults;
  std::string text =
      "# What this node's operator chooses. Check it with: icpd node --dir DIR "
      "--check-config\nformat = 1\n";
  text +=
      "\n# Where other nodes connect. They know this node by the address in its registry "
      "record.\n[links]\nlisten = \"" +
      std::string(links_listen) + "\"\n";
  text += "\n# Where clients connect.\n[api]\nlisten = \"" + std::string(api_listen) + "\"\n";
  std::string_view table = "api";
  for (const Key& key : kKeys) {
    const auto* count = std::get_if<Count>(&key.kind);
    if (count == nullptr) continue;
    if (key.table != table) text += "\n[" + std::string(key.table) + "]\n";
    table = key.table;
    text += "# " + std::string(key.name) + " = " + std::to_string(defaults.*count->field) + "\n";
  }
  return text;
}

}  // namespace icpd::node
