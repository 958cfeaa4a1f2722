#include "annotate/annotation_json.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/labeling/patch.h"

namespace ds {
namespace {

using Json = nlohmann::ordered_json;

const std::vector<std::string> kShapeKeys = {"bbox", "rotated_box", "polygon", "mask", "points", "polyline"};
const std::vector<std::string> kKnownKeys = {
    "id",    "class",    "bbox",  "rotated_box", "polygon", "mask",      "points",
    "box",   "polyline", "crowd", "difficult",   "ignore",  "truncated", "occluded",
    "score", "source",   "model", "proposal",    "track",   "group",     "attributes"};
/// What only models and imports say: a patch keeps it as it is.
const std::vector<std::string> kFixedKeys = {"source", "model", "score"};

void put_shape(Json& document, const Shape& shape) {
  if (const auto* box = std::get_if<Box>(&shape)) {
    document["bbox"] = {box->x0, box->y0, box->width(), box->height()};
    return;
  }
  document.update(Json::parse(shape_to_json(shape)));
}

Shape take_shape(const Json& document) {
  std::vector<std::string> present;
  for (const auto& key : kShapeKeys)
    if (document.contains(key)) present.push_back(key);
  if (present.size() != 1)
    throw DataError(present.empty()
                        ? fmt::format("an annotation needs one of {}", join(kShapeKeys, ", "))
                        : fmt::format("an annotation has one shape, not {}", join(present, " and ")));
  if (present[0] != "bbox") return shape_from_json(document.dump());
  const auto& b = document["bbox"];
  if (!b.is_array() || b.size() != 4 ||
      !std::all_of(b.begin(), b.end(), [](const Json& n) { return n.is_number(); }))
    throw DataError(fmt::format("bbox {} is not [x, y, w, h]", b.dump()));
  return xywh_to_xyxy(b[0].get<double>(), b[1].get<double>(), b[2].get<double>(), b[3].get<double>());
}

template <typename T>
void take(const Json& document, const char* key, T& field, const T& otherwise) {
  auto found = document.find(key);
  if (found == document.end()) {
    field = otherwise;
    return;
  }
  try {
    field = found->get<typename std::decay<T>::type>();
  } catch (const nlohmann::json::exception&) {
    throw DataError(fmt::format("\"{}\" cannot be {}", key, found->dump()));
  }
}

template <typename T>
void take(const Json& document, const char* key, std::optional<T>& field) {
  if (!document.contains(key)) {
    field.reset();
    return;
  }
  T value{};
  take<T>(document, key, value, value);
  field = value;
}

std::map<std::string, std::string> take_attributes(const Json& document) {
  std::map<std::string, std::string> attributes;
  if (!document.contains("attributes")) return attributes;
  if (!document["attributes"].is_object()) throw DataError("\"attributes\" is not an object");
  for (const auto& [key, value] : document["attributes"].items())
    attributes[key] = value.is_string() ? value.get<std::string>() : value.dump();
  return attributes;
}

void refuse_fixed(const Json& document, const Json& original) {
  for (const auto& key : kFixedKeys) {
    auto now = document.contains(key) ? document[key] : Json();
    auto was = original.contains(key) ? original[key] : Json();
    if (now != was)
      throw DataError(fmt::format("\"{}\" says where an annotation came from; a patch cannot set it", key));
  }
  if (document.value("proposal", false) && !original.value("proposal", false))
    throw DataError("only a model makes proposals; a patch cannot set \"proposal\"");
}

}  // namespace

Json annotation_document(const Annotation& annotation, const ClassList& classes) {
  Json document;
  document["id"] = annotation.id;
  document["class"] = classes[annotation.class_idx].name;
  put_shape(document, annotation.shape);
  if (annotation.crowd) document["crowd"] = true;
  if (annotation.difficult) document["difficult"] = true;
  if (annotation.ignore) document["ignore"] = true;
  if (annotation.truncated) document["truncated"] = *annotation.truncated;
  if (annotation.occluded) document["occluded"] = *annotation.occluded;
  if (annotation.score) document["score"] = *annotation.score;
  document["source"] = to_string(annotation.source);
  if (!annotation.model_id.empty()) document["model"] = annotation.model_id;
  if (annotation.proposal) document["proposal"] = true;
  if (annotation.track_id) document["track"] = *annotation.track_id;
  if (annotation.group_id) document["group"] = *annotation.group_id;
  if (!annotation.attributes.empty()) document["attributes"] = annotation.attributes;
  return document;
}

Json image_document(const Image& image, const ClassList& classes) {
  Json document;
  document["id"] = image.id;
  document["name"] = image.name;
  document["width"] = image.width;
  document["height"] = image.height;
  document["status"] = to_string(image.state);
  document["split"] = to_string(image.split);
  document["assignee"] = image.assignee;
  document["revision"] = image.revision;
  document["annotations"] = Json::array();
  for (const auto& annotation : image.annotations)
    document["annotations"].push_back(annotation_document(annotation, classes));
  return document;
}

Annotation detail::annotation_from_document(const Json& document, const Annotation* original,
                                            const ClassList& classes) {
  if (!document.is_object()) throw DataError("an annotation is a JSON object");
  auto before = original != nullptr ? annotation_document(*original, classes) : Json::object();
  // Untouched ones stay bit for bit: x + (x1 - x) need not give x1 back.
  if (original != nullptr && document == before) return *original;
  for (const auto& [key, value] : document.items())
    if (std::find(kKnownKeys.begin(), kKnownKeys.end(), key) == kKnownKeys.end())
      throw_unknown_name("member of an annotation", key, kKnownKeys);
  if (original == nullptr) before["source"] = to_string(Source::manual);
  auto checked = document;
  if (original == nullptr && !checked.contains("source")) checked["source"] = before["source"];
  refuse_fixed(checked, before);

  Annotation result = original != nullptr ? *original : Annotation{};
  std::string class_name;
  take<std::string>(document, "class", class_name, "");
  if (class_name.empty()) throw DataError("an annotation needs a \"class\"");
  result.class_idx = classes.index_of(class_name);
  Json shape_before, shape_now;
  for (const auto& key : kShapeKeys) {
    if (before.contains(key)) shape_before[key] = before[key];
    if (document.contains(key)) shape_now[key] = document[key];
  }
  if (original == nullptr || shape_before != shape_now) result.shape = take_shape(document);
  take(document, "crowd", result.crowd, false);
  take(document, "difficult", result.difficult, false);
  take(document, "ignore", result.ignore, false);
  take(document, "truncated", result.truncated);
  take(document, "occluded", result.occluded);
  take(document, "track", result.track_id);
  take(document, "group", result.group_id);
  result.attributes = take_attributes(document);
  result.proposal = false;  // a person has changed it
  return result;
}

}  // namespace ds
