#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ds/labeling/geometry_input.h"
#include "ds/project/project.h"

namespace ds {

/// What is said about one object; unset members stay as they are (edit) or at their default (add).
struct AnnotationFields {
  std::string class_name = {};
  ShapeInput shape = {};
  std::optional<bool> crowd = std::nullopt;
  std::optional<bool> difficult = std::nullopt;
  std::map<std::string, std::string> attributes = {};  // an empty value removes the attribute
};

struct AnnotateOptions {
  std::string comment = {};
  /// Compare-and-set: refused with Busy when the image has another revision.
  std::optional<std::int64_t> expected_revision = std::nullopt;
};

struct AnnotateResult {
  Image before;
  Image image;  // after
  std::vector<std::int64_t> added = {};
  std::vector<std::int64_t> edited = {};
  std::vector<std::int64_t> removed = {};
  bool changed() const { return !added.empty() || !edited.empty() || !removed.empty() || moved(); }
  bool moved() const { return before.state != image.state; }
};

/// Adds one object. One of the same class and shape that is there already with the same flags is not added
/// again; with other flags it is a UsageError that names it.
AnnotateResult add_annotation(Project& project, const std::string& image, const AnnotationFields& fields,
                              const AnnotateOptions& options = {});

/// Changes one object by its id. A proposal that a person edits becomes a label.
AnnotateResult edit_annotation(Project& project, const std::string& image, std::int64_t id,
                               const AnnotationFields& fields, const AnnotateOptions& options = {});

/// Which objects of an image to remove; exactly one of the three.
struct RemoveChoice {
  std::vector<std::int64_t> ids = {};
  std::string class_name = {};
  bool all = false;
};

/// Throws UsageError for an id that the image does not have, naming those it has.
AnnotateResult remove_annotations(Project& project, const std::string& image, const RemoveChoice& choice,
                                  const AnnotateOptions& options = {});

/// "key=value" texts to attributes; an empty value removes. Throws UsageError without '=' or key.
std::map<std::string, std::string> parse_attributes(const std::vector<std::string>& texts);

/// The position of an annotation in the image's list. Throws UsageError naming the ids there are.
std::size_t annotation_index(const Image& image, std::int64_t id);

}  // namespace ds
