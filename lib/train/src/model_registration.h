#pragma once

#include <string>

#include "ds/detect/model_card.h"
#include "ds/nn/detector_net.h"
#include "ds/project/model_store.h"

namespace ds {

class Project;

/// A card with what follows from the architecture; the caller adds lineage and metrics.
ModelCard card_for(const std::string& architecture, const Preprocessing& preprocessing,
                   const DetectorNet& net, const std::vector<std::string>& classes, int input_width,
                   int input_height);
/// Writes the bundle (card and weights) into the registry.
ModelRecord add_model(Project& project, ModelRecord record, ModelCard card, const DetectorNet& net);

}  // namespace ds
