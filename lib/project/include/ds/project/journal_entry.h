#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ds {

/// One line of the journal: who did what to which image, when, and both states.
struct JournalEntry {
  std::int64_t id = 0;
  std::string time;  // UTC
  std::string user;
  std::string tool;
  std::string action;  // "add-image", "annotate", "status", "assign", "split", "class", "review", "undo" ...
  std::int64_t image_id = 0;  // 0: not about one image
  std::int64_t revision = 0;  // of the image after the change
  /// JSON objects with the members that changed:
  /// {"annotations":[..],"assignee":"..","attributes":{..},"group":"..","split":"..","state":"..","tags":[..]}.
  /// `tags` and `attributes` are whole. `annotations` of `before` are those removed or changed, of `after`
  /// those added or changed, told apart by "id" (also "class", "class_id", "shape" ...). An image as it was
  /// added names its annotations by their ids only:
  /// {"annotation_ids":[first,last],...}.
  std::string before;
  std::string after;
  std::string comment;
  std::optional<std::int64_t> undoes = std::nullopt;  // id of the entry that this one took back
};

}  // namespace ds
