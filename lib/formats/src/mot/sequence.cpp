#include "mot/sequence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "shared/text/label_text.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kFewestColumns = 6;  // frame, id, left, top, width, height
constexpr std::size_t kMostColumns = 10;
constexpr const char* kMotColumns[] = {"frame",  "id",         "left",  "top",        "width",
                                       "height", "confidence", "class", "visibility", "z"};

/// Reads one sequence's files as they are written, before anybody knows what its numbers count from: that is
/// decided over all sequences (choose_mot_base). seqinfo.ini and labels.txt may be missing; a row that cannot
/// be used is an issue and costs no other. The size is seqinfo.ini's, else that of the first picture: a
/// sequence has one.
class SequenceReader {
 public:
  SequenceReader(Reading& reading, const fs::path& folder) : reading_(reading) { sequence_.folder = folder; }

  MotSequence read() {
    read_info();
    sequence_.has_truth = fs::is_regular_file(sequence_.folder / "gt" / "gt.txt");
    auto file = sequence_.folder / (sequence_.has_truth ? "gt/gt.txt" : "det/det.txt");
    if (fs::is_regular_file(file)) read_rows(file);
    if (auto labels = sequence_.folder / "gt" / "labels.txt"; fs::is_regular_file(labels)) {
      for (const auto& line : read_lines(labels)) sequence_.labels.emplace_back(trim(line));
      while (!sequence_.labels.empty() && sequence_.labels.back().empty()) sequence_.labels.pop_back();
    }
    find_pictures();
    return std::move(sequence_);
  }

 private:
  void read_info() {
    auto file = sequence_.folder / "seqinfo.ini";
    if (!fs::is_regular_file(file)) return;
    std::string section;
    std::int64_t number = 0;
    for (const auto& line : read_lines(file)) {
      ++number;
      auto text = std::string(trim(line));
      if (text.empty() || text.starts_with('#') || text.starts_with(';')) continue;
      if (text.starts_with('[') && text.ends_with(']')) {
        section = to_lower(text.substr(1, text.size() - 2));
        continue;
      }
      auto at = text.find('=');
      if (at == std::string::npos) {
        reading_.issue(Severity::warning, "BAD_ROW", {.path = file, .line = number},
                       fmt::format("found '{}', expected key = value; left out", text));
        continue;
      }
      auto key = to_lower(trim(text.substr(0, at)));
      auto& keys = section == "ds" ? sequence_.ours : sequence_.info;
      keys[key] = std::string(trim(text.substr(at + 1)));
    }
  }

  void read_rows(const fs::path& file) {
    std::int64_t number = 0;
    for (const auto& line : reading_.lines_of(file)) {
      Location place{.path = file, .line = ++number};
      if (trim(line).empty()) continue;
      if (auto row = read_row(line, place))
        sequence_.rows.push_back(std::move(*row));
      else
        sequence_.bad_frames.insert(parse_int(trim(line.substr(0, line.find(',')))));
    }
  }

  std::optional<MotRow> read_row(const std::string& line, const Location& place) {
    auto words = split(line, ',');
    if (!words.empty() && trim(words.back()).empty()) words.pop_back();  // a comma at the end
    if (words.size() < kFewestColumns || words.size() > kMostColumns) {
      reading_.issue(Severity::error, "BAD_ROW", place,
                     fmt::format("found {} columns, expected {} to {}: frame, id, left, top, width, height, "
                                 "confidence, class, visibility; left out",
                                 words.size(), kFewestColumns, kMostColumns));
      return std::nullopt;
    }
    std::vector<double> numbers;
    for (std::size_t i = 0; i < words.size(); ++i) {
      auto value = parse_double(trim(words[i]));
      bool whole = i < 2 || i == 7;
      if (!value || (whole && (std::floor(*value) != *value || std::abs(*value) > 1e15))) {
        reading_.issue(Severity::error, "BAD_NUMBER", place,
                       fmt::format("{} is '{}', not a {} number; left out", kMotColumns[i], trim(words[i]),
                                   whole ? "whole" : "finite"));
        return std::nullopt;
      }
      numbers.push_back(*value);
    }
    MotRow row{.frame = static_cast<std::int64_t>(numbers[0]),
               .id = static_cast<std::int64_t>(numbers[1]),
               .left = numbers[2],
               .top = numbers[3],
               .width = numbers[4],
               .height = numbers[5],
               .visibility = {},
               .place = place};
    if (row.frame < 0) {
      reading_.issue(Severity::error, "BAD_ROW", place, fmt::format("frame is {}; left out", row.frame));
      return std::nullopt;
    }
    if (numbers.size() > 6) row.confidence = numbers[6];
    // With ten columns the last three are a place in the world, not class and visibility.
    if (numbers.size() > 7 && numbers.size() < kMostColumns)
      row.class_id = static_cast<std::int64_t>(numbers[7]);
    if (numbers.size() == 9 && numbers[8] != -1) row.visibility = std::string(trim(words[8]));
    return row;
  }

