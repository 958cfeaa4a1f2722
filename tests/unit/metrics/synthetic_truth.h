#pragma once

#include <algorithm>
#include <string>

#include "ds/base/random.h"
#include "ds/metrics/eval_input.h"

namespace ds::testing {

struct SyntheticSetup {
  int images = 40;
  int classes = 3;
  int objects_per_image = 5;
  double jitter = 0.08;  // of the detected edges, as a share of the box
  double missed = 0.2;   // share of objects without a detection
  int false_per_image = 2;
  std::uint64_t seed = 1;        // of the truth
  std::uint64_t model_seed = 2;  // of the detections
};

struct SyntheticTruth {
  TruthTable truth;
  DetectionTable detections;
};

inline DetectedBox shaken(const TruthObject& o, const SyntheticSetup& setup, Random& random) {
  DetectedBox d{o.x, o.y, o.w, o.h, 0.3 + 0.7 * random.uniform(), o.image_idx, o.class_idx};
  d.x += random.normal(0, setup.jitter) * o.w;
  d.y += random.normal(0, setup.jitter) * o.h;
  d.w *= std::max(0.2, 1 + random.normal(0, setup.jitter));
  d.h *= std::max(0.2, 1 + random.normal(0, setup.jitter));
  return d;
}

/// Images 640 x 480 with boxes of 10 to 200 pixels, and a model that misses some, shakes the others and adds
/// false ones with lower scores.
inline SyntheticTruth synthetic_truth(const SyntheticSetup& setup = {}) {
  SyntheticTruth made;
  Random random(setup.seed);
  Random model(setup.model_seed);
  for (int c = 0; c < setup.classes; ++c) made.truth.classes.push_back({c + 1, "class-" + std::to_string(c)});
  auto box = [&](Random& r) {
    const double w = r.uniform(10, 200), h = r.uniform(10, 200);
    return Box{r.uniform(0, 640 - w), r.uniform(0, 480 - h), w, h};  // x, y, width, height
  };
  const auto class_count = static_cast<std::size_t>(setup.classes);
  for (int i = 0; i < setup.images; ++i) {
    made.truth.images.push_back({i + 1, "image-" + std::to_string(i) + ".jpg", {}});
    for (int k = 0; k < setup.objects_per_image; ++k) {
      const auto b = box(random);
      TruthObject o{b.x0, b.y0, b.x1, b.y1, b.x1 * b.y1};
      o.id = static_cast<std::int64_t>(made.truth.objects.size()) + 1;
      o.image_idx = i;
      o.class_idx = static_cast<std::int32_t>(random.below(class_count));
      made.truth.objects.push_back(o);
      if (!model.chance(setup.missed)) made.detections.boxes.push_back(shaken(o, setup, model));
    }
    for (int k = 0; k < setup.false_per_image; ++k) {
      const auto b = box(model);
      made.detections.boxes.push_back({b.x0, b.y0, b.x1, b.y1, 0.6 * model.uniform(), i,
                                       static_cast<std::int32_t>(model.below(class_count))});
    }
  }
  made.detections.name = "synthetic";
  return made;
}

}  // namespace ds::testing
