#include "ds/deploy/register_model.h"

#include <algorithm>

#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/detect/golden.h"
#include "ds/project/find_model.h"
#include "ds/project/project.h"

namespace ds {

namespace {

/// What a path holds, under the name that the registry gives its weights, and the id that follows from both.
struct Registrable {
  ModelSource source;
  std::string id;
};

Registrable registrable(const std::filesystem::path& path, const DetectorOptions& options) {
  auto source = resolve_model(path, options);
  auto given = source.card;
  given.weights = "model" + source.weights.extension().string();
  auto id = "m-" + sha256_hex(to_yaml(given) + sha256_hex_of_file(source.weights)).substr(0, 8);
  source.card = std::move(given);
  return {std::move(source), std::move(id)};
}

bool is_registered(Project& project, const std::string& id) {
  auto known = project.models().list();
  return std::any_of(known.begin(), known.end(), [&](const auto& one) { return one.id == id; });
}

}  // namespace

std::optional<std::string> registered_model(Project& project, const std::string& model,
                                            const std::string& architecture) {
  auto found = find_model(&project, model);
  if (found.record) return found.id;
  DetectorOptions options;
  options.architecture = architecture;
  auto id = registrable(std::filesystem::absolute(found.path), options).id;
  return is_registered(project, id) ? std::optional(id) : std::nullopt;
}

std::string register_model(Project& project, const std::string& model, const std::string& architecture) {
  auto found = find_model(&project, model);
  if (found.record) return found.id;
  DetectorOptions options;
  options.architecture = architecture;
  const auto path = std::filesystem::absolute(found.path);
  const auto made = registrable(path, options);
  if (is_registered(project, made.id)) return made.id;
  auto detector = load_detector(path, options);  // what cannot be loaded or answers nothing is not registered
  const auto golden = golden_answer(detector);
  ModelRecord record;
  record.id = made.id;
  record.name = made.source.card.name;
  record.architecture = made.source.card.architecture;
  record.metrics = made.source.card.metrics;
  return project.models()
      .add(record,
           [&](const std::filesystem::path& folder) {
             write_model_card(folder, made.source.card);
             copy_file_bytes(made.source.weights, folder / made.source.card.weights);
             keep_golden(folder, golden);
           })
      .id;
}

}  // namespace ds
