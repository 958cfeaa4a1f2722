#include "ds/deploy/find_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/detect/detector.h"
#include "ds/project/project.h"

namespace ds {

FoundModel find_model(Project* project, const std::string& model) {
  std::error_code ignored;
  bool on_disk = std::filesystem::exists(model, ignored);
  if (project != nullptr) {
    try {
      auto record = project->models().get(model);
      return {record.id, record.folder, true};
    } catch (const UsageError&) {
      if (!on_disk) throw;
    }
  }
  if (!on_disk)
    throw UsageError(
        fmt::format("no model '{}': there is no such file or folder, and no project here to look it up in",
                    model),
        "give a path, or name the project with --project");
  return {model, std::filesystem::absolute(model), false};
}

std::string register_model(Project& project, const std::string& model, const std::string& architecture) {
  auto found = find_model(&project, model);
  if (found.registered) return found.id;
  DetectorOptions options;
  options.architecture = architecture;
  load_detector(found.path, options);  // what cannot be loaded is not registered
  auto source = resolve_model(found.path, options);
  source.card.weights = "model" + source.weights.extension().string();
  auto card = to_yaml(source.card);
  ModelRecord record;
  record.id = "m-" + sha256_hex(card + sha256_hex_of_file(source.weights)).substr(0, 8);
  auto known = project.models().list();
  if (std::any_of(known.begin(), known.end(), [&](const auto& one) { return one.id == record.id; }))
    return record.id;
  record.name = source.card.name;
  record.architecture = source.card.architecture;
  record.metrics = source.card.metrics;
  return project.models()
      .add(record,
           [&](const std::filesystem::path& folder) {
             write_model_card(folder, source.card);
             std::filesystem::copy_file(source.weights, folder / source.card.weights);
           })
      .id;
}

}  // namespace ds
