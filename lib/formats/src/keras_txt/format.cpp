// Keras TXT, as Roboflow calls what keras-yolo3 and YOLOv4 for PyTorch read: a list of pictures, each with its
// boxes in pixels, and a file of class names.
#include "keras_txt/format.h"
#include "shared/text/label_text.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <map>
#include <set>

#include "ds/base/error.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "keras_txt/row.h"
#include "shared/pictures/named_pictures.h"
#include "shared/source_peek.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

constexpr const char* kAnnotations = "_annotations.txt";

bool is_keras_list(const SourcePeek& source, const fs::path& file) {
  auto head = source.head(file);
  if (file.filename().string().ends_with(kAnnotations)) return begins_with_picture(head);
  return begins_with_keras_row(head);
}

/// Reads the lists, each with the class names beside it, else with those of the dataset: two splits may number
/// their classes differently. A picture that is listed was looked at, also without a box.
class KerasReader {
 public:
  KerasReader(Reading& reading, const fs::path& path)
      : reading_(reading), path_(path), pictures_(reading, path) {}

  /// False when there is no list.
  bool read() {
    SourcePeek source(path_);
    std::vector<fs::path> lists;
    for (const auto& file : source.files(".txt"))
      if (is_keras_list(source, file)) lists.push_back(file);
    for (const auto& list : lists) declare_classes(list);
    for (const auto& list : lists) read_list(list);
    if (lists.empty()) return false;
    pictures_.add_rest();
    return true;
  }

 private:
  struct Classes {
    fs::path file;           // empty: there is none
    std::vector<int> of_id;  // class index
  };

  static fs::path class_file(const fs::path& list, const fs::path& root) {
    for (const auto& folder : {list.parent_path(), root})
      for (auto* name : {"_classes.txt", "classes.txt"})
        if (fs::is_regular_file(folder / name)) return folder / name;
    return {};
  }

  void declare_classes(const fs::path& list) {
    auto& classes = classes_[list];
    classes.file = class_file(list, reading_.root());
    if (classes.file.empty()) {
      reading_.note(fmt::format("{}: no _classes.txt, so classes are called by their numbers",
                                list.lexically_proximate(reading_.root()).string()));
      return;
    }
    reading_.uses(classes.file);
    auto lines = read_lines(classes.file);
    while (!lines.empty() && trim(lines.back()).empty()) lines.pop_back();
    std::set<std::string> seen;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      auto name = std::string(trim(lines[i]));
      Location place{.path = classes.file, .line = static_cast<std::int64_t>(i + 1)};
      if (name.empty())
        throw FormatError(place, "found an empty line between class names: it would shift those below");
      if (!seen.insert(name).second)
        reading_.issue(Severity::warning, "DUPLICATE_CLASS", place,
                       fmt::format("class '{}' is declared twice; both numbers are read as it", name));
      classes.of_id.push_back(reading_.class_of(name));
    }
  }

  void read_list(const fs::path& list) {
    reading_.uses(list);
    auto split = split_of_folder(list, reading_.root());
    if (!split) split = split_in_name(list.stem().string());
    std::int64_t number = 0;
    for (const auto& line : read_lines(list)) {
      throw_if_stopped();
      Location place{.path = list, .line = ++number};
      auto row = keras_row(std::string(trim(line)));
      if (!row.picture.empty()) read_row(row, split, place);
    }
  }

  void read_row(const KerasRow& row, std::optional<Split> split, const Location& place) {
    auto index = pictures_.image(row.picture, place.path.parent_path(), std::nullopt, place);
    if (!index) return reading_.count_without_image(row.boxes.size());  // the picture alone knows its size
    Reading::About about(reading_, *index);
    auto& image = reading_.image(*index);
    image.state = ImageState::done;
    if (split) image.split = *split;
    for (const auto& box : row.boxes) read_box(box, *index, place);
  }

  void read_box(const std::string& text, std::size_t index, const Location& place) {
    auto bad = [&](const char* code, const std::string& why) {
      reading_.issue(Severity::error, code, place, fmt::format("box '{}': {}; left out", text, why));
    };
    auto words = ds::split(text, ',');
    if (words.size() != 5)
      return bad("BAD_ROW", fmt::format("found {} numbers, expected x1,y1,x2,y2,class", words.size()));
    std::array<double, 5> n{};
    for (std::size_t i = 0; i < n.size(); ++i) {
      auto number = parse_double(trim(words[i]));
      if (!number) return bad("BAD_NUMBER", fmt::format("'{}' is no finite number", words[i]));
      n[i] = *number;
    }
    if (n[4] < 0 || std::floor(n[4]) != n[4] || n[4] > 1e6)
      return bad("BAD_NUMBER", fmt::format("class '{}' is no number of a class", words[4]));
    auto class_idx = class_of(static_cast<std::size_t>(n[4]), place.path);
    if (!class_idx)
      return bad("UNKNOWN_CLASS", fmt::format("found class {}, expected one of the {} in {}", words[4],
                                              classes_[place.path].of_id.size(),
                                              classes_[place.path].file.filename().string()));
    reading_.add_annotation(index, {.class_idx = *class_idx, .shape = Box{n[0], n[1], n[2], n[3]}}, place);
  }

  std::optional<int> class_of(std::size_t id, const fs::path& list) {
    const auto& classes = classes_[list];
    if (classes.file.empty()) return reading_.class_of(fmt::format("class_{}", id));
    return id < classes.of_id.size() ? std::optional(classes.of_id[id]) : std::nullopt;
  }

  Reading& reading_;
  fs::path path_;
  NamedPictures pictures_;
  std::map<fs::path, Classes> classes_;  // by list
};

std::optional<std::string> detect_keras_txt(const SourcePeek& source) {
  auto evidence = [&](const fs::path& file) {
    return source.shown(file) + " has rows of a picture and its boxes x1,y1,x2,y2,class";
  };
  for (const auto& file : source.files(".txt"))
    if (file.filename().string().ends_with(kAnnotations) && is_keras_list(source, file))
      return evidence(file);
  for (const auto& file : source.few(".txt"))
    if (is_keras_list(source, file)) return evidence(file);
  return std::nullopt;
}

ReadResult read_keras_txt(const fs::path& path, const ReadOptions& options) {
  Reading reading("keras-txt", path, options);
  if (!KerasReader(reading, path).read())
    throw DataError(
        fmt::format("{}: no list of pictures with boxes (_annotations.txt, rows `a.jpg x1,y1,x2,y2,class`)",
                    path.string()));
  return reading.finish();
}

}  // namespace

AnnotationFormat keras_txt_format() {
  // Who trains with Keras makes such a list of a dataset in another format, and leaves it there.
  return {.detect = detect_keras_txt,
          .read = read_keras_txt,
          .write = nullptr,
          .yields_to = [](const std::string& other, const SourcePeek& source) {
            return other != "darknet" || source.has_texts_beside_pictures();
          }};
}

}  // namespace ds::detail
