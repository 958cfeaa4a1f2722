#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ds/dataset/dataset.h"
#include "ds/formats/issue.h"
#include "ds/project/project.h"

namespace ds {

struct FixOptions {
  std::string where;              // filter
  std::vector<std::string> only;  // codes of fix_codes(); empty: all
  bool apply = false;             // else nothing is changed
};

struct FixReport {
  std::vector<Issue> fixes;  // what is mended, each with its place; the message says how
  std::map<std::string, std::size_t> by_code;
  std::size_t images = 0;  // that are changed
};

/// What can be mended without a person: code -> how. Codes are those of check_project.
const std::map<std::string, std::string>& fix_codes();

/// Finds what check_project finds and fix_codes() can mend. With `apply` each image is changed by one journal
/// entry ("fix") that `undo` takes back; all in one transaction. Mending again finds nothing. Throws
/// UsageError for an unknown code.
FixReport fix_project(Project& project, const FixOptions& options);

/// The same for one image: its mended annotations and state, and what was done. Nothing
/// when nothing is wrong.
struct FixedImage {
  std::vector<Annotation> annotations;
  ImageState state = ImageState::unlabelled;
  std::vector<Issue> fixes;
};
std::optional<FixedImage> fix_image(const Image& image, const ClassList& classes,
                                    const std::vector<std::string>& only);

}  // namespace ds
