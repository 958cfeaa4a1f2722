#include "assign/sim_ota.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "assign/dynamic_k.h"

namespace ds::detail {
namespace {

constexpr float kMaxLog = 100.0F;  // binary cross entropy clamps its logarithms here

struct Candidate {
  int anchor_idx = 0;
  float cx = 0;
  float cy = 0;
  float width = 0;
  float height = 0;
  float all_negative_cost = 0;  // sum over classes of -log(1 - p)
};

float sigmoid(float x) {
  return 1.0F / (1.0F + std::exp(-x));
}
float minus_log(float p) {
  return p > 0 ? std::min(-std::log(p), kMaxLog) : kMaxLog;
}

/// The score the cost works with: geometric mean of class and object probability.
float joint_probability(float class_logit, float object_probability) {
  return std::sqrt(sigmoid(class_logit) * object_probability);
}

float iou_of(const Candidate& a, const AssignObject& b) {
  float width =
      std::min(a.cx + a.width / 2, b.cx + b.width / 2) - std::max(a.cx - a.width / 2, b.cx - b.width / 2);
  float height =
      std::min(a.cy + a.height / 2, b.cy + b.height / 2) - std::max(a.cy - a.height / 2, b.cy - b.height / 2);
  if (!(width > 0) || !(height > 0)) return 0;
  float common = width * height;
  float iou = common / (a.width * a.height + b.width * b.height - common);
  return iou >= 0 && iou <= 1 ? iou : 0;
}

bool is_near(const AnchorPoint& anchor, const AssignObject& object, float radius) {
  float reach = radius * anchor.stride;
  return std::abs((anchor.column + 0.5F) * anchor.stride - object.cx) < reach &&
         std::abs((anchor.row + 0.5F) * anchor.stride - object.cy) < reach;
}

Candidate make_candidate(int anchor_idx, const AnchorPoint& anchor, const AssignPredictions& predictions) {
  const float* box = predictions.box_and_objectness + static_cast<std::ptrdiff_t>(anchor_idx) * 5;
  const float* classes =
      predictions.class_logits + static_cast<std::ptrdiff_t>(anchor_idx) * predictions.num_classes;
  Candidate candidate{anchor_idx, (box[0] + anchor.column) * anchor.stride,
                      (box[1] + anchor.row) * anchor.stride, std::exp(box[2]) * anchor.stride,
                      std::exp(box[3]) * anchor.stride};
  float object_probability = sigmoid(box[4]);
  for (int c = 0; c < predictions.num_classes; ++c)
    candidate.all_negative_cost += minus_log(1 - joint_probability(classes[c], object_probability));
  return candidate;
}

std::vector<Candidate> find_candidates(const std::vector<AnchorPoint>& anchors,
                                       const AssignPredictions& predictions,
                                       const std::vector<AssignObject>& objects, float radius) {
  std::vector<Candidate> candidates;
  for (std::size_t a = 0; a < anchors.size(); ++a) {
    bool near_any = std::any_of(objects.begin(), objects.end(), [&](const AssignObject& object) {
      return is_near(anchors[a], object, radius);
    });
    if (near_any) candidates.push_back(make_candidate(static_cast<int>(a), anchors[a], predictions));
  }
  return candidates;
}

PairTable fill_table(const std::vector<AnchorPoint>& anchors, const AssignPredictions& predictions,
                     const std::vector<AssignObject>& objects, const std::vector<Candidate>& candidates,
                     const SimOtaOptions& options) {
  PairTable table;
  table.objects = objects.size();
  table.candidates = candidates.size();
  table.cost.resize(objects.size() * candidates.size());
  table.iou.resize(table.cost.size());
  for (std::size_t o = 0; o < objects.size(); ++o) {
    for (std::size_t c = 0; c < candidates.size(); ++c) {
      const auto& candidate = candidates[c];
      auto anchor_idx = static_cast<std::size_t>(candidate.anchor_idx);
      float iou = iou_of(candidate, objects[o]);
      float cost = kUnreachable;
      if (is_near(anchors[anchor_idx], objects[o], options.center_radius)) {
        float object_probability = sigmoid(predictions.box_and_objectness[anchor_idx * 5 + 4]);
        auto logit_idx = anchor_idx * static_cast<std::size_t>(predictions.num_classes) +
                         static_cast<std::size_t>(objects[o].class_idx);
        float p = joint_probability(predictions.class_logits[logit_idx], object_probability);
        float class_cost = candidate.all_negative_cost - minus_log(1 - p) + minus_log(p);
        cost = class_cost - options.iou_weight * std::log(iou + 1e-8F);
        if (!(cost < kUnreachable)) cost = kUnreachable;
      }
      table.cost[o * table.candidates + c] = cost;
      table.iou[o * table.candidates + c] = iou;
    }
  }
  return table;
}

}  // namespace

std::vector<Assignment> assign_sim_ota(const std::vector<AnchorPoint>& anchors,
                                       const AssignPredictions& predictions,
                                       const std::vector<AssignObject>& objects,
                                       const SimOtaOptions& options) {
  auto candidates = find_candidates(anchors, predictions, objects, options.center_radius);
  std::vector<int> indices;
  for (const auto& candidate : candidates) indices.push_back(candidate.anchor_idx);
  return match_dynamic_k(fill_table(anchors, predictions, objects, candidates, options), indices,
                         options.candidates);
}

}  // namespace ds::detail
