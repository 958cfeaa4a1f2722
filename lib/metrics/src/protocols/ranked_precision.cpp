#include "protocols/ranked_precision.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>

#include "tables/truth_order.h"

namespace ds {

nlohmann::ordered_json to_json(const ProtocolResult& result) {
  using Json = nlohmann::ordered_json;
  auto or_null = [](const std::optional<double>& value) { return value ? Json(*value) : Json(); };
  Json numbers = Json::object(), classes = Json::array();
  for (const auto& number : result.numbers) numbers[number.name] = or_null(number.value);
  for (const auto& one : result.classes)
    classes.push_back({{"name", one.name}, {"objects", one.objects}, {"ap", or_null(one.ap)}});
  return {{"protocol", result.protocol},
          {"model", result.model},
          {"numbers", numbers},
          {"classes", classes},
          {"warnings", result.warnings}};
}

namespace detail {

namespace {

struct Point {
  double recall = 0;
  double precision = 0;
};

/// One a hit: precision does not rise in between.
std::vector<Point> curve_of(const std::vector<Outcome>& ranked, std::int64_t positives) {
  std::vector<Point> curve;
  std::int64_t hits = 0, seen = 0;
  for (const auto outcome : ranked) {
    if (outcome == Outcome::left_out) continue;
    ++seen;
    if (outcome != Outcome::hit) continue;
    ++hits;
    curve.push_back({static_cast<double>(hits) / static_cast<double>(positives),
                     static_cast<double>(hits) / static_cast<double>(seen)});
  }
  for (auto i = curve.size(); i > 1; --i)
    curve[i - 2].precision = std::max(curve[i - 2].precision, curve[i - 1].precision);
  return curve;
}

/// 0, .1 ... 1 as the development kit's language counts them, from both ends towards the middle: .7
/// is 1 - .3.
std::array<double, 11> eleven_recalls() {
  std::array<double, 11> recalls{};
  for (int i = 0; i <= 10; ++i) recalls[static_cast<std::size_t>(i)] = i <= 5 ? i * 0.1 : 1 - (10 - i) * 0.1;
  return recalls;
}

}  // namespace

std::vector<std::vector<std::int32_t>> ranked_by_class(const TruthTable& truth,
                                                       const DetectionTable& detections) {
  check_indices(truth, detections);
  std::vector<std::int32_t> rank(truth.images.size());
  const auto order = images_by_id(truth);
  for (std::size_t i = 0; i < order.size(); ++i)
    rank[static_cast<std::size_t>(order[i])] = static_cast<std::int32_t>(i);
  std::vector<std::vector<std::int32_t>> classes(truth.classes.size());
  for (std::size_t i = 0; i < detections.boxes.size(); ++i)
    classes[static_cast<std::size_t>(detections.boxes[i].class_idx)].push_back(static_cast<std::int32_t>(i));
  for (auto& one : classes)
    std::stable_sort(one.begin(), one.end(), [&](auto a, auto b) {
      const auto &p = detections.boxes[static_cast<std::size_t>(a)],
                 &q = detections.boxes[static_cast<std::size_t>(b)];
      if (p.score != q.score) return p.score > q.score;
      return rank[static_cast<std::size_t>(p.image_idx)] < rank[static_cast<std::size_t>(q.image_idx)];
    });
  return classes;
}

ObjectsByClass::ObjectsByClass(const TruthTable& truth) : order_(truth.objects.size()) {
  std::iota(order_.begin(), order_.end(), 0);
  auto key = [&](std::int32_t i) {
    const auto& object = truth.objects[static_cast<std::size_t>(i)];
    return std::pair(object.class_idx, object.image_idx);
  };
  std::stable_sort(order_.begin(), order_.end(), [&](auto a, auto b) { return key(a) < key(b); });
  keys_.reserve(order_.size());
  for (const auto i : order_) keys_.push_back(key(i));
}

std::span<const std::int32_t> ObjectsByClass::of(std::int32_t class_idx, std::int32_t image_idx) const {
  const auto [first, last] = std::equal_range(keys_.begin(), keys_.end(), std::pair(class_idx, image_idx));
  return std::span(order_).subspan(static_cast<std::size_t>(first - keys_.begin()),
                                   static_cast<std::size_t>(last - first));
}

double eleven_point_ap(const std::vector<Outcome>& ranked, std::int64_t positives) {
  const auto curve = curve_of(ranked, positives);
  double sum = 0;
  auto point = curve.begin();
  for (const auto recall : eleven_recalls()) {
    while (point != curve.end() && point->recall < recall) ++point;
    if (point == curve.end()) break;
    sum += point->precision;
  }
  return sum / 11;
}

double all_point_ap(const std::vector<Outcome>& ranked, std::int64_t positives) {
  double area = 0, before = 0;
  for (const auto& point : curve_of(ranked, positives)) {
    area += (point.recall - before) * point.precision;
    before = point.recall;
  }
  return area;
}

std::optional<double> mean_ap(const std::vector<ProtocolClass>& classes) {
  double sum = 0;
  int count = 0;
  for (const auto& one : classes)
    if (one.ap) {
      sum += *one.ap;
      ++count;
    }
  return count ? std::optional(sum / count) : std::nullopt;
}

}  // namespace detail

}  // namespace ds
