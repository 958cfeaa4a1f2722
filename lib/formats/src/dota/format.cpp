// DOTA: images/ and labelTxt/, rows of four corners, class, difficult.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

#include "dota/format.h"
#include "ds/base/text.h"
#include "shared/label_pairs.h"
#include "shared/losses.h"
#include "shared/source_peek.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

constexpr const char* kDotaLabels = "labelTxt";
constexpr const char* kDifficulty = "difficulty";  // other than 0 and 1

const PairFolders& dota_folders() {
  static const PairFolders folders{"images",
                                   [](const std::string& part) { return part.starts_with(kDotaLabels); }};
  return folders;
}

// Boxes and rotated boxes for rectangles, with the first corner as given: a box begins at its top
// left one. Quadrangles else.
Shape dota_shape(const Ring& quad) {
  const auto& start = quad[0];
  double twice_area = 0;
  for (std::size_t i = 0; i < 4; ++i)
    twice_area += quad[i].x * quad[(i + 1) % 4].y - quad[(i + 1) % 4].x * quad[i].y;
  // Clockwise on the screen from the first corner.
  const auto& next = twice_area < 0 ? quad[3] : quad[1];
  const auto& last = twice_area < 0 ? quad[1] : quad[3];
  const auto& far = quad[2];
  double width = std::hypot(next.x - start.x, next.y - start.y);
  double height = std::hypot(last.x - start.x, last.y - start.y);
  constexpr double kSlack = 1e-6;
  bool parallel = std::abs(start.x + far.x - next.x - last.x) <= kSlack &&
                  std::abs(start.y + far.y - next.y - last.y) <= kSlack;
  double along = ((next.x - start.x) * (last.x - start.x) + (next.y - start.y) * (last.y - start.y)) /
                 std::max(width, 1e-12);
  bool upright = start.y == next.y && far.y == last.y && start.x == last.x && far.x == next.x &&
                 next.x >= start.x && last.y >= start.y;
  if (upright) return Box{start.x, start.y, far.x, far.y};
  if (!parallel || std::abs(along) > kSlack || width <= kSlack || height <= kSlack) return Polygon{{quad}};
  double degrees = std::atan2(next.y - start.y, next.x - start.x) * 180 / std::numbers::pi;
  return RotatedBox{(start.x + far.x) / 2, (start.y + far.y) / 2, width, height,
                    degrees < 0 ? degrees + 360 : degrees};
}

struct DotaRow {
  std::string class_name;
  Shape shape;
  bool difficult = false;
  std::string difficulty;
  Location place;
};

struct DotaFile {
  std::map<std::string, std::string> header;
  std::vector<DotaRow> rows;
};

// `imagesource:GoogleEarth`, before the first row.
std::optional<std::pair<std::string, std::string>> header_of(const std::string& line) {
  auto at = line.find(':');
  if (at == std::string::npos || at == 0 || split_words(line).size() >= 9) return std::nullopt;
  auto key = std::string(trim(line.substr(0, at)));
  if (key.empty() || parse_double(key)) return std::nullopt;
  return std::pair(key, std::string(trim(line.substr(at + 1))));
}

class DotaDataset {
 public:
  explicit DotaDataset(Reading& reading) : reading_(reading) {}

  /// False when there are no label files.
  bool read() {
    auto pairs = find_label_pairs(reading_, dota_folders());
    bool any = std::any_of(pairs.begin(), pairs.end(), [](const auto& pair) { return !pair.labels.empty(); });
    if (!any) return false;
    std::map<fs::path, DotaFile> files;
    std::set<std::string> used;
    for (const auto& pair : pairs) {
      if (pair.labels.empty()) continue;
      files[pair.labels] = read_file(pair.labels);
      for (const auto& row : files[pair.labels].rows) used.insert(row.class_name);
    }
    declare_pair_classes(reading_, {used.begin(), used.end()});
    for (const auto& pair : pairs) add(pair, files[pair.labels]);
    return true;
  }

