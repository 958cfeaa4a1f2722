#include "ds/metrics/localization_recall.h"

namespace ds {

namespace {

struct RecallTally {
  std::int64_t hits = 0;
  std::int64_t wrong = 0;
  double distance = 0;  // sum of 1 - IoU over the hits

  double error(std::int64_t objects) const {
    constexpr double kTau = 0.5;
    const auto missed = static_cast<double>(objects - hits);
    return (distance / (1 - kTau) + static_cast<double>(wrong) + missed) /
           static_cast<double>(objects + wrong);
  }
};

LocalizationRecallError describe(const RecallTally& tally, std::int64_t objects, double error,
                                 double threshold) {
  LocalizationRecallError result{.error = error, .threshold = threshold};
  const auto hits = static_cast<double>(tally.hits);
  if (tally.hits > 0) result.localization = tally.distance / hits;
  result.false_positives = static_cast<double>(tally.wrong) / (hits + static_cast<double>(tally.wrong));
  result.false_negatives = static_cast<double>(objects - tally.hits) / static_cast<double>(objects);
  return result;
}

LocalizationRecallError of_class(const TruthTable& truth, const DetectionTable& detections, OverlapOf overlap,
                                 const ClassMatches& matches) {
  std::int64_t objects = 0;
  for (const auto& image : matches.objects) objects += image.count[0];
  if (objects == 0) return {};
  // Nothing detected: every object is missed.
  LocalizationRecallError best{.error = 1.0, .false_negatives = 1.0};
  RecallTally tally;
  const auto& all = matches.matches;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& m = all[i];
    if (m.hit[0] & 1) {
      ++tally.hits;
      tally.distance += 1 - pair_overlap(truth, detections, overlap, m.detection_idx, m.object_idx);
    } else if (!(m.ignored[0] & 1)) {
      ++tally.wrong;
    }
    // A threshold takes all detections of one score or none.
    const bool last_of_score = i + 1 == all.size() || all[i + 1].score != m.score;
    if (!last_of_score || tally.hits == 0) continue;
    if (const double error = tally.error(objects); error < *best.error)
      best = describe(tally, objects, error, m.score);
  }
  return best;
}

class OptionalMean {
 public:
  void add(const std::optional<double>& value) {
    if (!value) return;
    sum_ += *value;
    ++count_;
  }
  std::optional<double> value() const { return count_ == 0 ? std::nullopt : std::optional(sum_ / count_); }

 private:
  double sum_ = 0;
  int count_ = 0;
};

}  // namespace

LocalizationRecall localization_recall(const TruthTable& truth, const DetectionTable& detections,
                                       const Matching& matching) {
  LocalizationRecall result;
  OptionalMean error, localization, false_positives, false_negatives;
  for (const auto& matches : matching.classes) {
    const auto& one =
        result.classes.emplace_back(of_class(truth, detections, matching.options.overlap, matches));
    error.add(one.error);
    localization.add(one.localization);
    false_positives.add(one.false_positives);
    false_negatives.add(one.false_negatives);
  }
  result.mean = {error.value(), localization.value(), false_positives.value(), false_negatives.value(), {}};
  return result;
}

}  // namespace ds
