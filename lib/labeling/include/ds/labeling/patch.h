#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "ds/labeling/annotate.h"

namespace ds {

/// One annotation as the JSON that `--json` prints and patches edit: id, class, bbox [x,y,w,h] (or
/// rotated_box, polygon, mask, points, polyline as in shape_to_json), then what is set of crowd, difficult,
/// ignore, truncated, occluded, score, source, model, proposal, track, group, attributes.
nlohmann::ordered_json annotation_document(const Annotation& annotation, const ClassList& classes);

/// One image: id, name, width, height, status, split, assignee, revision, annotations.
nlohmann::ordered_json image_document(const Image& image, const ClassList& classes);

struct PatchOptions {
  std::string image = {};  // the image of a bare list of operations
  bool clip = false;
  AnnotateOptions annotate = {};
};

/// Applies JSON Patch (RFC 6902) to image documents, all or nothing. `text` is
///   [operation, ...]                                           with PatchOptions::image, or
///   {"image": NAME, "revision": N, "comment": TEXT, "patch": [operation, ...]}   (revision, comment:
///   optional)
/// or a list of such objects. An operation is {"op": "add"|"remove"|"replace"|"move"|"copy"|"test", "path":
/// ..., "value": ...}. `/annotations/-` appends; `/annotations/#17` is the annotation with id 17 wherever it
/// stands; `/status` moves the image. Other members of the document cannot be changed.
/// @param origin  stands in messages
/// Throws FormatError with the line and column, or the pointer of the operation, Busy when a `test` fails or
/// the revision is another one, UsageError for unknown names and moves that are not allowed.
std::vector<AnnotateResult> apply_patches(Project& project, const std::string& text,
                                          const std::filesystem::path& origin, const PatchOptions& options);

}  // namespace ds
