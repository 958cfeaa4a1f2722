#include "ds/dataset/class_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ds/base/error.h"

namespace ds {

ClassList::ClassList(const std::vector<std::string>& names) {
  for (const auto& name : names) add({.name = name});
}

int ClassList::add(ClassInfo info) {
  if (info.name.empty()) throw DataError("a class needs a name");
  if (find(info.name)) throw DataError(fmt::format("class '{}' is there already", info.name));
  if (info.color.empty()) info.color = palette_color(size());
  classes_.push_back(std::move(info));
  return size() - 1;
}

std::optional<int> ClassList::find(const std::string& name) const {
  for (int i = 0; i < size(); ++i)
    if ((*this)[i].name == name) return i;
  return std::nullopt;
}

std::optional<int> ClassList::find_id(int class_id) const {
  for (int i = 0; i < size(); ++i)
    if ((*this)[i].id == class_id) return i;
  return std::nullopt;
}

int ClassList::index_of(const std::string& name) const {
  if (auto found = find(name)) return *found;
  throw_unknown_name("class", name, names());
}

std::vector<std::string> ClassList::names() const {
  std::vector<std::string> all;
  for (const auto& info : classes_) all.push_back(info.name);
  return all;
}

std::string palette_color(int n) {
  // Golden-angle steps around the hue circle, with three lightness levels: neighbours stay apart.
  double hue = std::fmod(210.0 + n * 137.50776, 360.0);
  double lightness = std::array{0.50, 0.40, 0.62}[static_cast<std::size_t>(n % 3)];
  double chroma = (1 - std::abs(2 * lightness - 1)) * 0.75;
  auto channel = [&](double offset) {
    double k = std::fmod(offset + hue / 30, 12);
    double value = lightness - chroma / 2 * std::max(-1.0, std::min({k - 3, 9 - k, 1.0}));
    return static_cast<int>(std::lround(std::clamp(value, 0.0, 1.0) * 255));
  };
  return fmt::format("#{:02x}{:02x}{:02x}", channel(0), channel(8), channel(4));
}

}  // namespace ds
