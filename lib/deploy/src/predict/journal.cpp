#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "predict/parts.h"

namespace ds::detail {
namespace {

using Json = nlohmann::ordered_json;

Prediction prediction_from_json(const Json& json) {
  Prediction prediction;
  json.at("file").get_to(prediction.file);
  json.at("width").get_to(prediction.width);
  json.at("height").get_to(prediction.height);
  if (json.contains("time_s")) prediction.time_s = json["time_s"].get<double>();
  for (const auto& one : json.at("detections"))
    prediction.detections.push_back({one.at(0).get<int>(),
                                     one.at(1).get<double>(),
                                     {one.at(2).get<double>(), one.at(3).get<double>(),
                                      one.at(4).get<double>(), one.at(5).get<double>()}});
  return prediction;
}

}  // namespace

std::string prediction_to_json(const Prediction& prediction) {
  Json json{{"file", prediction.file}, {"width", prediction.width}, {"height", prediction.height}};
  if (prediction.time_s) json["time_s"] = *prediction.time_s;
  json["detections"] = Json::array();
  for (const auto& one : prediction.detections)
    json["detections"].push_back({one.class_idx, one.score, one.box.x0, one.box.y0, one.box.x1, one.box.y1});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

PredictJournal::PredictJournal(const std::filesystem::path& out, const std::string& key)
    : file_(out.string() + ".partial.jsonl"), first_line_(Json{{"key", key}}.dump()) {
  std::error_code ignored;
  if (!std::filesystem::exists(file_, ignored)) return;
  auto lines = split(read_file(file_), '\n');
  if (lines.empty() || lines[0] != first_line_) return;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    auto json = Json::parse(lines[i], nullptr, false);
    if (json.is_discarded() || !json.is_object()) break;  // torn by a crash: what follows is found again
    auto prediction = prediction_from_json(json);
    known_[prediction.file] = std::move(prediction);
  }
}

/// The file is begun with the first new result, with what was taken over and without a torn line.
void PredictJournal::begin() {
  std::string text = first_line_ + "\n";
  for (const auto& [name, prediction] : known_) text += prediction_to_json(prediction) + "\n";
  write_file_atomically(file_, text);
  begun_ = true;
}

const Prediction* PredictJournal::find(const std::string& file) const {
  auto found = known_.find(file);
  return found == known_.end() ? nullptr : &found->second;
}

void PredictJournal::add(const Prediction& prediction) {
  if (!begun_) begin();
  append_line(file_, prediction_to_json(prediction));
}

void PredictJournal::remove() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

}  // namespace ds::detail
