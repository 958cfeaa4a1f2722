#include "fields.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/geometry/rasterize.h"

namespace ds::detail {

void fail_at(const std::filesystem::path& path, const std::string& pointer, const std::string& message) {
  Location where{path};
  where.pointer = pointer;
  throw FormatError(where, message);
}

namespace {

/// Calls `read` and lets what it throws about the content point at the element.
template <typename Read>
auto located(JsonCursor& json, Read read) {
  try {
    return read();
  } catch (const FormatError&) {
    throw;
  } catch (const DataError& e) {
    json.fail(e.what());
  }
}

Polygon read_polygons(JsonCursor& json) {
  Polygon polygon;
  json.each_element([&](std::int64_t) {
    std::vector<double> numbers;
    json.each_element([&](std::int64_t) { numbers.push_back(json.number()); });
    if (numbers.size() < 6 || numbers.size() % 2 != 0)
      json.fail(
          fmt::format("a polygon of {} numbers, expected x and y of at least three points", numbers.size()));
    auto& ring = polygon.rings.emplace_back();
    for (std::size_t i = 0; i < numbers.size(); i += 2) ring.push_back({numbers[i], numbers[i + 1]});
  });
  if (polygon.rings.empty()) json.fail("no polygon");
  return polygon;
}

std::uint32_t read_run(JsonCursor& json) {
  const auto run = json.integer();
  if (run < 0 || run > std::numeric_limits<std::uint32_t>::max())
    json.fail(fmt::format("a run of {} pixels", run));
  return static_cast<std::uint32_t>(run);
}

RunLengthMask read_runs(JsonCursor& json) {
  std::vector<std::int64_t> size;
  std::optional<std::string> text;
  std::optional<std::vector<std::uint32_t>> runs;
  json.each_member([&](std::string_view key) {
    if (key == "size") {
      json.each_element([&](std::int64_t) { size.push_back(json.integer()); });
    } else if (key == "counts" && json.peek() == '[') {
      runs.emplace();
      json.each_element([&](std::int64_t) { runs->push_back(read_run(json)); });
    } else if (key == "counts") {
      text = json.string();
    } else {
      json.skip();
    }
  });
  constexpr auto kMost = std::numeric_limits<std::int32_t>::max();
  if (size.size() != 2 || size[0] < 0 || size[1] < 0 || size[0] > kMost || size[1] > kMost ||
      size[0] * size[1] > kMost)
    json.fail("expected 'size': [height, width]");
  const auto height = static_cast<int>(size[0]), width = static_cast<int>(size[1]);
  if (!text && !runs) json.fail("no 'counts'");
  return located(json, [&] {
    return text ? decode_run_length(*text, height, width) : mask_from_runs(std::move(*runs), height, width);
  });
}

}  // namespace

std::array<double, 4> read_coco_box(JsonCursor& json) {
  std::array<double, 4> box{};
  std::int64_t count = 0;
  json.each_element([&](std::int64_t i) {
    const double value = json.number();
    if (i < 4) box[static_cast<std::size_t>(i)] = value;
    ++count;
  });
  if (count != 4) json.fail(fmt::format("found {} numbers, expected 4 (x, y, width, height)", count));
  return box;
}

Segmentation read_segmentation(JsonCursor& json) {
  const char first = json.peek();
  if (first == '[') return read_polygons(json);
  if (first == '{') return read_runs(json);
  json.fail("expected polygons [[x, y, ...], ...] or run lengths {\"size\", \"counts\"}");
}

RunLengthMask mask_on(Segmentation segmentation, const EvalImage& image) {
  if (auto* mask = std::get_if<RunLengthMask>(&segmentation)) {
    if (image.width > 0 && (mask->width != image.width || mask->height != image.height))
      throw DataError(fmt::format("a mask of {} x {} pixels; image {} has {} x {}", mask->width, mask->height,
                                  image.id, image.width, image.height));
    return std::move(*mask);
  }
  if (image.width <= 0 || image.height <= 0)
    throw DataError(fmt::format("a polygon on image {}, whose width and height are not given", image.id));
  return rasterized(std::get<Polygon>(segmentation), image.height, image.width);
}

ImageRef read_image_ref(JsonCursor& json) {
  if (json.peek() != '"') return {json.integer()};
  ImageRef ref{0, json.string()};
  if (ref.text.empty()) json.fail("found \"\", expected what names an image");
  return ref;
}

ImageIndex::ImageIndex(const std::vector<EvalImage>& images) : images_(images), ids_(images) {
  has_texts_ =
      std::any_of(images.begin(), images.end(), [](const auto& image) { return !image.text_id.empty(); });
}

/// A number that was made for a text is nobody's id.
std::int32_t ImageIndex::find_number(std::int64_t id) {
  const auto found = ids_.find(id);
  if (found < 0) return -1;
  const auto& text = images_[static_cast<std::size_t>(found)].text_id;
  return text.empty() || parse_int(text) == id ? found : -1;
}

void ImageIndex::index_texts() {
  indexed_ = true;
  auto add_name = [&](const std::string& name, std::int32_t i) {
    auto [known, is_new] = names_.emplace(name, i);
    if (!is_new && known->second != i) known->second = -1;
  };
  for (std::size_t k = 0; k < images_.size(); ++k) {
    const auto i = static_cast<std::int32_t>(k);
    if (!images_[k].text_id.empty()) texts_.emplace(images_[k].text_id, i);
    if (images_[k].name.empty()) continue;
    const std::filesystem::path name(images_[k].name);
    add_name(name.string(), i);
    add_name(name.filename().string(), i);
    add_name(name.stem().string(), i);
  }
}

std::int32_t ImageIndex::find_text(const std::string& text) {
  if (!indexed_) index_texts();
  if (auto found = texts_.find(text); found != texts_.end()) return found->second;
  if (const auto number = parse_int(text))
    if (const auto found = ids_.find(*number);
        found >= 0 && images_[static_cast<std::size_t>(found)].text_id.empty())
      return found;
  const auto found = names_.find(text);
  return found == names_.end() ? -1 : found->second;
}

void require_file(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path))
    throw DataError(fmt::format("{}: there is no such file", path.string()));
}

std::string read_input(const std::filesystem::path& path) {
  require_file(path);
  return read_file(path);
}

}  // namespace ds::detail
