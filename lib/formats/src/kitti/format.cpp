// KITTI object detection: image_2/ and label_2/, 15 columns a row, 16 with a score.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "ds/base/text.h"
#include "kitti/format.h"
#include "shared/label_pairs.h"
#include "shared/losses.h"
#include "shared/pictures/raw_frame.h"
#include "shared/source_peek.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kKittiColumns = 15;
constexpr const char* kKittiLabels = "label_2";
constexpr const char* kDontCare = "DontCare";
constexpr std::array<const char*, kKittiColumns> kColumnNames = {
    "type",   "truncated", "occluded", "alpha", "left", "top", "right",     "bottom",
    "height", "width",     "length",   "x",     "y",    "z",   "rotation_y"};
// In the devkit's order.
constexpr std::array<const char*, 8> kDevkitClasses = {
    "Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Cyclist", "Tram", "Misc"};

const PairFolders& kitti_folders() {
  static const PairFolders folders{"image_2", [](const std::string& part) { return part == kKittiLabels; }};
  return folders;
}

struct KittiRow {
  std::vector<std::string> words;
  std::vector<double> numbers;  // beside the words; [0] stands for the type
  Location place;

  bool all(std::size_t from, std::size_t count, double value) const {
    return std::all_of(numbers.begin() + static_cast<std::ptrdiff_t>(from),
                       numbers.begin() + static_cast<std::ptrdiff_t>(from + count),
                       [&](double number) { return number == value; });
  }
  std::string text(std::size_t from, std::size_t count) const {
    std::vector<std::string> part(words.begin() + static_cast<std::ptrdiff_t>(from),
                                  words.begin() + static_cast<std::ptrdiff_t>(from + count));
    return join(part, " ");
  }
  Box box() const { return {numbers[4], numbers[5], numbers[6], numbers[7]}; }
};

// The columns that the boxes have no member for, but for those that say "none".
void read_3d(const KittiRow& row, Annotation& annotation) {
  if (row.all(3, 1, -1) && row.all(8, 7, -1)) return;  // tools without 3D write -1 everywhere
  auto keep = [&](const char* name, std::size_t from, std::size_t count, double none) {
    if (!row.all(from, count, none)) annotation.attributes[name] = row.text(from, count);
  };
  keep("alpha", 3, 1, -10);
  keep("dimensions", 8, 3, -1);
  keep("location", 11, 3, -1000);
  keep("rotation_y", 14, 1, -10);
}

/// Reads pairs of a picture and a label file. All rows are read before any image is added, so that classes
/// come in the devkit's order, then by name, whatever the order of files. Only the picture knows its size:
/// labels without one are left out. DontCare regions are no objects; they stay as an attribute of their
/// image, for the way back.
class KittiDataset {
 public:
  explicit KittiDataset(Reading& reading) : reading_(reading) {}

  /// False when there are neither label files nor pictures.
  bool read() {
    auto pairs = find_label_pairs(reading_, kitti_folders());
    if (pairs.empty()) return false;
    std::map<fs::path, std::vector<KittiRow>> rows;
    std::set<std::string> used;
    for (const auto& pair : pairs) {
      if (pair.labels.empty()) continue;
      rows[pair.labels] = read_rows(pair.labels);
      for (const auto& row : rows[pair.labels])
        if (row.words[0] != kDontCare) used.insert(row.words[0]);
    }
    std::vector<std::string> order;
    for (auto* name : kDevkitClasses)
      if (used.erase(name) > 0) order.emplace_back(name);
    order.insert(order.end(), used.begin(), used.end());
    declare_pair_classes(reading_, order);
    for (const auto& pair : pairs) add(pair, rows[pair.labels]);
    if (regions_ > 0)
      reading_.issue(Severity::note, "DONT_CARE", {.path = reading_.root()},
                     fmt::format("{} DontCare regions in {} images are kept as the images' attribute {}; "
                                 "they are no objects",
                                 regions_, images_with_regions_, kDontCare));
    return true;
  }

 private:
  std::vector<KittiRow> read_rows(const fs::path& file) {
    std::vector<KittiRow> rows;
    std::int64_t number = 0;
    for (const auto& line : reading_.lines_of(file)) {
      KittiRow row{.words = split_words(line), .numbers = {0}, .place = {.path = file, .line = ++number}};
      if (row.words.empty()) continue;
      if (row.words.size() != kKittiColumns && row.words.size() != kKittiColumns + 1) {
        reading_.issue(Severity::error, "BAD_ROW", row.place,
                       fmt::format("found {} columns, expected {} or, with a score, {}; left out",
                                   row.words.size(), kKittiColumns, kKittiColumns + 1));
        continue;
      }
      if (parse_numbers(row)) rows.push_back(std::move(row));
    }
    return rows;
  }

