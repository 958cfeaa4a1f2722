#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/text.h"
#include "predict/parts.h"

namespace ds {
namespace {

using Json = nlohmann::ordered_json;

std::string write_json(const std::vector<Prediction>& predictions, const ClassList& classes,
                       const std::string& model) {
  Json images = Json::array();
  for (const auto& prediction : predictions) {
    Json image{{"file", prediction.file}, {"width", prediction.width}, {"height", prediction.height}};
    if (prediction.time_s) image["time_s"] = *prediction.time_s;
    image["detections"] = Json::array();
    for (const auto& one : prediction.detections)
      image["detections"].push_back({{"class", classes[one.class_idx].name},
                                     {"score", one.score},
                                     {"box", {one.box.x0, one.box.y0, one.box.x1, one.box.y1}}});
    images.push_back(std::move(image));
  }
  return Json{{"model", model}, {"classes", classes.names()}, {"images", std::move(images)}}.dump(
             1, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

std::string write_coco(const std::vector<Prediction>& predictions, const ClassList& classes,
                       const std::string& model) {
  Json images = Json::array();
  Json annotations = Json::array();
  Json categories = Json::array();
  for (int i = 0; i < classes.size(); ++i) categories.push_back({{"id", i + 1}, {"name", classes[i].name}});
  std::int64_t image_id = 0;
  std::int64_t annotation_id = 0;
  for (const auto& prediction : predictions) {
    images.push_back({{"id", ++image_id},
                      {"file_name", prediction.file},
                      {"width", prediction.width},
                      {"height", prediction.height}});
    for (const auto& one : prediction.detections)
      annotations.push_back({{"id", ++annotation_id},
                             {"image_id", image_id},
                             {"category_id", one.class_idx + 1},
                             {"bbox", {one.box.x0, one.box.y0, one.box.width(), one.box.height()}},
                             {"area", one.box.area()},
                             {"iscrowd", 0},
                             {"score", one.score}});
  }
  return Json{{"info", {{"description", "found by " + model}}},
              {"images", std::move(images)},
              {"categories", std::move(categories)},
              {"annotations", std::move(annotations)}}
             .dump(1, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

/// RFC 4180: quoted where a comma, a quote or a line break stands in it.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string write_csv(const std::vector<Prediction>& predictions, const ClassList& classes,
                      const std::string&) {
  std::string text = "file,time_s,width,height,class,score,x0,y0,x1,y1\n";
  for (const auto& prediction : predictions)
    for (const auto& one : prediction.detections)
      text +=
          fmt::format("{},{},{},{},{},{},{},{},{},{}\n", csv_field(prediction.file),
                      prediction.time_s ? shortest(*prediction.time_s) : "", prediction.width,
                      prediction.height, csv_field(classes[one.class_idx].name), shortest(one.score),
                      shortest(one.box.x0), shortest(one.box.y0), shortest(one.box.x1), shortest(one.box.y1));
  return text;
}

}  // namespace

const Registry<PredictFormat>& predict_formats() {
  static const Registry<PredictFormat> registry = [] {
    Registry<PredictFormat> all("output format");
    all.add("json", "one document: every picture with its objects, boxes as corners", {write_json});
    all.add("coco", "a COCO document whose annotations carry a score", {write_coco});
    all.add("csv", "one line an object", {write_csv});
    all.add("overlay", "a folder with every picture and video, boxes drawn in", {});
    return all;
  }();
  return registry;
}

}  // namespace ds
