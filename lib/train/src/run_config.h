#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "ds/train/session.h"

namespace ds {

/// The text of a run's config.yaml; an option's origin stands beside it as a comment.
std::string run_config_yaml(const RunConfig& config, const std::map<std::string, std::string>& origins = {});
/// Throw FormatError or UsageError naming the file (or `name`) when it does not hold a run's options.
RunConfig run_config_from_text(const std::string& text, const std::string& name);
RunConfig read_run_config(const std::filesystem::path& file);

/// The input size of resolved options.
InputSize input_of(const TrainOptions& options);
/// `yolox-nano 416x320`.
std::string title_of(const TrainOptions& options);
/// The weight file that --weights means: a file, or a model of the project.
std::filesystem::path weight_file(Project& project, const std::string& weights);

}  // namespace ds
