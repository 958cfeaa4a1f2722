#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

/// Which of a Label Studio task's several annotations and predictions count.
namespace ds::detail {

/// The task's member that lists its annotations: old exports call them completions.
const char* annotations_key(const nlohmann::json& task);
/// Of those that were cancelled, or were not: the annotator's (an id or name), without one the ground truth, else
/// the latest. Nothing when there is none.
std::optional<std::size_t> choose_annotation(const nlohmann::json& annotations, const std::string& annotator,
                                             bool cancelled);
/// @param predictions at least one
std::size_t latest_prediction(const nlohmann::json& predictions);

}  // namespace ds::detail
