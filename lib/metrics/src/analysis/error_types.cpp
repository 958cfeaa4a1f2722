#include "ds/metrics/error_types.h"

#include <algorithm>
#include <span>

#include "ds/metrics/matching.h"
#include "tables/truth_objects.h"
#include "tables/truth_order.h"

namespace ds {

namespace {

using Index = std::int32_t;

using detail::counts;

enum class Fate : char { hit, wrong, absorbed };

/// What became of each detection and object of the whole set.
struct ImageFates {
  std::vector<Index> kept;        // detections within the limit: by image, by falling score
  std::vector<Fate> fate;         // of each detection
  std::vector<Index> found_by;    // of each object: the detection that hit it; -1
  std::vector<char> explained;    // objects that a wrong detection explains
  std::vector<Index> best_claim;  // of each object that no one found: the best detection that aims at it
  std::vector<DetectionError> errors;
};

std::vector<std::vector<Index>> by_image(std::size_t images, std::size_t items, auto image_of) {
  std::vector<std::vector<Index>> lists(images);
  for (std::size_t i = 0; i < items; ++i)
    lists[static_cast<std::size_t>(image_of(i))].push_back(static_cast<Index>(i));
  return lists;
}

/// Matching and naming of the errors of one image.
class ImageErrors {
 public:
  ImageErrors(const TruthTable& truth, const DetectionTable& detections, const ErrorTypeOptions& options,
              ImageFates& outcome)
      : truth_(truth), detections_(detections), options_(options), outcome_(outcome) {}

  void run(std::vector<Index> boxes, std::span<const Index> objects) {
    std::stable_sort(boxes.begin(), boxes.end(),
                     [&](Index a, Index b) { return box(a).score > box(b).score; });
    if (boxes.size() > static_cast<std::size_t>(options_.max_per_image))
      boxes.resize(static_cast<std::size_t>(options_.max_per_image));
    for (auto d : boxes) place(d, objects);
    for (auto d : boxes)
      if (outcome_.fate[static_cast<std::size_t>(d)] == Fate::wrong) name(d, objects);
    outcome_.kept.insert(outcome_.kept.end(), boxes.begin(), boxes.end());
  }

 private:
  const DetectedBox& box(Index d) const { return detections_.boxes[static_cast<std::size_t>(d)]; }
  const TruthObject& object(Index g) const { return truth_.objects[static_cast<std::size_t>(g)]; }
  Index& found_by(Index g) { return outcome_.found_by[static_cast<std::size_t>(g)]; }

  void place(Index d, std::span<const Index> objects) {
    auto& fate = outcome_.fate[static_cast<std::size_t>(d)];
    Index best = -1;
    double best_iou = options_.found_iou;
    bool absorbed = false;
    for (auto g : objects) {
      if (object(g).class_idx != box(d).class_idx) continue;
      double overlap = coco_iou(box(d), object(g));
      if (!counts(object(g))) {
        absorbed = absorbed || overlap >= options_.found_iou;
      } else if (overlap >= best_iou && found_by(g) < 0) {
        best = g;
        best_iou = overlap;
      }
    }
    fate = best >= 0 ? Fate::hit : absorbed ? Fate::absorbed : Fate::wrong;
    if (best >= 0) found_by(best) = d;
  }

  /// The object with the largest overlap among those for which `wanted` holds.
  struct Nearest {
    Index object = -1;
    double iou = 0;
  };
  Nearest nearest(Index d, std::span<const Index> objects, auto wanted) const {
    Nearest best;
    for (auto g : objects) {
      if (!counts(object(g)) || !wanted(g)) continue;
      if (double overlap = coco_iou(box(d), object(g)); overlap > best.iou) best = {g, overlap};
    }
    return best;
  }

