#include "ds/metrics/worst_images.h"

#include <algorithm>

#include "ds/base/error.h"
#include "tables/truth_objects.h"

namespace ds {

namespace {

/// Matches of all classes belong together on an image: by falling score, equal ones as the file has them.
void sort_by_score(std::vector<std::int32_t>& boxes, const DetectionTable& detections) {
  std::sort(boxes.begin(), boxes.end(), [&](auto a, auto b) {
    const double sa = detections.boxes[static_cast<std::size_t>(a)].score;
    const double sb = detections.boxes[static_cast<std::size_t>(b)].score;
    return sa != sb ? sa > sb : a < b;
  });
}

}  // namespace

std::vector<ImageOutcome> image_outcomes(const TruthTable& truth, const DetectionTable& detections,
                                         const Matching& matching, double threshold) {
  if (matching.image_count != truth.images.size()) throw Error("a matching over another truth");
  std::vector<ImageOutcome> outcomes(truth.images.size());
  for (std::size_t i = 0; i < outcomes.size(); ++i) outcomes[i].image_idx = static_cast<std::int32_t>(i);
  std::vector<char> found(truth.objects.size());
  for (const auto& matches : matching.classes)
    for (const auto& m : matches.matches) {
      if (m.score < threshold) break;
      auto& outcome = outcomes[static_cast<std::size_t>(m.image_idx)];
      if (m.hit[0] & 1) {
        found.at(static_cast<std::size_t>(m.object_idx)) = 1;
        outcome.hits.push_back({m.object_idx, m.detection_idx});
      } else if (!(m.ignored[0] & 1)) {
        outcome.false_positives.push_back(m.detection_idx);
      }
    }
  for (std::size_t g = 0; g < truth.objects.size(); ++g) {
    const auto& object = truth.objects[g];
    if (!found[g] && detail::counts(object))
      outcomes[static_cast<std::size_t>(object.image_idx)].missed.push_back(static_cast<std::int32_t>(g));
  }
  for (auto& outcome : outcomes) {
    sort_by_score(outcome.false_positives, detections);
    std::sort(outcome.hits.begin(), outcome.hits.end(),
              [](const auto& a, const auto& b) { return a.object_idx < b.object_idx; });
    outcome.counts = {static_cast<std::int64_t>(outcome.hits.size()),
                      static_cast<std::int64_t>(outcome.false_positives.size()),
                      static_cast<std::int64_t>(outcome.missed.size())};
  }
  return outcomes;
}

std::vector<std::size_t> worst_first(const std::vector<ImageOutcome>& outcomes, const TruthTable& truth) {
  std::vector<std::size_t> order;
  auto errors = [&](std::size_t i) { return outcomes[i].counts.fp + outcomes[i].counts.fn; };
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    if (errors(i) > 0) order.push_back(i);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) {
    if (errors(a) != errors(b)) return errors(a) > errors(b);
    // Equal errors: the lower accuracy is that of the fewer hits.
    if (outcomes[a].counts.tp != outcomes[b].counts.tp) return outcomes[a].counts.tp < outcomes[b].counts.tp;
    return truth.images.at(static_cast<std::size_t>(outcomes[a].image_idx)).id <
           truth.images.at(static_cast<std::size_t>(outcomes[b].image_idx)).id;
  });
  return order;
}

}  // namespace ds
