#include "model_slot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "ds/base/error.h"
#include "ds/media/synthetic_scene.h"

namespace ds::detail {
namespace {

cv::Mat golden_picture() {
  cv::Mat picture;
  make_scene(SceneOptions{}, 0, &picture);
  return picture;
}

void check_golden_answer(const std::vector<Detection>& answer, const cv::Mat& picture,
                         const ModelCard& card) {
  for (const auto& found : answer) {
    const auto& box = found.box;
    bool sane = std::isfinite(found.score) && found.score >= 0 && found.score <= 1 && found.class_idx >= 0 &&
                found.class_idx < static_cast<int>(card.classes.size()) &&
                std::isfinite(box.x0 + box.y0 + box.x1 + box.y1) && box.x0 >= 0 && box.y0 >= 0 &&
                box.x1 <= picture.cols && box.y1 <= picture.rows;
    if (!sane)
      throw DataError(
          fmt::format("model {}: the golden request gave a score of {} and a box of {}, {}, {}, {}",
                      card.name, found.score, box.x0, box.y0, box.x1, box.y1),
          "the weights are damaged or do not belong to this card");
  }
}

}  // namespace

std::shared_ptr<Generation> load_generation(const ServedModel& model, const ServeOptions& options) {
  auto generation = std::make_shared<Generation>();
  generation->model = model;
  auto detector_options = options.detector;
  if (detector_options.threads == 0 && options.workers > 1)
    detector_options.threads =
        std::max(1, static_cast<int>(std::thread::hardware_concurrency()) / options.workers);
  auto golden = golden_picture();
  for (int worker = 0; worker < options.workers; ++worker) {
    auto detector = options.loader ? options.loader(model.path, detector_options)
                                   : load_detector(model.path, detector_options);
    if (worker == 0) {
      generation->card = detector.card();
      generation->threshold = detector.score_threshold();
    }
    detector.set_score_threshold(std::min(options.score_floor, generation->threshold));
    check_golden_answer(detector.detect(golden), golden, generation->card);
    generation->detectors.push_back(std::move(detector));
  }
  return generation;
}

}  // namespace ds::detail