  void name(Index d, std::span<const Index> objects) {
    auto same_class = [&](Index g) { return object(g).class_idx == box(d).class_idx; };
    auto own = nearest(d, objects, same_class);
    if (own.iou >= options_.background_iou && own.iou <= options_.found_iou)
      return add(ErrorType::localization, d, own.object);
    auto other = nearest(d, objects, [&](Index g) { return !same_class(g); });
    if (other.iou >= options_.found_iou) return add(ErrorType::classification, d, other.object);
    auto taken = nearest(d, objects, [&](Index g) { return same_class(g) && found_by(g) >= 0; });
    if (taken.iou >= options_.found_iou) return add(ErrorType::duplicate, d, taken.object);
    auto any = nearest(d, objects, [](Index) { return true; });
    if (any.iou <= options_.background_iou) return add(ErrorType::background, d, -1);
    add(ErrorType::both, d, any.object);
  }

  void add(ErrorType type, Index d, Index g) {
    outcome_.errors.push_back({type, d, g});
    if (type != ErrorType::localization && type != ErrorType::classification) return;
    if (found_by(g) >= 0) return;
    outcome_.explained[static_cast<std::size_t>(g)] = 1;
    auto& claim = outcome_.best_claim[static_cast<std::size_t>(g)];
    if (claim < 0 || box(d).score > box(claim).score) claim = d;
  }

  const TruthTable& truth_;
  const DetectionTable& detections_;
  const ErrorTypeOptions& options_;
  ImageFates& outcome_;
};

/// What the precision and recall of every class are computed from.
struct Ranked {
  struct Entry {
    double score;
    bool hit;
  };
  std::vector<std::vector<Entry>> entries;  // by class
  std::vector<std::int64_t> objects;        // by class

  void add(std::int32_t class_idx, double score, bool hit) {
    entries[static_cast<std::size_t>(class_idx)].push_back({score, hit});
  }
};

double class_ap(std::vector<Ranked::Entry> entries, std::int64_t objects) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  std::vector<double> recall, precision;
  std::int64_t hits = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].hit) continue;
    ++hits;
    recall.push_back(static_cast<double>(hits) / static_cast<double>(objects));
    precision.push_back(static_cast<double>(hits) / static_cast<double>(i + 1));
  }
  for (std::size_t i = precision.size(); i > 1; --i)
    precision[i - 2] = std::max(precision[i - 2], precision[i - 1]);
  double sum = 0;
  std::size_t at = 0;
  for (auto wanted : recall_thresholds()) {
    while (at < recall.size() && recall[at] < wanted) ++at;
    if (at == recall.size()) break;
    sum += precision[at];
  }
  return sum / kRecallCount;
}

/// Mean over the classes that have objects left.
double mean_ap(const Ranked& ranked) {
  double sum = 0;
  int classes = 0;
  for (std::size_t c = 0; c < ranked.entries.size(); ++c) {
    if (ranked.objects[c] == 0) continue;
    ++classes;
    sum += class_ap(ranked.entries[c], ranked.objects[c]);
  }
  return classes == 0 ? 0 : sum / classes;
}

class Mending {
 public:
  Mending(const TruthTable& truth, const DetectionTable& detections, const ImageFates& outcome)
      : truth_(truth), detections_(detections), outcome_(outcome) {
    original_.entries.resize(truth.classes.size());
    original_.objects.assign(truth.classes.size(), 0);
    for (const auto& object : truth.objects)
      original_.objects[static_cast<std::size_t>(object.class_idx)] += counts(object);
    for (auto d : outcome.kept) {
      const auto& box = detections.boxes[static_cast<std::size_t>(d)];
      auto fate = outcome.fate[static_cast<std::size_t>(d)];
      if (fate != Fate::absorbed) original_.add(box.class_idx, box.score, fate == Fate::hit);
    }
  }

  double ap() const { return mean_ap(original_); }

