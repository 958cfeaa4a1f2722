#include "ds/metrics/average_precision.h"

#include <algorithm>
#include <limits>

#include "ds/base/error.h"
#include "precision/mean.h"

namespace ds {

const std::array<std::string, kCocoNumberCount>& coco_number_names() {
  static const std::array<std::string, kCocoNumberCount> names{"AP",  "AP50", "AP75",  "APs", "APm", "APl",
                                                               "AR1", "AR10", "AR100", "ARs", "ARm", "ARl"};
  return names;
}

double CocoNumbers::at(const std::string& name) const {
  const auto& names = coco_number_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw_unknown_name("metric", name, {names.begin(), names.end()});
  return values[static_cast<std::size_t>(found - names.begin())];
}

namespace {

using detail::Mean;

double mean_of(const PrecisionCurve& curve) {
  double sum = 0;
  for (const auto p : curve) sum += p;
  return sum / kRecallCount;
}

/// Precision and recall of one class in one area range, over the sorted matches, each counted as often as its
/// image's weight. Keeps its buffers between calls.
class CurveScan {
 public:
  /// @param objects how many there are to find; > 0
  void run(const std::vector<Match>& matches, int area, std::int64_t objects,
           std::span<const std::int32_t> weights) {
    objects_ = objects;
    for (auto& points : points_) points.clear();
    std::array<std::int64_t, kIouCount> hits{};
    std::array<std::int64_t, kIouCount> left_out{};
    std::int64_t seen = 0;
    for (const auto& m : matches) {
      const std::int64_t weight = weights.empty() ? 1 : weights[m.image_idx];
      const auto hit = m.hit[area];
      const auto ignored = m.ignored[area];
      if (weight == 0 || ignored == kAllIous) continue;
      seen += weight;
      if ((hit | ignored) == 0) continue;
      for (int t = 0; t < kIouCount; ++t) {
        if (ignored >> t & 1) left_out[t] += weight;
        if (hit >> t & 1) {
          hits[t] += weight;
          points_[t].push_back({hits[t], precision(hits[t], seen - left_out[t])});
        }
      }
    }
    for (int t = 0; t < kIouCount; ++t) {
      recall_[t] = static_cast<double>(hits[t]) / static_cast<double>(objects);
      for (auto i = points_[t].size(); i > 1; --i)
        points_[t][i - 2].precision = std::max(points_[t][i - 2].precision, points_[t][i - 1].precision);
    }
  }

  double recall(int t) const { return recall_[t]; }

  /// The best precision at each recall threshold or beyond it; 0 where the recall is never reached.
  PrecisionCurve precision_at(int t) const {
    PrecisionCurve curve{};
    auto point = points_[t].begin();
    for (int r = 0; r < kRecallCount; ++r) {
      while (point != points_[t].end() &&
             static_cast<double>(point->hits) / static_cast<double>(objects_) < recall_thresholds()[r])
        ++point;
      if (point == points_[t].end()) break;
      curve[r] = point->precision;
    }
    return curve;
  }

 private:
  /// numpy.spacing(1) in the denominator, as the reference has it.
  static double precision(std::int64_t hits, std::int64_t seen) {
    const auto h = static_cast<double>(hits);
    return h / (static_cast<double>(seen - hits) + h + std::numeric_limits<double>::epsilon());
  }

