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
/// image has: how many objects it holds, and the shape of the picture where its size is known. An attribute
/// with more than `max_values` values (a file name, a time) makes no slices; images that lack an attribute
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

/// One for each slice. @param options resamples 0: no intervals
std::vector<SliceNumbers> slice_numbers(const TruthTable& truth, const Matching& matching,
                                        const std::vector<Slice>& slices, const BootstrapOptions& options);

}  // namespace ds
