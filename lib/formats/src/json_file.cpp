#include "json_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"

namespace ds::detail {

using nlohmann::json;

json load_json(const std::filesystem::path& file) {
  auto text = read_file(file);
  std::size_t start = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  try {
    return json::parse(text.begin() + static_cast<std::ptrdiff_t>(start), text.end());
  } catch (const json::parse_error& error) {
    auto end = std::min(text.size(), start + (error.byte > 0 ? error.byte - 1 : 0));
    auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
    auto last = text.rfind('\n', end == 0 ? 0 : end - 1);
    auto column = static_cast<std::int64_t>(last == std::string::npos || end == 0 ? end + 1 : end - last);
    std::string why = error.what();
    if (auto at = why.find(": syntax error"); at != std::string::npos) why = why.substr(at + 2);
    if (end >= text.size()) why = "it ends in the middle";
    throw FormatError({.path = file, .line = line, .column = column}, "not valid JSON: " + why);
  }
}

namespace {

// Collects keys at depth 1 and stops as soon as all that matter were seen.
class KeyScan : public nlohmann::json_sax<json> {
 public:
  explicit KeyScan(const std::vector<std::string>& enough) : enough_(enough) {}
  std::vector<std::string> keys;
  bool is_object = false;

  bool null() override { return depth_ > 0; }
  bool boolean(bool) override { return depth_ > 0; }
  bool number_integer(number_integer_t) override { return depth_ > 0; }
  bool number_unsigned(number_unsigned_t) override { return depth_ > 0; }
  bool number_float(number_float_t, const string_t&) override { return depth_ > 0; }
  bool string(string_t&) override { return depth_ > 0; }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override {
    if (depth_ == 0) is_object = true;
    ++depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) keys.push_back(name);
    return !std::all_of(enough_.begin(), enough_.end(), [&](const std::string& wanted) {
      return std::find(keys.begin(), keys.end(), wanted) != keys.end();
    });
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ == 0) return false;
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  const std::vector<std::string>& enough_;
  int depth_ = 0;
};

}  // namespace

std::optional<std::vector<std::string>> top_level_keys(const std::filesystem::path& file,
                                                       const std::vector<std::string>& enough) {
  std::ifstream in(file, std::ios::binary);
  KeyScan scan(enough);
  json::sax_parse(in, &scan);
  if (!scan.is_object) return std::nullopt;
  return scan.keys;
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
