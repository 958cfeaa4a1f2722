#include "ds/config/option_set.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/config/yaml.h"

namespace ds {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& text, const std::string& expected) {
  throw UsageError(fmt::format("--{}: '{}' is not {}", name, text, expected));
}

std::string single(const std::string& name, const std::vector<std::string>& values) {
  if (values.size() != 1) throw UsageError(fmt::format("--{} takes one value, not {}", name, values.size()));
  return values[0];
}

std::int64_t whole_number(const std::string& name, const std::string& text, std::int64_t low,
                          std::int64_t high) {
  auto value = parse_int(text);
  if (!value) refuse(name, text, "a whole number");
  if (*value < low || *value > high) refuse(name, text, fmt::format("between {} and {}", low, high));
  return *value;
}

std::string range_text(double low, double high) {
  return std::isinf(high) ? fmt::format("{} or more", shortest(low))
                          : fmt::format("between {} and {}", shortest(low), shortest(high));
}

double number(const std::string& name, const std::string& text) {
  auto value = parse_double(text);
  if (!value) refuse(name, text, "a number");
  return *value;
}

/// What ends an item between `[` and `]` keeps its quotes.
std::string yaml_list_item(const std::string& text) {
  if (text.find_first_of(",[]{}") == std::string::npos) return yaml_scalar(text);
  YAML::Emitter out;
  out << YAML::DoubleQuoted << text;
  return out.c_str();
}

bool yes_or_no(const std::string& name, const std::string& text) {
  auto lower = to_lower(text);
  for (const char* yes : {"true", "yes", "on", "1"})
    if (lower == yes) return true;
  for (const char* no : {"false", "no", "off", "0"})
    if (lower == no) return false;
  refuse(name, text, "true or false");
}

}  // namespace

