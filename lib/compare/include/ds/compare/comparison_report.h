#pragma once

#include <cstddef>

#include "ds/compare/project_evaluations.h"
#include "ds/report/model_report.h"

namespace ds {

class Project;

struct ReportOptions {
  std::size_t worst = 12;          // pictures of each model's worst images
  std::size_t suspects = 24;       // pictures of likely label errors, of all models together
  std::size_t disagreements = 12;  // pictures where models differ most
  int picture_side = 640;          // pixels of the longer side at most; larger ones are scaled down
  std::size_t slice_values = 12;   // an attribute with more values makes no slices
};

/// Everything that is known about the stored evaluations of one truth: the numbers of compare_stored(),
/// errors by kind, calibration, LRP, slices, agreement, likely label errors, pictures, and how the models
/// were trained. Models stand best first. The same project gives the same report (its time apart) at any
/// number of threads. Throws as compare_stored(); a picture that cannot be read is a warning of the report.
/// @param bootstrap threads also decode pictures; resamples 0: no intervals
ComparisonReport comparison_report(Project& project, const StoredSelection& selection,
                                   const BootstrapOptions& bootstrap, const ReportOptions& options = {});

/// Errors by kind, calibration at the operating threshold, LRP and slices of one model: what needs no
/// project. `entry` is left empty.
ModelReport analyse_model(const TruthTable& truth, const ComparedModel& model,
                          const std::vector<Slice>& slices, const BootstrapOptions& bootstrap);

}  // namespace ds
