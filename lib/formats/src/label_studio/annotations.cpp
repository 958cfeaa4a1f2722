#include "label_studio/annotations.h"

#include "shared/text/json_file.h"
#include "shared/text/label_json.h"

namespace ds::detail {
using nlohmann::json;

namespace {

bool is_by(const json& annotation, const std::string& annotator) {
  const auto& by = member(annotation, "completed_by");
  if (!by.is_object()) return !by.is_null() && text_of(by) == annotator;
  for (const auto* key : {"id", "email", "username", "first_name"})
    if (by.contains(key) && text_of(by[key]) == annotator) return true;
  return false;
}

std::string time_of(const json& annotation) {
  for (const auto* key : {"updated_at", "created_at"})
    if (const auto& time = member(annotation, key); time.is_string()) return time.get<std::string>();
  return {};
}

}  // namespace

const char* annotations_key(const json& task) {
  return member(task, "annotations").is_array() ? "annotations" : "completions";
}

std::optional<std::size_t> choose_annotation(const json& annotations, const std::string& annotator,
                                             bool cancelled) {
  std::optional<std::size_t> chosen;
  auto rank = [&](const json& annotation) {
    return std::pair(annotator.empty() && is_true(member(annotation, "ground_truth")), time_of(annotation));
  };
  for (std::size_t i = 0; i < annotations.size(); ++i) {
    if (is_true(member(annotations[i], "was_cancelled")) != cancelled) continue;
    if (!annotator.empty() && !is_by(annotations[i], annotator)) continue;
    if (!chosen || rank(annotations[i]) >= rank(annotations[*chosen])) chosen = i;
  }
  return chosen;
}

std::size_t latest_prediction(const json& predictions) {
  std::size_t latest = 0;
  for (std::size_t i = 1; i < predictions.size(); ++i)
    if (time_of(predictions[i]) >= time_of(predictions[latest])) latest = i;
  return latest;
}

}  // namespace ds::detail
