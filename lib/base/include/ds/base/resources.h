#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ds {

/// A file that is installed with ds: `resource_path("configs/train/balanced.yaml")`. Looked for in
/// $DS_RESOURCES, <executable>/../share/ds, and the source tree the executable was built from. Throws Error
/// naming what was tried.
std::filesystem::path resource_path(const std::string& relative);
/// The stems of the files in a resource folder, sorted:
/// `resource_names("configs/train")` is {"accuracy", ...}.
std::vector<std::string> resource_names(const std::string& relative_folder);

}  // namespace ds
