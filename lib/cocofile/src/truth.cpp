#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "ds/base/error.h"
#include "ds/base/parallel.h"
#include "ds/base/text.h"
#include "ds/cocofile/coco_file.h"
#include "fields.h"

namespace ds {

namespace {

using detail::IdIndex;
using detail::JsonCursor;
using detail::required;
using detail::Segmentation;

/// An annotation as it stands, before the images and classes are known (they may come later in the file).
struct RawObject {
  TruthObject object;
  detail::ImageRef image;
  std::int64_t class_id = 0;
  bool has_box = false;
  bool has_area = false;
};

/// Class ids that an image lists.
struct RawLabels {
  std::vector<std::int64_t> positive, negative, not_exhaustive;
};

struct RawTruth {
  CocoTruth result;
  std::vector<RawObject> objects;
  std::vector<Segmentation> segmentations;  // as objects, or empty
  std::vector<RawLabels> labels;            // as the images, or empty
};

/// Reads the file from front to back into RawTruth. Its lists may come in any order, so that objects keep the ids
/// that they name; sort_classes(), place_objects() and place_labels() make indices of them when all is read.
/// Members that nobody asked for are skipped, whatever is in them: masks are most of such a file and are not
/// decoded without need.
class TruthReader {
 public:
  TruthReader(JsonCursor& json, const CocoReadOptions& options) : json_(json), options_(options) {}

  RawTruth read() {
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
    return std::move(raw_);
  }

 private:
  /// A side of an image; 0 where the file has something else than a number of pixels.
  int read_side() {
    const char first = json_.peek();
    if (first < '0' || first > '9') {
      json_.skip();
      return 0;
    }
    const double side = json_.number();
    return side >= 1 && side < 1e9 ? static_cast<int>(side) : 0;
  }

  std::vector<std::int64_t> read_ids() {
    std::vector<std::int64_t> ids;
    json_.each_element([&](std::int64_t) { ids.push_back(json_.integer()); });
    return ids;
  }

  void read_image() {
    std::optional<detail::ImageRef> id;
    EvalImage image;
    RawLabels labels;
    auto& known = raw_.result.labels;
    json_.each_member([&](std::string_view key) {
      if (key == "id")
        id = detail::read_image_ref(json_);
      else if (key == "file_name")
        image.name = json_.text_or_number();
      else if (key == "width")
        image.width = read_side();
      else if (key == "height")
        image.height = read_side();
      else if (options_.with_labels && key == "pos_category_ids")
        labels.positive = (known.has_positive = true, read_ids());
      else if (options_.with_labels && key == "neg_category_ids")
        labels.negative = (known.has_negative = true, read_ids());
      else if (options_.with_labels && key == "not_exhaustive_category_ids")
        labels.not_exhaustive = (known.has_not_exhaustive = true, read_ids());
      else
        json_.skip();
    });
    const auto ref = required(id, "id", json_);
    image.id = ref.id;
    image.text_id = ref.text;
    if (image.name.empty()) image.name = ref.text;
    if (ref.text.empty() ? image_ids_.insert(ref.id).second : image_texts_.insert(ref.text).second) {
      raw_.result.truth.images.push_back(std::move(image));
      if (options_.with_labels) raw_.labels.push_back(std::move(labels));
    } else if (!options_.compat_coco) {
      json_.fail(fmt::format("a second image with id {}", ref.shown()));
    }
  }

  char read_frequency() {
    const auto text = json_.string();
    if (text == "r" || text == "c" || text == "f") return text[0];
    json_.fail(fmt::format("found \"{}\", expected \"r\", \"c\" or \"f\"", text));
  }

  void read_class() {
    std::optional<std::int64_t> id;
    EvalClass info;
    char frequency = 0;
    json_.each_member([&](std::string_view key) {
      if (key == "id")
        id = json_.integer();
      else if (key == "name")
        info.name = json_.string();
      else if (options_.with_labels && key == "frequency")
        frequency = read_frequency();
      else
        json_.skip();
    });
    info.id = required(id, "id", json_);
    if (info.name.empty()) info.name = std::to_string(info.id);
    if (class_ids_.insert(info.id).second) {
      raw_.result.truth.classes.push_back(std::move(info));
      if (options_.with_labels) raw_.result.labels.frequency.push_back(frequency);
    } else if (!options_.compat_coco) {
      json_.fail(fmt::format("a second class with id {}", info.id));
    }
  }