  /// AP with every error of one kind mended.
  double without(ErrorType type) const {
    std::vector<char> gone(detections_.boxes.size());
    for (const auto& error : outcome_.errors)
      if (error.type == type && error.detection_idx >= 0)
        gone[static_cast<std::size_t>(error.detection_idx)] = 1;
    auto mended = kept_entries([&](Index d) { return !gone[static_cast<std::size_t>(d)]; });
    for (const auto& error : outcome_.errors) {
      if (error.type != type) continue;
      if (type == ErrorType::missed) {
        --mended.objects[class_of_object(error.object_idx)];
      } else if ((type == ErrorType::localization || type == ErrorType::classification) &&
                 outcome_.best_claim[static_cast<std::size_t>(error.object_idx)] == error.detection_idx) {
        mended.add(static_cast<std::int32_t>(class_of_object(error.object_idx)),
                   detections_.boxes[static_cast<std::size_t>(error.detection_idx)].score, true);
      }
    }
    return mean_ap(mended);
  }

  double without_false_positives() const {
    return mean_ap(
        kept_entries([&](Index d) { return outcome_.fate[static_cast<std::size_t>(d)] == Fate::hit; }));
  }

  double without_misses() const {
    auto mended = original_;
    for (std::size_t g = 0; g < truth_.objects.size(); ++g)
      if (counts(truth_.objects[g]) && outcome_.found_by[g] < 0)
        --mended.objects[static_cast<std::size_t>(truth_.objects[g].class_idx)];
    return mean_ap(mended);
  }

 private:
  std::size_t class_of_object(Index g) const {
    return static_cast<std::size_t>(truth_.objects[static_cast<std::size_t>(g)].class_idx);
  }
  Ranked kept_entries(auto wanted) const {
    Ranked ranked{std::vector<std::vector<Ranked::Entry>>(original_.entries.size()), original_.objects};
    for (auto d : outcome_.kept) {
      const auto& box = detections_.boxes[static_cast<std::size_t>(d)];
      auto fate = outcome_.fate[static_cast<std::size_t>(d)];
      if (fate != Fate::absorbed && wanted(d)) ranked.add(box.class_idx, box.score, fate == Fate::hit);
    }
    return ranked;
  }

  const TruthTable& truth_;
  const DetectionTable& detections_;
  const ImageFates& outcome_;
  Ranked original_;
};

}  // namespace

std::string to_string(ErrorType type) {
  static constexpr const char* kNames[] = {"classification", "localization", "both",
                                           "duplicate",      "background",   "missed"};
  return kNames[static_cast<int>(type)];
}

ErrorTypes error_types(const TruthTable& truth, const DetectionTable& detections,
                       const ErrorTypeOptions& options) {
  detail::check_indices(truth, detections);
  ImageFates outcome;
  outcome.fate.resize(detections.boxes.size(), Fate::absorbed);
  outcome.found_by.assign(truth.objects.size(), -1);
  outcome.explained.resize(truth.objects.size());
  outcome.best_claim.assign(truth.objects.size(), -1);
  auto boxes = by_image(truth.images.size(), detections.boxes.size(),
                        [&](std::size_t i) { return detections.boxes[i].image_idx; });
  auto objects = by_image(truth.images.size(), truth.objects.size(),
                          [&](std::size_t i) { return truth.objects[i].image_idx; });
  ImageErrors image_errors(truth, detections, options, outcome);
  for (auto i : detail::images_by_id(truth))
    image_errors.run(std::move(boxes[static_cast<std::size_t>(i)]), objects[static_cast<std::size_t>(i)]);
  for (std::size_t g = 0; g < truth.objects.size(); ++g)
    if (counts(truth.objects[g]) && outcome.found_by[g] < 0 && !outcome.explained[g])
      outcome.errors.push_back({ErrorType::missed, -1, static_cast<Index>(g)});
  Mending mending(truth, detections, outcome);
  ErrorTypes result{.ap50 = mending.ap()};
  for (const auto& error : outcome.errors) ++result.counts[static_cast<std::size_t>(error.type)];
  for (int t = 0; t < kErrorTypeCount; ++t)
    result.gain[static_cast<std::size_t>(t)] = mending.without(static_cast<ErrorType>(t)) - result.ap50;
  result.gain_without_false_positives = mending.without_false_positives() - result.ap50;
  result.gain_without_misses = mending.without_misses() - result.ap50;
  result.errors = std::move(outcome.errors);
  return result;
}

}  // namespace ds
