// Ultralytics YOLO: data.yaml with image folders or lists, one label file an image.
#include "yolo/ultralytics.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>
#include <set>

#include "ds/base/text.h"
#include "ds/config/yaml.h"
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

constexpr const char* kSplitKeys[] = {"train", "val", "validation", "valid", "test", "none"};

// Says what it is by its keys, whatever it is called.
bool is_data_yaml(const fs::path& file) {
  try {
    auto node = YAML::Load(glance_at_label_text(file));
    if (!node.IsMap() || !(node["names"] || node["nc"])) return false;
    return std::any_of(std::begin(kSplitKeys), std::end(kSplitKeys),
                       [&](const char* key) { return node[key].IsDefined(); });
  } catch (const YAML::Exception&) {
  } catch (const Error&) {
  }
  return file.filename() == "data.yaml";  // broken: the reader tells where
}

std::vector<fs::path> data_yamls(const SourcePeek& source) {
  std::vector<fs::path> files;
  for (auto* suffix : {".yaml", ".yml"})
    for (const auto& file : source.few(suffix, 1))
      if (is_data_yaml(file)) files.push_back(file);
  return files;
}

struct DeclaredNames {
  std::vector<std::string> names;
  std::vector<int> class_of_id;  // ids may have gaps
};

/// Reads what a data.yaml names, and nothing else below its folder. Names and task come first, since rows
/// mean nothing without them; an error there ends the reading, while a split that is not there is an issue
/// and costs no other. Paths are tried in the ways that exporters are known to get them wrong, and a note
/// says which was used. An image belongs to the first split that lists it.
class UltralyticsDataset {
 public:
  UltralyticsDataset(Reading& reading, const fs::path& yaml) : reading_(reading), yaml_(yaml) {
    reading_.numbers_are(Numbers::shares);
  }

  void read() {
    reading_.uses(yaml_);
    with_yaml_text(read_label_text(yaml_), yaml_.string(), [&](const YAML::Node& node) {
      if (!node.IsMap())
        throw FormatError({.path = yaml_, .line = 1}, "found no keys, expected names and train or val");
      read_names(node);
      read_task(node);
      find_root(node);
      for (auto* key : kSplitKeys)
        if (node[key] && !node[key].IsNull()) read_split(node[key], key);
    });
    if (reading_.image_count() == 0)
      throw DataError(
          fmt::format("{}: no image was found for it (looked below {})", yaml_.string(), root_.string()));
    require_yolo_rows(reading_, convention_);
  }

 private:
  Location at(const YAML::Node& node) const { return {.path = yaml_, .line = node.Mark().line + 1}; }

  std::string name_in(const YAML::Node& node, std::int64_t id) const {
    if (node.IsScalar() && !node.Scalar().empty()) return node.Scalar();
    throw FormatError(at(node), fmt::format("found nothing for class {}: a class needs a name", id));
  }

  void read_names(const YAML::Node& node) {
    std::map<int, std::string> by_id;
    auto names = node["names"];
    if (names && names.IsMap()) {
      for (const auto& entry : names) {
        auto id = parse_int(entry.first.Scalar());
        if (!id || *id < 0 || *id > 1'000'000)
          throw FormatError(at(entry.first), fmt::format("found class id '{}', expected an integer from 0",
                                                         entry.first.Scalar()));
        by_id[static_cast<int>(*id)] = name_in(entry.second, *id);
      }
    } else if (names && names.IsSequence()) {
      for (int i = 0; i < static_cast<int>(names.size()); ++i) by_id[i] = name_in(names[i], i);
    }
    std::int64_t declared = node["nc"] ? parse_int(node["nc"].Scalar()).value_or(-1) : -1;
    if (!names)
      for (int i = 0; i < declared; ++i) by_id[i] = fmt::format("class_{}", i);
    if (by_id.empty()) throw FormatError({.path = yaml_, .line = 1}, "found no class names (names: or nc:)");
    if (declared >= 0 && declared != static_cast<std::int64_t>(by_id.size()))
      throw FormatError(at(node["nc"]),
                        fmt::format("nc is {}, names has {} classes", declared, by_id.size()));
    class_of_id_.assign(static_cast<std::size_t>(by_id.rbegin()->first) + 1, -1);
    std::vector<std::string> in_order;
    for (const auto& [id, name] : by_id) {
      class_of_id_[static_cast<std::size_t>(id)] = static_cast<int>(in_order.size());
      in_order.push_back(name);
    }
    declare_yolo_classes(reading_, in_order, yaml_, key_points_of(node, by_id));
    labels_.class_count = static_cast<int>(in_order.size());
    labels_.class_of_id = &class_of_id_;
  }

