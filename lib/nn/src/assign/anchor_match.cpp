#include "assign/anchor_match.h"

#include <algorithm>
#include <cmath>

#include "ds/base/error.h"
#include "ds/base/random.h"

namespace ds::detail {
namespace {

float area(const CornerBox& box) {
  return (box.x1 - box.x0) * (box.y1 - box.y0);
}

float overlap(const CornerBox& a, const CornerBox& b) {
  float width = std::min(a.x1, b.x1) - std::max(a.x0, b.x0);
  float height = std::min(a.y1, b.y1) - std::max(a.y0, b.y0);
  if (width <= 0 || height <= 0) return 0;
  float common = width * height;
  return common / (area(a) + area(b) - common);
}

CornerBox corners_of(const Box& box) {
  return {static_cast<float>(box.x0), static_cast<float>(box.y0), static_cast<float>(box.x1),
          static_cast<float>(box.y1)};
}

void hide_ignored(const std::vector<CornerBox>& anchors, const std::vector<CornerBox>& ignored,
                  std::vector<int>& matches) {
  for (const auto& region : ignored) {
    for (std::size_t a = 0; a < anchors.size(); ++a) {
      float x = (anchors[a].x0 + anchors[a].x1) / 2;
      float y = (anchors[a].y0 + anchors[a].y1) / 2;
      if (matches[a] == kBackground && x > region.x0 && x < region.x1 && y > region.y0 && y < region.y1)
        matches[a] = kUndecided;
    }
  }
}

/// Moves `count` items drawn at random to the front and drops the rest.
void draw(std::vector<int>& items, std::size_t count, Random& random) {
  count = std::min(count, items.size());
  for (std::size_t i = 0; i < count; ++i) std::swap(items[i], items[i + random.below(items.size() - i)]);
  items.resize(count);
  std::sort(items.begin(), items.end());
}

}  // namespace

BoxTargets box_targets_of(const ImageTargets& targets, int num_classes) {
  BoxTargets result;
  for (const auto& object : targets.objects) {
    if (object.ignore) {
      result.ignored.push_back(corners_of(object.box));
      continue;
    }
    if (!is_proper(object.box)) continue;
    if (object.class_idx < 0 || object.class_idx >= num_classes)
      throw Error("target of class index " + std::to_string(object.class_idx) + " in a network of " +
                  std::to_string(num_classes) + " classes");
    result.boxes.push_back(corners_of(object.box));
    result.classes.push_back(object.class_idx);
  }
  return result;
}

std::vector<int> match_anchors(const std::vector<CornerBox>& anchors, const BoxTargets& targets,
                               const AnchorMatchOptions& options) {
  const auto objects = targets.boxes.size();
  std::vector<float> best_of_anchor(anchors.size(), -1.0F);
  std::vector<int> object_of_anchor(anchors.size(), kBackground);
  std::vector<float> best_of_object(objects, 0.0F);
  std::vector<std::vector<int>> anchors_of_object(objects);  // all with the best overlap, rising
  for (std::size_t o = 0; o < objects; ++o) {
    for (std::size_t a = 0; a < anchors.size(); ++a) {
      float iou = overlap(targets.boxes[o], anchors[a]);
      if (iou > best_of_anchor[a]) {
        best_of_anchor[a] = iou;
        object_of_anchor[a] = static_cast<int>(o);
      }
      if (iou <= 0 || iou < best_of_object[o]) continue;
      if (iou > best_of_object[o]) anchors_of_object[o].clear();
      best_of_object[o] = iou;
      anchors_of_object[o].push_back(static_cast<int>(a));
    }
  }
  std::vector<int> matches(anchors.size(), kBackground);
  for (std::size_t a = 0; a < anchors.size(); ++a) {
    if (best_of_anchor[a] >= options.positive_iou)
      matches[a] = object_of_anchor[a];
    else if (best_of_anchor[a] >= options.negative_iou)
      matches[a] = kUndecided;
  }
  if (options.best != BestAnchor::none) {
    for (std::size_t o = 0; o < objects; ++o) {
      for (int a : anchors_of_object[o]) {
        const auto at = static_cast<std::size_t>(a);
        matches[at] = options.best == BestAnchor::one ? static_cast<int>(o) : object_of_anchor[at];
        if (options.best == BestAnchor::one) break;
      }
    }
  }
  hide_ignored(anchors, targets.ignored, matches);
  return matches;
}

AnchorSample sample_anchors(const std::vector<int>& matches, const SampleOptions& options, Random& random) {
  AnchorSample sample;
  for (std::size_t a = 0; a < matches.size(); ++a) {
    if (matches[a] >= 0) sample.positives.push_back(static_cast<int>(a));
    if (matches[a] == kBackground) sample.negatives.push_back(static_cast<int>(a));
  }
  draw(sample.positives, static_cast<std::size_t>(options.most * options.positive_share), random);
  const auto positives = static_cast<double>(sample.positives.size());
  const double wanted = std::clamp(positives / options.positive_share, static_cast<double>(options.fewest),
                                   static_cast<double>(options.most));
  draw(sample.negatives, static_cast<std::size_t>(std::lround(wanted - positives)), random);
  return sample;
}

}  // namespace ds::detail