  void read_object() {
    RawObject raw;
    auto& object = raw.object;
    std::optional<std::int64_t> id, class_id;
    std::optional<detail::ImageRef> image;
    std::optional<double> area;
    std::optional<std::array<double, 4>> box;
    Segmentation segmentation;
    json_.each_member([&](std::string_view key) {
      if (key == "id")
        id = json_.integer();
      else if (key == "image_id")
        image = detail::read_image_ref(json_);
      else if (key == "category_id")
        class_id = json_.integer();
      else if (key == "bbox")
        box = detail::read_coco_box(json_);
      else if (key == "area")
        area = json_.number();
      else if (key == "iscrowd")
        object.crowd = json_.flag() || object.crowd;
      else if (options_.with_labels && key == "is_group_of")
        object.crowd = json_.flag() || object.crowd;
      else if (options_.with_labels && (key == "difficult" || key == "ignore"))
        object.ignore = json_.flag() || object.ignore;
      else if (options_.with_masks && key == "segmentation")
        segmentation = detail::read_segmentation(json_);
      else
        json_.skip();
    });
    object.id = required(id, "id", json_);
    raw.image = required(image, "image_id", json_);
    raw.class_id = required(class_id, "category_id", json_);
    if (options_.with_masks) {
      if (segmentation.index() == 0) json_.fail("no 'segmentation'; masks were asked for");
      raw_.segmentations.push_back(std::move(segmentation));
    }
    raw.has_box = box.has_value();
    raw.has_area = area.has_value();
    if (!options_.with_masks) required(box, "bbox", json_);
    if (box) {
      object.x = (*box)[0];
      object.y = (*box)[1];
      object.w = (*box)[2];
      object.h = (*box)[3];
    }
    object.area = area.value_or(object.w * object.h);
    raw_.objects.push_back(std::move(raw));
  }

