#include "ds/base/resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "ds/base/error.h"
#include "ds/base/process.h"
#include "ds/base/text.h"

namespace ds {
namespace fs = std::filesystem;

fs::path resource_path(const std::string& relative) {
  std::vector<fs::path> roots;
  if (const char* root = std::getenv("DS_RESOURCES")) roots.emplace_back(root);
  roots.push_back(executable_folder() / "../share/ds");
  roots.emplace_back(DS_SOURCE_DIR);
  std::vector<std::string> tried;
  for (const auto& root : roots) {
    auto path = root / relative;
    if (fs::exists(path)) return fs::weakly_canonical(path);
    tried.push_back(path.lexically_normal().string());
  }
  throw Error(fmt::format("{} is not installed; tried {}", relative, join(tried, ", ")),
              "set DS_RESOURCES to the folder that holds configs/");
}

std::vector<std::string> resource_names(const std::string& relative_folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(resource_path(relative_folder)))
    names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace ds
