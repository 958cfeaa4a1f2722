// YOLO darknet: obj.data, or a folder of images with .txt files beside them and classes.txt or *.names.
#include "yolo/darknet.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "ds/base/text.h"
#include "ds/formats/yolo/options.h"
#include "ds/media/image_header.h"
#include "shared/source_peek.h"
#include "shared/text/label_text.h"
#include "yolo/label_files.h"
#include "yolo/row_writer.h"
#include "yolo/rows.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

fs::path find_data_file(const SourcePeek& source) {
  auto files = source.few(".data", 1);
  return files.empty() ? fs::path() : files.front();
}

fs::path find_names_file(const SourcePeek& source) {
  if (auto files = source.few(".names", 1); !files.empty()) return files.front();
  for (const auto& file : source.files(".txt"))
    if (file.filename() == "classes.txt" && source.depth_of(file) <= 1) return file;
  return {};
}

// LabelMe's users keep a classes.txt too; their labels are JSON, and no other text stands beside it.
bool belongs_to_json(const SourcePeek& source, const fs::path& names) {
  return names.extension() == ".txt" && source.files(".txt").size() == 1 && !source.files(".json").empty();
}

/// Reads a data file with its lists, or a folder of pictures with a names file. Classes come first, rows are
/// numbers into them. Paths in a data file are relative to where darknet was started, which is not known:
/// they are tried as they are, then beside the file. A picture that two lists name belongs to the first.
class DarknetDataset {
 public:
  DarknetDataset(Reading& reading, const fs::path& path)
      : reading_(reading), path_(path), source_(path), label_files_(reading.root()) {}

  void read() {
    reading_.numbers_are(Numbers::shares);
    read_images();
    require_yolo_rows(reading_, convention_);
  }

 private:
  void read_images() {
    labels_.task = yolo_task_of(reading_.own<YoloReading>().task).value_or(YoloTask::detect);
    auto data = find_data_file(source_);
    if (!data.empty()) return read_data_file(data);
    auto names = find_names_file(source_);
    if (names.empty())
      throw DataError(fmt::format("{}: no obj.data, *.names or classes.txt", path_.string()));
    read_names(names);
    for (const auto& file : files_below(path_, [](const fs::path& f) { return has_image_suffix(f); }))
      add(file, split_of_folder(file, path_), {.path = file});
  }

  void read_names(const fs::path& file) {
    auto names = read_names_file(file);
    declare_yolo_classes(reading_, names, file);
    labels_.class_count = static_cast<int>(names.size());
    reading_.note("class names from " + file.string());
  }

  // Paths were relative to darknet's working folder: as they are, then without data/ beside the
  // file, then by name.
  fs::path resolve(std::string given, const fs::path& folder) const {
    std::replace(given.begin(), given.end(), '\\', '/');
    std::vector<fs::path> candidates = {given, folder / given};
    if (given.starts_with("data/")) candidates.push_back(folder / given.substr(5));
    candidates.push_back(folder / fs::path(given).filename());
    for (const auto& candidate : candidates)
      if (fs::is_regular_file(candidate)) return candidate.lexically_normal();
    return {};
  }

  void read_data_file(const fs::path& data) {
    std::map<std::string, std::pair<std::string, std::int64_t>> keys;
    std::int64_t number = 0;
    for (const auto& line : read_lines(data)) {
      ++number;
      auto text = trim(line);
      if (text.empty() || text.starts_with('#')) continue;
      auto at = text.find('=');
      if (at == std::string_view::npos)
        throw FormatError({.path = data, .line = number},
                          fmt::format("found '{}', expected key = value", text));
      keys[std::string(trim(text.substr(0, at)))] = {std::string(trim(text.substr(at + 1))), number};
    }
    if (!keys.contains("names")) throw FormatError({.path = data, .line = 1}, "found no names = FILE");
    auto folder = data.parent_path();
    auto names = resolve(keys["names"].first, folder);
    if (names.empty())
      throw FormatError({.path = data, .line = keys["names"].second},
                        fmt::format("names = {} is not there", keys["names"].first));
    read_names(names);
    if (auto declared = keys.contains("classes") ? parse_int(keys["classes"].first) : std::nullopt;
        declared && *declared != labels_.class_count)
      throw FormatError(
          {.path = data, .line = keys["classes"].second},
          fmt::format("classes is {}, {} has {} names", *declared, names.string(), labels_.class_count));
    for (auto* key : {"train", "valid", "test"})
      if (keys.contains(key)) read_list(keys[key].first, *split_of_word(key), data, keys[key].second);
  }