  bool parse_numbers(KittiRow& row) {
    for (std::size_t i = 1; i < row.words.size(); ++i) {
      auto value = parse_double(row.words[i]);
      if (!value) {
        reading_.issue(Severity::error, "BAD_NUMBER", row.place,
                       fmt::format("{} is '{}', not a finite number; left out",
                                   i < kKittiColumns ? kColumnNames[i] : "score", row.words[i]));
        return false;
      }
      row.numbers.push_back(*value);
    }
    return true;
  }

  void add(const LabelPair& pair, const std::vector<KittiRow>& rows) {
    if (pair.image.empty()) {
      reading_.uses(pair.labels);
      reading_.count_without_image(rows.size());
      reading_.issue(Severity::error, "MISSING_IMAGE", {.path = pair.labels},
                     fmt::format("{} has no picture in {}/, which alone knows its size; {} rows are left out",
                                 pair.name, kitti_folders().images, rows.size()));
      return;
    }
    auto index = reading_.add_image(pair.image, pair.name, std::nullopt,
                                    {.path = pair.labels.empty() ? pair.image : pair.labels});
    if (!index) return;
    reading_.own_labels(*index, pair.labels);
    reading_.image(*index).split = pair.split.value_or(Split::none);
    if (!pair.labels.empty()) reading_.image(*index).state = ImageState::done;
    for (const auto& row : rows) {
      if (row.words[0] == kDontCare)
        add_region(*index, row);
      else
        add_object(*index, row);
    }
  }

  // A region without a class is no annotation.
  void add_region(std::size_t index, const KittiRow& row) {
    auto& image = reading_.image(index);
    auto text = row.text(4, 4);
    if (reading_.labels_are_raw() && image.orientation != 1) {
      auto box =
          std::get<Box>(raw_to_displayed(row.box(), image.raw_width, image.raw_height, image.orientation));
      text =
          fmt::format("{} {} {} {}", shortest(box.x0), shortest(box.y0), shortest(box.x1), shortest(box.y1));
    }
    auto& regions = image.attributes[kDontCare];
    images_with_regions_ += regions.empty();
    ++regions_;
    regions += regions.empty() ? text : "; " + text;
  }

  void add_object(std::size_t index, const KittiRow& row) {
    Annotation annotation{.class_idx = reading_.class_of(row.words[0]), .shape = row.box()};
    if (row.numbers[1] >= 0) annotation.truncated = row.numbers[1];
    if (row.numbers[2] >= 0) annotation.occluded = row.numbers[2];  // 0..3 as they are
    read_3d(row, annotation);
    if (row.numbers.size() > kKittiColumns) annotation.score = row.numbers[kKittiColumns];
    reading_.add_annotation(index, std::move(annotation), row.place);
  }

  Reading& reading_;
  std::size_t regions_ = 0;
  std::size_t images_with_regions_ = 0;
};

bool has_kitti_rows(std::string head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.erase(0, 3);
  for (const auto& line : split(head, '\n')) {
    auto words = split_words(trim(line));
    if (words.empty()) continue;
    return (words.size() == kKittiColumns || words.size() == kKittiColumns + 1) && !parse_double(words[0]) &&
           std::all_of(words.begin() + 1, words.end(), [](const auto& word) { return parse_double(word); });
  }
  return false;
}

std::optional<std::string> detect_kitti(const SourcePeek& source) {
  int looked_at = 0;
  for (const auto& file : source.files(".txt")) {
    if (!is_in_label_folder(file, source.path(), kitti_folders())) continue;
    if (has_kitti_rows(source.head(file)))
      return fmt::format("{} in label_2 has {} columns", source.shown(file), kKittiColumns);
    if (++looked_at == 20) break;
  }
  return std::nullopt;
}

ReadResult read_kitti(const fs::path& path, const ReadOptions& options) {
  Reading reading("kitti", path, options);
  if (!KittiDataset(reading).read())
    throw DataError(fmt::format("{}: no KITTI dataset (folders image_2 and label_2)", path.string()));
  return reading.finish();
}

// The attribute's words when they are so many numbers, else the placeholders.
std::string column(const Annotation& annotation, const char* name, std::size_t count, const char* none) {
  std::vector<std::string> words(count, none);
  auto found = annotation.attributes.find(name);
  if (found == annotation.attributes.end()) return join(words, " ");
  auto given = split_words(found->second);
  bool fits = given.size() == count &&
              std::all_of(given.begin(), given.end(), [](const auto& word) { return parse_double(word); });
  return join(fits ? given : words, " ");
}

