#include "ds/train/augment.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "data/draw_picture.h"
#include "ds/geometry/letterbox.h"

namespace ds {
namespace {

using detail::Affine;
using detail::draw_picture;

/// What is drawn of one sample.
struct Canvas {
  cv::Mat pixels;
  std::vector<TrainObject> objects;
};

/// What a sample is drawn from.
struct Sources {
  const PictureSource& picture;
  const CompanionSource& companion;
};

/// Adds the picture's objects as they lie in the sample.
void place_objects(const Picture& picture, const Affine& map, const AugmentOptions& options, Canvas& canvas) {
  for (const auto& object : picture.objects) {
    Box whole = map.bounds(object.box);
    Box seen = clipped(whole, canvas.pixels.cols, canvas.pixels.rows);
    if (seen.width() < options.min_side || seen.height() < options.min_side) continue;
    TrainObject placed{seen, object.class_idx, object.ignore};
    if (seen.area() < options.min_visible * whole.area()) placed.ignore = true;
    canvas.objects.push_back(placed);
  }
}

void add_picture(const Picture& picture, const Affine& map, const AugmentOptions& options, Canvas& canvas) {
  place_objects(picture, draw_picture(picture, map, canvas.pixels), options, canvas);
}

/// Flips and quarter turns of one picture about its middle; sides swap for odd turns.
Affine reorient(const Picture& picture, const AugmentOptions& options, Random& random, double& width,
                double& height) {
  width = picture.width;
  height = picture.height;
  Affine map;
  if (random.chance(options.flip_horizontal)) map = Affine{-1, 0, width, 0, 1, 0} * map;
  if (random.chance(options.flip_vertical)) map = Affine{1, 0, 0, 0, -1, height} * map;
  if (random.chance(options.quarter_turn)) {
    for (std::size_t turns = random.below(4); turns > 0; --turns) {
      map = Affine{0, -1, height, 1, 0, 0} * map;
      std::swap(width, height);
    }
  }
  return map;
}

double letterbox_scale(double picture_width, double picture_height, int width, int height) {
  return std::min(width / picture_width, height / picture_height);
}

/// Rotation and shear about the sample's middle, then a shift.
Affine jitter(const AugmentOptions& options, int width, int height, Random& random) {
  double angle = random.uniform(-options.degrees, options.degrees);
  double shear_x = random.uniform(-options.shear, options.shear);
  double shear_y = random.uniform(-options.shear, options.shear);
  double dx = random.uniform(-options.translate, options.translate) * width;
  double dy = random.uniform(-options.translate, options.translate) * height;
  return Affine::shift(width / 2.0 + dx, height / 2.0 + dy) * Affine::rotation(angle) *
         Affine::shearing(shear_x, shear_y) * Affine::shift(-width / 2.0, -height / 2.0);
}

void single(const Picture& picture, const AugmentOptions& options, Canvas& canvas, Random& random) {
  const int width = canvas.pixels.cols;
  const int height = canvas.pixels.rows;
  double picture_width = 0;
  double picture_height = 0;
  Affine turned = reorient(picture, options, random, picture_width, picture_height);
  double scale = letterbox_scale(picture_width, picture_height, width, height) *
                 random.uniform(options.scale_min, options.scale_max);
  // Smaller than the input: anywhere inside; larger: any crop. The unjittered place is
  // the letterbox's top left.
  double room_x = width - picture_width * scale;
  double room_y = height - picture_height * scale;
  bool moves = options.translate > 0;
  double x = moves ? random.uniform() * room_x : 0;
  double y = moves ? random.uniform() * room_y : 0;
  bool warps = options.degrees > 0 || options.shear > 0;
  Affine map = Affine::shift(x, y) * Affine::scaling(scale, scale) * turned;
  if (warps) map = jitter(options, width, height, random) * map;
  add_picture(picture, map, options, canvas);
}

/// Four pictures that meet in one point, in the manner of YOLOX: on a canvas of twice the size, then jittered
/// about the canvas's middle and cropped to the sample.
void mosaic(const Sources& sources, std::size_t index, const AugmentOptions& options, Canvas& canvas,
            Random& random) {
  const int width = canvas.pixels.cols;
  const int height = canvas.pixels.rows;
  double meet_x = random.uniform(0.25, 0.75) * width;
  double meet_y = random.uniform(0.25, 0.75) * height;
  double scale = random.uniform(options.mosaic_scale_min, options.mosaic_scale_max);
  Affine moved = jitter(options, width, height, random);
  for (int tile = 0; tile < 4; ++tile) {
    auto picture = sources.picture(tile == 0 ? index : sources.companion(random));
    double picture_width = 0;
    double picture_height = 0;
    Affine turned = reorient(*picture, options, random, picture_width, picture_height);
    double tile_scale = scale * letterbox_scale(picture_width, picture_height, width, height);
    bool left = tile % 2 == 0;
    bool top = tile < 2;
    double x = left ? meet_x - picture_width * tile_scale : meet_x;
    double y = top ? meet_y - picture_height * tile_scale : meet_y;
    add_picture(*picture, moved * Affine::shift(x, y) * Affine::scaling(tile_scale, tile_scale) * turned,
                options, canvas);
  }
}

void draw_one(const Sources& sources, std::size_t index, const AugmentOptions& options, Canvas& canvas,
              Random& random) {
  canvas.pixels.setTo(cv::Scalar::all(options.pad_value));
  if (random.chance(options.mosaic))
    mosaic(sources, index, options, canvas, random);
  else
    single(*sources.picture(index), options, canvas, random);
}

void shift_colors(cv::Mat& pixels, const AugmentOptions& options, Random& random) {
  double hue = random.uniform(-options.hue, options.hue);
  double saturation = 1 + random.uniform(-options.saturation, options.saturation);
  double value = 1 + random.uniform(-options.value, options.value);
  if (options.hue <= 0 && options.saturation <= 0 && options.value <= 0) return;
  auto rows = color_matrix(hue, saturation, value);
  cv::Matx33f matrix;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      matrix(i, j) = static_cast<float>(rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]);
  cv::transform(pixels, pixels, matrix);
}

}  // namespace

