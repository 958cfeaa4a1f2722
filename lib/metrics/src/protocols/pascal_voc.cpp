#include "ds/metrics/pascal_voc.h"

#include <algorithm>

#include "protocols/ranked_precision.h"

namespace ds {

namespace {

using detail::Outcome;

constexpr double kVocIou = 0.5;

bool is_difficult(const TruthObject& object) {
  return object.ignore || object.crowd;
}

std::vector<std::string> definitions(VocYear year) {
  const std::string how = year == VocYear::voc07
                              ? "the best precision at recall 0, .1 ... 1 and beyond, averaged"
                              : "the area under the precision-recall curve made falling";
  return {
      "mAP: mean over the classes that have objects of AP at IoU >= .50: " + how + ".",
      "A detection belongs to the object that it overlaps most; a second one on the same object is a false "
      "positive; difficult objects neither count nor harm; widths and heights have the devkit's extra "
      "pixel."};
}

}  // namespace

double voc_iou(const DetectedBox& d, const TruthObject& g) {
  const double w = std::min(d.x + d.w, g.x + g.w) - std::max(d.x, g.x) + 1;
  const double h = std::min(d.y + d.h, g.y + g.h) - std::max(d.y, g.y) + 1;
  if (w <= 0 || h <= 0) return 0;
  const double shared = w * h;
  return shared / ((d.w + 1) * (d.h + 1) + (g.w + 1) * (g.h + 1) - shared);
}

ProtocolResult pascal_voc(const TruthTable& truth, const DetectionTable& detections, VocYear year) {
  ProtocolResult result{
      year == VocYear::voc07 ? "voc07" : "voc12", detections.name, {}, {}, definitions(year), {}};
  const auto ranked = detail::ranked_by_class(truth, detections);
  const detail::ObjectsByClass objects(truth);
  std::vector<std::int64_t> positives(truth.classes.size());
  for (const auto& o : truth.objects) positives[static_cast<std::size_t>(o.class_idx)] += !is_difficult(o);
  std::vector<char> found(truth.objects.size());
  for (std::size_t c = 0; c < truth.classes.size(); ++c) {
    std::vector<Outcome> outcomes;
    for (const auto i : ranked[c]) {
      const auto& box = detections.boxes[static_cast<std::size_t>(i)];
      std::int32_t best = -1;
      double best_iou = 0;
      for (const auto o : objects.of(box.class_idx, box.image_idx))
        if (const double overlap = voc_iou(box, truth.objects[static_cast<std::size_t>(o)]);
            overlap > best_iou) {
          best = o;
          best_iou = overlap;
        }
      auto outcome = Outcome::miss;
      if (best_iou >= kVocIou && is_difficult(truth.objects[static_cast<std::size_t>(best)]))
        outcome = Outcome::left_out;
      else if (best_iou >= kVocIou && !std::exchange(found[static_cast<std::size_t>(best)], 1))
        outcome = Outcome::hit;
      outcomes.push_back(outcome);
    }
    ProtocolClass one{truth.classes[c].name, positives[c], std::nullopt};
    if (positives[c] > 0)
      one.ap = year == VocYear::voc07 ? detail::eleven_point_ap(outcomes, positives[c])
                                      : detail::all_point_ap(outcomes, positives[c]);
    result.classes.push_back(std::move(one));
  }
  result.numbers.push_back({"mAP", detail::mean_ap(result.classes)});
  return result;
}

}  // namespace ds
