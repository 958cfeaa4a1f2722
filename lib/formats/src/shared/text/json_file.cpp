#include "shared/text/json_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "shared/text/label_text.h"

namespace ds::detail {

using nlohmann::json;

json load_json(const std::filesystem::path& file) {
  auto text = read_label_text(file);
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    auto end = std::min(text.size(), error.byte > 0 ? error.byte - 1 : 0);
    auto line = line_at(text, end);
    auto last = text.rfind('\n', end == 0 ? 0 : end - 1);
    auto column = static_cast<std::int64_t>(last == std::string::npos || end == 0 ? end + 1 : end - last);
    std::string why = error.what();
    if (auto at = why.find(": syntax error"); at != std::string::npos) why = why.substr(at + 2);
    if (end >= text.size()) why = "it ends in the middle";
    throw FormatError({.path = file, .line = line, .column = column}, "not valid JSON: " + why);
  } catch (const json::out_of_range& error) {
    // A number that no double can hold, such as 1e999.
    std::string why = error.what();
    throw FormatError({.path = file}, "not usable JSON: " + why.substr(why.find("] ") + 2));
  }
}

std::string message_without_place(const FormatError& error) {
  return std::string(error.what()).substr(error.location().to_string().size() + 2);
}

std::optional<double> number_of(const json& value) {
  if (value.is_number()) {
    auto number = value.get<double>();
    return std::isfinite(number) ? std::optional(number) : std::nullopt;
  }
  if (value.is_string()) return parse_double(value.get<std::string>());
  return std::nullopt;
}

std::optional<std::string> id_of(const json& value, bool* odd) {
  if (value.is_number_integer()) return value.dump();
  if (odd != nullptr) *odd = true;
  if (value.is_number_float()) {
    auto number = value.get<double>();
    if (std::floor(number) == number && std::abs(number) < 9e15)
      return fmt::format("{}", static_cast<std::int64_t>(number));
    return std::nullopt;
  }
  if (!value.is_string()) return std::nullopt;
  auto text = value.get<std::string>();
  return text.empty() ? std::nullopt : std::optional(text);
}

std::string text_of(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace ds::detail