  // kpt_names: class id -> names of its points.
  static std::map<std::string, std::vector<std::string>> key_points_of(
      const YAML::Node& node, const std::map<int, std::string>& by_id) {
    std::map<std::string, std::vector<std::string>> points;
    auto names = node["kpt_names"];
    if (!names || !names.IsMap()) return points;
    for (const auto& entry : names) {
      auto id = parse_int(entry.first.Scalar());
      auto known = id ? by_id.find(static_cast<int>(*id)) : by_id.end();
      if (known == by_id.end() || !entry.second.IsSequence()) continue;
      for (const auto& name : entry.second) points[known->second].push_back(name.Scalar());
    }
    return points;
  }

  void read_task(const YAML::Node& node) {
    labels_.task = yolo_task_of(reading_.own<YoloReading>().task).value_or(YoloTask::detect);
    // Any other task has rows that are told by their counts, as those of detection are.
    if (labels_.task == YoloTask::automatic && node["task"])
      labels_.task = yolo_task_of(node["task"].Scalar()).value_or(YoloTask::detect);
    if (auto shape = node["kpt_shape"]; shape && shape.IsSequence() && shape.size() == 2) {
      if (labels_.task == YoloTask::automatic) labels_.task = YoloTask::pose;
      labels_.key_points = shape[0].as<int>();
      labels_.key_point_size = shape[1].as<int>();
    }
  }

  // A relative `path` is the yaml's folder first, then the working folder; never a hidden setting.
  void find_root(const YAML::Node& node) {
    root_ = yaml_.parent_path();
    if (root_.empty()) root_ = ".";
    label_files_ = YoloLabelFiles(root_);
    if (!node["path"] || node["path"].IsNull() || node["path"].Scalar().empty()) return;
    fs::path given = node["path"].Scalar();
    for (const auto& candidate : {given.is_absolute() ? given : root_ / given, given}) {
      if (!fs::is_directory(candidate)) continue;
      root_ = candidate.lexically_normal();
      label_files_ = YoloLabelFiles(root_);
      if (given != ".") reading_.note(fmt::format("path: {} is {}", given.string(), root_.string()));
      return;
    }
    reading_.note(fmt::format("path: {} is not there; {} is used", given.string(), root_.string()));
  }

  void read_split(const YAML::Node& value, const std::string& key) {
    auto split = key == "none" ? Split::none : *split_of_word(key);
    std::vector<YAML::Node> entries;
    if (value.IsSequence()) {
      for (const auto& one : value) entries.push_back(one);
    } else {
      entries.push_back(value);
    }
    for (const auto& entry : entries) {
      fs::path given = replace_backslashes(entry.Scalar());
      std::vector<fs::path> tried = {given.is_absolute() ? given : root_ / given};
      // Roboflow writes ../train/images for a folder that stands beside its yaml.
      auto shorter = given.generic_string();
      while (shorter.starts_with("../")) shorter.erase(0, 3);
      if (shorter != given.generic_string()) tried.push_back(root_ / shorter);
      if (shorter.starts_with("valid/")) tried.push_back(root_ / ("val/" + shorter.substr(6)));
      auto found = std::find_if(tried.begin(), tried.end(), [](const fs::path& p) { return fs::exists(p); });
      if (found == tried.end()) {
        std::vector<std::string> texts;
        for (const auto& path : tried) texts.push_back(fs::absolute(path).lexically_normal().string());
        reading_.issue(Severity::error, "MISSING_SPLIT", at(entry),
                       fmt::format("{}: {} is not there; tried {}", key, given.string(), join(texts, ", ")));
        continue;
      }
      if (found != tried.begin())
        reading_.note(fmt::format("{}: {} is not there; read {}", key, given.string(),
                                  found->lexically_normal().string()));
      read_source(found->lexically_normal(), split, at(entry));
    }
  }

  static std::string replace_backslashes(std::string text) {
    std::replace(text.begin(), text.end(), '\\', '/');
    return text;
  }

  void read_source(const fs::path& source, Split split, const Location& place) {
    if (fs::is_directory(source)) {
      for (const auto& file : files_below(source, [](const fs::path& f) { return has_image_suffix(f); }))
        add(file, split, {.path = file});
    } else if (has_image_suffix(source)) {
      add(source, split, place);
    } else {
      reading_.uses(source);
      std::int64_t number = 0;
      for (const auto& line : read_lines(source)) {
        ++number;
        auto text = std::string(trim(line));
        if (text.empty() || text.starts_with('#')) continue;
        add_listed(replace_backslashes(text), source, split, {.path = source, .line = number});
      }
    }
  }

