#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ds/dataset/annotation.h"
#include "ds/dataset/class_list.h"
#include "ds/dataset/image.h"

/// The project's JSON texts: written by hand because a bulk import writes a million of them, and because they
/// must be canonical (keys in alphabetical order, no blanks, each number the shortest decimal that reads back
/// as the same double, members with their default value left out).
namespace ds::detail {

void append_json_string(std::string& out, std::string_view text);
void append_json_number(std::string& out, double value);
std::string json_string(std::string_view text);

/// {"box":[...]} and its siblings, as shape_to_json, with canonical numbers for a plain box.
void append_shape_json(std::string& out, const Shape& shape);

/// What of an annotation is written.
enum class AnnotationJson {
  evaluation,  // what a score depends on: class, shape, crowd, difficult, ignore, area
  content,     // everything that a snapshot keeps: all but ids and provenance
  journal,     // everything
};
/// The class is written as its index, or with `class_info` as its name and its stable id.
void append_annotation_json(std::string& out, const Annotation& annotation, AnnotationJson part,
                            const ClassInfo* class_info = nullptr);
/// The reverse; the caller knows the class. Throws DataError or nlohmann's exceptions,
/// which the caller locates.
Annotation annotation_from_json(const nlohmann::json& json, int class_idx);

std::string metrics_to_json(const std::map<std::string, double>& metrics);
std::map<std::string, double> metrics_from_json(const std::string& text);
std::string attributes_to_json(const std::map<std::string, std::string>& attributes);
std::map<std::string, std::string> attributes_from_json(std::string_view text);

/// ["nose","tail"] and [[0,1]].
std::string key_points_to_json(const std::vector<std::string>& key_points);
std::vector<std::string> key_points_from_json(std::string_view text);
std::string skeleton_to_json(const std::vector<std::pair<int, int>>& skeleton);
std::vector<std::pair<int, int>> skeleton_from_json(std::string_view text);

/// [{"class":0},{"class":1,"present":false}]; with `classes` for the journal, by name and stable id.
std::string tags_to_json(const std::vector<ImageTag>& tags, const ClassList* classes = nullptr);

}  // namespace ds::detail
