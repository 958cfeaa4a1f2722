#pragma once

#include <cstddef>
#include <string>

#include "ds/report/model_report.h"

namespace ds::testing {

/// What a made-up comparison looks like.
struct MadeReport {
  int models = 3;
  int classes = 3;
  int images = 60;
  int pictures = 4;              // of each kind and model
  bool measured = true;          // latencies, sizes, lineage and training curves are known
  bool intervals = true;         // bootstrap, pairs, ranks
  std::string name_suffix = {};  // of models, classes, slices and pictures: something hostile
};

/// A report with everything filled in: pictures and labels of synthetic scenes, detections by arithmetic,
/// each model a little worse than the one before. The same options give the same report.
ComparisonReport made_report(const MadeReport& options = {});

}  // namespace ds::testing
