#include <ATen/ATen.h>

#include <algorithm>

#include "arch/faster_rcnn/net.h"
#include "assign/anchor_match.h"
#include "assign/box_coder.h"
#include "ds/base/random.h"

namespace ds::detail::faster_rcnn {
namespace {

constexpr AnchorMatchOptions kRpnMatching{0.7F, 0.3F, BestAnchor::all_ties};
constexpr AnchorMatchOptions kRoiMatching{0.5F, 0.5F, BestAnchor::none};
// As published: always 256 anchors, at most half of them positive.
constexpr SampleOptions kRpnSampling{256, 256, 0.5};
// A quarter positive as published, but from 128 boxes an image instead of 512, and not filled up with
// background when there are few objects: on a CPU the second stage costs as much as all the rest.
constexpr SampleOptions kRoiSampling{128, 32, 0.25};
constexpr double kBeta = 1.0 / 9;  // where the smooth L1 loss becomes linear

Random stream(std::uint64_t seed, const char* stage, std::size_t image) {
  return Random(seed, std::string(stage) + "/" + std::to_string(image));
}

at::Tensor smooth_l1(const at::Tensor& offsets, const at::Tensor& wanted) {
  return at::smooth_l1_loss(offsets, wanted, at::Reduction::Sum, kBeta);
}

}  // namespace

std::vector<at::Tensor> rpn_loss(const RpnOutput& output, const std::vector<ImageTargets>& targets,
                                 int num_classes, std::uint64_t seed) {
  const auto device = output.objectness.device();
  const auto anchors = to_corners(output.anchors);
  const auto num_anchors = static_cast<std::int64_t>(anchors.size());
  std::vector<std::int64_t> positives;  // rows image * A + anchor
  std::vector<std::int64_t> negatives;
  std::vector<CornerBox> positive_anchors;
  std::vector<CornerBox> objects;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto first = static_cast<std::int64_t>(i) * num_anchors;
    auto truth = box_targets_of(targets[i], num_classes);
    auto matches = match_anchors(anchors, truth, kRpnMatching);
    auto random = stream(seed, "rpn", i);
    auto sample = sample_anchors(matches, kRpnSampling, random);
    for (int a : sample.positives) {
      const auto at = static_cast<std::size_t>(a);
      positives.push_back(first + a);
      positive_anchors.push_back(anchors[at]);
      objects.push_back(truth.boxes[static_cast<std::size_t>(matches[at])]);
    }
    for (int a : sample.negatives) negatives.push_back(first + a);
  }
  const auto count = positives.size() + negatives.size();
  const double share = 1.0 / static_cast<double>(std::max<std::size_t>(count, 1));
  auto rows = at::cat({to_tensor(positives, device), to_tensor(negatives, device)});
  auto logits = output.objectness.reshape({-1}).index_select(0, rows);
  auto wanted = at::zeros_like(logits);
  wanted.narrow(0, 0, static_cast<std::int64_t>(positives.size())).fill_(1);
  auto object_part = at::binary_cross_entropy_with_logits(logits, wanted, {}, {}, at::Reduction::Sum) * share;
  auto offsets = output.offsets.reshape({-1, 4}).index_select(0, to_tensor(positives, device));
  auto wanted_offsets =
      encode_boxes(to_tensor(objects, device), to_tensor(positive_anchors, device), CoderWeights{1, 1});
  return {object_part, smooth_l1(offsets, wanted_offsets) * share};
}

RoiSamples sample_rois(const std::vector<at::Tensor>& proposals, const std::vector<ImageTargets>& targets,
                       int num_classes, std::uint64_t seed) {
  RoiSamples samples;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    auto truth = box_targets_of(targets[i], num_classes);
    auto boxes = to_corners(proposals[i]);
    boxes.insert(boxes.end(), truth.boxes.begin(), truth.boxes.end());
    auto matches = match_anchors(boxes, truth, kRoiMatching);
    auto random = stream(seed, "roi", i);
    auto sample = sample_anchors(matches, kRoiSampling, random);
    std::vector<CornerBox> chosen;
    for (int p : sample.positives) {
      const auto& box = boxes[static_cast<std::size_t>(p)];
      const auto object = static_cast<std::size_t>(matches[static_cast<std::size_t>(p)]);
      samples.rows.push_back(static_cast<std::int64_t>(samples.wanted.size()));
      samples.wanted.push_back(1 + truth.classes[object]);
      samples.objects.push_back(truth.boxes[object]);
      samples.positives.push_back(box);
      chosen.push_back(box);
    }
    for (int n : sample.negatives) {
      samples.wanted.push_back(0);
      chosen.push_back(boxes[static_cast<std::size_t>(n)]);
    }
    samples.boxes.push_back(to_tensor(chosen, at::kCPU));
  }
  return samples;
}

std::vector<at::Tensor> roi_loss(const RoiOutput& output, const RoiSamples& samples,
                                 const std::vector<double>& class_weights) {
  const auto device = output.logits.device();
  const auto columns = output.logits.size(1);
  const double share = 1.0 / static_cast<double>(std::max<std::size_t>(samples.wanted.size(), 1));
  auto wanted = to_tensor(samples.wanted, device);
  auto class_part =
      at::nll_loss(output.logits.log_softmax(1), wanted,
                   class_weights_with_background(class_weights, static_cast<int>(columns) - 1, device),
                   at::Reduction::Sum) *
      share;
  // Each positive's offsets for its own class.
  auto rows = to_tensor(samples.rows, device);
  auto offsets =
      output.offsets.reshape({-1, 4}).index_select(0, rows * columns + wanted.index_select(0, rows));
  auto wanted_offsets =
      encode_boxes(to_tensor(samples.objects, device), to_tensor(samples.positives, device), CoderWeights{});
  return {class_part, smooth_l1(offsets, wanted_offsets) * share};
}

}  // namespace ds::detail::faster_rcnn
