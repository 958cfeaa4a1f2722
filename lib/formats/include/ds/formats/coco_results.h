#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ds/dataset/dataset.h"
#include "ds/dataset/detection.h"

namespace ds {

/// COCO's results file: a top-level array of {image_id, category_id, bbox [x,y,w,h], score}. Image ids are
/// Image::id (when 0: position + 1), category ids class_idx + 1, as the COCO writer gives them.
std::string coco_results_json(const std::vector<ImageDetections>& detections);

/// Reads a results file made for `truth`; image and category ids as above. Throws FormatError with the JSON
/// pointer of an entry that names an unknown image or category, or has no box or score.
std::vector<ImageDetections> read_coco_results(const std::filesystem::path& file, const Dataset& truth);

}  // namespace ds
