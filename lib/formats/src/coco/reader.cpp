// COCO instances and key points. Facts: docs of the format, cocoapi's maskApi.c and cocoeval.py.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "coco/annotation.h"
#include "coco/entries.h"
#include "coco/format.h"
#include "coco/json_lists.h"
#include "coco/plain.h"
#include "coco/writer.h"
#include "ds/base/text.h"
#include "ds/formats/coco/options.h"
#include "ds/media/image_header.h"
#include "shared/reading.h"
#include "shared/source_peek.h"
#include "shared/text/json_file.h"

namespace ds::detail {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

bool is_coco(const JsonOutline& outline) {
  return outline.is_object && outline.has("images") &&
         (outline.has("annotations") || outline.has("categories"));
}

// instances_train.json beside person_keypoints_train.json and captions_train.json describe the same images:
// the files that say most about objects are read, once for each split.
int rank_of(const fs::path& file) {
  auto name = file.filename().string();
  if (name.starts_with("instances")) return 0;
  if (name.starts_with("person_keypoints") || name.starts_with("keypoints")) return 1;
  for (auto* other : {"captions", "image_info", "labels", "panoptic", "stuff"})
    if (name.starts_with(other)) return 3;
  return 2;
}

std::vector<fs::path> coco_files(const SourcePeek& source) {
  std::vector<fs::path> files;
  for (const auto& file : source.files(".json"))
    if (source.depth_of(file) <= 2 && is_coco(source.json(file))) files.push_back(file);
  std::map<fs::path, int> best;  // by folder
  for (const auto& file : files) {
    auto [at, is_new] = best.emplace(file.parent_path(), rank_of(file));
    if (!is_new) at->second = std::min(at->second, rank_of(file));
  }
  std::vector<fs::path> chosen;
  for (const auto& file : files)
    if (rank_of(file) == best[file.parent_path()]) chosen.push_back(file);
  return chosen;
}

std::string subset_of(const fs::path& file) {
  auto stem = file.stem().string();
  auto at = stem.rfind('_');
  if (at != std::string::npos && !stem.ends_with(".coco")) return stem.substr(at + 1);
  return file.parent_path().filename().string();
}

/// Reads one file's lists in the order they need each other, wherever they stand in it: categories, images,
/// annotations. Files of gigabytes are common, so no tree of the whole is made: entries are visited one by
/// one, and the plain ones (nearly all) by a reader of their own. Categories must be sound, since every
/// annotation leans on them; a wrong image or annotation is an issue and costs no other. Ids may be numbers
/// or texts and are compared as texts.
class CocoFile {
 public:
  CocoFile(Reading& reading, const fs::path& file)
      : reading_(reading), file_(file), lists_(file, {"categories", "images", "annotations"}) {
    place_.path = file;
    if (!lists_.is_object())
      throw FormatError(at(""), "not a COCO dataset: it needs the lists images, annotations and categories");
  }

  void read() {
    read_categories();
    read_images();
    lists_.for_each(
        "annotations", [&](std::string_view text, std::size_t i) { return read_plain(text, i); },
        [&](const json& entry, std::size_t i) {
          auto place = fmt::format("/annotations/{}", i);
          if (entry.is_object())
            read_annotation(entry, place);
          else
            reading_.issue(Severity::error, "BAD_ROW", at(place),
                           "an annotation must be an object; left out");
        });
    report_duplicates();
  }

 private:
  Location at(const std::string& pointer) const { return {.path = file_, .pointer = pointer}; }

  void read_categories() {
    std::map<std::string, std::string> by_name;
    std::map<std::string, std::string> by_id;
    std::vector<json> categories;
    lists_.for_each("categories", [&](const json& category, std::size_t) { categories.push_back(category); });
    std::vector<std::pair<double, std::size_t>> order;  // classes are in the order of ascending ids
    for (std::size_t i = 0; i < categories.size(); ++i) {
      auto place = fmt::format("/categories/{}", i);
      const auto& category = categories[i];
      auto id = category.is_object() && category.contains("id") ? id_of(category["id"]) : std::nullopt;
      if (!id || !category.contains("name") || text_of(category["name"]).empty())
        throw FormatError(at(place), "a category needs an id and a name");
      auto name = text_of(category["name"]);
      if (auto [other, is_new] = by_id.emplace(*id, place); !is_new)
        throw FormatError(at(place), fmt::format("id {} is also that of {}", *id, other->second));
      if (auto [other, is_new] = by_name.emplace(name, place); !is_new)
        throw FormatError(at(place), fmt::format("'{}' is also the name of {}", name, other->second));
      order.emplace_back(parse_double(*id).value_or(1e18), i);
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [number, i] : order) {
      auto name = text_of(categories[i]["name"]);
      auto known = reading_.classes().find(name);
      class_of_[*id_of(categories[i]["id"])] =
          known ? *known : reading_.classes().add(read_coco_category(categories[i]));
    }
  }

