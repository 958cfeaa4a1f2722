#include "ds/metrics/calibration.h"

#include <algorithm>
#include <cmath>

#include "ds/base/error.h"

namespace ds {

namespace {

struct BinSums {
  std::int64_t detections = 0;
  std::int64_t hits = 0;
  double scores = 0;
  double overlaps = 0;

  void add(const BinSums& other) {
    detections += other.detections;
    hits += other.hits;
    scores += other.scores;
    overlaps += other.overlaps;
  }
};

using Histogram = std::vector<BinSums>;

Histogram histogram_of(const TruthTable& truth, const DetectionTable& detections, OverlapOf overlap,
                       const ClassMatches& matches, double threshold, int bins) {
  Histogram histogram(static_cast<std::size_t>(bins));
  for (const auto& m : matches.matches) {
    if (m.score < threshold) break;
    const bool hit = m.hit[0] & 1;
    if (!hit && (m.ignored[0] & 1)) continue;
    const auto place = std::clamp(static_cast<int>(m.score * bins), 0, bins - 1);
    auto& bin = histogram[static_cast<std::size_t>(place)];
    ++bin.detections;
    bin.scores += m.score;
    if (!hit) continue;
    ++bin.hits;
    bin.overlaps += pair_overlap(truth, detections, overlap, m.detection_idx, m.object_idx);
  }
  return histogram;
}

/// Sum over bins of |sum of scores - sum of what was reached| over all detections.
std::optional<double> gap(const Histogram& histogram, bool with_overlap) {
  std::int64_t total = 0;
  double sum = 0;
  for (const auto& bin : histogram) {
    total += bin.detections;
    // precision * mean IoU = hits / n * overlaps / hits = overlaps / n
    sum += std::abs(bin.scores - (with_overlap ? bin.overlaps : static_cast<double>(bin.hits)));
  }
  if (total == 0) return std::nullopt;
  return sum / static_cast<double>(total);
}

}  // namespace

Calibration calibration(const TruthTable& truth, const DetectionTable& detections, const Matching& matching,
                        double threshold, int bins) {
  if (bins < 1) throw UsageError("a calibration needs at least one bin");
  Histogram all(static_cast<std::size_t>(bins));
  double class_gaps = 0;
  int classes = 0;
  for (const auto& matches : matching.classes) {
    const auto one = histogram_of(truth, detections, matching.options.overlap, matches, threshold, bins);
    for (std::size_t b = 0; b < all.size(); ++b) all[b].add(one[b]);
    if (const auto distance = gap(one, true)) {
      class_gaps += *distance;
      ++classes;
    }
  }
  Calibration result{.bins = {}, .d_ece = gap(all, false), .la_ece = {}};
  if (classes > 0) result.la_ece = class_gaps / classes;
  for (int b = 0; b < bins; ++b) {
    const auto& sums = all[static_cast<std::size_t>(b)];
    CalibrationBin bin{static_cast<double>(b) / bins, static_cast<double>(b + 1) / bins, sums.detections};
    if (sums.detections > 0) {
      bin.mean_score = sums.scores / static_cast<double>(sums.detections);
      bin.precision = static_cast<double>(sums.hits) / static_cast<double>(sums.detections);
    }
    if (sums.hits > 0) bin.mean_iou = sums.overlaps / static_cast<double>(sums.hits);
    result.bins.push_back(bin);
  }
  return result;
}

}  // namespace ds
