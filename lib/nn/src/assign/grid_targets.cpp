#include "assign/grid_targets.h"

#include <algorithm>
#include <string>

#include "ds/base/error.h"

namespace ds::detail {
namespace {

std::vector<AssignObject> objects_of(const ImageTargets& targets, std::int64_t num_classes) {
  std::vector<AssignObject> objects;
  for (const auto& target : targets.objects) {
    if (target.ignore || !is_proper(target.box)) continue;
    if (target.class_idx < 0 || target.class_idx >= num_classes)
      throw Error("target of class index " + std::to_string(target.class_idx) + " in a network of " +
                  std::to_string(num_classes) + " classes");
    const auto& box = target.box;
    objects.push_back({static_cast<float>(box.center_x()), static_cast<float>(box.center_y()),
                       static_cast<float>(box.width()), static_cast<float>(box.height()), target.class_idx});
  }
  return objects;
}

bool has_ignored(const std::vector<ImageTargets>& targets) {
  return std::any_of(targets.begin(), targets.end(), [](const ImageTargets& image) {
    return std::any_of(image.objects.begin(), image.objects.end(),
                       [](const auto& object) { return object.ignore; });
  });
}

void hide_ignored(const ImageTargets& targets, const std::vector<AnchorPoint>& anchors, double offset,
                  float* weights) {
  for (const auto& target : targets.objects) {
    if (!target.ignore) continue;
    for (std::size_t a = 0; a < anchors.size(); ++a) {
      double x = (anchors[a].column + offset) * anchors[a].stride;
      double y = (anchors[a].row + offset) * anchors[a].stride;
      const auto& box = target.box;
      if (x > box.x0 && x < box.x1 && y > box.y0 && y < box.y1) weights[a] = 0;
    }
  }
}

}  // namespace

std::vector<std::vector<AssignObject>> assign_objects(const std::vector<ImageTargets>& targets,
                                                      std::int64_t images, std::int64_t num_classes) {
  if (static_cast<std::int64_t>(targets.size()) != images)
    throw Error(std::to_string(targets.size()) + " targets for a batch of " + std::to_string(images));
  std::vector<std::vector<AssignObject>> objects;
  for (const auto& image : targets) objects.push_back(objects_of(image, num_classes));
  return objects;
}

std::vector<float> anchor_weights(const std::vector<ImageTargets>& targets,
                                  const std::vector<AnchorPoint>& anchors, float offset) {
  if (!has_ignored(targets)) return {};
  std::vector<float> weights(targets.size() * anchors.size(), 1.0F);
  for (std::size_t i = 0; i < targets.size(); ++i)
    hide_ignored(targets[i], anchors, offset, weights.data() + i * anchors.size());
  return weights;
}

at::Tensor class_weight_tensor(const std::vector<double>& weights, std::int64_t num_classes,
                               at::Device device) {
  if (weights.empty()) return {};
  if (static_cast<std::int64_t>(weights.size()) != num_classes)
    throw Error(std::to_string(weights.size()) + " class weights for " + std::to_string(num_classes) +
                " classes");
  return to_tensor(weights, {num_classes}, at::kDouble, device).to(at::kFloat);
}

LossParts sum_of_parts(const std::vector<const char*>& names, const std::vector<at::Tensor>& parts,
                       std::int64_t foreground) {
  auto stacked = at::stack(parts);
  auto values = stacked.detach().to(at::kCPU);
  LossParts result{stacked.sum(), {}, static_cast<int>(foreground)};
  for (std::size_t i = 0; i < names.size(); ++i)
    result.parts.emplace_back(names[i], static_cast<double>(values.data_ptr<float>()[i]));
  return result;
}

at::Tensor anchor_tensor(const std::vector<AnchorPoint>& anchors, at::Device device) {
  static_assert(sizeof(AnchorPoint) == 3 * sizeof(float));
  auto view = at::from_blob(const_cast<AnchorPoint*>(anchors.data()),
                            {static_cast<std::int64_t>(anchors.size()), 3}, at::kFloat);
  return view.to(device, at::kFloat, /*non_blocking=*/false, /*copy=*/true);
}

}  // namespace ds::detail
