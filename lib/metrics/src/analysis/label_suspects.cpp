#include "ds/metrics/label_suspects.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "ds/base/error.h"
#include "tables/truth_objects.h"

namespace ds {

namespace {

constexpr double kSamePlace = 0.5;    // IoU from which on two boxes mean the same object
constexpr double kNothingNear = 0.1;  // IoU below which a box says nothing about an object
constexpr double kCovered = 0.5;      // share of a detection that lies on a crowd or ignored object

using detail::corners_of;
using detail::counts;

template <typename A, typename B>
double overlap(const A& a, const B& b) {
  return iou(corners_of(a), corners_of(b));
}

/// small, medium or large, as COCO counts them.
std::size_t size_of(const TruthObject& object) {
  if (object.area <= area_ranges()[1].high) return 0;
  return object.area <= area_ranges()[2].high ? 1 : 2;
}

/// A detection with its score as a share of the model's largest.
struct Seen {
  const DetectedBox* box = nullptr;
  double confidence = 0;
  bool counts = false;  // at or above the operating threshold
  bool hit = false;     // a true positive
};

using ImageOfModel = std::vector<Seen>;

/// Goes through the images once, with the labels and the detections of each at hand. A label comes under
/// suspicion only where no model found it, and for the first reason that holds: another class, a loose box,
/// nothing there. What is seen where nothing is labelled is looked for afterwards. "Seen" always means by every
/// model at or above its own threshold; scores are shares of the model's largest, since the scores of two models
/// cannot be compared as they are.
class SuspectSearch {
 public:
  SuspectSearch(const TruthTable& truth, const std::vector<ModelFindings>& models)
      : truth_(truth), models_(models), seen_(models.size()), found_(truth.objects.size()) {
    std::vector<std::vector<char>> found_by(models.size(), std::vector<char>(truth.objects.size()));
    for (std::size_t m = 0; m < models.size(); ++m) {
      auto& hits = hits_.emplace_back(models[m].detections->boxes.size());
      for (const auto& matches : models[m].matching->classes)
        for (const auto& match : matches.matches) {
          if (match.score < models[m].threshold) break;
          if (!(match.hit[0] & 1)) continue;
          hits[static_cast<std::size_t>(match.detection_idx)] = 1;
          found_by[m].at(static_cast<std::size_t>(match.object_idx)) = 1;
          found_.at(static_cast<std::size_t>(match.object_idx)) = 1;
        }
      collect(m);
    }
    count_recalls(found_by);
    objects_.resize(truth.images.size());
    for (std::size_t g = 0; g < truth.objects.size(); ++g)
      objects_[static_cast<std::size_t>(truth.objects[g].image_idx)].push_back(static_cast<std::int32_t>(g));
  }

  std::vector<LabelSuspect> run() {
    for (std::size_t image = 0; image < truth_.images.size(); ++image) {
      for (const auto g : objects_[image])
        if (counts(truth_.objects[static_cast<std::size_t>(g)]) && !found_[static_cast<std::size_t>(g)])
          look_at_label(image, g);
      look_for_missing_labels(image);
    }
    std::sort(suspects_.begin(), suspects_.end(), [&](const auto& a, const auto& b) {
      const auto key = [&](const LabelSuspect& s) {
        return std::tuple(-s.confidence, truth_.images[static_cast<std::size_t>(s.image_idx)].id, s.x, s.y,
                          s.w, s.h, s.kind, s.class_idx);
      };
      return key(a) < key(b);
    });
    return std::move(suspects_);
  }

 private:
  void collect(std::size_t m) {
    const auto& boxes = models_[m].detections->boxes;
    double largest = 0;
    for (const auto& box : boxes) largest = std::max(largest, box.score);
    seen_[m].resize(truth_.images.size());
    for (std::size_t d = 0; d < boxes.size(); ++d)
      seen_[m]
          .at(static_cast<std::size_t>(boxes[d].image_idx))
          .push_back({&boxes[d], largest > 0 ? boxes[d].score / largest : 0,
                      boxes[d].score >= models_[m].threshold, hits_[m][d] != 0});
    for (auto& image : seen_[m])
      std::stable_sort(image.begin(), image.end(),
                       [](const auto& a, const auto& b) { return a.box->score > b.box->score; });
  }

