#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ds/metrics/bootstrap.h"

/// Numbers of a part of the images: night and day, one camera, crowded pictures.
namespace ds {

/// The images that share a value of an attribute.
struct Slice {
  std::string attribute;             // "camera", "tag", "objects in the image", "shape of the image"
  std::string value;                 // "left", "11 to 30", "wide"
  std::vector<std::int32_t> images;  // into TruthTable::images, ascending
};

/// Slices by every attribute that the images of `truth` carry (EvalImage::attributes) and by two that every
/// image has: how many objects that count it holds, and the shape of the picture where its size is known
/// ("square": the longer side is less than 1.1 times the shorter). A value of several lines puts the image
/// into a slice for each line. An attribute makes no slices when it has more than `max_values` values, or a
/// value of its own for each image (a file name, a time), or one value for all. Images that lack an attribute
/// that others have are the slice "(none)". Sorted by attribute and value: numbers by size, else by text.
std::vector<Slice> slices_of(const TruthTable& truth, std::size_t max_values = 12);

struct SliceNumbers {
  std::int64_t images = 0;
  std::int64_t objects = 0;  // that count
  double ap = -1;            // -1 without objects
  double ap50 = -1;
  std::optional<Interval> interval;          // of AP, over groups of the slice's images
  std::optional<Interval> against_the_rest;  // of AP minus AP of the other images, independent resamples
};

/// With fewer groups of images an interval means nothing, and none is given.
inline constexpr std::size_t kMinSliceGroups = 10;

/// One for each slice. @param options resamples 0: no intervals; the result is the same at any threads
std::vector<SliceNumbers> slice_numbers(const TruthTable& truth, const Matching& matching,
                                        const std::vector<Slice>& slices, const BootstrapOptions& options);

}  // namespace ds