  void read_list(const std::string& given, Split split, const fs::path& data, std::int64_t data_line) {
    auto list = resolve(given, data.parent_path());
    if (list.empty()) {
      reading_.issue(Severity::error, "MISSING_SPLIT", {.path = data, .line = data_line},
                     fmt::format("{} is not there", given));
      return;
    }
    std::int64_t number = 0;
    for (const auto& line : read_lines(list)) {
      ++number;
      auto text = std::string(trim(line));
      if (text.empty() || text.starts_with('#')) continue;
      Location place{.path = list, .line = number};
      auto file = resolve(text, list.parent_path());
      FoundImage found{.file = file};
      if (file.empty())
        found = reading_.find_image({.given = text, .folders = {list.parent_path()}, .labels = list});
      if (found.file.empty())
        reading_.report_missing(found, text, place);
      else
        add(found.file, split, place);
    }
  }

  void add(const fs::path& file, std::optional<Split> split, const Location& place) {
    if (!seen_.insert(file.string()).second) return;
    auto index = reading_.add_image(file, reading_.name_of(file), std::nullopt, place);
    if (!index) return;
    reading_.image(*index).split = split.value_or(Split::none);
    auto label = label_files_.of(file);
    if (!label.empty()) read_yolo_labels(reading_, *index, label, labels_, convention_);
  }

  Reading& reading_;
  fs::path path_;
  SourcePeek source_;
  YoloLabels labels_;
  YoloLabelFiles label_files_;
  YoloConvention convention_;
  std::set<std::string> seen_;
};

std::optional<std::string> detect_darknet(const SourcePeek& source) {
  if (auto data = find_data_file(source); !data.empty())
    return data.filename().string() + " is a darknet data file";
  if (!source.is_folder()) return std::nullopt;
  auto names = find_names_file(source);
  if (names.empty() || belongs_to_json(source, names)) return std::nullopt;
  return names.filename().string() + " names the classes of label files beside the images";
}

ReadResult read_darknet(const fs::path& path, const ReadOptions& options) {
  Reading reading("darknet", path, options);
  DarknetDataset(reading, path).read();
  return reading.finish();
}

// Beside the picture, and where Ultralytics' readers look first.
NameRules::Paths label_paths(const Image& image, const fs::path& name) {
  if (image.state == ImageState::unlabelled && image.annotations.empty()) return {};
  auto paths = yolo_label_candidates(name);
  NameRules::Paths texts;
  for (const auto& path : paths) texts.push_back(path.generic_string());
  return texts;
}

NameRules darknet_names() {
  return {.taken_folder = [](const std::string& f) { return f == "images" || f == "JPEGImages"; },
          .looked_for = label_paths,
          .bare_classes = true};
}

WrittenDataset write_darknet(const Dataset& dataset, const WriteOptions& options) {
  WrittenDataset written;
  auto own = options.own.of<YoloWriting>();
  auto style = choose_yolo_style(dataset, "detect", own.digits);
  std::map<std::string, std::string> label_owner;
  std::map<Split, std::string> lists;
  std::size_t unlabelled = 0;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    bool looked_at = image.state != ImageState::unlabelled || !image.annotations.empty();
    if (!looked_at && !own.unlabelled) {
      ++unlabelled;  // without a label file it would be taken for a negative
      continue;
    }
    auto file = fs::path("obj_data") / image.name;
    auto label = fs::path(file).replace_extension(".txt").generic_string();
    if (auto [other, is_new] = label_owner.emplace(label, image.name); !is_new)
      throw DataError(fmt::format("{} and {} would share the label file {}; rename one", other->second,
                                  image.name, label));
    if (looked_at) written.texts[label] = yolo_rows(image, style, written.losses);
    written.images[file.generic_string()] = i;
    // Darknet knows train and valid; test keeps a list of its own.
    auto list = image.split == Split::none ? Split::train : image.split;
    if (image.split == Split::none) written.losses.add("split", "go into the train list");
    lists[list] += "data/" + file.generic_string() + "\n";
  }
  count_yolo_losses(dataset, style, written.losses);
  std::string data = fmt::format("classes = {}\n", dataset.classes.size());
  for (auto [split, key] : {std::pair{Split::train, "train"}, {Split::val, "valid"}, {Split::test, "test"}}) {
    if (!lists.contains(split)) continue;
    written.texts[std::string(key) + ".txt"] = lists[split];
    data += fmt::format("{0} = data/{0}.txt\n", key);
  }
  std::string names;
  for (const auto& info : dataset.classes) names += info.name + "\n";
  written.texts["obj.names"] = names;
  written.texts["obj.data"] = data + "names = data/obj.names\nbackup = backup/\n";
  written.left_out = unlabelled;
  if (unlabelled > 0) written.notes.push_back(fmt::format("{} unlabelled images are left out", unlabelled));
  return written;
}

}  // namespace

AnnotationFormat darknet_format() {
  // Its options are those that `yolo` declares. A data.yaml says more than a names file beside it; a list with
  // the boxes says more than a names file when no picture has a label file of its own.
  return {.detect = detect_darknet,
          .read = read_darknet,
          .write = write_darknet,
          .yields_to =
              [](const std::string& other, const SourcePeek& source) {
                return other == "yolo" || (other == "keras-txt" && !source.has_texts_beside_pictures());
              },
          .names = darknet_names()};
}

}  // namespace ds::detail