bool is_column(const std::string& name, const std::string& value) {
  std::size_t count = name == "dimensions" || name == "location" ? 3 : 1;
  bool known = count == 3 || name == "alpha" || name == "rotation_y";
  Annotation annotation{.attributes = {{name, value}}};
  return known && column(annotation, name.c_str(), count, "?").find('?') == std::string::npos;
}

std::string kitti_row(const Annotation& a, const std::string& class_name) {
  auto box = a.box();
  auto text = fmt::format(
      "{} {} {} {} {} {} {} {} {} {} {}", class_name, a.truncated ? shortest(*a.truncated) : "-1",
      a.occluded ? shortest(std::round(*a.occluded)) : "-1", column(a, "alpha", 1, "-10"), shortest(box.x0),
      shortest(box.y0), shortest(box.x1), shortest(box.y1), column(a, "dimensions", 3, "-1"),
      column(a, "location", 3, "-1000"), column(a, "rotation_y", 1, "-10"));
  if (a.score) text += " " + shortest(*a.score);
  return text + "\n";
}

// Four numbers each, or nothing when the attribute is something else.
std::vector<std::string> regions_of(const std::string& attribute) {
  std::vector<std::string> regions;
  for (const auto& part : split(attribute, ';')) {
    auto words = split_words(part);
    bool fits = words.size() == 4 &&
                std::all_of(words.begin(), words.end(), [](const auto& word) { return parse_double(word); });
    if (!fits) return {};
    regions.push_back(join(words, " "));
  }
  return regions;
}

std::string kitti_text(const Image& image, const ClassList& classes) {
  std::string text;
  for (const auto& annotation : image.annotations)
    text += kitti_row(annotation, pair_class_name(classes[annotation.class_idx].name));
  if (auto found = image.attributes.find(kDontCare); found != image.attributes.end())
    for (const auto& region : regions_of(found->second))
      text += fmt::format("{} -1 -1 -10 {} -1 -1 -1 -1000 -1000 -1000 -10\n", kDontCare, region);
  return text;
}

void count_kitti_losses(const Dataset& dataset, LossReport& losses) {
  FormatHolds holds{.truncated = FormatHolds::exact,
                    .occluded = FormatHolds::exact,
                    .score = true,
                    .attributes = true,
                    .image_attributes = true};
  count_losses(dataset, holds, losses);
  for (const auto& image : dataset.images) {
    if (image.state == ImageState::unlabelled && image.annotations.empty() &&
        image.attributes.contains(kDontCare))
      losses.add("state", "count as looked at: they have DontCare regions");
    for (const auto& [name, value] : image.attributes) {
      if (!tells_of_image(name, value) || (name == kDontCare && !regions_of(value).empty())) continue;
      losses.add("image-attributes", "lose them");
      break;
    }
    for (const auto& a : image.annotations) {
      bool rest = std::any_of(a.attributes.begin(), a.attributes.end(), [](const auto& attribute) {
        return says_something(attribute.second) && !is_column(attribute.first, attribute.second);
      });
      if (rest) losses.add("attributes", "lose them but for the 3D columns");
      if (a.occluded && (*a.occluded < 0 || std::round(*a.occluded) != *a.occluded))
        losses.add("occluded", "become whole numbers");
      if (a.truncated && *a.truncated < 0) losses.add("truncated", "lose it");
      if (dataset.classes[a.class_idx].name == kDontCare)
        losses.add("classes", "DontCare is none in KITTI: its objects become regions");
    }
  }
}

WrittenDataset write_kitti(const Dataset& dataset, const WriteOptions&) {
  WrittenDataset written;
  check_pairs(dataset, written.losses);
  count_kitti_losses(dataset, written.losses);
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    auto paths = pair_paths(image, image.name, kitti_folders().images, kKittiLabels);
    written.images[paths.image] = i;
    if (image.state != ImageState::unlabelled || !image.annotations.empty() ||
        image.attributes.contains(kDontCare))
      written.texts[paths.labels] = kitti_text(image, dataset.classes);
  }
  written.texts["labels.txt"] = pair_classes_text(dataset.classes);
  return written;
}

}  // namespace

AnnotationFormat kitti_format() {
  return {.detect = detect_kitti,
          .read = read_kitti,
          .write = write_kitti,
          .names = pair_names(kitti_folders(), kKittiLabels),
          .needs_labels = true};
}

}  // namespace ds::detail
