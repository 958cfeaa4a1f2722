#pragma once

#include <vector>

#include "ds/nn/targets.h"

namespace ds {
class Random;
}

/// Which anchor or proposal learns which object by overlap (Ren et al. 2015, section 3.1.2; Liu et al. 2016,
/// section 2.2), on plain float arrays, and what of it a step learns from.
namespace ds::detail {

/// Corners in input pixels.
struct CornerBox {
  float x0 = 0;
  float y0 = 0;
  float x1 = 0;
  float y1 = 0;
};

/// An image's objects as anchors see them.
struct BoxTargets {
  std::vector<CornerBox> boxes;
  std::vector<int> classes;        // of `boxes`
  std::vector<CornerBox> ignored;  // ignore regions
};

/// Throws Error for a class index that a net of num_classes does not have. Boxes without area are left out.
BoxTargets box_targets_of(const ImageTargets& targets, int num_classes);

enum class BestAnchor {
  none,      // an object that nothing overlaps enough stays without an anchor
  one,       // its best anchor learns it, whatever else that overlaps (SSD)
  all_ties,  // each of its equally best anchors is positive, for the object that one overlaps best (RPN)
};

struct AnchorMatchOptions {
  float positive_iou = 0.5F;  // an anchor with at least this overlap learns the object it overlaps most
  float negative_iou = 0.5F;  // with less than this it is background; between the two it learns nothing
  BestAnchor best = BestAnchor::none;
};

constexpr int kBackground = -1;
constexpr int kUndecided = -2;

/// For each anchor the index of its object, kBackground or kUndecided. A background anchor whose centre lies
/// in an ignore region is undecided. Ties fall to the lower index.
std::vector<int> match_anchors(const std::vector<CornerBox>& anchors, const BoxTargets& targets,
                               const AnchorMatchOptions& options);

struct SampleOptions {
  int most = 256;               // per image
  int fewest = 256;             // as long as there is background enough
  double positive_share = 0.5;  // at most; background has at least its part for every positive
};

struct AnchorSample {
  std::vector<int> positives;  // rising indices
  std::vector<int> negatives;
};

/// Draws positives and background at random: at most positive_share of `most` positives, and background until
/// the positives have their share or the sample has `fewest`, whichever is more.
AnchorSample sample_anchors(const std::vector<int>& matches, const SampleOptions& options, Random& random);

}  // namespace ds::detail
