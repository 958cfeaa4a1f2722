#include "ds/detect/detector.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "ds/base/error.h"
#include "ds/detect/engine.h"
#include "ds/geometry/letterbox.h"
#include "ds/media/letterbox_image.h"

namespace ds {
namespace {

int chosen_side(int wanted, int own, int multiple, const char* name) {
  if (wanted == 0 || wanted == own) return own;
  if (multiple == 0)
    throw UsageError("input " + std::string(name) + " " + std::to_string(wanted) +
                     ": this model file is fixed to " + std::to_string(own));
  if (wanted < 0 || wanted % multiple != 0)
    throw UsageError("input " + std::string(name) + " " + std::to_string(wanted) + " is not a multiple of " +
                     std::to_string(multiple));
  return wanted;
}

cv::Mat as_bgr(const cv::Mat& image) {
  if (image.empty()) throw DataError("an image without pixels");
  if (image.depth() != CV_8U)
    throw DataError("an image of " + std::to_string(image.elemSize1() * 8) + " bits per channel, expected 8");
  cv::Mat bgr;
  switch (image.channels()) {
    case 3:
      return image;
    case 1:
      cv::cvtColor(image, bgr, cv::COLOR_GRAY2BGR);
      return bgr;
    case 4:
      cv::cvtColor(image, bgr, cv::COLOR_BGRA2BGR);
      return bgr;
    default:
      throw DataError("an image of " + std::to_string(image.channels()) + " channels, expected 1, 3 or 4");
  }
}

/// The classes of one anchor stand side by side with the same box.
std::vector<ScoredBox> best_of_each_anchor(const std::vector<ScoredBox>& candidates) {
  std::vector<ScoredBox> best;
  for (const auto& candidate : candidates) {
    if (best.empty() || best.back().box != candidate.box) {
      best.push_back(candidate);
    } else if (candidate.score > best.back().score) {
      best.back() = candidate;
    }
  }
  return best;
}

std::vector<Detection> to_detections(const std::vector<ScoredBox>& candidates, const Letterbox& fit,
                                     double nms_iou, std::size_t max_count) {
  std::vector<Detection> detections;
  for (std::size_t idx : class_wise_nms(candidates, nms_iou, max_count)) {
    const auto& found = candidates[idx];
    auto box = clipped(fit.to_image(found.box), fit.image_width, fit.image_height);
    if (is_proper(box)) detections.push_back({found.class_idx, found.score, box});
  }
  return detections;
}

/// Below every score, so that the engine leaves none out.
constexpr double kBelowEveryScore = -1e9;

}  // namespace

void letterbox_to_input(const cv::Mat& image, int width, int height, const Preprocessing& preprocessing,
                        float* out) {
  auto bgr = as_bgr(image);
  auto fit = letterbox_top_left(bgr.cols, bgr.rows, width, height);
  auto canvas = letterbox_image(bgr, fit, preprocessing.pad_value);
  const bool rgb = preprocessing.channel_order == ChannelOrder::rgb;
  const auto plane = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
  float* planes[3];  // of b, g, r
  float scale[3];
  float mean[3];
  for (std::size_t i = 0; i < 3; ++i) {
    std::size_t channel = rgb ? 2 - i : i;
    planes[i] = out + channel * plane;
    scale[i] = static_cast<float>(preprocessing.scale[channel]);
    mean[i] = static_cast<float>(preprocessing.mean[channel]);
  }
  for (int row = 0; row < height; ++row) {
    const auto* pixel = canvas.ptr<unsigned char>(row);
    auto at = static_cast<std::size_t>(row) * static_cast<std::size_t>(width);
    for (int column = 0; column < width; ++column, ++at) {
      for (std::size_t i = 0; i < 3; ++i) planes[i][at] = (static_cast<float>(*pixel++) - mean[i]) * scale[i];
    }
  }
}

Detector::Detector(ModelCard card, std::unique_ptr<Engine> engine, const DetectorOptions& options)
    : card_(std::move(card)),
      engine_(std::move(engine)),
      input_width_(chosen_side(options.input_width, card_.input_width, engine_->input_multiple(), "width")),
      input_height_(
          chosen_side(options.input_height, card_.input_height, engine_->input_multiple(), "height")),
      score_threshold_(options.score_threshold.value_or(card_.score_threshold)),
      nms_iou_(options.nms_iou.value_or(card_.nms_iou)),
      max_per_image_(options.max_per_image),
      best_class_only_(options.best_class_only) {}

Detector::~Detector() = default;
Detector::Detector(Detector&&) noexcept = default;
Detector& Detector::operator=(Detector&&) noexcept = default;

std::vector<Detection> Detector::detect(const cv::Mat& image) {
  return std::move(detect(std::vector{image})[0]);
}

std::vector<ScoredBox> Detector::candidates(const cv::Mat& image) {
  std::vector<float> input(static_cast<std::size_t>(input_width_) * static_cast<std::size_t>(input_height_) *
                           3);
  letterbox_to_input(image, input_width_, input_height_, card_.preprocessing, input.data());
  return std::move(engine_->run({input.data(), 1, input_height_, input_width_}, kBelowEveryScore)[0]);
}

std::vector<std::vector<Detection>> Detector::detect(const std::vector<cv::Mat>& images) {
  if (images.empty()) return {};
  const auto size = static_cast<std::size_t>(input_width_) * static_cast<std::size_t>(input_height_) * 3;
  std::vector<float> input(images.size() * size);
  for (std::size_t i = 0; i < images.size(); ++i)
    letterbox_to_input(images[i], input_width_, input_height_, card_.preprocessing, input.data() + i * size);
  auto candidates = engine_->run({input.data(), static_cast<int>(images.size()), input_height_, input_width_},
                                 score_threshold_);
  std::vector<std::vector<Detection>> all;
  for (std::size_t i = 0; i < images.size(); ++i) {
    auto fit = letterbox_top_left(images[i].cols, images[i].rows, input_width_, input_height_);
    if (best_class_only_) candidates[i] = best_of_each_anchor(candidates[i]);
    all.push_back(to_detections(candidates[i], fit, nms_iou_, max_per_image_));
  }
  return all;
}

}  // namespace ds
