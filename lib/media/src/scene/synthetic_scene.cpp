#include "ds/media/synthetic_scene.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>

#include "ds/base/atomic_files.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/random.h"
#include "ds/media/image_io.h"
#include "ds/media/video.h"
#include "scene/shapes.h"

namespace ds {
namespace {

using detail::SceneShape;

double turn_of(int class_idx, Random& random) {
  // Up to 20 degrees, so that a square stays a square and a hexagon does not become a disc;
  // a bar lies anyhow.
  double limit = class_idx == 6 ? std::numbers::pi / 2 : std::numbers::pi / 9;
  double upright = class_idx == 1 ? std::numbers::pi / 4 : 0;
  return upright + random.uniform(-limit, limit);
}

// Sizes speak of the bounding box's longer side; the shape lies wholly inside the picture.
SceneShape place_shape(const SceneOptions& options, int class_idx, Random& random) {
  SceneShape shape{.class_idx = class_idx};
  int shorter = std::min(options.width, options.height);
  double wanted = shorter * random.uniform(options.min_size, options.max_size);
  shape.angle_rad = turn_of(class_idx, random);
  shape.color = detail::scene_color(class_idx, random);
  shape.radius = 1;
  auto unit = shape.box();
  shape.radius = wanted / std::max(unit.width(), unit.height());
  auto box = shape.box();  // around the origin
  shape.cx = random.uniform(-box.x0, options.width - box.x1);
  shape.cy = random.uniform(-box.y0, options.height - box.y1);
  return shape;
}

std::vector<SceneShape> place_shapes(const SceneOptions& options, Random& random) {
  std::vector<SceneShape> shapes;
  if (random.chance(options.negative_share)) return shapes;
  int spread = options.max_objects - options.min_objects + 1;
  int wanted = options.min_objects + static_cast<int>(random.below(static_cast<std::size_t>(spread)));
  // A crowded picture may hold fewer than wanted: give up on a shape after this many tries.
  constexpr int kTries = 40;
  for (int n = 0; n < wanted; ++n) {
    int class_idx = static_cast<int>(random.below(static_cast<std::size_t>(options.classes)));
    for (int attempt = 0; attempt < kTries; ++attempt) {
      auto shape = place_shape(options, class_idx, random);
      bool free = std::all_of(shapes.begin(), shapes.end(), [&](const SceneShape& other) {
        return iou(shape.box(), other.box()) <= options.max_overlap;
      });
      if (!free) continue;
      shapes.push_back(shape);
      break;
    }
  }
  return shapes;
}

Random generator_for(const SceneOptions& options, const std::string& what) {
  return {options.seed, what};
}

}  // namespace

void SceneOptions::validate() const {
  auto require = [](bool good, const std::string& message) {
    if (!good) throw UsageError(message);
  };
  require(images >= 1, fmt::format("images is {}; it must be at least 1", images));
  require(classes >= 1 && classes <= detail::kSceneClassCount,
          fmt::format("classes is {}; it can be 1 to {}", classes, detail::kSceneClassCount));
  require(width >= 32 && height >= 32 && width <= 8192 && height <= 8192,
          fmt::format("size is {}x{}; each side can be 32 to 8192", width, height));
  require(
      min_objects >= 0 && max_objects >= std::max(1, min_objects),
      fmt::format("objects are {} to {}; the first must be 0 or more, the second 1 or more and not less than "
                  "the first",
                  min_objects, max_objects));
  require(min_size >= 0.02 && max_size <= 0.9 && min_size <= max_size,
          fmt::format("object sizes are {} to {}; they can be 0.02 to 0.9 of the shorter side", min_size,
                      max_size));
  require(noise >= 0 && noise <= 100, fmt::format("noise is {}; it can be 0 to 100 grey levels", noise));
  require(negative_share >= 0 && negative_share <= 1,
          fmt::format("the share of negatives is {}; it can be 0 to 1", negative_share));
  require(max_overlap >= 0 && max_overlap <= 1,
          fmt::format("max overlap is {}; it can be 0 to 1", max_overlap));
}

ClassList scene_classes(int count) {
  ClassList classes;
  for (int i = 0; i < count; ++i) classes.add({.name = detail::scene_class_name(i)});
  return classes;
}

Image make_scene(const SceneOptions& options, int index, cv::Mat* pixels) {
  options.validate();
  auto placing = generator_for(options, fmt::format("shapes {}", index));
  auto shapes = place_shapes(options, placing);
  Image image;
  image.name = fmt::format("scene_{:04}.jpg", index);
  image.width = image.raw_width = options.width;
  image.height = image.raw_height = options.height;
  image.state = ImageState::done;
  for (const auto& shape : shapes)
    image.annotations.push_back({.class_idx = shape.class_idx, .shape = shape.box()});
  if (pixels != nullptr) {
    auto painting = generator_for(options, fmt::format("pixels {}", index));
    *pixels = detail::scene_ground(options.width, options.height, painting);
    for (const auto& shape : shapes) detail::paint_shape(*pixels, shape);
    detail::add_noise(*pixels, options.noise, painting);
  }
  return image;
}

Dataset make_scene_dataset(const SceneOptions& options) {
  Dataset dataset;
  dataset.classes = scene_classes(options.classes);
  for (int i = 0; i < options.images; ++i) dataset.images.push_back(make_scene(options, i));
  return dataset;
}

void write_scene_video(const std::filesystem::path& file, const SceneOptions& options, double seconds,
                       double frames_per_second) {
  options.validate();
  auto random = generator_for(options, "video");
  auto ground = detail::scene_ground(options.width, options.height, random);
  std::vector<SceneShape> shapes;
  for (int i = 0; i < std::max(2, options.max_objects); ++i)
    shapes.push_back(place_shape(options, i % options.classes, random));
  std::vector<cv::Vec3d> motion;  // amplitude x, amplitude y (pixels), turns a second
  for (std::size_t i = 0; i < shapes.size(); ++i)
    motion.emplace_back(random.uniform(10, 40), random.uniform(10, 30), random.uniform(0.1, 0.4));
  VideoWriter writer(file, options.width, options.height, frames_per_second);
  auto frames = std::llround(seconds * frames_per_second);
  for (long long frame = 0; frame < frames; ++frame) {
    auto picture = ground.clone();
    double time_s = static_cast<double>(frame) / frames_per_second;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      auto moved = shapes[i];
      double phase = 2 * std::numbers::pi * motion[i][2] * time_s;
      moved.cx += motion[i][0] * std::sin(phase);
      moved.cy += motion[i][1] * (std::cos(phase) - 1);
      detail::paint_shape(picture, moved);
    }
    detail::add_noise(picture, options.noise / 2, random);
    writer.write(picture);
  }
  writer.close();
}

Dataset write_scene_images(const SceneOptions& options, const std::filesystem::path& folder) {
  options.validate();
  make_folders(folder);
  Dataset dataset;
  dataset.classes = scene_classes(options.classes);
  AtomicFiles files;
  for (int i = 0; i < options.images; ++i) {
    cv::Mat pixels;
    auto image = make_scene(options, i, &pixels);
    auto bytes = encode_jpeg(pixels);
    image.sha256 = sha256_hex(bytes);
    image.origin = image.name;
    files.write(folder / image.name, bytes);
    dataset.images.push_back(std::move(image));
  }
  files.commit();
  return dataset;
}

}  // namespace ds
