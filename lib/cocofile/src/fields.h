#pragma once

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "ds/geometry/shape.h"
#include "ds/metrics/eval_input.h"
#include "json_cursor.h"

/// What the ground truth and the result file have in common.
namespace ds::detail {

/// Throws FormatError at a place inside the file: "/annotations/12/bbox".
[[noreturn]] void fail_at(const std::filesystem::path& path, const std::string& pointer,
                          const std::string& message);

/// x, y, width, height.
std::array<double, 4> read_coco_box(JsonCursor& json);

/// A `segmentation` as it stands: nothing, polygons whose image's size is not known yet, or run lengths.
using Segmentation = std::variant<std::monostate, Polygon, RunLengthMask>;
Segmentation read_segmentation(JsonCursor& json);
/// The pixels on `image`. Throws DataError when the image's size is not known or another.
RunLengthMask mask_on(Segmentation segmentation, const EvalImage& image);

/// The bytes of an input file. Throws DataError when there is none.
std::string read_input(const std::filesystem::path& path);
/// Throws DataError when there is no such file.
void require_file(const std::filesystem::path& path);

template <typename T>
T required(const std::optional<T>& value, const char* name, const JsonCursor& json) {
  if (!value) json.fail(fmt::format("no '{}'", name));
  return *value;
}

/// Ids to indices. Most files ask for the same id many times in a row.
class IdIndex {
 public:
  template <typename Items>
  explicit IdIndex(const Items& items) {
    index_.reserve(items.size());
    for (const auto& item : items) index_.emplace(item.id, static_cast<std::int32_t>(index_.size()));
  }
  /// -1: unknown.
  std::int32_t find(std::int64_t id) {
    if (last_ && id == last_id_) return last_found_;
    const auto found = index_.find(id);
    last_ = true;
    last_id_ = id;
    return last_found_ = found == index_.end() ? -1 : found->second;
  }

 private:
  std::unordered_map<std::int64_t, std::int32_t> index_;
  bool last_ = false;
  std::int64_t last_id_ = 0;
  std::int32_t last_found_ = -1;
};

}  // namespace ds::detail
