#include "ds/metrics/operating_point.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <unordered_map>

#include "ds/base/error.h"

namespace ds {

namespace {

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

bool is_hit(const Match& m, int area) {
  return m.hit[area] & 1;
}
bool is_ignored(const Match& m, int area) {
  return m.ignored[area] & 1;
}

std::int64_t objects_of(const ClassMatches& matches, int area) {
  std::int64_t total = 0;
  for (const auto& image : matches.objects) total += image.count[area];
  return total;
}

DetectionCounts count(const ClassMatches& matches, int area, double threshold) {
  DetectionCounts counts;
  for (const auto& m : matches.matches) {
    if (m.score < threshold) break;
    if (is_hit(m, area))
      ++counts.tp;
    else if (!is_ignored(m, area))
      ++counts.fp;
  }
  counts.fn = objects_of(matches, area) - counts.tp;
  return counts;
}

DetectionCounts& operator+=(DetectionCounts& a, const DetectionCounts& b) {
  a.tp += b.tp;
  a.fp += b.fp;
  a.fn += b.fn;
  return a;
}

/// F1 rises only where a hit is taken in, so only the scores of hits are tried, the highest first; of each
/// the misses with at least that score are counted.
double best_f1_threshold(const Matching& matching) {
  std::vector<double> hits;  // falling
  std::int64_t objects = 0;
  double highest = 0;
  bool any = false;
  for (const auto& matches : matching.classes) {
    objects += objects_of(matches, 0);
    for (const auto& m : matches.matches) {
      if (is_ignored(m, 0)) continue;
      if (!any || m.score > highest) highest = m.score;
      any = true;
      if (is_hit(m, 0)) hits.push_back(m.score);
    }
  }
  std::sort(hits.begin(), hits.end(), std::greater<>());
  // misses[i]: those between the hits before i and hit i, with the score of hit i or more
  std::vector<std::int64_t> misses(hits.size() + 1);
  for (const auto& matches : matching.classes) {
    std::size_t i = 0;
    for (const auto& m : matches.matches) {
      if (is_ignored(m, 0) || is_hit(m, 0)) continue;
      while (i < hits.size() && hits[i] > m.score) ++i;
      ++misses[i];
    }
  }
  double best = 0, best_threshold = highest;
  std::int64_t wrong = 0;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    wrong += misses[i];
    if (i + 1 < hits.size() && hits[i + 1] == hits[i]) continue;
    // F1 = 2 tp / (detections + objects)
    const auto tp = static_cast<std::int64_t>(i) + 1;
    const double f1 = 2.0 * static_cast<double>(tp) / static_cast<double>(tp + wrong + objects);
    if (f1 > best) {
      best = f1;
      best_threshold = hits[i];
    }
  }
  return best_threshold;
}

/// Sums of squared edge differences over pairs.
struct EdgeSums {
  std::int64_t pairs = 0;
  double relative = 0;
  double pixels = 0;

  void add(const TruthObject& g, const DetectedBox& d) {
    const double left = d.x - g.x, top = d.y - g.y;
    const double right = left + (d.w - g.w), bottom = top + (d.h - g.h);
    const double sum = left * left + top * top + right * right + bottom * bottom;
    ++pairs;
    pixels += sum;
    relative += sum / (g.w * g.h);
  }
  EdgeError result() const {
    if (pairs == 0) return {};
    const double n = 4.0 * static_cast<double>(pairs);
    return {pairs, 100 * std::sqrt(relative / n), std::sqrt(pixels / n)};
  }
};

}  // namespace

std::optional<double> DetectionCounts::precision() const {
  return ratio(tp, tp + fp);
}
std::optional<double> DetectionCounts::recall() const {
  return ratio(tp, tp + fn);
}
std::optional<double> DetectionCounts::f1() const {
  return ratio(2 * tp, 2 * tp + fp + fn);
}
std::optional<double> DetectionCounts::accuracy() const {
  return ratio(tp, total());
}
std::optional<double> DetectionCounts::error_rate() const {
  return ratio(fp + fn, total());
}
std::optional<double> DetectionCounts::fp_share() const {
  return ratio(fp, total());
}
std::optional<double> DetectionCounts::fn_share() const {
  return ratio(fn, total());
}

