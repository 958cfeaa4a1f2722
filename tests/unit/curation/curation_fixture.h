#pragma once

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <string>
#include <vector>

#include "ds/base/files.h"
#include "ds/media/image_io.h"
#include "ds/media/synthetic_scene.h"
#include "ds/project/project.h"

namespace ds::testing {

/// A project with the classes cat and dog, and pictures made by arithmetic to put into it.
class CurationFixture {
 public:
  CurationFixture() {
    ProjectSettings settings;
    settings.split_key = "fixed";
    Project::init(folder_.path() / "p", settings, {"cat", "dog"});
    project_.emplace(folder_.path() / "p", OpenOptions{.user = "ada", .tool = "test"});
  }
  Project& project() { return *project_; }
  std::filesystem::path folder() const { return folder_.path() / "p"; }

  static cv::Mat scene(int index, int width = 320, int height = 240) {
    cv::Mat pixels;
    make_scene({.seed = 11, .width = width, .height = height}, index, &pixels);
    return pixels;
  }

  /// Stores `bytes` as image `image` (name, labels, split ... are its own; the size is that of `pixels`).
  std::int64_t add(Image image, const cv::Mat& pixels, const std::string& bytes) {
    image.width = image.raw_width = pixels.cols;
    image.height = image.raw_height = pixels.rows;
    image.sha256 = project().media().put(bytes, bytes.starts_with("\x89") ? "png" : "jpg");
    return project().images().add({image}).ids.front();
  }
  std::int64_t add_jpeg(Image image, const cv::Mat& pixels, int quality = 90) {
    return add(std::move(image), pixels, encode_jpeg(pixels, quality));
  }
  std::int64_t add_png(Image image, const cv::Mat& pixels) {
    return add(std::move(image), pixels, encode_png(pixels));
  }

 private:
  TemporaryFolder folder_;
  std::optional<Project> project_;
};

inline Image done_image(const std::string& name, Split split = Split::none,
                        std::vector<Annotation> annotations = {}) {
  Image image;
  image.name = name;
  image.split = split;
  image.state = ImageState::done;
  image.annotations = std::move(annotations);
  return image;
}

inline Annotation object(int class_idx, Box box) {
  Annotation annotation;
  annotation.class_idx = class_idx;
  annotation.shape = box;
  return annotation;
}

}  // namespace ds::testing
