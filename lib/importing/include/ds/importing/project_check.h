#pragma once

#include <map>
#include <string>
#include <vector>

#include "ds/base/progress.h"
#include "ds/dataset/dataset.h"
#include "ds/formats/issue.h"
#include "ds/project/project.h"

namespace ds {

struct CheckOptions {
  std::string where;    // filter
  bool decode = false;  // also decode every image
  bool files = true;    // also compare every stored file with its hash
};

/// Looks at every image and object of a project. Locations are `image name: object id`. Codes: those of the
/// readers (ZERO_SIZE_BOX, BOX_OUTSIDE_IMAGE, BROKEN_IMAGE ...) and those of check_codes().
std::vector<Issue> check_project(Project& project, const CheckOptions& options, Progress& progress);

/// The part that needs no files: labels against sizes, twins, splits, states.
std::vector<Issue> check_labels(const Dataset& dataset);

const std::map<std::string, std::string>& check_codes();

}  // namespace ds