std::array<std::array<double, 3>, 3> color_matrix(double hue, double saturation, double value) {
  const cv::Matx33d to_yiq(0.114, 0.587, 0.299, -0.322, -0.274, 0.596, 0.312, -0.523, 0.211);  // from b g r
  const double turn = hue * 2 * std::numbers::pi;
  const double c = saturation * std::cos(turn);
  const double s = saturation * std::sin(turn);
  const cv::Matx33d change(1, 0, 0, 0, c, -s, 0, s, c);
  const cv::Matx33d product = to_yiq.inv() * change * to_yiq * value;
  std::array<std::array<double, 3>, 3> rows{};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      rows[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] = product(i, j);
  return rows;
}

PixelGrid reduced_jpeg_grid(int width, int height, int reduction, int orientation) {
  // EXIF 5 to 8 swap the sides; the file's right edge is displayed on the left for 2 and 3 and on top for 7
  // and 8, its lower edge on top for 3 and 4 and on the left for 6 and 7.
  const bool swaps = orientation >= 5;
  const int over_x = (reduction - width % reduction) % reduction;
  const int over_y = (reduction - height % reduction) % reduction;
  const bool to_left = swaps ? orientation == 6 || orientation == 7 : orientation == 2 || orientation == 3;
  const bool to_top = swaps ? orientation == 7 || orientation == 8 : orientation == 3 || orientation == 4;
  const auto step = static_cast<double>(reduction);
  return {to_left ? -static_cast<double>(over_x) : 0, to_top ? -static_cast<double>(over_y) : 0, step, step};
}

std::shared_ptr<const Picture> make_picture(const cv::Mat& pixels, int width, int height,
                                            std::vector<TrainObject> objects, int min_side,
                                            const std::optional<PixelGrid>& grid) {
  auto picture = std::make_shared<Picture>();
  picture->width = width;
  picture->height = height;
  picture->objects = std::move(objects);
  picture->levels.push_back({std::make_shared<const cv::Mat>(pixels),
                             grid.value_or(PixelGrid{0, 0, static_cast<double>(width) / pixels.cols,
                                                     static_cast<double>(height) / pixels.rows})});
  auto sides = [&] { return picture->levels.back().pixels->size(); };
  while (std::max(sides().width, sides().height) >= 2 * min_side &&
         std::min(sides().width, sides().height) >= 2) {
    const auto& last = picture->levels.back();
    cv::Mat half;
    cv::resize(*last.pixels, half, {(sides().width + 1) / 2, (sides().height + 1) / 2}, 0, 0, cv::INTER_AREA);
    PixelGrid halved = last.grid;
    halved.step_x *= static_cast<double>(last.pixels->cols) / half.cols;
    halved.step_y *= static_cast<double>(last.pixels->rows) / half.rows;
    picture->levels.push_back({std::make_shared<const cv::Mat>(std::move(half)), halved});
  }
  return picture;
}

TrainSample plain_sample(const Picture& picture, int width, int height, int pad_value) {
  TrainSample sample;
  sample.width = width;
  sample.height = height;
  sample.bgr.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3,
                    static_cast<std::uint8_t>(pad_value));
  auto letterbox = letterbox_top_left(picture.width, picture.height, width, height);
  cv::Mat target = cv::Mat(height, width, CV_8UC3, sample.bgr.data())(
      cv::Rect(0, 0, letterbox.scaled_width, letterbox.scaled_height));
  cv::resize(*picture.levels.front().pixels, target, target.size(), 0, 0, cv::INTER_LINEAR);
  for (const auto& object : picture.objects) {
    Box box = clipped(letterbox.to_input(object.box), width, height);
    if (is_proper(box)) sample.objects.push_back({box, object.class_idx, object.ignore});
  }
  return sample;
}

std::vector<TrainObject> draw_augmented(const PictureSource& source, const CompanionSource& companion,
                                        std::size_t index, const AugmentOptions& options,
                                        const SampleTarget& target, Random& random) {
  const Sources sources{source, companion};
  Canvas canvas{cv::Mat(target.height, target.width, CV_8UC3, target.bgr), {}};
  draw_one(sources, index, options, canvas, random);
  if (options.mixup > 0 && random.chance(options.mixup)) {
    Canvas other{cv::Mat(target.height, target.width, CV_8UC3), {}};
    draw_one(sources, companion(random), options, other, random);
    cv::addWeighted(canvas.pixels, 0.5, other.pixels, 0.5, 0, canvas.pixels);
    canvas.objects.insert(canvas.objects.end(), other.objects.begin(), other.objects.end());
  }
  shift_colors(canvas.pixels, options, random);
  return std::move(canvas.objects);
}

TrainSample augmented_sample(const PictureSource& source, std::size_t count, std::size_t index,
                             const AugmentOptions& options, int width, int height, Random& random) {
  TrainSample sample;
  sample.width = width;
  sample.height = height;
  sample.bgr.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  sample.objects = draw_augmented(
      source, [count](Random& drawn) { return drawn.below(count); }, index, options,
      {width, height, sample.bgr.data()}, random);
  return sample;
}

}  // namespace ds
