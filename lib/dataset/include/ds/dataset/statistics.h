#pragma once

#include <array>
#include <string>
#include <vector>

#include "ds/dataset/dataset.h"

namespace ds {

/// What a dataset is made of, for people who decide what to label next.
struct DatasetStatistics {
  /// COCO's classes of size: area under 32^2, under 96^2, and above.
  enum Size { small, medium, large };

  struct PerClass {
    std::string name;
    std::size_t objects = 0;
    std::size_t images = 0;
    double share = 0;  // of all objects
    std::array<std::size_t, 3> of_size{};
    std::array<std::size_t, 4> of_split{};  // objects, by Split
    double median_side = 0;                 // square root of the box's area, pixels
  };
  struct PerSplit {
    Split split = Split::none;
    std::size_t images = 0;
    std::size_t labelled = 0;   // with at least one object
    std::size_t negatives = 0;  // done without objects
    std::size_t objects = 0;
  };
  struct Range {
    double min = 0;
    double median = 0;
    double max = 0;
  };

  std::vector<PerClass> classes;
  std::vector<PerSplit> splits;  // those that have images
  std::size_t images = 0;
  std::size_t objects = 0;
  Range image_width, image_height;
  Range objects_per_image;  // of images that are not unlabelled
  /// Objects of the most frequent class over those of the least frequent one that occurs; 0 without objects.
  double imbalance = 0;
};

/// Proposals are not counted.
DatasetStatistics statistics_of(const Dataset& dataset);

}  // namespace ds
