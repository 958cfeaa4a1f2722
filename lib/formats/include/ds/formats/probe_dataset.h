#pragma once

#include <string>
#include <vector>

#include "ds/dataset/dataset.h"
#include "ds/formats/annotation_format.h"

namespace ds {

/// Eight images of one size with everything in them that a dataset can hold: every kind of shape, every mark,
/// boxes around the whole image, of one pixel, outside and without area; classes, names and attributes with
/// spaces and letters of other alphabets, one file name in two folders, every split, a negative, an
/// unlabelled image, tags. No picture belongs to it. Both sides must be at least 40.
Dataset dataset_with_everything(int width, int height);

/// Kinds of loss (see loss_kinds) that writing such a dataset names: what the format cannot hold. A kind of
/// shape that is kept in a dataset of nothing else does not count. Empty for a format that is only read.
std::vector<std::string> cannot_hold(const AnnotationFormat& format);

}  // namespace ds
