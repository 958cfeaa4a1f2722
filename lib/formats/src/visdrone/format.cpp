// VisDrone detection: images/ and annotations/, a row for each box with its category, truncation and occlusion.
#include "visdrone/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "ds/base/text.h"
#include "ds/geometry/box.h"
#include "shared/label_pairs.h"
#include "shared/source_peek.h"
#include "shared/text/label_text.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kNumbers = 8;
constexpr const char* kNumberNames[kNumbers] = {"left",  "top",      "width",      "height",
                                                "score", "category", "truncation", "occlusion"};
// By category; the first marks what is to be left alone, the last what is of no other category.
constexpr std::array<const char*, 12> kCategories = {
    "ignored regions", "pedestrian", "people",          "bicycle", "car",   "van",
    "truck",           "tricycle",   "awning-tricycle", "bus",     "motor", "others"};
constexpr std::size_t kIgnoredRegions = 0;
constexpr std::size_t kOthers = 11;

struct VisdroneRow {
  std::array<double, kNumbers> numbers{};
  Location place;
  std::size_t category() const { return static_cast<std::size_t>(numbers[5]); }
};

const PairFolders& visdrone_folders() {
  static const PairFolders folders{"images", [](const std::string& part) { return part == "annotations"; }};
  return folders;
}

// Rows of the challenges' own files end in a comma here and there.
std::vector<std::string> cells_of(std::string_view line) {
  auto cells = split(trim(line), ',');
  if (!cells.empty() && trim(cells.back()).empty()) cells.pop_back();
  return cells;
}

// VisDrone2019-DET-train/images: the split is a word of a folder's name.
std::optional<Split> visdrone_split(const LabelPair& pair, const fs::path& root) {
  if (pair.split) return pair.split;
  const auto& file = pair.labels.empty() ? pair.image : pair.labels;
  std::optional<Split> split;
  for (const auto& part : file.lexically_normal().lexically_proximate(root.lexically_normal()).parent_path())
    if (auto found = split_in_name(part.string())) split = found;
  return split;
}

/// Reads pairs of a picture and a file of rows. Categories become classes in their order, the ten that count
/// always. What the benchmark leaves out of its count (score 0, ignored regions) is kept and ignored.
class VisdroneDataset {
 public:
  explicit VisdroneDataset(Reading& reading) : reading_(reading) {}

  /// False when there are no label files.
  bool read() {
    auto pairs = find_label_pairs(reading_, visdrone_folders());
    std::map<fs::path, std::vector<VisdroneRow>> rows;
    std::set<std::size_t> used;
    for (const auto& pair : pairs) {
      if (pair.labels.empty()) continue;
      rows[pair.labels] = read_rows(pair.labels);
      for (const auto& row : rows[pair.labels]) used.insert(row.category());
    }
    if (rows.empty()) return false;
    for (std::size_t category = 1; category < kOthers; ++category) reading_.class_of(kCategories[category]);
    for (auto category : {kOthers, kIgnoredRegions})
      if (used.contains(category)) reading_.class_of(kCategories[category]);
    for (const auto& pair : pairs) add(pair, rows[pair.labels]);
    return true;
  }

 private:
  std::vector<VisdroneRow> read_rows(const fs::path& file) {
    std::vector<VisdroneRow> rows;
    std::int64_t number = 0;
    for (const auto& line : read_lines(file)) {
      Location place{.path = file, .line = ++number};
      if (trim(line).empty()) continue;
      if (auto row = read_row(line, place)) rows.push_back(std::move(*row));
    }
    return rows;
  }

