#include "session/model_registration.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "ds/arch/architecture.h"
#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/base/version.h"
#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"
#include "ds/nn/state_dict.h"
#include "ds/project/find_model.h"
#include "ds/project/project.h"
#include "ds/runs/train_options.h"
#include "ds/train/register_weights.h"

namespace ds::detail {

namespace fs = std::filesystem;

fs::path weight_file(Project& project, const std::string& weights) {
  if (weights.empty()) return weights;
  const bool looks_like_path = weights.find('/') != std::string::npos || fs::path(weights).has_extension();
  if (looks_like_path && !fs::exists(weights))
    throw UsageError(fmt::format("--weights: there is no file {}", weights));
  auto found = find_model(&project, weights);
  if (found.record) return found.path / "weights.safetensors";
  return is_model_bundle(found.path) ? found.path / read_model_card(found.path).weights : found.path;
}

ModelCard card_for(const std::string& architecture, const Preprocessing& preprocessing,
                   const DetectorNet& net, const std::vector<std::string>& classes, int input_width,
                   int input_height) {
  ModelCard card;
  card.architecture = architecture;
  card.classes = classes;
  card.input_width = input_width;
  card.input_height = input_height;
  card.preprocessing = preprocessing;
  card.parameters = parameter_count(net);
  card.lineage.tool_version = version();
  card.lineage.created = utc_now();
  return card;
}

ModelRecord add_model(Project& project, ModelRecord record, ModelCard card, const DetectorNet& net) {
  card.name = record.name;
  record.architecture = card.architecture;
  record.metrics = card.metrics;
  return project.models().add(std::move(record), [&](const fs::path& folder) {
    auto state = state_of(net);
    state.metadata = {{"architecture", card.architecture}, {"classes", join(card.classes, "\n")}};
    write_weights(folder / card.weights, state);
    write_model_card(folder, card);
  });
}

}  // namespace ds::detail

namespace ds {

ModelRecord register_weights(Project& project, const RegisterRequest& request) {
  const auto& architecture = architectures().at(request.arch).value;
  if (request.classes.empty())
    throw UsageError("no classes were given", "--classes FILE names a file with one class a line");
  auto net = make_detector_net(request.arch, static_cast<int>(request.classes.size()));
  load_into(*net, read_weights(request.weights));
  InputSize input{architecture.default_width, architecture.default_height};
  if (!request.input_size.empty()) input = parse_input_size(request.input_size, net->input_multiple());
  auto card = detail::card_for(request.arch, architecture.preprocessing, *net, request.classes, input.width,
                               input.height);
  card.lineage.parent_model = request.weights;
  ModelRecord record;
  record.name = request.name.empty() ? std::filesystem::path(request.weights).stem().string() : request.name;
  return detail::add_model(project, std::move(record), std::move(card), *net);
}

}  // namespace ds