  void add_listed(const fs::path& given, const fs::path& list, Split split, const Location& place) {
    for (const auto& candidate :
         {given.is_absolute() ? given : list.parent_path() / given, root_ / given, given}) {
      if (fs::is_regular_file(candidate)) return add(candidate.lexically_normal(), split, place);
    }
    auto found = reading_.find_image(
        {.given = given.string(), .folders = {list.parent_path(), root_}, .labels = list});
    if (!found.file.empty()) return add(found.file, split, place);
    reading_.report_missing(found, given.string(), place);
  }

  void add(const fs::path& file, Split split, const Location& place) {
    auto [known, is_new] = split_of_.emplace(file.string(), split);
    if (!is_new) {
      if (known->second != split)
        reading_.issue(Severity::error, "SPLIT_OVERLAP", place,
                       fmt::format("{} is in {} and {}; {} counts", file.string(), to_string(known->second),
                                   to_string(split), to_string(known->second)));
      return;
    }
    auto index = reading_.add_image(file, reading_.name_of(file), std::nullopt, place);
    if (!index) return;
    auto& image = reading_.image(*index);
    image.split = split;
    if (std::min(image.width, image.height) < 10)
      reading_.issue(Severity::warning, "TINY_IMAGE", place,
                     fmt::format("{} is {}x{}; Ultralytics refuses sides under 10", image.name, image.width,
                                 image.height));
    auto label = label_files_.of(file);
    if (label.empty()) return;  // nobody has looked at it
    if (auto [other, first] = image_of_label_.emplace(label.string(), image.name); !first)
      reading_.issue(Severity::warning, "SHARED_LABELS", {.path = label},
                     fmt::format("belongs to {} and {}", other->second, image.name));
    read_yolo_labels(reading_, *index, label, labels_, convention_);
  }

  Reading& reading_;
  fs::path yaml_;
  fs::path root_;
  YoloLabels labels_;
  YoloLabelFiles label_files_;
  YoloConvention convention_;
  std::vector<int> class_of_id_;
  std::map<std::string, Split> split_of_;
  std::map<std::string, std::string> image_of_label_;
};

std::optional<std::string> detect_ultralytics(const SourcePeek& source) {
  auto files = data_yamls(source);
  if (files.empty()) return std::nullopt;
  return fmt::format("{} names classes and splits", source.shown(files.front()));
}

ReadResult read_ultralytics(const fs::path& path, const ReadOptions& options) {
  auto files = data_yamls(SourcePeek(path));
  if (files.empty())
    throw DataError(fmt::format("{}: no data.yaml (names, and train or val)", path.string()));
  if (files.size() > 1)
    throw UsageError(fmt::format("{} holds {} and {}; give the one you mean", path.string(),
                                 files[0].filename().string(), files[1].filename().string()));
  Reading reading("yolo", path, options);
  UltralyticsDataset(reading, files.front()).read();
  return reading.finish();
}

// Points that change places when the picture is mirrored, by the names' left and right; nothing unless every
// name has its partner.
std::vector<std::size_t> mirrored_points(const std::vector<std::string>& names) {
  std::vector<std::size_t> flip;
  for (const auto& name : names) {
    auto other = name;
    for (auto [from, to] : {std::pair{"left", "right"}, {"right", "left"}}) {
      auto at = name.find(from);
      if (at == std::string::npos) continue;
      other = name.substr(0, at) + to + name.substr(at + std::string_view(from).size());
      break;
    }
    auto found = std::find(names.begin(), names.end(), other);
    if (found == names.end()) return {};
    flip.push_back(static_cast<std::size_t>(found - names.begin()));
  }
  return flip;
}

std::string yaml_list(const std::vector<std::string>& names) {
  std::vector<std::string> texts;
  for (const auto& name : names) texts.push_back(yaml_scalar(name));
  return "[" + join(texts, ", ") + "]";
}