 private:
  DotaFile read_file(const fs::path& path) {
    DotaFile file;
    std::int64_t number = 0;
    bool in_header = true;
    for (const auto& line : reading_.lines_of(path)) {
      Location place{.path = path, .line = ++number};
      auto words = split_words(line);
      if (words.empty()) continue;
      if (auto header = in_header ? header_of(line) : std::nullopt) {
        file.header.insert(*header);
        continue;
      }
      in_header = false;
      if (auto row = read_row(words, place)) file.rows.push_back(std::move(*row));
    }
    return file;
  }

  std::optional<DotaRow> read_row(const std::vector<std::string>& words, const Location& place) {
    if (words.size() != 9 && words.size() != 10) {
      reading_.issue(Severity::error, "BAD_ROW", place,
                     fmt::format("found {} words, expected x1 y1 x2 y2 x3 y3 x4 y4 class difficult; left out",
                                 words.size()));
      return std::nullopt;
    }
    double numbers[8];
    for (std::size_t i = 0; i < 8; ++i) {
      auto value = parse_double(words[i]);
      if (!value) {
        reading_.issue(Severity::error, "BAD_NUMBER", place,
                       fmt::format("{}{} is '{}', not a finite number; left out", i % 2 == 0 ? 'x' : 'y',
                                   i / 2 + 1, words[i]));
        return std::nullopt;
      }
      numbers[i] = *value;
    }
    Ring quad;
    for (std::size_t i = 0; i < 8; i += 2) quad.push_back({numbers[i], numbers[i + 1]});
    DotaRow row{.class_name = words[8], .shape = dota_shape(quad), .difficulty = {}, .place = place};
    if (words.size() == 9) return row;
    auto difficult = parse_double(words[9]);
    if (!difficult) {
      reading_.issue(Severity::error, "BAD_NUMBER", place,
                     fmt::format("difficult is '{}', not a number; left out", words[9]));
      return std::nullopt;
    }
    row.difficult = *difficult != 0;
    if (*difficult != 0 && *difficult != 1) row.difficulty = words[9];
    return row;
  }

  void add(const LabelPair& pair, const DotaFile& file) {
    if (pair.image.empty()) {
      reading_.uses(pair.labels);
      reading_.count_without_image(file.rows.size());
      reading_.issue(Severity::error, "MISSING_IMAGE", {.path = pair.labels},
                     fmt::format("{} has no picture in {}/, which alone knows its size; {} rows are left out",
                                 pair.name, dota_folders().images, file.rows.size()));
      return;
    }
    auto index = reading_.add_image(pair.image, pair.name, std::nullopt,
                                    {.path = pair.labels.empty() ? pair.image : pair.labels});
    if (!index) return;
    reading_.own_labels(*index, pair.labels);
    auto& image = reading_.image(*index);
    image.split = pair.split.value_or(Split::none);
    image.attributes = file.header;
    if (!pair.labels.empty()) image.state = ImageState::done;
    for (const auto& row : file.rows) {
      Annotation annotation{
          .class_idx = reading_.class_of(row.class_name), .shape = row.shape, .difficult = row.difficult};
      if (!row.difficulty.empty()) annotation.attributes[kDifficulty] = row.difficulty;
      reading_.add_annotation(*index, std::move(annotation), row.place);
    }
  }

  Reading& reading_;
};

bool has_dota_rows(std::string head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.erase(0, 3);
  for (const auto& line : split(head, '\n')) {
    auto words = split_words(trim(line));
    if (words.empty() || header_of(line)) continue;
    return (words.size() == 9 || words.size() == 10) &&
           std::all_of(words.begin(), words.begin() + 8, [](const auto& word) { return parse_double(word); });
  }
  return false;
}

std::optional<std::string> detect_dota(const SourcePeek& source) {
  int looked_at = 0;
  for (const auto& file : source.files(".txt")) {
    if (!is_in_label_folder(file, source.path(), dota_folders())) continue;
    if (has_dota_rows(source.head(file)))
      return fmt::format("{} has rows of four corners", source.shown(file));
    if (++looked_at == 20) break;
  }
  return std::nullopt;
}

ReadResult read_dota(const fs::path& path, const ReadOptions& options) {
  Reading reading("dota", path, options);
  if (!DotaDataset(reading).read())
    throw DataError(fmt::format("{}: no DOTA dataset (folders images and labelTxt)", path.string()));
  return reading.finish();
}

