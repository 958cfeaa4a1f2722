#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "ds/dataset/class_list.h"
#include "ds/dataset/image.h"

/// Entries of COCO's lists `categories` and `images`, both ways.
namespace ds::detail {

/// Name, supercategory, key point names and skeleton (COCO joins key points counted from 1).
/// `entry` has a name.
ClassInfo read_coco_category(const nlohmann::json& entry);
nlohmann::ordered_json coco_category(const ClassInfo& info, int id);

/// What an image entry says beside id, file and size: its other scalar members (license, date_captured ...)
/// and those of `attributes` become Image::attributes. Our own `reviewed: true` marks an image without
/// objects as a negative.
void read_coco_image_extras(const nlohmann::json& entry, Image& image);
nlohmann::ordered_json coco_image(const Image& image, std::int64_t id);

/// A text as the number or boolean that is written exactly like it, else as a string.
nlohmann::ordered_json coco_attribute(const std::string& text);
/// Keys of an annotation's `attributes` that have a member of their own in ds.
bool is_coco_attribute_of_ds(const std::string& key);

}  // namespace ds::detail