  void find_pictures() {
    auto named = sequence_.info.find("imdir");
    std::string name = named == sequence_.info.end() || named->second.empty() ? "img1" : named->second;
    bool climbs = name.find("..") != std::string::npos || fs::path(name).is_absolute();
    auto folder = sequence_.folder / (climbs ? "img1" : name);
    if (const auto& given = reading_.options().images; !given.empty()) {
      auto below = given / sequence_.folder.filename();
      folder = fs::is_directory(below) ? below : given;
      if (fs::is_directory(folder / name) && !climbs) folder /= name;
    }
    if (fs::is_directory(folder))
      sequence_.pictures = files_below(
          folder, [](const fs::path& f) { return has_image_suffix(f); }, 0);
    auto width = sequence_.number("imwidth");
    auto height = sequence_.number("imheight");
    if (width && height && *width > 0 && *height > 0 && *width < 1e6 && *height < 1e6)
      sequence_.size = {static_cast<int>(*width), static_cast<int>(*height)};
    if (sequence_.size || sequence_.pictures.empty()) return;
    try {
      auto header = read_image_header(sequence_.pictures.front());
      sequence_.size = {header.width(), header.height()};
    } catch (const Error&) {  // reported when the image is added
    }
  }

  Reading& reading_;
  MotSequence sequence_;
};

}  // namespace

std::optional<double> MotSequence::number(const std::string& key) const {
  auto found = info.find(key);
  return found == info.end() ? std::nullopt : parse_double(found->second);
}

MotSequence read_mot_sequence(Reading& reading, const fs::path& folder) {
  return SequenceReader(reading, folder).read();
}

MotBase choose_mot_base(const std::vector<MotSequence>& sequences, const std::string& wanted) {
  if (std::find(kMotBases.begin(), kMotBases.end(), wanted) == kMotBases.end())
    throw_unknown_name("--mot-base", wanted, kMotBases);
  if (wanted == "one") return {1, 1, 1, Severity::note, "as asked for"};
  if (wanted == "zero") return {0, 0, 0, Severity::note, "as asked for"};
  std::size_t frames = 0, classes = 0, at_zero = 0, behind_end = 0, rows = 0;
  for (const auto& sequence : sequences) {
    if (auto base = sequence.ours.find("base"); base != sequence.ours.end() && base->second == "1")
      return {1, 1, 1, Severity::note, "recorded by ds in seqinfo.ini"};
    for (const auto& row : sequence.rows) {
      ++rows;
      frames += row.frame == 0;
      classes += row.class_id == 0;
      at_zero += row.left == 0 || row.top == 0;
      if (!sequence.size) continue;
      behind_end += row.left + row.width == sequence.size->width + 1 ||
                    row.top + row.height == sequence.size->height + 1;
    }
  }
  MotBase base;
  base.frame = frames > 0 ? 0 : 1;
  base.class_id = classes > 0 ? 0 : 1;
  bool counts_from_0 = frames > 0 || classes > 0;
  base.box = counts_from_0 || at_zero > behind_end ? 0 : 1;
  base.evidence = fmt::format(
      "of {} rows {} have frame 0, {} class 0, {} begin at 0 and {} end one behind the image's edge", rows,
      frames, classes, at_zero, behind_end);
  if (rows > 0 && base.box == 1 && behind_end == 0) {
    base.severity = Severity::warning;
    base.evidence +=
        "; nothing proves it, read as motchallenge.net says. With --mot-base zero all boxes would lie one "
        "pixel further right and down";
  }
  return base;
}

const std::vector<std::string>& mot_classes() {
  static const std::vector<std::string> names = {
      "pedestrian", "person on vehicle",      "car",           "bicycle",
      "motorbike",  "non motorized vehicle",  "static person", "distractor",
      "occluder",   "occluder on the ground", "occluder full", "reflection",
      "crowd"};
  return names;
}

double decimal_sum(double a, double b) {
  double sum = a + b;
  double rounded = std::round(sum * 1e9) / 1e9;
  double slack = 4e-16 * std::max({std::abs(a), std::abs(b), std::abs(sum)});
  return std::abs(sum - rounded) <= slack ? rounded : sum;
}

}  // namespace ds::detail