OperatingPoint operating_point(const Matching& matching, std::optional<double> threshold) {
  OperatingPoint point;
  point.chosen_on_this_set = !threshold;
  point.threshold = threshold ? *threshold : best_f1_threshold(matching);
  point.sizes.resize(kAreaCount - 1);
  for (const auto& matches : matching.classes) {
    point.classes.push_back(count(matches, 0, point.threshold));
    point.all += point.classes.back();
    for (int a = 1; a < kAreaCount; ++a)
      point.sizes[static_cast<std::size_t>(a - 1)] += count(matches, a, point.threshold);
    for (const auto& m : matches.matches) {
      if (m.score < point.threshold) break;
      if (is_hit(m, 0)) point.pairs.push_back({m.object_idx, m.detection_idx});
    }
  }
  return point;
}

ConfusionMatrix confusion_matrix(const TruthTable& truth, const DetectionTable& detections,
                                 const Matching& matching, double threshold) {
  const auto classes = matching.classes.size();
  ConfusionMatrix matrix{classes, std::vector<std::int64_t>((classes + 1) * (classes + 1))};
  auto cell = [&](std::size_t row, std::size_t column) -> std::int64_t& {
    return matrix.cells[row * (classes + 1) + column];
  };
  std::vector<char> free_object(truth.objects.size());
  for (std::size_t i = 0; i < truth.objects.size(); ++i)
    free_object[i] = !truth.objects[i].crowd && !truth.objects[i].ignore;
  std::vector<const Match*> wrong;
  for (std::size_t c = 0; c < classes; ++c)
    for (const auto& m : matching.classes[c].matches) {
      if (m.score < threshold) break;
      if (is_hit(m, 0)) {
        ++cell(c, c);
        free_object[static_cast<std::size_t>(m.object_idx)] = 0;
      } else if (!is_ignored(m, 0)) {
        wrong.push_back(&m);
      }
    }
  std::vector<std::vector<std::int32_t>> objects_of_image(truth.images.size());
  for (std::size_t i = 0; i < truth.objects.size(); ++i)
    if (free_object[i])
      objects_of_image[static_cast<std::size_t>(truth.objects[i].image_idx)].push_back(
          static_cast<std::int32_t>(i));
  std::stable_sort(wrong.begin(), wrong.end(), [](auto a, auto b) { return a->score > b->score; });
  for (const auto* m : wrong) {
    const auto& box = detections.boxes[static_cast<std::size_t>(m->detection_idx)];
    std::int32_t best = -1;
    double best_iou = iou_thresholds()[0];
    for (const auto i : objects_of_image[static_cast<std::size_t>(m->image_idx)]) {
      const auto& object = truth.objects[static_cast<std::size_t>(i)];
      if (!free_object[static_cast<std::size_t>(i)] || object.class_idx == box.class_idx) continue;
      if (const double overlap =
              pair_overlap(truth, detections, matching.options.overlap, m->detection_idx, i);
          overlap >= best_iou) {
        best = i;
        best_iou = overlap;
      }
    }
    const auto column = static_cast<std::size_t>(box.class_idx);
    if (best < 0) {
      ++cell(classes, column);
      continue;
    }
    free_object[static_cast<std::size_t>(best)] = 0;
    ++cell(static_cast<std::size_t>(truth.objects[static_cast<std::size_t>(best)].class_idx), column);
  }
  for (std::size_t i = 0; i < truth.objects.size(); ++i)
    if (free_object[i]) ++cell(static_cast<std::size_t>(truth.objects[i].class_idx), classes);
  return matrix;
}

EdgeError edge_error(const TruthTable& truth, const DetectionTable& detections,
                     std::span<const MatchedPair> pairs) {
  EdgeSums sums;
  for (const auto& pair : pairs)
    sums.add(truth.objects.at(static_cast<std::size_t>(pair.object_idx)),
             detections.boxes.at(static_cast<std::size_t>(pair.detection_idx)));
  return sums.result();
}

std::vector<EdgeError> common_edge_errors(const TruthTable& truth,
                                          const std::vector<const DetectionTable*>& detections,
                                          const std::vector<const OperatingPoint*>& points) {
  if (detections.size() != points.size())
    throw Error("as many detection tables as operating points are needed");
  std::vector<std::size_t> matched_by(truth.objects.size());
  for (const auto* point : points)
    for (const auto& pair : point->pairs) ++matched_by[static_cast<std::size_t>(pair.object_idx)];
  std::vector<EdgeError> errors;
  for (std::size_t model = 0; model < points.size(); ++model) {
    EdgeSums sums;
    for (const auto& pair : points[model]->pairs)
      if (matched_by[static_cast<std::size_t>(pair.object_idx)] == points.size())
        sums.add(truth.objects[static_cast<std::size_t>(pair.object_idx)],
                 detections[model]->boxes[static_cast<std::size_t>(pair.detection_idx)]);
    errors.push_back(sums.result());
  }
  return errors;
}

}  // namespace ds