  /// Share of labels that the models find, mean over them, by class and size.
  void count_recalls(const std::vector<std::vector<char>>& found_by) {
    std::vector<std::array<double, 3>> labels(truth_.classes.size()), hits(truth_.classes.size());
    for (std::size_t g = 0; g < truth_.objects.size(); ++g) {
      const auto& object = truth_.objects[g];
      if (!counts(object)) continue;
      const auto c = static_cast<std::size_t>(object.class_idx);
      labels[c][size_of(object)] += 1;
      for (const auto& found : found_by) hits[c][size_of(object)] += found[g];
    }
    recalls_.resize(truth_.classes.size());
    for (std::size_t c = 0; c < labels.size(); ++c)
      for (std::size_t s = 0; s < 3; ++s)
        recalls_[c][s] =
            labels[c][s] > 0 ? hits[c][s] / (labels[c][s] * static_cast<double>(models_.size())) : 0;
  }

  /// The surest detection of every model that `wanted` holds for; nothing when a model has none.
  template <typename Wanted>
  std::optional<std::vector<Seen>> of_every_model(std::size_t image, Wanted wanted) const {
    std::vector<Seen> chosen;
    for (const auto& model : seen_) {
      const auto at = std::find_if(model[image].begin(), model[image].end(),
                                   [&](const Seen& s) { return s.counts && wanted(s); });
      if (at == model[image].end()) return std::nullopt;
      chosen.push_back(*at);
    }
    return chosen;
  }

  static double mean_confidence(const std::vector<Seen>& chosen) {
    double sum = 0;
    for (const auto& s : chosen) sum += s.confidence;
    return sum / static_cast<double>(chosen.size());
  }

  void add(SuspectKind kind, std::size_t image, std::int32_t object, const std::vector<Seen>& chosen) {
    const auto best = std::max_element(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) {
      return a.confidence < b.confidence;
    });
    const auto& box = *best->box;
    add({.kind = kind,
         .image_idx = static_cast<std::int32_t>(image),
         .object_idx = object,
         .class_idx = box.class_idx,
         .x = box.x,
         .y = box.y,
         .w = box.w,
         .h = box.h,
         .confidence = mean_confidence(chosen),
         .models = static_cast<std::int64_t>(chosen.size())});
  }

  void add(const LabelSuspect& suspect) {
    const double least = models_.size() > 1 ? kTogetherConfidence : kAloneConfidence;
    if (suspect.confidence >= least) suspects_.push_back(suspect);
  }

  void look_at_label(std::size_t image, std::int32_t g) {
    const auto& label = truth_.objects[static_cast<std::size_t>(g)];
    if (suspect_class(image, g, label) || suspect_box(image, g, label)) return;
    suspect_label(image, g, label);
  }

  /// Every model sees the same other class at the label's place, and means no other label with it.
  bool suspect_class(std::size_t image, std::int32_t g, const TruthObject& label) {
    std::optional<std::vector<Seen>> best;
    for (const auto& candidate : seen_.front()[image]) {
      const auto other = candidate.box->class_idx;
      if (!candidate.counts || other == label.class_idx) continue;
      const auto chosen = of_every_model(image, [&](const Seen& s) {
        return !s.hit && s.box->class_idx == other && overlap(*s.box, label) >= kSamePlace;
      });
      if (chosen && (!best || mean_confidence(*chosen) > mean_confidence(*best))) best = chosen;
    }
    if (best) add(SuspectKind::wrong_class, image, g, *best);
    return best.has_value();
  }

