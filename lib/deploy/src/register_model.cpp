#include "ds/deploy/register_model.h"

#include <algorithm>

#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/detect/detector.h"
#include "ds/project/find_model.h"
#include "ds/project/project.h"

namespace ds {

std::string register_model(Project& project, const std::string& model, const std::string& architecture) {
  auto found = find_model(&project, model);
  if (found.record) return found.id;
  DetectorOptions options;
  options.architecture = architecture;
  const auto path = std::filesystem::absolute(found.path);
  load_detector(path, options);  // what cannot be loaded is not registered
  auto source = resolve_model(path, options);
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
             copy_file_bytes(source.weights, folder / source.card.weights);
           })
      .id;
}

}  // namespace ds
