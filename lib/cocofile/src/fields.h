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
  explicit IdIndex(const std::vector<EvalImage>& images) {
    index_.reserve(images.size());
    for (const auto& image : images) index_.emplace(image.id, static_cast<std::int32_t>(index_.size()));
  }
  explicit IdIndex(const std::vector<EvalClass>& classes) {
    for (std::size_t i = 0; i < classes.size(); ++i) {
      index_.emplace(classes[i].id, static_cast<std::int32_t>(i));
      for (const auto id : classes[i].other_ids) index_.emplace(id, static_cast<std::int32_t>(i));
    }
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

/// What names an image: a number, or a text where `text` is not empty.
struct ImageRef {
  std::int64_t id = 0;
  std::string text = {};

  /// `12`, `"a.jpg"`: for messages.
  std::string shown() const { return text.empty() ? std::to_string(id) : '"' + text + '"'; }
};
/// A number, or any other text than "".
ImageRef read_image_ref(JsonCursor& json);

/// Images by what files call them.
class ImageIndex {
 public:
  explicit ImageIndex(const std::vector<EvalImage>& images);
  /// -1: unknown. A text is looked for among the text ids, then as a number among the others, then among the file
  /// names, whole, without folders and without ending; one that several images fit is unknown.
  std::int32_t find(const ImageRef& ref) {
    if (!ref.text.empty()) return find_text(ref.text);
    return has_texts_ ? find_number(ref.id) : ids_.find(ref.id);
  }

 private:
  std::int32_t find_text(const std::string& text);
  std::int32_t find_number(std::int64_t id);
  void index_texts();

  const std::vector<EvalImage>& images_;
  IdIndex ids_;
  bool has_texts_ = false;  // an image has a text id
  bool indexed_ = false;
  std::unordered_map<std::string, std::int32_t> texts_;  // text ids
  std::unordered_map<std::string, std::int32_t> names_;  // what a file's name is called; -1: of several
};

}  // namespace ds::detail