  JsonCursor& json_;
  const CocoReadOptions& options_;
  RawTruth raw_;
  std::unordered_set<std::int64_t> image_ids_, class_ids_;
  std::unordered_set<std::string> image_texts_, seen_;
};

using detail::fail_at;

[[noreturn]] void fail_at_object(const std::filesystem::path& path, std::size_t i, const char* member,
                                 const std::string& message) {
  fail_at(path, fmt::format("/annotations/{}/{}", i, member), message);
}

/// Images that the file names by texts get numbers as well: the texts' own where all of them are numbers, else by
/// their order, behind the others'.
void number_images(std::vector<EvalImage>& images) {
  std::vector<EvalImage*> by_text;
  std::unordered_set<std::int64_t> taken;
  bool all_numbers = true;
  for (auto& image : images) {
    auto number = image.text_id.empty() ? std::optional(image.id) : parse_int(image.text_id);
    all_numbers = all_numbers && number && taken.insert(*number).second;
    if (!image.text_id.empty()) by_text.push_back(&image);
  }
  std::int64_t next = 1;
  for (const auto& image : images)
    if (image.text_id.empty()) next = std::max(next, image.id + 1);
  std::sort(by_text.begin(), by_text.end(),
            [](const auto* a, const auto* b) { return a->text_id < b->text_id; });
  for (auto* image : by_text) image->id = all_numbers ? *parse_int(image->text_id) : next++;
}

/// The images that the annotations are on; -1 where it is not listed.
void find_images(RawTruth& raw) {
  detail::ImageIndex images(raw.result.truth.images);
  for (auto& one : raw.objects) one.object.image_idx = images.find(one.image);
}

/// Masks become pixels, and give what the annotation does not say itself.
void make_masks(const std::filesystem::path& path, RawTruth& raw, int threads) {
  auto& table = raw.result.truth;
  table.masks.resize(raw.objects.size());
  for_each_index(raw.objects.size(), threads, [&](std::size_t i) {
    auto& [object, image, class_id, has_box, has_area] = raw.objects[i];
    if (object.image_idx < 0) return;
    try {
      table.masks[i] = detail::mask_on(std::move(raw.segmentations[i]),
                                       table.images[static_cast<std::size_t>(object.image_idx)]);
    } catch (const DataError& e) {
      fail_at_object(path, i, "segmentation", e.what());
    }
    if (!has_area) object.area = static_cast<double>(table.masks[i].area());
    if (has_box) return;
    const auto bounds = table.masks[i].bounds();
    object.x = bounds.x0;
    object.y = bounds.y0;
    object.w = bounds.width();
    object.h = bounds.height();
  });
}

/// By id, as pycocotools has them: neither a number nor the order of rows depends on the order in the file.
void sort_classes(RawTruth& raw) {
  auto& classes = raw.result.truth.classes;
  auto& frequency = raw.result.labels.frequency;
  std::vector<std::size_t> order(classes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return classes[a].id < classes[b].id; });
  std::vector<EvalClass> sorted_classes;
  std::vector<char> sorted_frequency;
  for (const auto i : order) {
    sorted_classes.push_back(std::move(classes[i]));
    if (!frequency.empty()) sorted_frequency.push_back(frequency[i]);
  }
  classes = std::move(sorted_classes);
  frequency = std::move(sorted_frequency);
}

/// Classes of one name become one, under the id of the first.
void merge_classes(RawTruth& raw) {
  std::vector<EvalClass> merged;
  std::vector<char> frequency;
  for (std::size_t i = 0; i < raw.result.truth.classes.size(); ++i) {
    auto& own = raw.result.truth.classes[i];
    auto same =
        std::find_if(merged.begin(), merged.end(), [&](const auto& one) { return one.name == own.name; });
    if (same != merged.end()) {
      same->other_ids.push_back(own.id);
      continue;
    }
    merged.push_back(std::move(own));
    if (!raw.result.labels.frequency.empty()) frequency.push_back(raw.result.labels.frequency[i]);
  }
  raw.result.truth.classes = std::move(merged);
  raw.result.labels.frequency = std::move(frequency);
}

/// Puts the annotations on their images and classes.
void place_objects(const std::filesystem::path& path, bool compat, RawTruth& raw) {
  auto& result = raw.result;
  auto& table = result.truth;
  IdIndex classes(table.classes);
  std::size_t left_out = 0;
  table.objects.reserve(raw.objects.size());
  for (std::size_t i = 0; i < raw.objects.size(); ++i) {
    auto object = raw.objects[i].object;
    object.class_idx = classes.find(raw.objects[i].class_id);
    if (!compat && object.image_idx < 0)
      fail_at_object(path, i, "image_id",
                     fmt::format("image {} is not listed in /images", raw.objects[i].image.shown()));
    if (!compat && object.class_idx < 0)
      fail_at_object(path, i, "category_id",
                     fmt::format("class {} is not listed in /categories", raw.objects[i].class_id));
    if (object.image_idx < 0 || object.class_idx < 0) {
      ++left_out;
      continue;
    }
    if (!table.masks.empty() && table.objects.size() != i)
      table.masks[table.objects.size()] = std::move(table.masks[i]);
    table.objects.push_back(object);
  }
  if (!table.masks.empty()) table.masks.resize(table.objects.size());
  if (left_out)
    result.warnings.push_back(
        fmt::format("{}: {} annotations on unlisted images or classes left out", path.string(), left_out));
}

void place_labels(const std::filesystem::path& path, RawTruth& raw) {
  IdIndex classes(raw.result.truth.classes);
  for (std::size_t i = 0; i < raw.labels.size(); ++i) {
    auto indices = [&](const std::vector<std::int64_t>& ids, const char* member) {
      std::vector<std::int32_t> found;
      for (std::size_t k = 0; k < ids.size(); ++k) {
        found.push_back(classes.find(ids[k]));
        if (found.back() < 0)
          fail_at(path, fmt::format("/images/{}/{}/{}", i, member, k),
                  fmt::format("class {} is not listed in /categories", ids[k]));
      }
      std::sort(found.begin(), found.end());
      found.erase(std::unique(found.begin(), found.end()), found.end());
      return found;
    };
    const auto& from = raw.labels[i];
    raw.result.labels.images.push_back({indices(from.positive, "pos_category_ids"),
                                        indices(from.negative, "neg_category_ids"),
                                        indices(from.not_exhaustive, "not_exhaustive_category_ids")});
  }
}

}  // namespace

CocoTruth read_coco_truth(const std::filesystem::path& path, const CocoReadOptions& options) {
  const auto text = detail::read_input(path);
  JsonCursor json(text, path);
  if (json.peek() != '{')
    json.fail("found a list, expected an object with images, annotations and categories");
  auto raw = TruthReader(json, options).read();
  number_images(raw.result.truth.images);
  find_images(raw);
  sort_classes(raw);
  if (options.merge_same_names) merge_classes(raw);
  if (options.with_masks) make_masks(path, raw, options.threads);
  place_objects(path, options.compat_coco, raw);
  place_labels(path, raw);
  const auto without_area =
      std::count_if(raw.objects.begin(), raw.objects.end(), [](const auto& o) { return !o.has_area; });
  if (without_area)
    raw.result.warnings.push_back(fmt::format("{}: {} annotations have no area; the {}'s is used",
                                              path.string(), without_area,
                                              options.with_masks ? "mask" : "box"));
  return std::move(raw.result);
}

}  // namespace ds
