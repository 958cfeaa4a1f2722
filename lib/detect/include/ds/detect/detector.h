#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ds/dataset/detection.h"
#include "ds/detect/model_card.h"
#include "ds/geometry/nms.h"

namespace cv {
class Mat;
}

namespace ds {

class Engine;

struct DetectorOptions {
  std::string engine = {};  // name in engines(); empty: chosen by the weight file's extension
  std::optional<double> score_threshold = std::nullopt;  // kept when greater; default: the card's
  std::optional<double> nms_iou = std::nullopt;          // class-wise; default: the card's
  std::size_t max_per_image = 100;
  /// Each anchor speaks for its best class only: fewer doubles for people who correct labels, about half a
  /// point of AP less.
  bool best_class_only = false;
  int input_width = 0;  // 0: the card's; else a multiple of the network's stride
  int input_height = 0;
  int threads = 0;  // 0: all cores (at most 8)
  std::string device = "cpu";

  // Only for weight files without a card:
  std::string architecture = {};  // empty: from the file's metadata
  std::vector<std::string> classes =
      {};  // empty: names from the metadata, else a file *classes.txt beside the weights
};

/// A loaded model: images in, detections out. Not thread-safe: one per worker.
class Detector {
 public:
  Detector(ModelCard card, std::unique_ptr<Engine> engine, const DetectorOptions& options);
  ~Detector();
  Detector(Detector&&) noexcept;
  Detector& operator=(Detector&&) noexcept;

  /// @param image 8-bit BGR of any size, EXIF orientation already applied
  /// @return by falling score, in the image's pixel-edge coordinates, clipped to the image
  std::vector<Detection> detect(const cv::Mat& image);
  /// One list per image; the images run as one batch.
  std::vector<std::vector<Detection>> detect(const std::vector<cv::Mat>& images);

  /// What the network gives before any threshold and suppression: one box in input pixels for every anchor and class.
  /// Scores that are not numbers are left out.
  std::vector<ScoredBox> candidates(const cv::Mat& image);

  const ModelCard& card() const { return card_; }
  int input_width() const { return input_width_; }
  int input_height() const { return input_height_; }
  double score_threshold() const { return score_threshold_; }
  void set_score_threshold(double threshold) { score_threshold_ = threshold; }

 private:
  ModelCard card_;
  std::unique_ptr<Engine> engine_;
  int input_width_ = 0;
  int input_height_ = 0;
  double score_threshold_ = 0;
  double nms_iou_ = 0;
  std::size_t max_per_image_ = 100;
  bool best_class_only_ = false;
};

/// What a path names as a model, without loading the network.
struct ModelSource {
  ModelCard card;
  std::filesystem::path weights;  // the file an engine loads
};

/// @param model a bundle folder (model.yaml), or a .safetensors, .pth or .onnx file
/// Throws UsageError when a bare file needs --arch or classes, DataError and FormatError for broken files.
ModelSource resolve_model(const std::filesystem::path& model, const DetectorOptions& options = {});
/// resolve_model, the engine, and a Detector over both.
Detector load_detector(const std::filesystem::path& model, const DetectorOptions& options = {});

/// Fits an 8-bit BGR image into the input: bilinear, top-left, padded, as the card says; the training loader
/// uses this same function for its plain (unaugmented) images.
/// @param out room for [3,height,width] float32
void letterbox_to_input(const cv::Mat& image, int width, int height, const Preprocessing& preprocessing,
                        float* out);

}  // namespace ds