std::string data_yaml(const Dataset& dataset, const YoloStyle& style, const std::set<Split>& splits) {
  std::string yaml = "# Ultralytics YOLO dataset\npath: .\n";
  for (auto split : {Split::train, Split::val, Split::test, Split::none})
    if (splits.contains(split)) yaml += fmt::format("{0}: images/{0}\n", to_string(split));
  // Rows of nine numbers are outlines or rotated boxes; this says which.
  if (style.task != YoloTask::detect) yaml += fmt::format("task: {}\n", name_of(style.task));
  std::string point_names;
  if (style.task == YoloTask::pose) {
    yaml += fmt::format("kpt_shape: [{}, 3]\n", style.key_points);
    std::vector<std::size_t> flip;
    for (int i = 0; i < dataset.classes.size(); ++i) {
      const auto& names = dataset.classes[i].key_points;
      if (names.empty()) continue;
      point_names += fmt::format("  {}: {}\n", i, yaml_list(names));
      if (flip.empty() && names.size() == style.key_points) flip = mirrored_points(names);
    }
    std::vector<std::string> texts;
    for (auto point : flip) texts.push_back(std::to_string(point));
    if (!flip.empty()) yaml += "flip_idx: [" + join(texts, ", ") + "]\n";
  }
  yaml += "names:\n";
  for (int i = 0; i < dataset.classes.size(); ++i)
    yaml += fmt::format("  {}: {}\n", i, yaml_scalar(dataset.classes[i].name));
  if (!point_names.empty()) yaml += "kpt_names:\n" + point_names;
  return yaml;
}

bool is_looked_at(const Image& image) {
  return image.state != ImageState::unlabelled || !image.annotations.empty();
}

// images/train/a/b.jpg
fs::path image_path(const Image& image, const fs::path& name) {
  auto split = to_string(image.split);
  auto folder = fs::path("images") / split;
  // A dataset read from train/images has the split in its names already.
  bool twice = name.has_parent_path() && *name.begin() == split;
  return folder / (twice ? name.lexically_relative(split) : name);
}

NameRules ultralytics_names() {
  return {.walked = true, .looked_for = [](const Image& image, const std::string& name) {
            NameRules::Paths labels;
            if (is_looked_at(image))
              labels.push_back(yolo_label_path(image_path(image, name)).generic_string());
            return labels;
          }};
}

WrittenDataset write_ultralytics(const Dataset& dataset, const WriteOptions& options) {
  WrittenDataset written;
  auto own = options.own.of<YoloWriting>();
  auto style = choose_yolo_style(dataset, own.task, own.digits, options.own.flag("yolo-task"));
  std::set<Split> splits;
  std::map<std::string, std::string> label_owner;
  std::size_t unlabelled = 0;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    bool looked_at = is_looked_at(image);
    if (!looked_at && !own.unlabelled) {
      ++unlabelled;  // a trainer would take a missing label file for a negative
      continue;
    }
    auto path = image_path(image, image.name);
    auto label = yolo_label_path(path).generic_string();
    if (auto [other, is_new] = label_owner.emplace(label, image.name); !is_new)
      throw DataError(fmt::format("{} and {} would share the label file {}; rename one", other->second,
                                  image.name, label));
    splits.insert(image.split);
    if (looked_at) written.texts[label] = yolo_rows(image, style, written.losses);
    written.images[path.generic_string()] = i;
  }
  count_yolo_losses(dataset, style, written.losses);
  written.texts["data.yaml"] = data_yaml(dataset, style, splits);
  written.left_out = unlabelled;
  if (unlabelled > 0) written.notes.push_back(fmt::format("{} unlabelled images are left out", unlabelled));
  if (splits.contains(Split::none))
    written.notes.push_back("images without a split are under images/none, which Ultralytics does not read");
  return written;
}

// Rows of four corners in labelTxt say more than a data.yaml whose own labels are missing: Roboflow's OBB.
bool yields_to(const std::string& other, const SourcePeek& source) {
  if (other != "dota") return false;
  const auto& files = source.files(".txt");
  return std::none_of(files.begin(), files.end(), [](const fs::path& file) {
    return std::find(file.begin(), file.end(), fs::path("labels")) != file.end();
  });
}

}  // namespace

AnnotationFormat ultralytics_format() {
  return {.detect = detect_ultralytics,
          .read = read_ultralytics,
          .write = write_ultralytics,
          .yields_to = yields_to,
          .names = ultralytics_names(),
          .read_options = {format_choice(
              "yolo-task", &YoloReading::task, kYoloTasks,
              "meaning of YOLO rows; auto: what data.yaml says, and rows of nine numbers are outlines")},
          .write_options = {
              format_option("unlabelled", &YoloWriting::unlabelled,
                            "YOLO: write images nobody has looked at too"),
              format_choice("yolo-task", &YoloWriting::task, kYoloTasks,
                            "rows of boxes, outlines, corners or key points; auto: what every shape allows"),
              format_option("yolo-digits", &YoloWriting::digits, "decimals of YOLO's numbers, at least 6")}};
}

}  // namespace ds::detail
