#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <algorithm>
#include <cmath>

#include "arch/yolox.h"
#include "ds/base/error.h"
#include "ds/nn/sim_ota.h"
#include "tensors.h"

namespace ds::yolox {
namespace {

/// What an assignment over the batch comes to, as flat arrays over the assigned anchors (N of them).
struct Matches {
  std::vector<std::int64_t> rows;  // image * A + anchor
  std::vector<std::int64_t> classes;
  std::vector<float> ious;
  std::vector<float> boxes;  // [N,4] cx cy w h of the object, input pixels
  std::vector<float> cells;  // [N,3] column row stride of the anchor
  std::vector<float>
      object_weights;  // [B*A] 0 where an ignore region hides an unassigned anchor; empty: 1 everywhere

  std::int64_t size() const { return static_cast<std::int64_t>(rows.size()); }
};

std::vector<AssignObject> objects_of(const ImageTargets& targets, int num_classes) {
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

void hide_ignored(const ImageTargets& targets, const std::vector<AnchorPoint>& anchors, float* weights) {
  for (const auto& target : targets.objects) {
    if (!target.ignore) continue;
    for (std::size_t a = 0; a < anchors.size(); ++a) {
      double x = (anchors[a].column + 0.5) * anchors[a].stride;
      double y = (anchors[a].row + 0.5) * anchors[a].stride;
      const auto& box = target.box;
      if (x > box.x0 && x < box.x1 && y > box.y0 && y < box.y1) weights[a] = 0;
    }
  }
}

Matches match(const HeadOutput& output, const std::vector<AnchorPoint>& anchors,
              const std::vector<ImageTargets>& targets) {
  auto boxes = output.box_and_objectness.detach().to(at::kCPU).contiguous();
  auto classes = output.classes.detach().to(at::kCPU).contiguous();
  const auto num_anchors = static_cast<std::int64_t>(anchors.size());
  const auto num_classes = static_cast<int>(classes.size(2));
  const auto images = static_cast<std::int64_t>(targets.size());
  std::vector<std::vector<AssignObject>> objects(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) objects[i] = objects_of(targets[i], num_classes);
  std::vector<std::vector<Assignment>> assigned(targets.size());
  at::parallel_for(0, images, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      AssignPredictions predictions{boxes.data_ptr<float>() + i * num_anchors * 5,
                                    classes.data_ptr<float>() + i * num_anchors * num_classes, num_classes};
      auto at_image = static_cast<std::size_t>(i);
      assigned[at_image] = assign_sim_ota(anchors, predictions, objects[at_image]);
    }
  });

  Matches matches;
  if (has_ignored(targets))
    matches.object_weights.assign(static_cast<std::size_t>(images * num_anchors), 1.0F);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    auto first_row = static_cast<std::int64_t>(i) * num_anchors;
    if (!matches.object_weights.empty())
      hide_ignored(targets[i], anchors, matches.object_weights.data() + first_row);
    for (const auto& assignment : assigned[i]) {
      const auto& object = objects[i][static_cast<std::size_t>(assignment.object_idx)];
      const auto& anchor = anchors[static_cast<std::size_t>(assignment.anchor_idx)];
      auto row = first_row + assignment.anchor_idx;
      matches.rows.push_back(row);
      matches.classes.push_back(object.class_idx);
      matches.ious.push_back(assignment.iou);
      matches.boxes.insert(matches.boxes.end(), {object.cx, object.cy, object.width, object.height});
      matches.cells.insert(matches.cells.end(), {anchor.column, anchor.row, anchor.stride});
      if (!matches.object_weights.empty()) matches.object_weights[static_cast<std::size_t>(row)] = 1.0F;
    }
  }
  return matches;
}

template <typename T>
at::Tensor to_tensor(const std::vector<T>& values, at::IntArrayRef shape, at::ScalarType dtype,
                     at::Device device) {
  auto view = at::from_blob(const_cast<T*>(values.data()), shape, dtype);
  return view.to(device, dtype, /*non_blocking=*/false, /*copy=*/true);
}

/// Sum over boxes of 1 - IoU^2. @param boxes, objects [N,4] cx cy w h
at::Tensor iou_loss(const at::Tensor& boxes, const at::Tensor& objects) {
  auto centers = boxes.slice(1, 0, 2);
  auto sides = boxes.slice(1, 2, 4);
  auto object_centers = objects.slice(1, 0, 2);
  auto object_sides = objects.slice(1, 2, 4);
  auto low = at::maximum(centers - sides / 2, object_centers - object_sides / 2);
  auto high = at::minimum(centers + sides / 2, object_centers + object_sides / 2);
  auto common = (high - low).clamp_min(0).prod(1);  // [N]
  auto iou = common / (sides.prod(1) + object_sides.prod(1) - common + 1e-16);
  return (1 - iou * iou).sum();
}