std::string Option::key() const {
  auto text = name;
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

OptionSet& OptionSet::group(std::string title) {
  group_ = std::move(title);
  return *this;
}

Option& OptionSet::append(std::string name, std::string help, std::string placeholder) {
  Option option;
  option.name = std::move(name);
  option.help = std::move(help);
  option.placeholder = std::move(placeholder);
  option.group = group_;
  options_.push_back(std::move(option));
  return options_.back();
}

OptionSet& OptionSet::add(std::string name, bool& field, std::string help) {
  auto& option = append(name, std::move(help), "");
  option.is_flag = true;
  option.assign = [&field, name](const auto& values) { field = yes_or_no(name, single(name, values)); };
  option.values = [&field] { return std::vector<std::string>{field ? "true" : "false"}; };
  option.default_text = field ? "true" : "false";
  return *this;
}

OptionSet& OptionSet::add(std::string name, int& field, std::string help, std::string placeholder) {
  auto& option = append(name, std::move(help), std::move(placeholder));
  option.assign = [&field, name](const auto& values) {
    using Limits = std::numeric_limits<int>;
    field = static_cast<int>(whole_number(name, single(name, values), Limits::min(), Limits::max()));
  };
  option.values = [&field] { return std::vector<std::string>{std::to_string(field)}; };
  option.default_text = std::to_string(field);
  return *this;
}

OptionSet& OptionSet::add(std::string name, std::int64_t& field, std::string help, std::string placeholder) {
  auto& option = append(name, std::move(help), std::move(placeholder));
  option.assign = [&field, name](const auto& values) {
    using Limits = std::numeric_limits<std::int64_t>;
    field = whole_number(name, single(name, values), Limits::min(), Limits::max());
  };
  option.values = [&field] { return std::vector<std::string>{std::to_string(field)}; };
  option.default_text = std::to_string(field);
  return *this;
}

OptionSet& OptionSet::add(std::string name, std::uint64_t& field, std::string help, std::string placeholder) {
  auto& option = append(name, std::move(help), std::move(placeholder));
  option.assign = [&field, name](const auto& values) {
    field = static_cast<std::uint64_t>(
        whole_number(name, single(name, values), 0, std::numeric_limits<std::int64_t>::max()));
  };
  option.values = [&field] { return std::vector<std::string>{std::to_string(field)}; };
  option.default_text = std::to_string(field);
  return *this;
}

OptionSet& OptionSet::add(std::string name, double& field, std::string help, std::string placeholder) {
  auto& option = append(name, std::move(help), std::move(placeholder));
  option.assign = [&field, name](const auto& values) { field = number(name, single(name, values)); };
  option.values = [&field] { return std::vector<std::string>{shortest(field)}; };
  option.default_text = shortest(field);
  return *this;
}

OptionSet& OptionSet::add(std::string name, std::string& field, std::string help, std::string placeholder) {
  auto& option = append(name, std::move(help), std::move(placeholder));
  option.assign = [&field, name](const auto& values) { field = single(name, values); };
  option.values = [&field] { return std::vector<std::string>{field}; };
  option.default_text = field;
  return *this;
}

OptionSet& OptionSet::add(std::string name, std::filesystem::path& field, std::string help,
                          std::string placeholder) {
  auto& option = append(name, std::move(help), std::move(placeholder));
  option.assign = [&field, name](const auto& values) { field = single(name, values); };
  option.values = [&field] { return std::vector<std::string>{field.string()}; };
  option.default_text = field.string();
  return *this;
}

OptionSet& OptionSet::add(std::string name, std::optional<double>& field, std::string help,
                          std::string placeholder) {
  auto& option = append(name, std::move(help), std::move(placeholder));
  option.assign = [&field, name](const auto& values) {
    auto text = single(name, values);
    field = text.empty() ? std::nullopt : std::optional(number(name, text));
  };
  option.values = [&field] { return std::vector<std::string>{field ? shortest(*field) : ""}; };
  option.default_text = field ? shortest(*field) : "";
  return *this;
}

OptionSet& OptionSet::add(std::string name, std::optional<int>& field, std::string help,
                          std::string placeholder) {
  auto& option = append(name, std::move(help), std::move(placeholder));
  option.assign = [&field, name](const auto& values) {
    using Limits = std::numeric_limits<int>;
    auto text = single(name, values);
    field = text.empty()
                ? std::nullopt
                : std::optional(static_cast<int>(whole_number(name, text, Limits::min(), Limits::max())));
  };
  option.values = [&field] { return std::vector<std::string>{field ? std::to_string(*field) : ""}; };
  option.default_text = field ? std::to_string(*field) : "";
  return *this;
}

OptionSet& OptionSet::add(std::string name, std::vector<std::string>& field, std::string help,
                          std::string placeholder) {
  auto& option = append(std::move(name), std::move(help), std::move(placeholder));
  option.is_list = true;
  option.assign = [&field](const auto& values) {
    field.clear();
    for (const auto& value : values)
      for (const auto& part : split(value, ','))
        if (auto word = trim(part); !word.empty()) field.emplace_back(word);
  };
  option.values = [&field] { return field; };
  option.default_text = join(field, ",");
  return *this;
}

OptionSet& OptionSet::choice(std::string name, std::string& field, std::vector<std::string> choices,
                             std::string help) {
  auto& option = append(name, std::move(help), join(choices, "|"));
  option.choices = choices;
  option.assign = [&field, name, choices](const auto& values) {
    auto text = single(name, values);
    if (std::find(choices.begin(), choices.end(), text) == choices.end())
      throw_unknown_name(fmt::format("value for --{}", name), text, choices);
    field = text;
  };
  option.values = [&field] { return std::vector<std::string>{field}; };
  option.default_text = field;
  return *this;
}

OptionSet& OptionSet::duration(std::string name, double& field_s, std::string help) {
  auto& option = append(name, std::move(help), "TIME");
  option.assign = [&field_s, name](const auto& values) {
    auto text = single(name, values);
    auto seconds = parse_duration_s(text);
    if (!seconds) refuse(name, text, "a time such as 90s, 15m, 2h, 1d");
    field_s = *seconds;
  };
  option.values = [&field_s] { return std::vector<std::string>{shortest(field_s)}; };
  option.default_text = shortest(field_s);
  return *this;
}

OptionSet& OptionSet::within(double low, double high) {
  auto& option = options_.back();
  option.assign = [assign = option.assign, name = option.name, low, high](const auto& values) {
    for (const auto& text : values) {
      auto value = parse_double(text);
      if (value && !(*value >= low && *value <= high)) refuse(name, text, range_text(low, high));
    }
    assign(values);
  };
  return *this;
}

OptionSet& OptionSet::at_least(double low) {
  return within(low, std::numeric_limits<double>::infinity());
}

Option& OptionSet::at(const std::string& name) {
  std::vector<std::string> known;
  for (auto& option : options_) {
    if (option.name == name) return option;
    known.push_back(option.name);
  }
  throw_unknown_name("option", name, known);
}

void OptionSet::assign(Option& option, const std::vector<std::string>& values, ValueSource source,
                       const std::string& origin) {
  if (source < option.source) return;
  option.assign(values);
  option.source = source;
  option.origin = origin;
}

void OptionSet::read_yaml(const std::filesystem::path& path, const std::vector<std::string>& ignored) {
  read_yaml_text(read_file(path), path.string(), ignored);
}

void OptionSet::read_yaml_text(const std::string& text, const std::string& name,
                               const std::vector<std::string>& ignored) {
  with_yaml_text(text, name, [&](const YAML::Node& root) {
    if (root.IsNull()) return;
    if (!root.IsMap()) throw UsageError(fmt::format("{}: expected 'key: value' lines", name));
    for (const auto& pair : root) {
      auto key = pair.first.as<std::string>();
      if (std::find(ignored.begin(), ignored.end(), key) != ignored.end()) continue;
      auto found = std::find_if(options_.begin(), options_.end(), [&](const Option& option) {
        return option.key() == key || option.name == key;
      });
      long line = pair.first.Mark().line + 1, column = pair.first.Mark().column + 1;
      if (found == options_.end()) {
        std::vector<std::string> known;
        for (const auto& option : options_) known.push_back(option.key());
        auto near = nearest_name(key, known);
        throw UsageError(fmt::format("{}:{}:{}: unknown key '{}'{}", name, line, column, key,
                                     source_excerpt(text, line, column)),
                         near ? fmt::format("did you mean '{}'?", *near)
                              : fmt::format("known keys: {}", join(known, ", ")));
      }
      std::vector<std::string> values;
      if (pair.second.IsSequence()) {
        for (const auto& item : pair.second) values.push_back(item.as<std::string>());
      } else {
        values.push_back(pair.second.IsNull() ? "" : pair.second.as<std::string>());
      }
      try {
        assign(*found, values, ValueSource::file, fmt::format("{}:{}", name, line));
      } catch (const UsageError& error) {
        throw UsageError(fmt::format("{}:{}:{}: {}", name, line, column, error.what()), error.advice());
      }
    }
  });
}

void OptionSet::read_environment() {
  for (auto& option : options_) {
    auto variable = "DS_" + option.key();
    std::transform(variable.begin(), variable.end(), variable.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    if (const char* value = std::getenv(variable.c_str())) {
      try {
        assign(option, {value}, ValueSource::environment, variable);
      } catch (const UsageError& error) {
        throw UsageError(fmt::format("{}: {}", variable, error.what()), error.advice());
      }
    }
  }
}

std::string OptionSet::dump_yaml() const {
  std::string text;
  for (const auto& option : options_) {
    auto values = option.values();
    std::string value;
    if (option.is_list) {
      for (auto& item : values) item = yaml_list_item(item);
      value = fmt::format("[{}]", join(values, ", "));
    } else if (option.is_flag) {
      value = values.at(0);
    } else {
      value = values.at(0).empty() ? "\"\"" : yaml_scalar(values.at(0));
    }
    text += fmt::format("{}: {}", option.key(), value);
    if (option.source != ValueSource::built_in) text += fmt::format("  # {}", option.origin);
    text += '\n';
  }
  return text;
}

}  // namespace ds
