#pragma once

#include <array>
#include <string>
#include <vector>

#include "ds/dataset/class_list.h"
#include "ds/dataset/image.h"

namespace ds {

/// The in-memory truth: classes in order, and images with their annotations.
struct Dataset {
  ClassList classes;
  std::vector<Image> images;

  std::size_t annotation_count() const;
};

/// Counts that describe a dataset.
struct DatasetSummary {
  std::size_t images = 0;
  std::size_t negatives = 0;  // done, without objects
  std::size_t annotations = 0;
  std::array<std::size_t, 6> images_of_state{};  // by ImageState
  std::array<std::size_t, 4> images_of_split{};  // by Split
  struct PerClass {
    std::string name;
    std::size_t annotations = 0;
    std::size_t images = 0;  // that hold at least one
  };
  std::vector<PerClass> classes;
};

DatasetSummary summarize(const Dataset& dataset);

}  // namespace ds
