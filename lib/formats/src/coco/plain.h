#pragma once

#include <simdjson.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ds/dataset/annotation.h"

namespace ds::detail {

/// One text member of a JSON object, without a tree of it.
class JsonText {
 public:
  /// Nothing when `text` is no object with a text member `key`; the last one counts. Valid
  /// until the next call.
  std::optional<std::string_view> member(std::string_view text, std::string_view key);

 private:
  simdjson::ondemand::parser parser_;
};

/// Reads the annotation entries that nearly every COCO file is made of at a fraction of a tree's
/// cost: a box of four numbers, whole-number ids, `iscrowd`, an `area` that is the box's, and an
/// empty or no `segmentation`. Nothing for every other entry, also when it may be wrong:
/// read_coco_annotation says what it is.
class PlainCocoReader {
 public:
  struct Entry {
    std::int64_t image_id = 0, category_id = 0;
    std::string id;  // empty: none given
    Annotation annotation;
  };
  /// `text` is padded as JsonLists gives it.
  std::optional<Entry> read(std::string_view text);

 private:
  simdjson::ondemand::parser parser_;
};

}  // namespace ds::detail