  std::optional<VisdroneRow> read_row(const std::string& line, const Location& place) {
    auto bad = [&](const char* code, const std::string& why) {
      reading_.issue(Severity::error, code, place, why + "; left out");
      return std::nullopt;
    };
    auto cells = cells_of(line);
    if (cells.size() != kNumbers)
      return bad("BAD_ROW", fmt::format("found {} numbers, expected left, top, width, height, score, "
                                        "category, truncation, occlusion",
                                        cells.size()));
    VisdroneRow row{.place = place};
    for (std::size_t i = 0; i < kNumbers; ++i) {
      auto number = parse_double(trim(cells[i]));
      if (!number)
        return bad("BAD_NUMBER", fmt::format("{} is '{}', not a finite number", kNumberNames[i], cells[i]));
      row.numbers[i] = *number;
    }
    double category = row.numbers[5];
    if (category < 0 || category >= static_cast<double>(kCategories.size()) ||
        std::floor(category) != category)
      return bad("UNKNOWN_CLASS",
                 fmt::format("found category {}, expected 0 to {}", cells[5], kCategories.size() - 1));
    return row;
  }

  void add(const LabelPair& pair, const std::vector<VisdroneRow>& rows) {
    if (pair.image.empty()) {
      reading_.uses(pair.labels);
      reading_.count_without_image(rows.size());
      reading_.issue(Severity::error, "MISSING_IMAGE", {.path = pair.labels},
                     fmt::format("{} has no picture in {}/, which alone knows its size; {} rows are left out",
                                 pair.name, visdrone_folders().images, rows.size()));
      return;
    }
    auto index = reading_.add_image(pair.image, pair.name, std::nullopt,
                                    {.path = pair.labels.empty() ? pair.image : pair.labels});
    if (!index) return;
    reading_.own_labels(*index, pair.labels);
    auto& image = reading_.image(*index);
    image.split = visdrone_split(pair, reading_.root()).value_or(Split::none);
    if (!pair.labels.empty()) image.state = ImageState::done;
    for (const auto& row : rows) add_box(*index, row);
  }

  void add_box(std::size_t index, const VisdroneRow& row) {
    const auto& n = row.numbers;
    Annotation annotation{.class_idx = reading_.class_of(kCategories[row.category()]),
                          .shape = xywh_to_xyxy(n[0], n[1], n[2], n[3])};
    annotation.ignore = n[4] == 0 || row.category() == kIgnoredRegions;
    if (n[4] != 0 && n[4] != 1) annotation.score = n[4];  // of detections
    // -1 where a detector's rows say nothing.
    if (n[6] >= 0) annotation.truncated = n[6];
    if (n[7] >= 0) annotation.occluded = n[7];
    reading_.add_annotation(index, std::move(annotation), row.place);
  }

  Reading& reading_;
};

bool has_visdrone_rows(const std::string& head) {
  for (const auto& line : split(head, '\n')) {
    if (trim(line).empty()) continue;
    auto cells = cells_of(line);
    return cells.size() == kNumbers && std::all_of(cells.begin(), cells.end(), [](const std::string& cell) {
             return parse_double(trim(cell));
           });
  }
  return false;
}

std::optional<std::string> detect_visdrone(const SourcePeek& source) {
  int looked_at = 0;
  for (const auto& file : source.files(".txt")) {
    if (!is_in_label_folder(file, source.path(), visdrone_folders())) continue;
    if (has_visdrone_rows(source.head(file)))
      return fmt::format("{} has rows of eight numbers: box, score, category, truncation, occlusion",
                         source.shown(file));
    if (++looked_at == 20) break;
  }
  return std::nullopt;
}

ReadResult read_visdrone(const fs::path& path, const ReadOptions& options) {
  Reading reading("visdrone", path, options);
  if (!VisdroneDataset(reading).read())
    throw DataError(fmt::format("{}: no VisDrone dataset (folders images and annotations)", path.string()));
  return reading.finish();
}

}  // namespace

AnnotationFormat visdrone_format() {
  // A dataset made of it may keep the rows that it was made of.
  return {.detect = detect_visdrone,
          .read = read_visdrone,
          .write = nullptr,
          .yields_to = [](const std::string&, const SourcePeek&) { return true; }};
}

}  // namespace ds::detail
