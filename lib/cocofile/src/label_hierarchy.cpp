#include "ds/cocofile/label_hierarchy.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "fields.h"

namespace ds {

namespace {

using detail::fail_at;

/// @param above the names over this node, the root left out
void collect(const nlohmann::json& node, const std::filesystem::path& path, const std::string& pointer,
             const std::set<std::string>& above, bool is_root, LabelHierarchy& hierarchy) {
  constexpr std::size_t kDeepest = 100;
  if (!node.is_object() || !node.contains("LabelName") || !node["LabelName"].is_string())
    fail_at(path, pointer, "expected an object with a 'LabelName'");
  if (above.size() > kDeepest) fail_at(path, pointer, fmt::format("more than {} levels", kDeepest));
  const auto name = node["LabelName"].get<std::string>();
  auto below = above;
  if (!is_root) {
    hierarchy[name].insert(above.begin(), above.end());
    hierarchy[name].erase(name);
    below.insert(name);
  }
  const auto children = node.find("Subcategory");
  if (children == node.end()) return;
  if (!children->is_array()) fail_at(path, pointer + "/Subcategory", "expected a list");
  for (std::size_t i = 0; i < children->size(); ++i)
    collect((*children)[i], path, fmt::format("{}/Subcategory/{}", pointer, i), below, false, hierarchy);
}

}  // namespace

LabelHierarchy read_label_hierarchy(const std::filesystem::path& path) {
  LabelHierarchy hierarchy;
  try {
    collect(nlohmann::json::parse(detail::read_input(path)), path, "", {}, true, hierarchy);
  } catch (const nlohmann::json::parse_error& e) {
    Location where{path};
    where.offset = static_cast<std::int64_t>(e.byte);
    throw FormatError(where, "broken JSON");
  }
  return hierarchy;
}

}  // namespace ds
