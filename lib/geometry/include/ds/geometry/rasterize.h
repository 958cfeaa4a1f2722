#pragma once

#include "ds/geometry/run_length_mask.h"
#include "ds/geometry/shape.h"

namespace ds {

/// The pixels of a polygon as the COCO API counts them (its frPoly: corners are rounded to a grid five
/// times finer, the border is followed on that grid, and a column's pixels begin and end where the border
/// crosses the column's middle), so that areas and overlaps are the same to the pixel. Several rings: the
/// union of each. What reaches outside the image is cut. Throws DataError on a ring of fewer than three
/// points, on corners that are not finite or further than 1e8 pixels away, and on an image without pixels
/// or with 2^31 and more.
RunLengthMask rasterized(const Polygon& polygon, int height, int width);

}  // namespace ds
