#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "ds/dataset/image.h"
#include "ds/formats/issue.h"
#include "ds/geometry/shape.h"

namespace ds::detail {

/// What the numbers of a format are of. Percentages are of the image's sides, as shares are.
enum class Numbers { pixels, shares, percent };

/// Whether a dataset's boxes can be what the format says they are: decided once, from all of them, since a single box
/// proves little. Pixels of which none is above 1 are shares; shares of which half are far above 1 are pixels.
class Plausibility {
 public:
  /// True when the box cannot be. @param box of the image, pixels
  bool see(Numbers numbers, const Box& box, int width, int height, std::size_t image, std::size_t annotation,
           const Location& place);
  /// Throws FormatError at the first such box when the dataset has other numbers than its format says. `advice`: how
  /// to read it nevertheless.
  void require(const std::string& advice) const;

  struct Far {
    std::size_t image;
    std::size_t annotation;  // its place in the image
    Location place;
    std::string message;
  };
  /// Boxes that cannot be, in a dataset where most can: in the order they were seen.
  const std::vector<Far>& far() const { return far_; }

 private:
  struct Tally {
    std::size_t boxes = 0;
    std::size_t within_one = 0;  // all four numbers between 0 and 1
    bool fraction = false;       // and one of them is not whole
    Location first;              // the first box
    std::string found;           // "0.1 0.2 0.3 0.4 (image 640x480)"
  };
  std::array<Tally, 3> tallies_;  // by Numbers
  std::vector<Far> far_;
};

}  // namespace ds::detail
