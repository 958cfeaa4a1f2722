#include "tfrecord/features.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "ds/base/text.h"

namespace ds::detail {

namespace {

double meant_by(float value) {
  char text[32];
  auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return parse_double({text, static_cast<std::size_t>(end - text)}).value_or(static_cast<double>(value));
}

}  // namespace

std::vector<std::string> TfFeatures::texts(const std::string& name) const {
  std::vector<std::string> all;
  if (const auto* feature = find(name))
    for (const auto& value : feature->bytes_list().value()) all.push_back(value);
  return all;
}

std::string TfFeatures::text(const std::string& name) const {
  const auto* feature = find(name);
  return feature != nullptr && feature->bytes_list().value_size() > 0 ? feature->bytes_list().value(0) : "";
}

std::vector<double> TfFeatures::numbers(const std::string& name) const {
  std::vector<double> all;
  const auto* feature = find(name);
  if (feature == nullptr) return all;
  for (auto value : feature->float_list().value()) all.push_back(meant_by(value));
  for (auto value : feature->int64_list().value()) all.push_back(static_cast<double>(value));
  return all;
}

std::optional<std::int64_t> TfFeatures::integer(const std::string& name) const {
  auto all = numbers(name);
  if (all.empty() || std::floor(all[0]) != all[0] || std::abs(all[0]) > 9e15) return std::nullopt;
  return static_cast<std::int64_t>(all[0]);
}

bool TfFeatures::has_any(const std::string& prefix) const {
  const auto& features = example_.features().feature();
  return std::any_of(features.begin(), features.end(), [&](const auto& feature) {
    const auto& [name, value] = feature;
    auto values =
        value.float_list().value_size() + value.int64_list().value_size() + value.bytes_list().value_size();
    return name.starts_with(prefix) && values > 0;
  });
}

const tf::Feature* TfFeatures::find(const std::string& name) const {
  const auto& features = example_.features().feature();
  auto found = features.find(name);
  return found == features.end() ? nullptr : &found->second;
}

}  // namespace ds::detail
