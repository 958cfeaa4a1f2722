#include "ds/labeling/patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "annotate/annotation_json.h"
#include "annotate/commit_labels.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/config/yaml.h"
#include "ds/labeling/workflow.h"

namespace ds {
namespace {

using Json = nlohmann::ordered_json;
using Path = std::filesystem::path;

[[noreturn]] void refuse(const Path& origin, const std::string& pointer, const std::string& message) {
  throw FormatError({origin, std::nullopt, std::nullopt, std::nullopt, pointer.empty() ? "/" : pointer},
                    message);
}

/// nlohmann's message without its own prefix: "[json.exception.out_of_range.403] key 'x' not found".
std::string plain(const nlohmann::json::exception& error) {
  std::string text = error.what();
  auto end = text.find("] ");
  return end == std::string::npos ? text : text.substr(end + 2);
}

Json parse_located(const std::string& text, const Path& origin) {
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    auto at = std::min(error.byte == 0 ? 0 : error.byte - 1, text.size());
    auto before = text.substr(0, at);
    auto line = 1 + std::count(before.begin(), before.end(), '\n');
    auto start = before.rfind('\n');
    auto column = static_cast<std::int64_t>(start == std::string::npos ? at + 1 : at - start);
    auto message = plain(error);
    auto colon = message.find(": ");
    throw FormatError(
        {origin, line, column},
        fmt::format("not JSON: {}{}", colon == std::string::npos ? message : message.substr(colon + 2),
                    source_excerpt(text, line, column)));
  } catch (const nlohmann::json::out_of_range& error) {
    refuse(origin, "", plain(error));
  }
}

/// One image's part of the text.
struct Part {
  std::string image;
  AnnotateOptions options;
  Json operations;
  std::string pointer;  // of the operations in the text
};

Part read_part(const Json& json, const std::string& pointer, const Path& origin,
               const PatchOptions& options) {
  static const std::vector<std::string> kKnown = {"image", "revision", "comment", "patch"};
  if (!json.is_object()) refuse(origin, pointer, "expected an object with \"image\" and \"patch\"");
  for (const auto& [key, value] : json.items())
    if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end())
      refuse(origin, pointer + "/" + key, fmt::format("unknown member; known: {}", join(kKnown, ", ")));
  Part part{options.image, options.annotate, {}, pointer + "/patch"};
  if (json.contains("image")) {
    if (!json["image"].is_string()) refuse(origin, pointer + "/image", "expected a name");
    part.image = json["image"].get<std::string>();
  }
  if (json.contains("revision")) {
    if (!json["revision"].is_number_integer())
      refuse(origin, pointer + "/revision", "expected a whole number");
    part.options.expected_revision = json["revision"].get<std::int64_t>();
  }
  if (json.contains("comment")) {
    if (!json["comment"].is_string()) refuse(origin, pointer + "/comment", "expected text");
    part.options.comment = json["comment"].get<std::string>();
  }
  if (part.image.empty()) refuse(origin, pointer, "\"image\" is missing");
  if (!json.contains("patch") || !json["patch"].is_array())
    refuse(origin, pointer, "\"patch\" is missing: a list of operations");
  part.operations = json["patch"];
  return part;
}

std::vector<Part> read_parts(const Json& json, const Path& origin, const PatchOptions& options) {
  if (json.is_object()) return {read_part(json, "", origin, options)};
  if (!json.is_array())
    refuse(origin, "", "expected a list of operations, or objects with \"image\" and \"patch\"");
  bool bare = !json.empty() && json[0].is_object() && json[0].contains("op");
  if (bare || json.empty()) {
    if (options.image.empty())
      refuse(origin, "", "these operations name no image; give one on the command line");
    return {{options.image, options.annotate, json, ""}};
  }
  std::vector<Part> parts;
  for (std::size_t i = 0; i < json.size(); ++i)
    parts.push_back(read_part(json[i], fmt::format("/{}", i), origin, options));
  return parts;
}

/// "/annotations/#17/class" -> "/annotations/2/class".
std::string resolved(const std::string& path, const Json& document) {
  constexpr std::string_view kById = "/annotations/#";
  if (!path.starts_with(kById)) return path;
  auto end = path.find('/', kById.size());
  auto id_text = path.substr(kById.size(), end == std::string::npos ? end : end - kById.size());
  auto id = parse_int(id_text);
  const auto& annotations = document["annotations"];
  for (std::size_t i = 0; id && i < annotations.size(); ++i)
    if (annotations[i].is_object() && annotations[i].value("id", std::int64_t{0}) == *id)
      return fmt::format("/annotations/{}{}", i, end == std::string::npos ? "" : path.substr(end));
  throw DataError(fmt::format("the image has no annotation {}", id_text));
}

