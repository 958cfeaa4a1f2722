#include "class_names.h"

#include <nlohmann/json.hpp>

#include "ds/base/text.h"
#include "ds/detect/model_card.h"

namespace ds {
namespace detail {
namespace {

std::vector<std::string> names_from_text(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (json.is_discarded()) return split(text, '\n');
  std::vector<std::string> names;
  if (!json.is_array()) return names;
  for (const auto& item : json) {
    if (!item.is_string()) return {};
    names.push_back(item.get<std::string>());
  }
  return names;
}

}  // namespace

std::vector<std::string> names_in_metadata(const std::vector<std::pair<std::string, std::string>>& metadata) {
  for (const char* wanted : {"classes", "class_names"})
    for (const auto& [key, text] : metadata)
      if (key == wanted)
        if (auto names = names_from_text(text); !names.empty()) return names;
  return {};
}

std::vector<std::string> names_beside(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> files;
  const auto folder = path.parent_path().empty() ? std::filesystem::path(".") : path.parent_path();
  std::error_code ignored;  // a folder that may not be listed holds none
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (entry.path().filename().string().ends_with("classes.txt")) files.push_back(entry.path());
  return files.size() == 1 ? read_class_names(files[0]) : std::vector<std::string>{};
}

}  // namespace detail

std::vector<std::string> class_names_of(const std::filesystem::path& weights,
                                        const std::vector<std::pair<std::string, std::string>>& metadata) {
  if (is_model_bundle(weights.parent_path())) return read_model_card(weights.parent_path()).classes;
  auto names = detail::names_in_metadata(metadata);
  return names.empty() ? detail::names_beside(weights) : names;
}

}  // namespace ds
