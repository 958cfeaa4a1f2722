#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "ds/dataset/dataset.h"

namespace ds {

/// How often values lie in [edges[i], edges[i+1]); the last range holds its end, and is open
/// when that is infinite.
struct Histogram {
  std::vector<double> edges;  // rising, one more than counts
  std::vector<std::size_t> counts;
};

/// Between ranks by straight line (R's type 7); all 0 without values.
struct Quantiles {
  std::size_t count = 0;
  double min = 0, p5 = 0, p25 = 0, median = 0, p75 = 0, p95 = 0, max = 0, mean = 0;
};
Quantiles quantiles_of(std::vector<double> values);

struct DistributionOptions {
  /// Sides of a square network input, in pixels: what becomes of the objects in it.
  std::vector<int> input_sizes = {416, 640};
  double tiny_side = 8;        // pixels in the input: under it an object is hardly ever found
  int position_cells = 10;     // the heat map of box centres has so many rows and columns
  std::size_t max_pairs = 20;  // of classes that occur together
  /// Throws UsageError naming the field.
  void validate() const;
};

/// One part of a dataset, by class, split or group, or the whole.
struct DatasetPart {
  std::string name;
  std::size_t images = 0;     // of a class: those that hold it
  std::size_t labelled = 0;   // with at least one object
  std::size_t negatives = 0;  // done without objects
  std::size_t objects = 0;
  double share = 0;                       // of all objects
  std::array<std::size_t, 3> of_size{};   // small, medium, large: area under 32^2, under 96^2, above
  std::array<std::size_t, 4> of_split{};  // objects, by Split
  std::vector<std::size_t> of_class;      // objects
  Quantiles objects_per_image;    // of images that are not unlabelled; of a class: of those that hold it
  Quantiles side;                 // square root of the box's area, pixels
  Quantiles aspect;               // width / height of boxes
  std::vector<std::size_t> tiny;  // beside input_sizes: objects whose shorter side is under tiny_side there
};

/// What a dataset looks like, for people who decide what to label, which input size to train at and what to
/// distrust. Proposals are counted apart and nowhere else; boxes without area count as objects but have no
/// size, aspect or position.
struct DatasetDistribution {
  DistributionOptions options;
  std::vector<std::string> class_names;
  DatasetPart whole;
  std::vector<DatasetPart> classes;  // in the list's order
  std::vector<DatasetPart> splits;   // train, val, test, none: those that have images
  std::vector<DatasetPart> groups;   // of two images and more, the largest first
  std::size_t videos = 0;            // origins of images that have a time
  std::size_t proposals = 0;
  std::size_t without_area = 0;
  std::size_t crowd = 0, difficult = 0, ignored = 0;
  std::array<std::size_t, 6> of_state{};       // images, by ImageState
  std::map<std::string, std::size_t> shapes;   // objects by kind_name
  std::map<std::string, std::size_t> sources;  // objects by Source
  /// Objects of the most frequent class over those of the least frequent one that occurs; 0 without objects.
  double imbalance = 0;

  Histogram side_pixels;        // square root of the box's area
  Histogram side_share;         // the same over the square root of the image's area
  Histogram box_aspect;         // width / height
  Histogram image_aspect;       // width / height
  Histogram objects_per_image;  // whole numbers; of images that are not unlabelled
  Quantiles side_share_quantiles;
  /// Box centres over the image's sides: row by row from the top left, position_cells each way.
  std::vector<std::size_t> positions;

  Quantiles image_width, image_height;
  struct ImageSize {
    int width = 0;
    int height = 0;
    std::size_t images = 0;
  };
  std::vector<ImageSize> image_sizes;  // the most frequent first

  struct Pair {
    int first = 0;  // classes, first < second
    int second = 0;
    std::size_t images = 0;  // that hold both
    /// Over what independence would give; above 1: they attract each other.
    double lift = 0;
  };
  std::vector<Pair> pairs;  // the most frequent first, at most max_pairs

  struct Tag {
    std::size_t present = 0;
    std::size_t absent = 0;  // looked for and not there
  };
  std::vector<Tag> tags;  // images, by class
  /// The square input, a multiple of 32, in which 95 % of the objects have tiny_side or more on their shorter
  /// side; 0 without objects.
  int input_for_most = 0;
};

DatasetDistribution distribution_of(const Dataset& dataset, const DistributionOptions& options = {});

}  // namespace ds
