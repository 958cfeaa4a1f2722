#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "ds/dataset/dataset.h"

namespace cv {
class Mat;
}

/// Labelled pictures made by arithmetic: coloured shapes on textured grounds. They let anyone try the whole
/// loop without data, and tests of every module draw their fixtures here. The same options and index give the
/// same pixels and labels on every machine.
namespace ds {

struct SceneOptions {
  int images = 60;
  std::uint64_t seed = 7;
  int width = 320;
  int height = 240;
  int classes = 3;      // 1..8: disc, square, triangle, star, ring, cross, bar, hexagon
  int min_objects = 1;  // a picture
  int max_objects = 5;
  double min_size = 0.10;  // of the shorter side
  double max_size = 0.35;
  double noise = 8;              // standard deviation, grey levels
  double negative_share = 0.05;  // pictures without objects
  double max_overlap = 0.2;      // IoU allowed between two objects
  /// Throws UsageError naming the field.
  void validate() const;
};

/// "disc", "square", ... : the first `count` of them.
ClassList scene_classes(int count);

/// Picture `index` of the set: its labels (state done, no file, name `scene_0007.jpg`) and, when asked, its
/// pixels (8-bit BGR). Pictures do not depend on each other.
Image make_scene(const SceneOptions& options, int index, cv::Mat* pixels = nullptr);

/// All pictures' labels; nothing is drawn.
Dataset make_scene_dataset(const SceneOptions& options);

/// A short video of the same shapes moving over one ground: `seconds` at `frames_per_second`.
void write_scene_video(const std::filesystem::path& file, const SceneOptions& options, double seconds = 4,
                       double frames_per_second = 10);

/// Writes every picture as JPEG into `folder` (made when missing) and returns the dataset, image names
/// relative to `folder`, sizes and SHA-256 filled in. For tests: a labelled dataset on disk in one call.
Dataset write_scene_images(const SceneOptions& options, const std::filesystem::path& folder);

}  // namespace ds
