#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ds/geometry/run_length_mask.h"
#include "shared/pictures/label_picture.h"
#include "shared/reading.h"

/// What the ids of MOTS say, and their masks.
namespace ds::detail {

/// Names of classes 1, 2 and so on: labels.txt, or the benchmark's car and pedestrian.
class MotsClasses {
 public:
  /// @param labels  of labels.txt; empty: there is none
  explicit MotsClasses(std::vector<std::string> labels);
  /// Adds the object with this id (1000 times its class and its number; 10000 is a region to be ignored). An
  /// id of no class is an issue.
  void add(Reading& reading, std::size_t image, std::int64_t id, RunLengthMask mask,
           const Location& place) const;
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
};

/// The pixels of each value but 0.
std::map<std::uint32_t, RunLengthMask> masks_by_value(const LabelPicture& picture);

}  // namespace ds::detail
