#include "fields.h"

#include <filesystem>
#include <limits>

#include "ds/base/error.h"
#include "ds/base/files.h"
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

void require_file(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path))
    throw DataError(fmt::format("{}: there is no such file", path.string()));
}

std::string read_input(const std::filesystem::path& path) {
  require_file(path);
  return read_file(path);
}

}  // namespace ds::detail