  /// Every model sees the label's class beside it, all at one place.
  bool suspect_box(std::size_t image, std::int32_t g, const TruthObject& label) {
    for (const auto& first : seen_.front()[image]) {
      auto is_loose = [&](const Seen& s) {
        const double shared = overlap(*s.box, label);
        return !s.hit && s.box->class_idx == label.class_idx && shared >= kNothingNear && shared < kSamePlace;
      };
      if (!first.counts || !is_loose(first)) continue;
      const auto chosen = of_every_model(
          image, [&](const Seen& s) { return is_loose(s) && overlap(*s.box, *first.box) >= kSamePlace; });
      if (!chosen) continue;
      add(SuspectKind::loose_box, image, g, *chosen);
      return true;
    }
    return false;
  }

  /// No model sees anything there.
  void suspect_label(std::size_t image, std::int32_t g, const TruthObject& label) {
    double near = 0;
    for (const auto& model : seen_) {
      double best = 0;
      for (const auto& s : model[image]) {
        if (overlap(*s.box, label) < kNothingNear) continue;
        if (s.counts) return;
        best = std::max(best, s.confidence);
      }
      near += best;
    }
    near /= static_cast<double>(models_.size());
    const double recall = recalls_[static_cast<std::size_t>(label.class_idx)][size_of(label)];
    add({.kind = SuspectKind::spurious_label,
         .image_idx = static_cast<std::int32_t>(image),
         .object_idx = g,
         .x = label.x,
         .y = label.y,
         .w = label.w,
         .h = label.h,
         .confidence = (1 - near) * recall,
         .models = static_cast<std::int64_t>(models_.size())});
  }

  bool touches_a_label(std::size_t image, const DetectedBox& box) const {
    return std::any_of(objects_[image].begin(), objects_[image].end(), [&](auto g) {
      const auto& object = truth_.objects[static_cast<std::size_t>(g)];
      if (counts(object)) return overlap(box, object) >= kNothingNear;
      return overlap_of(corners_of(box), corners_of(object)) >= kCovered;
    });
  }

  /// Every model sees the same class where nothing is labelled.
  void look_for_missing_labels(std::size_t image) {
    std::vector<const DetectedBox*> taken;
    auto is_free = [&](const Seen& s) {
      return std::find(taken.begin(), taken.end(), s.box) == taken.end() && !s.hit &&
             !touches_a_label(image, *s.box);
    };
    for (const auto& first : seen_.front()[image]) {
      if (!first.counts || !is_free(first)) continue;
      const auto chosen = of_every_model(image, [&](const Seen& s) {
        return s.box->class_idx == first.box->class_idx && overlap(*s.box, *first.box) >= kSamePlace &&
               is_free(s);
      });
      if (!chosen) continue;
      for (const auto& s : *chosen) taken.push_back(s.box);
      add(SuspectKind::missing_label, image, -1, *chosen);
    }
  }

  const TruthTable& truth_;
  const std::vector<ModelFindings>& models_;
  std::vector<std::vector<ImageOfModel>> seen_;  // by model and image, by falling score
  std::vector<std::vector<char>> hits_;          // by model and detection
  std::vector<char> found_;                      // objects that some model found
  std::vector<std::array<double, 3>> recalls_;   // by class and size
  std::vector<std::vector<std::int32_t>> objects_;
  std::vector<LabelSuspect> suspects_;
};

}  // namespace

std::string to_string(SuspectKind kind) {
  static constexpr const char* kNames[] = {"missing label", "wrong class", "loose box", "spurious label"};
  return kNames[static_cast<int>(kind)];
}

std::vector<LabelSuspect> label_suspects(const TruthTable& truth, const std::vector<ModelFindings>& models) {
  if (models.empty()) return {};
  for (const auto& model : models)
    if (model.matching->image_count != truth.images.size()) throw Error("a matching over another truth");
  return SuspectSearch(truth, models).run();
}

}  // namespace ds
