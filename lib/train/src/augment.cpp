#include "ds/train/augment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "affine.h"
#include "ds/geometry/letterbox.h"

namespace ds {
namespace {

cv::Mat view_of(TrainSample& sample) {
  return {sample.height, sample.width, CV_8UC3, sample.bgr.data()};
}

TrainSample blank(int width, int height, int pad_value) {
  TrainSample sample;
  sample.width = width;
  sample.height = height;
  sample.bgr.assign(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3,
                    static_cast<std::uint8_t>(pad_value));
  return sample;
}

/// The smallest level that is not enlarged by more than `kMaxShrink` the other way: bilinear sampling skips
/// pixels when it shrinks by more than two.
const cv::Mat& level_for(const Picture& picture, double scale) {
  std::size_t level = 0;
  while (level + 1 < picture.levels.size()) {
    double next_scale = scale * picture.width / picture.levels[level + 1]->cols;
    if (next_scale > 1.0) break;
    ++level;
  }
  return *picture.levels[level];
}

/// Draws the picture through `map` (picture pixels to sample pixels); what it does not cover stays.
void draw(const Picture& picture, const Affine& map, TrainSample& sample) {
  const cv::Mat& pixels = level_for(picture, map.scale());
  Affine from_level = map * Affine::scaling(static_cast<double>(picture.width) / pixels.cols,
                                            static_cast<double>(picture.height) / pixels.rows);
  Box covered =
      clipped(from_level.bounds({0, 0, static_cast<double>(pixels.cols), static_cast<double>(pixels.rows)}),
              sample.width, sample.height);
  cv::Rect area(cv::Point(static_cast<int>(std::floor(covered.x0)), static_cast<int>(std::floor(covered.y0))),
                cv::Point(static_cast<int>(std::ceil(covered.x1)), static_cast<int>(std::ceil(covered.y1))));
  if (area.width <= 0 || area.height <= 0) return;
  // warpAffine works on pixel centres: edge coordinates minus one half.
  Affine centers = Affine::shift(-0.5 - area.x, -0.5 - area.y) * from_level * Affine::shift(0.5, 0.5);
  cv::Matx23d matrix(centers.a, centers.b, centers.c, centers.d, centers.e, centers.f);
  cv::Mat target = view_of(sample)(area);
  cv::warpAffine(pixels, target, matrix, target.size(), cv::INTER_LINEAR, cv::BORDER_TRANSPARENT);
}

/// Adds the picture's objects as they lie in the sample.
void place_objects(const Picture& picture, const Affine& map, const AugmentOptions& options,
                   TrainSample& sample) {
  for (const auto& object : picture.objects) {
    Box whole = map.bounds(object.box);
    Box seen = clipped(whole, sample.width, sample.height);
    if (seen.width() < options.min_side || seen.height() < options.min_side) continue;
    TrainObject placed{seen, object.class_idx, object.ignore};
    if (seen.area() < options.min_visible * whole.area()) placed.ignore = true;
    sample.objects.push_back(placed);
  }
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

TrainSample single(const Picture& picture, const AugmentOptions& options, int width, int height,
                   Random& random) {
  auto sample = blank(width, height, options.pad_value);
  double picture_width = 0;
  double picture_height = 0;
  Affine turned = reorient(picture, options, random, picture_width, picture_height);
  double scale = letterbox_scale(picture_width, picture_height, width, height) *
                 random.uniform(options.scale_min, options.scale_max);
  // Smaller than the input: anywhere inside; larger: any crop. The unjittered place is the letterbox's top
  // left.
  double room_x = width - picture_width * scale;
  double room_y = height - picture_height * scale;
  bool moves = options.translate > 0;
  double x = moves ? random.uniform() * room_x : 0;
  double y = moves ? random.uniform() * room_y : 0;
  bool warps = options.degrees > 0 || options.shear > 0;
  Affine map = Affine::shift(x, y) * Affine::scaling(scale, scale) * turned;
  if (warps) map = jitter(options, width, height, random) * map;
  draw(picture, map, sample);
  place_objects(picture, map, options, sample);
  return sample;
}

/// Four pictures that meet in one point, in the manner of YOLOX: on a canvas of twice the size, then jittered
/// about the canvas's middle and cropped to the sample.
TrainSample mosaic(const PictureSource& source, std::size_t count, std::size_t index,
                   const AugmentOptions& options, int width, int height, Random& random) {
  auto sample = blank(width, height, options.pad_value);
  double meet_x = random.uniform(0.25, 0.75) * width;
  double meet_y = random.uniform(0.25, 0.75) * height;
  double scale = random.uniform(options.mosaic_scale_min, options.mosaic_scale_max);
  Affine moved = jitter(options, width, height, random);
  for (int tile = 0; tile < 4; ++tile) {
    auto picture = source(tile == 0 ? index : random.below(count));
    double picture_width = 0;
    double picture_height = 0;
    Affine turned = reorient(*picture, options, random, picture_width, picture_height);
    double tile_scale = scale * letterbox_scale(picture_width, picture_height, width, height);
    bool left = tile % 2 == 0;
    bool top = tile < 2;
    double x = left ? meet_x - picture_width * tile_scale : meet_x;
    double y = top ? meet_y - picture_height * tile_scale : meet_y;
    Affine map = moved * Affine::shift(x, y) * Affine::scaling(tile_scale, tile_scale) * turned;
    draw(*picture, map, sample);
    place_objects(*picture, map, options, sample);
  }
  return sample;
}

void blend(TrainSample& sample, const TrainSample& other) {
  for (std::size_t i = 0; i < sample.bgr.size(); ++i)
    sample.bgr[i] = static_cast<std::uint8_t>((sample.bgr[i] + other.bgr[i] + 1) / 2);
  sample.objects.insert(sample.objects.end(), other.objects.begin(), other.objects.end());
}

/// Hue is shifted, saturation and value are multiplied, through one table per channel.
void shift_colors(TrainSample& sample, const AugmentOptions& options, Random& random) {
  double hue = random.uniform(-options.hue, options.hue) * 180;
  double saturation = 1 + random.uniform(-options.saturation, options.saturation);
  double value = 1 + random.uniform(-options.value, options.value);
  if (options.hue <= 0 && options.saturation <= 0 && options.value <= 0) return;
  std::array<std::array<std::uint8_t, 256>, 3> tables{};
  for (int i = 0; i < 256; ++i) {
    auto at = static_cast<std::size_t>(i);
    tables[0][at] = static_cast<std::uint8_t>(static_cast<int>(std::lround(i + hue) + 360) % 180);
    tables[1][at] = static_cast<std::uint8_t>(std::clamp(std::lround(i * saturation), 0L, 255L));
    tables[2][at] = static_cast<std::uint8_t>(std::clamp(std::lround(i * value), 0L, 255L));
  }
  cv::Mat view = view_of(sample);
  cv::Mat hsv;
  cv::cvtColor(view, hsv, cv::COLOR_BGR2HSV);
  for (std::uint8_t* p = hsv.data; p != hsv.data + hsv.total() * 3; p += 3) {
    p[0] = tables[0][p[0]];
    p[1] = tables[1][p[1]];
    p[2] = tables[2][p[2]];
  }
  cv::cvtColor(hsv, view, cv::COLOR_HSV2BGR);
}

}  // namespace

std::shared_ptr<const Picture> make_picture(const cv::Mat& pixels, int width, int height,
                                            std::vector<TrainObject> objects, int min_side) {
  auto picture = std::make_shared<Picture>();
  picture->width = width;
  picture->height = height;
  picture->objects = std::move(objects);
  picture->levels.push_back(std::make_shared<const cv::Mat>(pixels.clone()));
  while (std::max(picture->levels.back()->cols, picture->levels.back()->rows) >= 2 * min_side &&
         std::min(picture->levels.back()->cols, picture->levels.back()->rows) >= 2) {
    cv::Mat half;
    const auto& last = *picture->levels.back();
    cv::resize(last, half, {(last.cols + 1) / 2, (last.rows + 1) / 2}, 0, 0, cv::INTER_AREA);
    picture->levels.push_back(std::make_shared<const cv::Mat>(std::move(half)));
  }
  return picture;
}

TrainSample plain_sample(const Picture& picture, int width, int height, int pad_value) {
  auto sample = blank(width, height, pad_value);
  auto letterbox = letterbox_top_left(picture.width, picture.height, width, height);
  cv::Mat target = view_of(sample)(cv::Rect(0, 0, letterbox.scaled_width, letterbox.scaled_height));
  cv::resize(*picture.levels.front(), target, target.size(), 0, 0, cv::INTER_LINEAR);
  for (const auto& object : picture.objects) {
    Box box = clipped(letterbox.to_input(object.box), width, height);
    if (is_proper(box)) sample.objects.push_back({box, object.class_idx, object.ignore});
  }
  return sample;
}

TrainSample augmented_sample(const PictureSource& source, std::size_t count, std::size_t index,
                             const AugmentOptions& options, int width, int height, Random& random) {
  auto one = [&](std::size_t at) {
    if (random.chance(options.mosaic)) return mosaic(source, count, at, options, width, height, random);
    return single(*source(at), options, width, height, random);
  };
  auto sample = one(index);
  if (options.mixup > 0 && random.chance(options.mixup)) blend(sample, one(random.below(count)));
  shift_colors(sample, options, random);
  return sample;
}

}  // namespace ds
