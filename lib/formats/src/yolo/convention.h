#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "shared/reading.h"

namespace ds::detail {

/// What the rows of a YOLO dataset are, by all of them: shares of the image's sides, as they must be, or another tool's
/// numbers.
class YoloConvention {
 public:
  /// @param numbers behind the class that are coordinates, pairs of x and y
  /// @param outlines a person said that rows longer than a box are outlines or corners
  void see(const std::vector<double>& numbers, const Reading::Declared& image, bool outlines,
           const Location& place);
  /// Throws FormatError at the first row of another convention when the dataset's rows follow that.
  void require_shares() const;
  /// "12 of 14 boxes ...", when the numbers are shares, but of corners; else empty.
  std::string looks_like_corners() const;

 private:
  void see_tail(const std::vector<double>& numbers, const Location& place);

  std::size_t rows_ = 0;
  std::size_t far_ = 0;  // rows with a number that is no share
  Location first_far_;
  std::string found_;
  double largest_ = 0;
  int smallest_side_ = 0;
  std::size_t outlines_ = 0;
  std::size_t with_tail_ = 0;  // outlines that are a whole box and other numbers behind it
  Location first_tail_;
  std::size_t tail_ = 0;  // numbers behind the first such box
  std::size_t boxes_ = 0;
  std::size_t outside_ = 0;     // boxes that reach outside the image
  std::size_t as_corners_ = 0;  // boxes that lie inside as corners
};

}  // namespace ds::detail
