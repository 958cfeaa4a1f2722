#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <algorithm>
#include <cmath>

#include "arch/yolox/net.h"
#include "assign/grid_targets.h"
#include "assign/sim_ota.h"

namespace ds::detail::yolox {
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

Matches match(const HeadOutput& output, const std::vector<AnchorPoint>& anchors,
              const std::vector<ImageTargets>& targets) {
  auto boxes = output.box_and_objectness.detach().to(at::kCPU).contiguous();
  auto classes = output.classes.detach().to(at::kCPU).contiguous();
  const auto num_anchors = static_cast<std::int64_t>(anchors.size());
  const auto num_classes = static_cast<int>(classes.size(2));
  const auto images = static_cast<std::int64_t>(targets.size());
  auto objects = assign_objects(targets, classes.size(0), num_classes);
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
  matches.object_weights = anchor_weights(targets, anchors, 0.5F);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    auto first_row = static_cast<std::int64_t>(i) * num_anchors;
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

}  // namespace

LossParts yolox_loss(const HeadOutput& output, int input_height, int input_width,
                     const std::vector<ImageTargets>& targets, const LossOptions& options) {
  c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  auto anchors = anchor_points(input_height, input_width, {8, 16, 32});
  const auto device = output.classes.device();
  const auto num_classes = output.classes.size(2);
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
  std::vector<const char*> names = {"box", "obj", "cls"};
  if (options.closing) {
    parts.push_back((offsets - wanted_offsets(objects, cells)).abs().sum() * share);
    names.emplace_back("l1");
  }
  return sum_of_parts(names, parts, count);
}

}  // namespace ds::detail::yolox
