#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "ds/base/random.h"
#include "ds/geometry/box.h"
#include "ds/runs/train_options.h"

namespace cv {
class Mat;
}

/// What happens to a labelled picture on its way into the network. Everything random is drawn from the
/// generator that is handed in, so a sample depends on nothing else. Pixels are moved once: every tile of a
/// mosaic goes from the decoded picture into the output, and its boxes through the very map its pixels took.
namespace ds {

/// One object to learn, in pixels of the picture it stands with.
struct TrainObject {
  Box box;
  int class_idx = 0;
  bool ignore = false;  // crowd, or cut so far by an augmentation that nothing can be said about it
  bool operator==(const TrainObject&) const = default;
};

/// Where a level's pixels lie on its picture: its edge coordinate (u, v) is (left + step_x u, top + step_y v)
/// in the picture's pixels.
struct PixelGrid {
  double left = 0;
  double top = 0;
  double step_x = 1;
  double step_y = 1;
  bool operator==(const PixelGrid&) const = default;
};

struct PictureLevel {
  std::shared_ptr<const cv::Mat> pixels;
  PixelGrid grid;
};

/// A decoded picture, 8-bit BGR, with copies at half, a quarter ... of its size for cheap clean shrinking.
struct Picture {
  int width = 0;  // of the upright file; `objects` are in these pixels, levels[0] may be smaller
  int height = 0;
  std::vector<PictureLevel> levels;
  std::vector<TrainObject> objects;
};

/// Builds the levels down to about `min_side` pixels of the longer side. `pixels` becomes level 0 without a
/// copy, so nobody may write into it afterwards. @param grid of level 0; without one it covers the picture
std::shared_ptr<const Picture> make_picture(const cv::Mat& pixels, int width, int height,
                                            std::vector<TrainObject> objects, int min_side,
                                            const std::optional<PixelGrid>& grid = std::nullopt);
/// The grid of a JPEG decoded at 1/reduction. The decoder rounds sides up, so a pixel covers exactly
/// `reduction` pixels of the file and the last ones reach over its right and lower edge; the EXIF orientation
/// (1..8) says which displayed edges these are. @param width, height as displayed
PixelGrid reduced_jpeg_grid(int width, int height, int reduction, int orientation);

/// Ready for the network: rows of BGR triples, and objects inside it.
struct TrainSample {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> bgr;  // height * width * 3
  std::vector<TrainObject> objects;
};

/// Where a sample is drawn: rows of BGR triples without gaps.
struct SampleTarget {
  int width = 0;
  int height = 0;
  std::uint8_t* bgr = nullptr;  // height * width * 3, whatever it holds is overwritten
};

using PictureSource = std::function<std::shared_ptr<const Picture>(std::size_t index)>;
/// Draws the index of a picture that joins a sample: a mosaic's other tiles, a mixup's second picture.
using CompanionSource = std::function<std::size_t(Random& random)>;

/// The picture as validation sees it: top-left letterbox, nothing random.
TrainSample plain_sample(const Picture& picture, int width, int height, int pad_value = 114);

/// Draws one augmented sample whose main picture is `index` and returns its objects.
std::vector<TrainObject> draw_augmented(const PictureSource& source, const CompanionSource& companion,
                                        std::size_t index, const AugmentOptions& options,
                                        const SampleTarget& target, Random& random);
/// As draw_augmented, with companions from all of 0..count-1.
TrainSample augmented_sample(const PictureSource& source, std::size_t count, std::size_t index,
                             const AugmentOptions& options, int width, int height, Random& random);

/// The colour change of one sample: new (b,g,r) = M (b,g,r), clamped to 0..255. In YIQ (FCC 47 CFR 73.682), I
/// and Q are turned by `hue` of a circle and multiplied by `saturation`, then everything by `value`: greys
/// stay grey, and one matrix product replaces two passes through HSV. @return rows of M
std::array<std::array<double, 3>, 3> color_matrix(double hue, double saturation, double value);

}  // namespace ds
