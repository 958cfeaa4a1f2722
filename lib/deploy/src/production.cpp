#include "production.h"

#include <algorithm>

#include "ds/deploy/serve_settings.h"
#include "ds/detect/golden.h"
#include "ds/project/project.h"

namespace ds::detail {
namespace {

void point(ModelStore& models, const std::string& alias, const std::string& model_id) {
  if (models.alias(alias) != model_id) models.set_alias(alias, model_id);
}

}  // namespace

void prove(Project& project, const DeploymentRecord& record) {
  const auto folder = project.models().get(record.model_id).folder;
  auto detector =
      load_detector(folder, ServeSettings::from_yaml(record.options, record.name).to_options(0).detector);
  keep_golden(folder, check_golden(folder, detector));
}

void follow_champions(Project& project) {
  auto& models = project.models();
  const auto deployments = project.deployments().list();
  for (const auto& model : models.list())
    for (const auto& alias : model.aliases) {
      const bool is_served = std::any_of(deployments.begin(), deployments.end(),
                                         [&](const auto& each) { return alias == kChampionOf + each.name; });
      if (alias.starts_with(kChampionOf) && !is_served) models.remove_alias(alias);
    }
  for (const auto& each : deployments) point(models, kChampionOf + each.name, each.model_id);
  if (deployments.empty()) return;
  const auto& first = deployments.front().model_id;
  const bool all_alike = std::all_of(deployments.begin(), deployments.end(),
                                     [&](const auto& each) { return each.model_id == first; });
  if (all_alike)
    point(models, kChampionAlias, first);
  else
    models.remove_alias(kChampionAlias);
}

}  // namespace ds::detail
