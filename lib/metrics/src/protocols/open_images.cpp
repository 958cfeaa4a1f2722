#include "ds/metrics/open_images.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "ds/base/error.h"
#include "ds/metrics/matching.h"
#include "protocols/ranked_precision.h"

namespace ds {

namespace {

using detail::Outcome;

constexpr double kOpenImagesIou = 0.5;
constexpr double kInsideGroup = 0.5;

/// Sorted, without repetitions.
void tidy(std::vector<std::int32_t>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

/// The classes that were looked for on each image.
std::vector<std::vector<std::int32_t>> verified_classes(const TruthTable& truth, const TruthLabels& labels) {
  std::vector<std::vector<std::int32_t>> verified(truth.images.size());
  for (std::size_t i = 0; i < labels.images.size(); ++i)
    for (const auto* list : {&labels.images[i].positive, &labels.images[i].negative})
      verified[i].insert(verified[i].end(), list->begin(), list->end());
  for (const auto& o : truth.objects) verified[static_cast<std::size_t>(o.image_idx)].push_back(o.class_idx);
  for (auto& list : verified) tidy(list);
  return verified;
}

/// Settles the detections of one class, given by falling score.
class ClassJudge {
 public:
  ClassJudge(const TruthTable& truth, const detail::ObjectsByClass& objects)
      : truth_(truth), objects_(objects), taken_(truth.objects.size()) {}

  Outcome settle(const DetectedBox& box) {
    std::int32_t best = -1, group = -1;
    double best_iou = 0, best_inside = 0;
    for (const auto i : objects_.of(box.class_idx, box.image_idx)) {
      const auto& object = truth_.objects[static_cast<std::size_t>(i)];
      const double overlap = coco_iou(box, object);  // of a crowd: over the detection's own area
      if (object.crowd && overlap > best_inside) {
        group = i;
        best_inside = overlap;
      } else if (!object.crowd && overlap > best_iou) {
        best = i;
        best_iou = overlap;
      }
    }
    if (best_iou >= kOpenImagesIou) {
      if (truth_.objects[static_cast<std::size_t>(best)].ignore) return Outcome::left_out;
      if (take(best)) return Outcome::hit;
    }
    if (best_inside >= kInsideGroup) return take(group) ? Outcome::hit : Outcome::left_out;
    return Outcome::miss;
  }

 private:
  bool take(std::int32_t i) { return !std::exchange(taken_[static_cast<std::size_t>(i)], 1); }

  const TruthTable& truth_;
  const detail::ObjectsByClass& objects_;
  std::vector<char> taken_;
};

}  // namespace

void expand_labels(const LabelHierarchy& hierarchy, TruthTable& truth, TruthLabels& labels) {
  std::unordered_map<std::string, std::int32_t> index;
  for (std::size_t c = 0; c < truth.classes.size(); ++c)
    index.emplace(truth.classes[c].name, static_cast<std::int32_t>(c));
  std::vector<std::vector<std::int32_t>> above(truth.classes.size()), below(truth.classes.size());
  bool any = false;
  for (const auto& [name, parents] : hierarchy) {
    const auto child = index.find(name);
    if (child == index.end()) continue;
    any = true;
    for (const auto& parent_name : parents) {
      const auto parent = index.find(parent_name);
      if (parent == index.end()) continue;
      above[static_cast<std::size_t>(child->second)].push_back(parent->second);
      below[static_cast<std::size_t>(parent->second)].push_back(child->second);
    }
  }
  if (!any) throw DataError("no name of the hierarchy is a class of the ground truth", "names must be equal");
  const auto count = truth.objects.size();
  for (std::size_t i = 0; i < count; ++i) {
    const auto classes = above[static_cast<std::size_t>(truth.objects[i].class_idx)];
    for (const auto c : classes) {
      auto again = truth.objects[i];
      again.class_idx = c;
      truth.objects.push_back(again);
      if (!truth.masks.empty()) truth.masks.push_back(truth.masks[i]);
    }
  }
  auto spread = [](std::vector<std::int32_t>& list, const std::vector<std::vector<std::int32_t>>& to) {
    const auto given = list;
    for (const auto c : given) {
      const auto& more = to[static_cast<std::size_t>(c)];
      list.insert(list.end(), more.begin(), more.end());
    }
    tidy(list);
  };
  for (auto& image : labels.images) {
    spread(image.positive, above);
    spread(image.negative, below);
  }
}

ProtocolResult open_images(const TruthTable& truth, const TruthLabels& labels,
                           const DetectionTable& detections) {
  ProtocolResult result{"open-images", detections.name, {}, {}, {}, {}};
  const auto ranked = detail::ranked_by_class(truth, detections);
  const detail::ObjectsByClass objects(truth);
  const auto verified = verified_classes(truth, labels);
  std::vector<std::int64_t> positives(truth.classes.size());
  for (const auto& o : truth.objects)
    positives[static_cast<std::size_t>(o.class_idx)] += o.crowd || !o.ignore;
  ClassJudge judge(truth, objects);
  for (std::size_t c = 0; c < truth.classes.size(); ++c) {
    std::vector<Outcome> outcomes;
    for (const auto i : ranked[c]) {
      const auto& box = detections.boxes[static_cast<std::size_t>(i)];
      const auto& known = verified[static_cast<std::size_t>(box.image_idx)];
      if (std::binary_search(known.begin(), known.end(), box.class_idx))
        outcomes.push_back(judge.settle(box));
    }
    ProtocolClass one{truth.classes[c].name, positives[c], std::nullopt};
    if (positives[c] > 0) one.ap = detail::all_point_ap(outcomes, positives[c]);
    result.classes.push_back(std::move(one));
  }
  result.numbers.push_back({"mAP", detail::mean_ap(result.classes)});
  result.definitions = {
      "mAP: mean over the classes that have objects of AP at IoU >= .50: the area under the precision-recall "
      "curve "
      "made falling.",
      "A group-of box is found by any detection that lies in it with half of its own area or more, and "
      "counts as one "
      "object; classes that were not verified on an image are not looked at there."};
  if (!labels.has_positive && !labels.has_negative)
    result.warnings.push_back(
        "no image has pos_category_ids or neg_category_ids: only classes with objects on an image are looked "
        "at there");
  return result;
}

}  // namespace ds
