#include "statistics/resampled_precision.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "precision/mean.h"

namespace ds::detail {

namespace {

/// The fewest hits that reach each recall threshold: the comparison with the threshold is
/// average_precision()'s, made once for all points.
std::array<std::int64_t, kRecallCount> needed_hits(std::int64_t objects) {
  std::array<std::int64_t, kRecallCount> needed{};
  const auto n = static_cast<double>(objects);
  for (int r = 0; r < kRecallCount; ++r) {
    const double threshold = recall_thresholds()[r];
    auto hits = static_cast<std::int64_t>(threshold * n);
    while (static_cast<double>(hits) / n < threshold) ++hits;
    while (hits > 0 && static_cast<double>(hits - 1) / n >= threshold) --hits;
    needed[r] = hits;
  }
  return needed;
}

template <typename Visit>
void each_bit(std::uint16_t bits, Visit visit) {
  for (unsigned left = bits; left != 0; left &= left - 1) visit(std::countr_zero(left));
}

}  // namespace

ResampledPrecision::ResampledPrecision(const Matching& matching, bool all_areas) {
  for (const auto& matches : matching.classes) {
    auto& curves = classes_.emplace_back();
    for (int a = 0; a < (all_areas ? kAreaCount : 1); ++a) curves.push_back(curve_of(matches, a));
  }
}

ResampledPrecision::Curve ResampledPrecision::curve_of(const ClassMatches& matches, int area) {
  Curve curve;
  for (const auto& image : matches.objects)
    if (image.count[area] > 0) curve.objects.push_back({image.image_idx, image.count[area]});
  if (curve.objects.empty()) return curve;
  std::size_t events_used = 0, misses_used = 0;
  for (const auto& m : matches.matches) {
    if (m.ignored[area] == kAllIous) continue;
    if ((m.hit[area] | m.ignored[area]) == 0) {
      curve.misses.push_back(m.image_idx);
      continue;
    }
    curve.events.push_back(
        {static_cast<std::uint32_t>(curve.misses.size()), m.image_idx, m.hit[area], m.ignored[area]});
    if (m.hit[area] == 0) continue;
    events_used = curve.events.size();
    misses_used = curve.misses.size();
  }
  curve.events.resize(events_used);
  curve.misses.resize(misses_used);
  curve.events.shrink_to_fit();
  curve.misses.shrink_to_fit();
  return curve;
}

bool ResampledPrecision::means_of(const Curve& curve, std::span<const std::int32_t> weights, Points& points,
                                  CurveMeans& means) {
  std::int64_t objects = 0;
  for (const auto& image : curve.objects)
    objects += static_cast<std::int64_t>(image.count) * weights[static_cast<std::size_t>(image.image_idx)];
  if (objects == 0) return false;
  for (auto& one : points) one.clear();
  std::array<std::int64_t, kIouCount> hits{}, left_out{};
  std::int64_t seen = 0;
  const auto* miss = curve.misses.data();
  for (const auto& event : curve.events) {
    for (const auto* const end = curve.misses.data() + event.misses_before; miss != end; ++miss)
      seen += weights[static_cast<std::size_t>(*miss)];
    const std::int64_t weight = weights[static_cast<std::size_t>(event.image_idx)];
    if (weight == 0) continue;
    seen += weight;
    each_bit(event.ignored, [&](int t) { left_out[static_cast<std::size_t>(t)] += weight; });
    each_bit(event.hit, [&](int bit) {
      const auto t = static_cast<std::size_t>(bit);
      hits[t] += weight;
      points[t].push_back({hits[t], seen - left_out[t]});
    });
  }
  const auto needed = needed_hits(objects);
  for (std::size_t t = 0; t < kIouCount; ++t) {
    std::array<double, kRecallCount> precision;
    double best = 0;
    auto point = points[t].rbegin();
    for (int r = kRecallCount - 1; r >= 0; --r) {
      for (; point != points[t].rend() && point->hits >= needed[static_cast<std::size_t>(r)]; ++point) {
        const auto h = static_cast<double>(point->hits);
        best = std::max(best, h / (static_cast<double>(point->seen - point->hits) + h +
                                   std::numeric_limits<double>::epsilon()));
      }
      precision[static_cast<std::size_t>(r)] = best;
    }
    double sum = 0;
    for (const auto p : precision) sum += p;
    means[t] = sum / kRecallCount;
  }
  return true;
}

std::array<double, 6> ResampledPrecision::numbers(std::span<const std::int32_t> weights) const {
  std::array<Mean, 6> means;
  Points points;
  CurveMeans values;
  for (const auto& curves : classes_)
    for (std::size_t a = 0; a < curves.size(); ++a) {
      if (!means_of(curves[a], weights, points, values)) continue;
      Mean ap;
      for (const auto value : values) ap.add(value);
      means[a == 0 ? 0 : 2 + a].add(ap.value());
      if (a != 0) continue;
      means[1].add(values[0]);
      means[2].add(values[5]);
    }
  std::array<double, 6> numbers{};
  for (std::size_t n = 0; n < numbers.size(); ++n) numbers[n] = means[n].value();
  return numbers;
}

double ResampledPrecision::ap(std::span<const std::int32_t> weights) const {
  Mean mean;
  Points points;
  CurveMeans values;
  for (const auto& curves : classes_) {
    if (!means_of(curves.front(), weights, points, values)) continue;
    Mean ap;
    for (const auto value : values) ap.add(value);
    mean.add(ap.value());
  }
  return mean.value();
}

}  // namespace ds::detail