std::vector<Point> corners_of(const Shape& shape) {
  const auto* polygon = std::get_if<Polygon>(&shape);
  if (polygon && polygon->rings.size() == 1 && polygon->rings[0].size() == 4) return polygon->rings[0];
  if (const auto* rotated = std::get_if<RotatedBox>(&shape)) return rotated->corners();
  return outline_of(bounding_box(shape))[0];
}

// As a row says it; empty: no more than yes or no.
std::string difficulty_of(const Annotation& annotation) {
  auto difficulty = annotation.attributes.find(kDifficulty);
  bool given = difficulty != annotation.attributes.end() && annotation.difficult &&
               parse_int(difficulty->second).value_or(1) > 1;
  return given ? difficulty->second : std::string();
}

std::string dota_row(const Annotation& annotation, const std::string& class_name) {
  std::string text;
  for (const auto& corner : corners_of(annotation.shape))
    text += shortest(corner.x) + " " + shortest(corner.y) + " ";
  auto difficulty = difficulty_of(annotation);
  if (difficulty.empty()) difficulty = annotation.difficult ? "1" : "0";
  return text + class_name + " " + difficulty + "\n";
}

// A line before the first row; readers take it without the blanks around it.
bool is_header(const std::pair<const std::string, std::string>& attribute) {
  const auto& [key, value] = attribute;
  return (key == "imagesource" || key == "gsd") && value.find_first_of("\r\n") == std::string::npos &&
         trim(value).size() == value.size() && split_words(value).size() < 8;
}

std::string dota_text(const Image& image, const ClassList& classes) {
  std::string text;
  for (auto* key : {"imagesource", "gsd"})
    if (auto found = image.attributes.find(key); found != image.attributes.end() && is_header(*found))
      text += fmt::format("{}:{}\n", key, found->second);
  for (const auto& annotation : image.annotations)
    text += dota_row(annotation, pair_class_name(classes[annotation.class_idx].name));
  return text;
}

void count_dota_losses(const Dataset& dataset, LossReport& losses) {
  FormatHolds holds{
      .shapes = {"rotated-box"}, .difficult = true, .attributes = true, .image_attributes = true};
  LossReport all;
  count_losses(dataset, holds, all);
  all.kinds.erase("polygon");
  for (const auto& [kind, loss] : all.kinds) losses.add(kind, loss.what, loss.count);
  for (const auto& image : dataset.images) {
    bool unlabelled = image.state == ImageState::unlabelled && image.annotations.empty();
    bool rest = std::any_of(image.attributes.begin(), image.attributes.end(), [&](const auto& attribute) {
      return tells_of_image(attribute.first, attribute.second) && (unlabelled || !is_header(attribute));
    });
    if (rest) losses.add("image-attributes", "lose them but for imagesource and gsd");
    for (const auto& a : image.annotations) {
      if (std::any_of(a.attributes.begin(), a.attributes.end(), [&](const auto& attribute) {
            bool kept = attribute.first == kDifficulty && !difficulty_of(a).empty();
            return !kept && says_something(attribute.second);
          }))
        losses.add("attributes", "lose them");
      if (const auto* polygon = std::get_if<Polygon>(&a.shape)) {
        bool quad = polygon->rings.size() == 1 && polygon->rings[0].size() == 4;
        if (!quad || !std::holds_alternative<Polygon>(dota_shape(polygon->rings[0])))
          losses.add("polygon", "become boxes: around them, or themselves when they are rectangles");
      }
    }
  }
}

WrittenDataset write_dota(const Dataset& dataset, const WriteOptions&) {
  WrittenDataset written;
  check_pairs(dataset, written.losses);
  count_dota_losses(dataset, written.losses);
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    auto paths = pair_paths(image, image.name, dota_folders().images, kDotaLabels);
    written.images[paths.image] = i;
    if (image.state != ImageState::unlabelled || !image.annotations.empty())
      written.texts[paths.labels] = dota_text(image, dataset.classes);
  }
  written.texts["labels.txt"] = pair_classes_text(dataset.classes);
  return written;
}

}  // namespace

AnnotationFormat dota_format() {
  return {.detect = detect_dota,
          .read = read_dota,
          .write = write_dota,
          .names = pair_names(dota_folders(), kDotaLabels),
          .needs_labels = true};
}

}  // namespace ds::detail
