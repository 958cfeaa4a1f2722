#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ds/project/project.h"

namespace ds {

/// Which images a verb works on: by name (or "#id", or a unique ending of the name), or by a filter.
struct Selection {
  std::vector<std::string> images = {};
  std::string where = {};

  bool empty() const { return images.empty() && where.empty(); }
};

/// The chosen images in the order given, each once, or by name order for a filter. Throws UsageError when
/// both names and a filter are given, when neither is and `or_all` is false, and for unknown names.
std::vector<Image> select_images(Project& project, const Selection& selection,
                                 WithAnnotations with = WithAnnotations::yes, bool or_all = false);

/// Runs `work` as one transaction; with `dry_run` everything it changed in the index is rolled back at the
/// end, so that its result says what would have happened.
void change_project(Project& project, bool dry_run, const std::function<void()>& work);

}  // namespace ds