Json apply_operations(Json document, const Part& part, const Path& origin) {
  for (std::size_t i = 0; i < part.operations.size(); ++i) {
    auto pointer = fmt::format("{}/{}", part.pointer, i);
    auto operation = part.operations[i];
    try {
      for (const char* key : {"path", "from"})
        if (operation.is_object() && operation.contains(key) && operation[key].is_string())
          operation[key] = resolved(operation[key].get<std::string>(), document);
      document = document.patch(Json::array({operation}));
    } catch (const nlohmann::json::other_error&) {
      throw Busy(
          fmt::format("{}: {}: the test does not hold: {} is not {}", origin.string(), pointer,
                      part.operations[i].value("path", ""), part.operations[i].value("value", Json()).dump()),
          "the image has changed since the patch was made: look at it again");
    } catch (const nlohmann::json::exception& error) {
      refuse(origin, pointer, plain(error));
    } catch (const DataError& error) {
      refuse(origin, pointer, error.what());
    }
  }
  return document;
}

void refuse_fixed_members(const Json& before, const Json& after, const Part& part, const Path& origin) {
  for (const auto& [key, value] : after.items())
    if (!before.contains(key))
      refuse(origin, part.pointer, fmt::format("an image has no member \"{}\"", key));
  for (const auto& [key, value] : before.items()) {
    if (key == "annotations" || key == "status") continue;
    if (!after.contains(key) || after[key] != value)
      refuse(origin, part.pointer, fmt::format("a patch changes /annotations and /status, not /{}", key));
  }
  if (!after.contains("annotations") || !after["annotations"].is_array())
    refuse(origin, part.pointer, "/annotations is not a list any more");
  if (!after.contains("status") || !after["status"].is_string())
    refuse(origin, part.pointer, "/status is not a state any more");
}

Annotation checked_annotation(const Json& document, const Image& image, const ClassList& classes, bool clip,
                              std::set<std::int64_t>& seen) {
  const Annotation* original = nullptr;
  if (document.is_object() && document.contains("id")) {
    if (!document["id"].is_number_integer()) throw DataError("\"id\" is not a whole number");
    auto id = document["id"].get<std::int64_t>();
    for (const auto& each : image.annotations)
      if (each.id == id) original = &each;
    if (original == nullptr)
      throw DataError(fmt::format("the image has no annotation {}; leave \"id\" out to add one", id));
    if (!seen.insert(id).second) throw DataError(fmt::format("annotation {} stands there twice", id));
  }
  auto annotation = detail::annotation_from_document(document, original, classes);
  if (original != nullptr && annotation.shape == original->shape) return annotation;
  if (clip) annotation.shape = clip_shape(annotation.shape, image.width, image.height);
  if (auto problem = shape_problem(annotation.shape, image.width, image.height)) throw DataError(*problem);
  return annotation;
}

AnnotateResult apply_part(Project& project, const Part& part, const Path& origin,
                          const PatchOptions& options) {
  auto image = project.images().find(part.image);
  require_revision(project, image, part.options.expected_revision);
  auto classes = project.classes().list();
  auto before = image_document(image, classes);
  auto after = apply_operations(before, part, origin);
  refuse_fixed_members(before, after, part, origin);
  std::vector<Annotation> annotations;
  std::set<std::int64_t> seen;
  for (std::size_t i = 0; i < after["annotations"].size(); ++i) {
    try {
      annotations.push_back(checked_annotation(after["annotations"][i], image, classes, options.clip, seen));
    } catch (const UsageError& error) {
      throw UsageError(fmt::format("{}: {}: annotation {}: {}", origin.string(), image.name, i, error.what()),
                       error.advice());
    } catch (const DataError& error) {
      refuse(origin, part.pointer, fmt::format("{}: annotation {}: {}", image.name, i, error.what()));
    }
  }
  auto state = image_state_from_string(after["status"].get<std::string>());
  return detail::commit_labels(project, image, std::move(annotations), part.options,
                               state == image.state ? std::nullopt : std::optional(state));
}

}  // namespace

std::vector<AnnotateResult> apply_patches(Project& project, const std::string& text, const Path& origin,
                                          const PatchOptions& options) {
  auto parts = read_parts(parse_located(text, origin), origin, options);
  std::vector<AnnotateResult> results;
  project.transaction([&] {
    results.clear();
    for (const auto& part : parts) results.push_back(apply_part(project, part, origin, options));
  });
  return results;
}

}  // namespace ds
