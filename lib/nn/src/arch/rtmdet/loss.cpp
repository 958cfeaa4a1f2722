#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <algorithm>
#include <numeric>

#include "arch/rtmdet/net.h"
#include "assign/dynamic_soft_label.h"
#include "assign/grid_targets.h"

namespace ds::detail::rtmdet {
namespace {

constexpr float kPointOffset = 0;  // an anchor's point is the corner of its cell
constexpr double kBoxWeight = 2;

/// What an assignment over the batch comes to, as flat arrays over the assigned anchors (N of them).
struct Matches {
  std::vector<std::int64_t> rows;  // image * A + anchor
  std::vector<std::int64_t> classes;
  std::vector<float> ious;
  std::vector<float> boxes;        // [N,4] x0 y0 x1 y1 of the object, input pixels
  std::vector<float> row_weights;  // [B*A] 0 where an ignore region hides an unassigned anchor; empty: 1
};

/// @param boxes [B,A,4] decoded
Matches match(const at::Tensor& boxes, const at::Tensor& logits, const std::vector<AnchorPoint>& anchors,
              const std::vector<ImageTargets>& targets) {
  const auto num_classes = logits.size(2);
  auto objects = assign_objects(targets, logits.size(0), num_classes);
  auto cpu_boxes = boxes.detach().to(at::kCPU).contiguous();
  auto cpu_logits = logits.detach().to(at::kCPU).contiguous();
  const auto num_anchors = static_cast<std::int64_t>(anchors.size());
  std::vector<std::vector<Assignment>> assigned(targets.size());
  at::parallel_for(0, logits.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      BoxPredictions predictions{cpu_boxes.data_ptr<float>() + i * num_anchors * 4,
                                 cpu_logits.data_ptr<float>() + i * num_anchors * num_classes,
                                 static_cast<int>(num_classes)};
      auto image = static_cast<std::size_t>(i);
      assigned[image] = assign_dynamic_soft_label(anchors, predictions, objects[image]);
    }
  });

  Matches matches;
  matches.row_weights = anchor_weights(targets, anchors, kPointOffset);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    for (const auto& assignment : assigned[i]) {
      const auto& object = objects[i][static_cast<std::size_t>(assignment.object_idx)];
      auto row = static_cast<std::int64_t>(i) * num_anchors + assignment.anchor_idx;
      matches.rows.push_back(row);
      matches.classes.push_back(object.class_idx);
      matches.ious.push_back(assignment.iou);
      matches.boxes.insert(matches.boxes.end(),
                           {object.cx - object.width / 2, object.cy - object.height / 2,
                            object.cx + object.width / 2, object.cy + object.height / 2});
      if (!matches.row_weights.empty()) matches.row_weights[static_cast<std::size_t>(row)] = 1.0F;
    }
  }
  return matches;
}

/// Binary cross entropy times the squared gap (Li et al. 2020, arXiv 2006.04388, with beta 2), elementwise.
at::Tensor quality_focal_loss(const at::Tensor& logits, const at::Tensor& wanted) {
  auto gap = wanted - logits.sigmoid();
  return at::binary_cross_entropy_with_logits(logits, wanted, {}, {}, at::Reduction::None) * gap * gap;
}

/// 1 - GIoU (Rezatofighi et al. 2019, arXiv 1902.09630) of each pair. @param boxes, objects [N,4] corners
/// @return [N]
at::Tensor giou_loss(const at::Tensor& boxes, const at::Tensor& objects) {
  auto area = [](const at::Tensor& low, const at::Tensor& high) { return (high - low).prod(1); };
  auto low = boxes.slice(1, 0, 2);
  auto high = boxes.slice(1, 2, 4);
  auto object_low = objects.slice(1, 0, 2);
  auto object_high = objects.slice(1, 2, 4);
  auto common = (at::minimum(high, object_high) - at::maximum(low, object_low)).clamp_min(0).prod(1);
  auto all = (area(low, high) + area(object_low, object_high) - common).clamp_min(1e-6);
  auto hull = area(at::minimum(low, object_low), at::maximum(high, object_high)).clamp_min(1e-6);
  return 1 - common / all + (hull - all) / hull;
}

}  // namespace

LossParts rtmdet_loss(const HeadOutput& output, int input_height, int input_width,
                      const std::vector<ImageTargets>& targets, const LossOptions& options) {
  c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  auto anchors = anchor_points(input_height, input_width, {8, 16, 32});
  const auto device = output.classes.device();
  const auto num_classes = output.classes.size(2);
  auto boxes = boxes_of(output.distances, anchor_tensor(anchors, device));  // [B,A,4]
  auto matches = match(boxes, output.classes, anchors, targets);
  const auto count = static_cast<std::int64_t>(matches.rows.size());
  // Both parts are means over what the assigned anchors' IoUs sum to.
  const double share = 1.0 / std::max(1.0, std::accumulate(matches.ious.begin(), matches.ious.end(), 0.0));

  auto rows = to_tensor(matches.rows, {count}, at::kLong, device);
  auto ious = to_tensor(matches.ious, {count}, at::kFloat, device);
  auto classes = to_tensor(matches.classes, {count}, at::kLong, device);
  auto logits = output.classes.reshape({-1, num_classes});                 // [B*A,C]
  auto wanted = at::zeros_like(logits).index_put_({rows, classes}, ious);  // [B*A,C]
  auto class_loss = quality_focal_loss(logits, wanted);                    // [B*A,C]
  if (auto weights = class_weight_tensor(options.class_weights, num_classes, device); weights.defined())
    class_loss = class_loss * weights;
  if (!matches.row_weights.empty())
    class_loss = class_loss * to_tensor(matches.row_weights, {logits.size(0), 1}, at::kFloat, device);

  auto objects = to_tensor(matches.boxes, {count, 4}, at::kFloat, device);
  auto box_loss = giou_loss(boxes.reshape({-1, 4}).index_select(0, rows), objects) * ious;  // [N]
  return sum_of_parts({"box", "cls"}, {box_loss.sum() * (kBoxWeight * share), class_loss.sum() * share},
                      count);
}

}  // namespace ds::detail::rtmdet
