#include "ds/http/message.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds::http {

void Headers::set(const std::string& name, std::string value) {
  auto lower = to_lower(name);
  std::erase_if(fields_, [&](const auto& field) { return to_lower(field.first) == lower; });
  add(name, std::move(value));
}

std::optional<std::string> Headers::find(std::string_view name) const {
  auto lower = to_lower(name);
  for (const auto& [field, value] : fields_)
    if (to_lower(field) == lower) return value;
  return std::nullopt;
}

std::string Headers::get_or(std::string_view name, std::string otherwise) const {
  auto value = find(name);
  return value ? *value : std::move(otherwise);
}

std::optional<std::string> Request::query_value(const std::string& name) const {
  auto found = query.find(name);
  if (found == query.end()) return std::nullopt;
  return found->second;
}

std::optional<double> Request::query_number(const std::string& name) const {
  auto text = query_value(name);
  if (!text) return std::nullopt;
  auto number = parse_double(*text);
  if (!number) throw UsageError(fmt::format("?{}={}: expected a number", name, *text));
  return number;
}

bool Request::query_flag(const std::string& name) const {
  auto text = query_value(name);
  if (!text || *text == "0" || *text == "false" || *text == "no") return false;
  if (text->empty() || *text == "1" || *text == "true" || *text == "yes") return true;
  throw UsageError(fmt::format("?{}={}: expected 1 or 0", name, *text));
}

Response Response::error(int status, const std::string& message) {
  nlohmann::json body{{"error", message}};
  return json(body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n", status);
}

namespace {
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      int high = hex_digit(text[i + 1]);
      int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    decoded += c;
  }
  return decoded;
}

std::optional<std::map<std::string, std::string>> parse_query(std::string_view text) {
  std::map<std::string, std::string> query;
  while (!text.empty()) {
    auto end = text.find('&');
    auto pair = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (pair.empty()) continue;
    auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                  : percent_decode(pair.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    query[*name] = *value;
  }
  return query;
}

}  // namespace ds::http
