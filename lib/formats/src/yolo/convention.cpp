#include "yolo/convention.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds::detail {

namespace {

// A shape reaches outside its image by a little; nothing that is a share is above this or below its negative - 1.
constexpr double kMostShare = 2;
constexpr double kSlack = 0.01;

bool is_whole(double number) {
  return number == std::floor(number);
}

bool is_box_inside(const std::vector<double>& n) {
  return n[2] > 0 && n[3] > 0 && n[0] - n[2] / 2 >= -kSlack && n[0] + n[2] / 2 <= 1 + kSlack &&
         n[1] - n[3] / 2 >= -kSlack && n[1] + n[3] / 2 <= 1 + kSlack;
}

bool are_corners_inside(const std::vector<double>& n) {
  return n[2] > n[0] && n[3] > n[1] && n[0] >= -kSlack && n[1] >= -kSlack && n[2] <= 1 + kSlack &&
         n[3] <= 1 + kSlack;
}

}  // namespace

void YoloConvention::see(const std::vector<double>& numbers, const Reading::Declared& image, bool outlines,
                         const Location& place) {
  ++rows_;
  bool far = false;
  for (auto number : numbers) {
    far = far || number > kMostShare || number < 1 - kMostShare;
    largest_ = std::max(largest_, number);
  }
  if (far && far_++ == 0) {
    first_far_ = place;
    constexpr std::size_t kShown = 8;
    std::vector<std::string> shown;
    for (std::size_t i = 0; i < std::min(kShown, numbers.size()); ++i) shown.push_back(shortest(numbers[i]));
    found_ = join(shown, " ") + (numbers.size() > kShown ? " ..." : "");
  }
  int side = std::min(image.width, image.height);
  smallest_side_ = smallest_side_ == 0 ? side : std::min(smallest_side_, side);
  if (numbers.size() > 4) {
    if (!outlines) see_tail(numbers, place);
    return;
  }
  ++boxes_;
  outside_ += !is_box_inside(numbers);
  as_corners_ += are_corners_inside(numbers);
}

void YoloConvention::see_tail(const std::vector<double>& numbers, const Location& place) {
  ++outlines_;
  bool fraction = std::any_of(numbers.begin(), numbers.begin() + 4, [](double n) { return !is_whole(n); });
  bool whole = std::all_of(numbers.begin() + 4, numbers.end(), is_whole);
  bool far = std::any_of(numbers.begin() + 4, numbers.end(), [](double n) { return n > kMostShare; });
  if (!fraction || !is_box_inside(numbers) || !(whole || far)) return;
  if (with_tail_++ > 0) return;
  first_tail_ = place;
  tail_ = numbers.size() - 4;
}

void YoloConvention::require_shares() const {
  if (outlines_ > 0 && with_tail_ == outlines_)
    throw FormatError(
        first_tail_,
        fmt::format("found {} behind a box, where an outline has pairs of shares; {} of the dataset "
                    "are so: they look like attributes, not outlines",
                    counted(static_cast<std::int64_t>(tail_), "number"),
                    counted(static_cast<std::int64_t>(with_tail_), "row")),
        "remove what stands behind the box, or say with --yolo-task segment that these are outlines");
  if (far_ == 0 || far_ * 2 < rows_) return;
  bool percent = largest_ <= 100 && smallest_side_ > 200;
  throw FormatError(
      first_far_,
      fmt::format("found {}, expected shares of the image's sides, between 0 and 1; {} of the dataset's "
                  "{} have numbers above: they look like {}",
                  found_, far_, counted(static_cast<std::int64_t>(rows_), "row"),
                  percent ? "percentages" : "pixels"),
      percent ? "divide them by 100" : "divide x by the image's width and y by its height");
}

std::string YoloConvention::looks_like_corners() const {
  constexpr std::size_t kFewest = 4;
  if (boxes_ < kFewest || outside_ * 2 < boxes_ || as_corners_ < boxes_) return {};
  return fmt::format(
      "{} of {} boxes reach outside their images, and none would as corners x0 y0 x1 y1; they are "
      "read as centre and size",
      outside_, boxes_);
}

}  // namespace ds::detail
