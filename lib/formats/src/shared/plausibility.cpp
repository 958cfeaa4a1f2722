#include "shared/plausibility.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds::detail {

namespace {

// Boxes reach outside their images by a little; by a whole side more they are of something else.
constexpr double kFarBelow = -1;
constexpr double kFarAbove = 2;
// In smaller pictures a box may well lie in the first pixel.
constexpr int kSmallSide = 8;

constexpr const char* kConventionNames[] = {"pixels", "shares of the image's sides, between 0 and 1",
                                            "percentages of the image's sides"};

std::array<double, 4> raw_numbers(Numbers numbers, const Box& box, int width, int height) {
  double x = numbers == Numbers::pixels ? 1 : width;
  double y = numbers == Numbers::pixels ? 1 : height;
  double whole = numbers == Numbers::percent ? 100 : 1;
  return {box.x0 / x * whole, box.y0 / y * whole, box.x1 / x * whole, box.y1 / y * whole};
}

std::string text_of_box(const std::array<double, 4>& n, int width, int height) {
  auto rounded = [](double value) { return shortest(std::round(value * 1e4) / 1e4); };
  return fmt::format("a box from {} {} to {} {} in an image of {}x{}", rounded(n[0]), rounded(n[1]),
                     rounded(n[2]), rounded(n[3]), width, height);
}

}  // namespace

bool Plausibility::see(Numbers numbers, const Box& box, int width, int height, std::size_t image,
                       std::size_t annotation, const Location& place) {
  auto n = raw_numbers(numbers, box, width, height);
  auto& tally = tallies_[static_cast<std::size_t>(numbers)];
  if (tally.boxes++ == 0) {
    tally.first = place;
    tally.found = text_of_box(n, width, height);
  }
  bool within = width > kSmallSide && height > kSmallSide &&
                std::all_of(n.begin(), n.end(), [](double value) { return value >= 0 && value <= 1; });
  tally.within_one += within;
  tally.fraction =
      tally.fraction ||
      (within && std::any_of(n.begin(), n.end(), [](double value) { return value != std::floor(value); }));
  double whole = numbers == Numbers::percent ? 100 : 1;
  bool far = numbers != Numbers::pixels && std::any_of(n.begin(), n.end(), [&](double value) {
               return value < kFarBelow * whole || value > kFarAbove * whole;
             });
  if (far)
    far_.push_back({image, annotation, place,
                    fmt::format("found {}, expected {}", text_of_box(n, width, height),
                                kConventionNames[static_cast<std::size_t>(numbers)])});
  return far;
}

void Plausibility::require(const std::string& advice) const {
  for (auto numbers : {Numbers::pixels, Numbers::percent}) {
    const auto& tally = tallies_[static_cast<std::size_t>(numbers)];
    if (tally.boxes == 0 || tally.within_one < tally.boxes || !tally.fraction) continue;
    throw FormatError(
        tally.first,
        fmt::format("found {}, expected {}; no number of the dataset's {} is above 1: they look "
                    "like shares of the image's sides",
                    tally.found, kConventionNames[static_cast<std::size_t>(numbers)],
                    counted(static_cast<std::int64_t>(tally.boxes), "box")),
        advice);
  }
  std::size_t boxes = 0;
  for (auto numbers : {Numbers::shares, Numbers::percent})
    boxes += tallies_[static_cast<std::size_t>(numbers)].boxes;
  if (far_.empty() || far_.size() * 2 < boxes) return;
  throw FormatError(
      far_.front().place,
      fmt::format("{}; {} of the dataset's {} reach far outside: they look like pixels", far_.front().message,
                  far_.size(), counted(static_cast<std::int64_t>(boxes), "box")),
      advice);
}

}  // namespace ds::detail