at::Tensor binary_cross_entropy(const at::Tensor& logits, const at::Tensor& wanted,
                                const at::Tensor& weights) {
  return at::binary_cross_entropy_with_logits(logits, wanted, weights, {}, at::Reduction::Sum);
}

/// The offsets a perfect head would have predicted: [N,4].
at::Tensor wanted_offsets(const at::Tensor& objects, const at::Tensor& cells) {
  auto stride = cells.slice(1, 2, 3);
  return at::cat({objects.slice(1, 0, 2) / stride - cells.slice(1, 0, 2),
                  (objects.slice(1, 2, 4) / stride + 1e-8).log()},
                 1);
}

at::Tensor class_weight_tensor(const std::vector<double>& weights, std::int64_t num_classes,
                               at::Device device) {
  if (weights.empty()) return {};
  if (static_cast<std::int64_t>(weights.size()) != num_classes)
    throw Error(std::to_string(weights.size()) + " class weights for " + std::to_string(num_classes) +
                " classes");
  return to_tensor(weights, {num_classes}, at::kDouble, device).to(at::kFloat);
}

}  // namespace

LossParts yolox_loss(const HeadOutput& output, int input_height, int input_width,
                     const std::vector<ImageTargets>& targets, const LossOptions& options) {
  c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  auto anchors = anchor_points(input_height, input_width, {8, 16, 32});
  const auto device = output.classes.device();
  const auto num_classes = output.classes.size(2);
  if (static_cast<std::int64_t>(targets.size()) != output.classes.size(0))
    throw Error(std::to_string(targets.size()) + " targets for a batch of " +
                std::to_string(output.classes.size(0)));
  auto matches = match(output, anchors, targets);
  const auto count = matches.size();
  const double share = 1.0 / static_cast<double>(std::max<std::int64_t>(count, 1));

  auto rows = to_tensor(matches.rows, {count}, at::kLong, device);
  auto flat_boxes = output.box_and_objectness.reshape({-1, 5});
  auto object_logits = flat_boxes.select(1, 4);  // [B*A]
  auto object_wanted = at::zeros_like(object_logits).index_fill_(0, rows, 1);
  at::Tensor object_weights;
  if (!matches.object_weights.empty())
    object_weights = to_tensor(matches.object_weights, {object_logits.size(0)}, at::kFloat, device);

  auto offsets = flat_boxes.index_select(0, rows).slice(1, 0, 4);                 // [N,4]
  auto logits = output.classes.reshape({-1, num_classes}).index_select(0, rows);  // [N,C]
  auto objects = to_tensor(matches.boxes, {count, 4}, at::kFloat, device);
  auto cells = to_tensor(matches.cells, {count, 3}, at::kFloat, device);
  auto stride = cells.slice(1, 2, 3);
  auto boxes = at::cat(
      {(offsets.slice(1, 0, 2) + cells.slice(1, 0, 2)) * stride, offsets.slice(1, 2, 4).exp() * stride}, 1);
  auto ious = to_tensor(matches.ious, {count, 1}, at::kFloat, device);
  auto class_wanted = at::zeros({count, num_classes}, logits.options())
                          .scatter_(1, to_tensor(matches.classes, {count, 1}, at::kLong, device), ious);
  if (options.label_smoothing > 0)
    class_wanted = class_wanted * (1 - options.label_smoothing) +
                   ious * (options.label_smoothing / static_cast<double>(num_classes));

  auto box_part = iou_loss(boxes, objects) * (5.0 * share);
  auto object_part = binary_cross_entropy(object_logits, object_wanted, object_weights) * share;
  auto class_part = binary_cross_entropy(logits, class_wanted,
                                         class_weight_tensor(options.class_weights, num_classes, device)) *
                    share;
  std::vector<at::Tensor> parts = {box_part, object_part, class_part};
  std::vector<std::string> names = {"box", "obj", "cls"};
  if (options.closing) {
    parts.push_back((offsets - wanted_offsets(objects, cells)).abs().sum() * share);
    names.emplace_back("l1");
  }
  auto stacked = at::stack(parts);
  auto values = stacked.detach().to(at::kCPU);
  LossParts result{stacked.sum(), {}, static_cast<int>(count)};
  for (std::size_t i = 0; i < names.size(); ++i)
    result.parts.emplace_back(names[i], static_cast<double>(values.data_ptr<float>()[i]));
  return result;
}

}  // namespace ds::yolox