  void find_roots() {
    auto folder = file_.parent_path();
    auto subset = subset_of(file_);
    roots_ = {folder,
              folder / "images",
              folder / subset,
              folder / "images" / subset,
              folder / ".." / "images" / subset,
              folder / ".." / "images",
              folder / ".." / subset,
              folder / ".."};
    add_folders_of_split();
    std::erase_if(roots_, [](const fs::path& root) { return !root.empty() && !fs::is_directory(root); });
  }

  std::optional<Split> split_of_file() const {
    auto split = split_of_word(subset_of(file_));
    return split ? split : split_of_word(file_.stem().string());
  }

  // annotations/custom_train.json speaks of train2017/ beside it.
  void add_folders_of_split() {
    auto split = split_of_file();
    if (!split) return;
    std::vector<fs::path> named;
    for (const auto& root : roots_) {
      if (!fs::is_directory(root)) continue;
      for (const auto& entry : fs::directory_iterator(root, fs::directory_options::skip_permission_denied))
        if (entry.is_directory() && split_of_word(entry.path().filename().string()) == split)
          named.push_back(entry.path());
    }
    std::sort(named.begin(), named.end());
    roots_.insert(roots_.end(), named.begin(), named.end());
  }

  // Where the pictures are is found first, so that all of them are opened on all processors.
  void prepare_images() {
    find_roots();
    std::vector<fs::path> there;
    auto take = [&](std::string_view file_name, std::size_t i) {
      files_.resize(i + 1);
      files_[i] = reading_.find_image({.given = std::string(file_name), .folders = roots_, .labels = file_});
      if (!files_[i].file.empty()) there.push_back(files_[i].file);
    };
    JsonText parser;
    lists_.for_each(
        "images",
        [&](std::string_view text, std::size_t i) {
          auto name = parser.member(text, "file_name");
          if (name) take(*name, i);
          return name.has_value();
        },
        [&](const json& entry, std::size_t i) {
          auto name = entry.is_object() ? entry.find("file_name") : entry.end();
          if (name != entry.end() && name->is_string()) take(name->get<std::string>(), i);
        });
    reading_.prepare(there);
  }

  void read_images() {
    prepare_images();
    auto split = split_of_file();
    lists_.for_each("images", [&](const json& entry, std::size_t i) { read_image(entry, i, split); });
    files_ = {};
    auto number_ids = [](const auto& by_text, auto& by_number) {
      for (const auto& [id, index] : by_text)
        if (auto number = parse_int(id); number && std::to_string(*number) == id) by_number[*number] = index;
    };
    number_ids(image_of_, image_of_number_);
    number_ids(class_of_, class_of_number_);
  }

  void read_image(const json& entry, std::size_t i, std::optional<Split> split) {
    auto place = fmt::format("/images/{}", i);
    bool odd = false;
    auto id = entry.is_object() && entry.contains("id") ? id_of(entry["id"], &odd) : std::nullopt;
    if (!id || !entry.contains("file_name") || !entry["file_name"].is_string()) {
      reading_.issue(Severity::error, "BAD_ROW", at(place), "an image needs an id and a file_name; left out");
      return;
    }
    auto file_name = entry["file_name"].get<std::string>();
    if (odd)
      reading_.issue(Severity::note, "BAD_ID", at(place + "/id"),
                     "the id is not an integer: " + entry["id"].dump());
    if (image_of_.contains(*id))
      throw FormatError(at(place), fmt::format("id {} is also that of another image", *id));
    if (auto known = by_file_name_.find(file_name); known != by_file_name_.end()) {
      bool merge = reading_.own<CocoReading>().merge_duplicates;
      reading_.issue(
          Severity::error, "DUPLICATE_IMAGE", at(place),
          fmt::format("'{}' is named by another entry too; {}", file_name,
                      merge ? "merged" : "its annotations are left out (merge with --merge-duplicates)"));
      if (merge)
        image_of_[*id] = known->second;
      else
        duplicates_[*id] = 0;
      return;
    }
    add_image(entry, *id, file_name, i, split);
  }

  void add_image(const json& entry, const std::string& id, const std::string& file_name, std::size_t i,
                 std::optional<Split> split) {
    auto size = [&](const char* key) {
      auto number = entry.contains(key) ? number_of(entry[key]) : std::nullopt;
      return number && *number > 0 && *number < 1e6 ? static_cast<int>(*number) : 0;
    };
    auto place = fmt::format("/images/{}", i);
    const auto& file = files_[i].file;
    if (file.empty()) reading_.report_missing(files_[i], file_name, at(place + "/file_name"));
    auto name = file.empty() ? with_slashes(file_name) : reading_.name_of(file);
    auto index = reading_.add_image(file, name, Reading::Declared{size("width"), size("height")}, at(place));
    if (!index) return;
    by_file_name_[file_name] = *index;
    image_of_[id] = *index;
    auto& image = reading_.image(*index);
    image.split = split.value_or(Split::none);
    read_coco_image_extras(entry, image);
    if (reading_.options().empty_is_negative) image.state = ImageState::done;
  }

