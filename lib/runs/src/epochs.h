#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ds/runs/epochs.h"

namespace ds::detail {

/// One line of metrics.jsonl, without its end.
std::string to_json_line(const EpochMetrics& metrics);
/// In order; a torn last line is left out, a file that is absent has none. Throws FormatError with the line.
std::vector<EpochMetrics> read_epoch_metrics(const std::filesystem::path& metrics_jsonl);

}  // namespace ds::detail
