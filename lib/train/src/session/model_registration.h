#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ds/arch/preprocessing.h"
#include "ds/detect/model_card.h"
#include "ds/project/model_store.h"

namespace ds {
class DetectorNet;
class Project;
}  // namespace ds

namespace ds::detail {

/// The weight file that --weights means: a file, a model folder with its card, or a model of the project.
std::filesystem::path weight_file(Project& project, const std::string& weights);

/// A card with what follows from the architecture; the caller adds lineage and metrics.
ModelCard card_for(const std::string& architecture, const Preprocessing& preprocessing,
                   const DetectorNet& net, const std::vector<std::string>& classes, int input_width,
                   int input_height);
/// Writes the bundle (card and weights) into the registry.
ModelRecord add_model(Project& project, ModelRecord record, ModelCard card, const DetectorNet& net);

}  // namespace ds::detail
