#include "ds/metrics/coco_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "json_cursor.h"

namespace ds {

namespace {

using detail::JsonCursor;

std::array<double, 4> read_box(JsonCursor& json) {
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

/// An annotation as it stands, before the images and classes are known (they may come later in the file).
struct RawObject {
  TruthObject object;
  std::int64_t image_id = 0;
  std::int64_t class_id = 0;
};

class TruthReader {
 public:
  TruthReader(JsonCursor& json, bool compat) : json_(json), compat_(compat) {}

  CocoTruth read() {
    json_.each_member([&](std::string_view key) {
      if (key == "images")
        json_.each_element([&](std::int64_t) { read_image(); });
      else if (key == "categories")
        json_.each_element([&](std::int64_t) { read_class(); });
      else if (key == "annotations")
        json_.each_element([&](std::int64_t) { read_object(); });
      else
        json_.skip();
      seen_.insert(std::string(key));
    });
    json_.end();
    for (const char* part : {"images", "categories", "annotations"})
      if (!seen_.contains(part)) json_.fail(fmt::format("no '{}': this is not a COCO ground truth", part));
    return std::move(result_);
  }

  const std::vector<RawObject>& objects() const { return objects_; }
  std::size_t without_area() const { return without_area_; }

 private:
  void read_image() {
    std::optional<std::int64_t> id;
    EvalImage image;
    json_.each_member([&](std::string_view key) {
      if (key == "id")
        id = json_.integer();
      else if (key == "file_name")
        image.name = json_.string();
      else
        json_.skip();
    });
    image.id = required(id, "id", json_);
    if (image_ids_.insert(image.id).second)
      result_.truth.images.push_back(std::move(image));
    else if (!compat_)
      json_.fail(fmt::format("a second image with id {}", image.id));
  }

  void read_class() {
    std::optional<std::int64_t> id;
    EvalClass info;
    json_.each_member([&](std::string_view key) {
      if (key == "id")
        id = json_.integer();
      else if (key == "name")
        info.name = json_.string();
      else
        json_.skip();
    });
    info.id = required(id, "id", json_);
    if (info.name.empty()) info.name = std::to_string(info.id);
    if (class_ids_.insert(info.id).second)
      result_.truth.classes.push_back(std::move(info));
    else if (!compat_)
      json_.fail(fmt::format("a second class with id {}", info.id));
  }

  void read_object() {
    RawObject raw;
    auto& object = raw.object;
    std::optional<std::int64_t> id, image_id, class_id;
    std::optional<double> area;
    std::optional<std::array<double, 4>> box;
    json_.each_member([&](std::string_view key) {
      if (key == "id")
        id = json_.integer();
      else if (key == "image_id")
        image_id = json_.integer();
      else if (key == "category_id")
        class_id = json_.integer();
      else if (key == "bbox")
        box = read_box(json_);
      else if (key == "area")
        area = json_.number();
      else if (key == "iscrowd")
        object.crowd = json_.flag();
      else
        json_.skip();
    });
    object.id = required(id, "id", json_);
    raw.image_id = required(image_id, "image_id", json_);
    raw.class_id = required(class_id, "category_id", json_);
    const auto xywh = required(box, "bbox", json_);
    object.x = xywh[0];
    object.y = xywh[1];
    object.w = xywh[2];
    object.h = xywh[3];
    object.area = area.value_or(object.w * object.h);
    without_area_ += !area;
    objects_.push_back(raw);
  }

  JsonCursor& json_;
  bool compat_;
  CocoTruth result_;
  std::vector<RawObject> objects_;
  std::unordered_set<std::int64_t> image_ids_, class_ids_;
  std::unordered_set<std::string> seen_;
  std::size_t without_area_ = 0;
};

[[noreturn]] void fail_at_object(const std::filesystem::path& path, std::size_t i, const char* member,
                                 const std::string& message) {
  Location where{path};
  where.pointer = fmt::format("/annotations/{}/{}", i, member);
  throw FormatError(where, message);
}

/// Puts the annotations on their images and classes.
void place_objects(const std::filesystem::path& path, const std::vector<RawObject>& raw, bool compat,
                   CocoTruth& result) {
  IdIndex images(result.truth.images);
  IdIndex classes(result.truth.classes);
  std::unordered_map<std::int64_t, std::size_t> first_with_id;
  first_with_id.reserve(raw.size());
  std::size_t left_out = 0, repeated = 0;
  result.truth.objects.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    auto object = raw[i].object;
    object.image_idx = images.find(raw[i].image_id);
    object.class_idx = classes.find(raw[i].class_id);
    if (!compat && object.image_idx < 0)
      fail_at_object(path, i, "image_id", fmt::format("image {} is not listed in /images", raw[i].image_id));
    if (!compat && object.class_idx < 0)
      fail_at_object(path, i, "category_id",
                     fmt::format("class {} is not listed in /categories", raw[i].class_id));
    if (object.image_idx < 0 || object.class_idx < 0) {
      ++left_out;
      continue;
    }
    repeated += !first_with_id.emplace(object.id, i).second;
    result.truth.objects.push_back(object);
  }
  if (left_out)
    result.warnings.push_back(
        fmt::format("{}: {} annotations on unlisted images or classes left out", path.string(), left_out));
  if (repeated)
    result.warnings.push_back(
        fmt::format("{}: {} annotations repeat the id of another", path.string(), repeated));
}

/// The members of one detection, read in any order.
struct RawDetection {
  std::optional<std::int64_t> image_id, class_id;
  std::optional<double> score;
  std::optional<std::array<double, 4>> box;
};

RawDetection read_detection(JsonCursor& json) {
  RawDetection raw;
  json.each_member([&](std::string_view key) {
    if (key == "image_id")
      raw.image_id = json.integer();
    else if (key == "category_id")
      raw.class_id = json.integer();
    else if (key == "score")
      raw.score = json.number();
    else if (key == "bbox")
      raw.box = read_box(json);
    else
      json.skip();
  });
  return raw;
}

std::string list_ids(const std::map<std::int64_t, std::size_t>& counts) {
  std::vector<std::string> parts;
  for (const auto& [id, count] : counts) {
    if (parts.size() == 5) {
      parts.push_back("...");
      break;
    }
    parts.push_back(std::to_string(id));
  }
  return join(parts, ", ");
}

std::string read_input(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path))
    throw DataError(fmt::format("{}: there is no such file", path.string()));
  return read_file(path);
}

}  // namespace