  struct Point {
    std::int64_t hits;
    double precision;
  };
  std::int64_t objects_ = 0;
  std::array<std::vector<Point>, kIouCount> points_;
  std::array<double, kIouCount> recall_{};
};

std::array<std::int64_t, kAreaCount> count_objects(const ClassMatches& matches,
                                                   std::span<const std::int32_t> weights) {
  std::array<std::int64_t, kAreaCount> total{};
  for (const auto& image : matches.objects)
    for (int a = 0; a < kAreaCount; ++a)
      total[a] +=
          static_cast<std::int64_t>(image.count[a]) * (weights.empty() ? 1 : weights[image.image_idx]);
  return total;
}

/// Mean recall over the IoU thresholds with at most `limit` detections per image.
double limited_recall(const std::vector<Match>& matches, int limit, std::int64_t objects,
                      std::span<const std::int32_t> weights) {
  if (objects == 0) return -1;
  std::array<std::int64_t, kIouCount> hits{};
  for (const auto& m : matches) {
    if (m.rank >= limit || m.hit[0] == 0) continue;
    for (int t = 0; t < kIouCount; ++t)
      if (m.hit[0] >> t & 1) hits[t] += weights.empty() ? 1 : weights[m.image_idx];
  }
  Mean mean;
  for (const auto h : hits) mean.add(static_cast<double>(h) / static_cast<double>(objects));
  return mean.value();
}

/// AP over all thresholds, at .50 and at .75, and AR, in one area range.
void scan_area(const ClassMatches& matches, int area, std::int64_t objects,
               std::span<const std::int32_t> weights, CurveScan& scan, ClassAveragePrecision& result,
               PrecisionCurve& mean_curve) {
  auto& numbers = result.numbers.values;
  scan.run(matches.matches, area, objects, weights);
  Mean ap, ar;
  for (int t = 0; t < kIouCount; ++t) {
    const auto curve = scan.precision_at(t);
    const double value = mean_of(curve);
    ap.add(value);
    ar.add(scan.recall(t));
    if (area != 0) continue;
    if (t == 0) {
      numbers[1] = value;
      result.precision50 = curve;
    }
    if (t == 5) numbers[2] = value;
    for (int r = 0; r < kRecallCount; ++r) mean_curve[r] += curve[r] / kIouCount;
  }
  numbers[area == 0 ? 0 : 2 + area] = ap.value();
  numbers[8 + area] = ar.value();
}

/// `pycocotools` reads AP at its default limit of 100 and finds nothing when that is not among the limits.
void forget_what_pycocotools_loses(const MatchOptions& options, CocoNumbers& numbers) {
  const auto& limits = options.max_detections;
  if (options.compat_coco && std::find(limits.begin(), limits.end(), 100) == limits.end())
    numbers.values[0] = -1;
}

}  // namespace

AveragePrecision average_precision(const Matching& matching, std::span<const std::int32_t> weights) {
  if (!weights.empty() && weights.size() != matching.image_count)
    throw Error("weights of " + std::to_string(weights.size()) + " images for a matching over " +
                std::to_string(matching.image_count));
  AveragePrecision result;
  std::array<Mean, kCocoNumberCount> means;
  CurveScan scan;
  int classes_with_objects = 0;
  for (const auto& matches : matching.classes) {
    ClassAveragePrecision one;
    one.precision50.fill(-1);
    PrecisionCurve mean_curve{};
    const auto objects = count_objects(matches, weights);
    one.objects = objects[0];
    for (int a = 0; a < kAreaCount; ++a)
      if (objects[a] > 0) scan_area(matches, a, objects[a], weights, scan, one, mean_curve);
    for (int m = 0; m < 2; ++m)
      one.numbers.values[6 + m] =
          limited_recall(matches.matches, matching.options.max_detections[m], objects[0], weights);
    for (int n = 0; n < kCocoNumberCount; ++n) means[n].add(one.numbers.values[n]);
    if (objects[0] > 0) {
      ++classes_with_objects;
      for (int r = 0; r < kRecallCount; ++r) {
        result.precision50[r] += one.precision50[r];
        result.precision[r] += mean_curve[r];
      }
    }
    result.classes.push_back(one);
  }
  for (int n = 0; n < kCocoNumberCount; ++n) result.numbers.values[n] = means[n].value();
  for (int r = 0; classes_with_objects > 0 && r < kRecallCount; ++r) {
    result.precision50[r] /= classes_with_objects;
    result.precision[r] /= classes_with_objects;
  }
  forget_what_pycocotools_loses(matching.options, result.numbers);
  return result;
}

}  // namespace ds