  // The common entry, a plain box with whole-number ids; everything else is left to read_annotation.
  bool read_plain(std::string_view text, std::size_t i) {
    auto entry = plain_.read(text);
    if (!entry) return false;
    auto image = image_of_number_.find(entry->image_id);
    auto category = class_of_number_.find(entry->category_id);
    if (image == image_of_number_.end() || category == class_of_number_.end()) return false;
    reading_.image(image->second).state = ImageState::done;
    entry->annotation.class_idx = category->second;
    place_.pointer = fmt::format("/annotations/{}", i);
    reading_.add_annotation(image->second, std::move(entry->annotation), place_, entry->id);
    return true;
  }

  void read_annotation(const json& entry, const std::string& place) {
    auto id = entry.contains("image_id") ? id_of(entry["image_id"]) : std::nullopt;
    if (id && duplicates_.contains(*id)) {
      ++duplicates_[*id];
      return;
    }
    if (!id || !image_of_.contains(*id)) {
      reading_.issue(Severity::error, "UNKNOWN_IMAGE", at(place + "/image_id"),
                     fmt::format("no image has the id {}; left out", entry.value("image_id", json()).dump()));
      return;
    }
    Reading::About about(reading_, image_of_[*id]);
    auto category = entry.contains("category_id") ? id_of(entry["category_id"]) : std::nullopt;
    if (!category || !class_of_.contains(*category)) {
      reading_.issue(
          Severity::error, "UNKNOWN_CLASS", at(place + "/category_id"),
          fmt::format("no category has the id {}; left out", entry.value("category_id", json()).dump()));
      return;
    }
    auto index = image_of_[*id];
    auto annotation = read_coco_annotation(entry, [&](Severity severity, const std::string& code,
                                                      const std::string& member, const std::string& message) {
      reading_.issue(severity, code, at(place + "/" + member), message);
    });
    if (!annotation) return;
    annotation->class_idx = class_of_[*category];
    auto& image = reading_.image(index);
    if (auto* mask = std::get_if<RunLengthMask>(&annotation->shape);
        mask && (mask->width != image.raw_width || mask->height != image.raw_height) &&
        (mask->width != image.width || mask->height != image.height)) {
      reading_.issue(Severity::warning, "SIZE_MISMATCH", at(place + "/segmentation"),
                     fmt::format("the mask is {}x{}, {} is {}x{}", mask->width, mask->height, image.name,
                                 image.width, image.height));
    }
    image.state = ImageState::done;
    reading_.add_annotation(index, std::move(*annotation), at(place),
                            entry.contains("id") ? id_of(entry["id"]).value_or("") : "");
  }

  void report_duplicates() {
    for (const auto& [id, count] : duplicates_)
      if (count > 0)
        reading_.note(fmt::format("{} annotations of the duplicate image id {} are left out", count, id));
  }

  Reading& reading_;
  fs::path file_;
  JsonLists lists_;
  PlainCocoReader plain_;
  Location place_;  // of the annotation at hand
  std::vector<fs::path> roots_;
  std::vector<FoundImage> files_;  // beside the list of images
  std::unordered_map<std::string, int> class_of_;
  std::unordered_map<std::string, std::size_t> image_of_;
  std::unordered_map<std::int64_t, int> class_of_number_;  // those of them whose id is a whole number
  std::unordered_map<std::int64_t, std::size_t> image_of_number_;
  std::unordered_map<std::string, std::size_t> by_file_name_;
  std::map<std::string, std::size_t> duplicates_;
};

std::optional<std::string> detect_coco(const SourcePeek& source) {
  for (const auto& file : source.few(".json", 2))
    if (is_coco(source.json(file))) return source.shown(file) + " has images and annotations";
  return std::nullopt;
}

ReadResult read_coco(const fs::path& path, const ReadOptions& options) {
  Reading reading("coco", path, options);
  auto files = coco_files(SourcePeek(path));
  if (files.empty())
    throw DataError(
        fmt::format("{}: no COCO file (a JSON object with images and annotations)", path.string()));
  for (const auto& file : files) {
    reading.note_one_of("files read", "read " + file.string());
    reading.uses(file);
    CocoFile(reading, file).read();
  }
  return reading.finish();
}

}  // namespace

AnnotationFormat coco_format() {
  return {.detect = detect_coco,
          .read = read_coco,
          .write = write_coco,
          .one_file = ".json",
          .write_one_file = write_coco_as_one,
          .names = coco_names(),
          .read_options = {format_option("merge-duplicates", &CocoReading::merge_duplicates,
                                         "COCO entries that name the same file become one image")},
          .write_options = {
              format_option("coco-first-id", &CocoWriting::first_id, "id of the first COCO category")}};
}

}  // namespace ds::detail