CocoTruth read_coco_truth(const std::filesystem::path& path, const CocoReadOptions& options) {
  const auto text = read_input(path);
  JsonCursor json(text, path);
  if (json.peek() != '{')
    json.fail("found a list, expected an object with images, annotations and categories");
  TruthReader reader(json, options.compat_coco);
  auto result = reader.read();
  place_objects(path, reader.objects(), options.compat_coco, result);
  if (const auto count = reader.without_area())
    result.warnings.push_back(
        fmt::format("{}: {} annotations have no area; the box's is used", path.string(), count));
  return result;
}

CocoDetections read_coco_detections(const std::filesystem::path& path, const TruthTable& truth) {
  const auto text = read_input(path);
  JsonCursor json(text, path);
  IdIndex images(truth.images);
  IdIndex classes(truth.classes);
  CocoDetections result;
  result.table.name = path.stem().string();
  result.table.boxes.reserve(text.size() / 80);  // a detection takes 90 to 130 bytes
  std::map<std::int64_t, std::size_t> unknown_classes;
  if (json.peek() != '[') json.fail("expected a list of detections");
  json.each_element([&](std::int64_t) {
    const auto raw = read_detection(json);
    const auto image_id = required(raw.image_id, "image_id", json);
    const auto class_id = required(raw.class_id, "category_id", json);
    const auto box = required(raw.box, "bbox", json);
    const auto score = required(raw.score, "score", json);
    const auto image_idx = images.find(image_id);
    if (image_idx < 0) json.fail(fmt::format("image {} is not in the ground truth", image_id));
    const auto class_idx = classes.find(class_id);
    if (class_idx < 0)
      ++unknown_classes[class_id];
    else
      result.table.boxes.push_back({box[0], box[1], box[2], box[3], score, image_idx, class_idx});
  });
  json.end();
  std::size_t left_out = 0;
  for (const auto& [id, count] : unknown_classes) left_out += count;
  if (left_out)
    result.warnings.push_back(
        fmt::format("{}: {} detections of classes the ground truth lacks left out (ids {})", path.string(),
                    left_out, list_ids(unknown_classes)));
  return result;
}

void write_coco_detections(const std::filesystem::path& path, const DetectionTable& table,
                           const TruthTable& truth) {
  AtomicFile file(path);
  fmt::memory_buffer buffer;
  auto out = std::back_inserter(buffer);
  fmt::format_to(out, "[");
  for (std::size_t i = 0; i < table.boxes.size(); ++i) {
    const auto& b = table.boxes[i];
    fmt::format_to(out, "{}\n{{\"image_id\":{},\"category_id\":{},\"bbox\":[{},{},{},{}],\"score\":{}}}",
                   i ? "," : "", truth.images.at(static_cast<std::size_t>(b.image_idx)).id,
                   truth.classes.at(static_cast<std::size_t>(b.class_idx)).id, shortest(b.x), shortest(b.y),
                   shortest(b.w), shortest(b.h), shortest(b.score));
    if (buffer.size() > (1u << 20)) {
      file.write({buffer.data(), buffer.size()});
      buffer.clear();
    }
  }
  fmt::format_to(out, "\n]\n");
  file.write({buffer.data(), buffer.size()});
  file.commit();
}

std::vector<std::string> audit(const TruthTable& truth, const DetectionTable& table) {
  std::vector<std::string> found;
  if (table.boxes.size() < 10 || truth.objects.empty()) return found;
  std::size_t fractions = 0, negative = 0;
  for (const auto& b : table.boxes) {
    fractions += b.x <= 1.5 && b.y <= 1.5 && b.w <= 1.5 && b.h <= 1.5;
    negative += b.w < 0 || b.h < 0;
  }
  const auto total = table.boxes.size();
  if (fractions * 10 > total * 9)
    found.push_back(
        fmt::format("{}: {} of {} boxes lie within 1.5 pixels: they look like fractions of the image, "
                    "COCO boxes are pixels",
                    table.name, fractions, total));
  if (negative)
    found.push_back(
        fmt::format("{}: {} of {} boxes have a negative width or height", table.name, negative, total));
  return found;
}

}  // namespace ds
