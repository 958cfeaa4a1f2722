#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ds/metrics/evaluation.h"

namespace ds {

class Project;

/// Labelled images that models are run on: the truth, and where the bytes of each image are.
struct EvalData {
  EvaluatedData about;
  TruthTable truth;
  std::vector<std::filesystem::path> files;  // beside truth.images
  std::vector<std::string> hashes = {};      // SHA-256 of their bytes, beside them; empty: not known
  std::vector<std::string> warnings = {};
};

/// One split of a snapshot. `snapshot` empty: one is made of what is done now (the same content is the
/// same snapshot). `split` "all" takes every image. Throws DataError when there is no image,
/// UsageError for unknown names.
EvalData project_data(Project& project, const std::string& snapshot, const std::string& split);

/// A dataset of another tool, without a project. `format` "auto" or one of annotation_formats(); `images`
/// where the images are when not where the format says. Objects and images that cannot be used are warnings;
/// an image whose file is missing is a DataError.
EvalData dataset_data(const std::filesystem::path& path, const std::string& format,
                      const std::filesystem::path& images = {});

}  // namespace ds
