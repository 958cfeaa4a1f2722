#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ds/dataset/dataset.h"
#include "shared/text/json_file.h"

/// What the JSON formats of labelling tools share.
namespace ds::detail {

/// Whole numbers without a fraction, everything else with every digit.
nlohmann::ordered_json json_number(double value);
/// A text as the number, boolean, list or object that is written exactly like it, else as a string.
nlohmann::ordered_json json_attribute(const std::string& text);
/// A boolean, a number (0 is false), or the text of one; nothing for any other text.
std::optional<bool> truth_of(const nlohmann::json& value);
/// True when it is known to be.
bool is_true(const nlohmann::json& value);
/// A number, or 1 and 0 for true and false.
std::optional<double> degree_of(const nlohmann::json& value);
/// The member when it is an object, or an empty one.
const nlohmann::json& object_in(const nlohmann::json& object, const std::string& key);
/// The member when it is a list, or an empty one.
const nlohmann::json& list_in(const nlohmann::json& object, const std::string& key);
/// The member, or null.
const nlohmann::json& member(const nlohmann::json& object, const std::string& key);
std::optional<std::int64_t> integer_of(const nlohmann::json& value);
/// Finite numbers in a list, or nothing when one is none.
std::optional<std::vector<double>> numbers_of(const nlohmann::json& value);

/// Marks of an object under the names that the formats' free attributes carry them by: crowd, ignore,
/// difficult, truncated, occluded, score, track_id, group_id, z_order. `take_mark` stores one if the key is
/// one of them and the value fits; `marks_of` gives those that say something.
bool take_mark(Annotation& annotation, const std::string& key, const nlohmann::json& value);
/// True when take_mark would take an attribute of ours for a mark: it cannot be written as it is.
bool is_mark(const std::string& key, const nlohmann::json& value);
std::vector<std::pair<std::string, nlohmann::ordered_json>> marks_of(const Annotation& annotation);

/// State and split of an image under `state` and `split`, where a format has no words for them.
bool take_image_mark(Image& image, const std::string& key, const nlohmann::json& value);
/// As is_mark, of an image.
bool is_image_mark(const std::string& key, const nlohmann::json& value);

/// The width (or height) that makes `first + width` exactly `last`, which `last - first` need not.
double extent_between(double first, double last);
/// The rotated box with these four corners, its first one where it was; nothing when they are no rectangle
/// (more than 1 % of the longer side, or half a pixel, off).
std::optional<RotatedBox> rotated_box_of(const std::vector<Point>& corners);

/// Paths for the images of a dataset, each once: the name, below a folder of its split unless it
/// stands in one already.
std::vector<std::string> paths_by_split(const Dataset& dataset);

}  // namespace ds::detail
