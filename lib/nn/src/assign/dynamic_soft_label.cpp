#include "assign/dynamic_soft_label.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "assign/dynamic_k.h"

namespace ds::detail {
namespace {

/// Binary cross entropy of a logit against a target in [0,1], times the squared gap between the two.
float quality_focal(float logit, float target) {
  float probability = 1.0F / (1.0F + std::exp(-logit));
  float entropy = std::max(logit, 0.0F) - logit * target + std::log1p(std::exp(-std::abs(logit)));
  float gap = target - probability;
  return entropy * gap * gap;
}

float iou_of(const float* box, const AssignObject& object) {
  float width =
      std::min(box[2], object.cx + object.width / 2) - std::max(box[0], object.cx - object.width / 2);
  float height =
      std::min(box[3], object.cy + object.height / 2) - std::max(box[1], object.cy - object.height / 2);
  if (!(width > 0) || !(height > 0)) return 0;
  float common = width * height;
  float iou = common / ((box[2] - box[0]) * (box[3] - box[1]) + object.width * object.height - common);
  return iou >= 0 && iou <= 1 ? iou : 0;
}

bool is_inside(const AnchorPoint& anchor, const AssignObject& object) {
  return std::abs(anchor.column * anchor.stride - object.cx) < object.width / 2 &&
         std::abs(anchor.row * anchor.stride - object.cy) < object.height / 2;
}

float center_cost(const AnchorPoint& anchor, const AssignObject& object, float radius) {
  float dx = anchor.column * anchor.stride - object.cx;
  float dy = anchor.row * anchor.stride - object.cy;
  return std::pow(10.0F, std::sqrt(dx * dx + dy * dy) / anchor.stride - radius);
}

std::vector<int> find_candidates(const std::vector<AnchorPoint>& anchors,
                                 const std::vector<AssignObject>& objects) {
  std::vector<int> candidates;
  for (std::size_t a = 0; a < anchors.size(); ++a) {
    bool inside_any = std::any_of(objects.begin(), objects.end(),
                                  [&](const AssignObject& object) { return is_inside(anchors[a], object); });
    if (inside_any) candidates.push_back(static_cast<int>(a));
  }
  return candidates;
}

/// Fills a candidate's column.
void fill_column(PairTable& table, std::size_t column, const AnchorPoint& anchor, const float* box,
                 const float* logits, int num_classes, const std::vector<AssignObject>& objects,
                 const DynamicSoftLabelOptions& options) {
  float all_negative = 0;
  for (int c = 0; c < num_classes; ++c) all_negative += quality_focal(logits[c], 0);
  for (std::size_t o = 0; o < objects.size(); ++o) {
    const auto& object = objects[o];
    float iou = iou_of(box, object);
    float logit = logits[object.class_idx];
    float cost = all_negative - quality_focal(logit, 0) + quality_focal(logit, iou) -
                 options.iou_weight * std::log(iou + 1e-7F) +
                 center_cost(anchor, object, options.center_radius);
    table.cost[o * table.candidates + column] = cost < kUnreachable ? cost : kUnreachable;
    table.iou[o * table.candidates + column] = iou;
  }
}

}  // namespace

std::vector<Assignment> assign_dynamic_soft_label(const std::vector<AnchorPoint>& anchors,
                                                  const BoxPredictions& predictions,
                                                  const std::vector<AssignObject>& objects,
                                                  const DynamicSoftLabelOptions& options) {
  auto candidates = find_candidates(anchors, objects);
  PairTable table;
  table.objects = objects.size();
  table.candidates = candidates.size();
  table.cost.resize(objects.size() * candidates.size());
  table.iou.resize(table.cost.size());
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    auto anchor_idx = static_cast<std::size_t>(candidates[c]);
    fill_column(table, c, anchors[anchor_idx], predictions.boxes + anchor_idx * 4,
                predictions.class_logits + anchor_idx * static_cast<std::size_t>(predictions.num_classes),
                predictions.num_classes, objects, options);
  }
  return match_dynamic_k(table, candidates, options.candidates);
}

}  // namespace ds::detail
