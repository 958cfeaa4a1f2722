#include "ds/project/find_model.h"

#include <fmt/format.h>

#include "ds/base/error.h"
#include "ds/project/project.h"

namespace ds {

FoundModel find_model(Project* project, const std::string& model) {
  std::error_code ignored;
  const bool on_disk = std::filesystem::exists(model, ignored);
  if (on_disk && model.find_first_of("/.") != model.npos) return {model, model};
  if (project != nullptr) {
    try {
      auto record = project->models().get(model);
      return {record.id, record.folder, record};
    } catch (const UsageError&) {
      if (!on_disk) throw;
    }
  }
  if (!on_disk)
    throw UsageError(
        fmt::format("no model '{}': there is no such file or folder, and no project here to look it up in",
                    model),
        "give a path, or name the project with --project");
  return {model, model};
}

}  // namespace ds
