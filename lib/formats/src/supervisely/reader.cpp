// Supervisely projects: meta.json, and for each dataset a folder of ann/*.json and img/*.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "ds/base/error.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "shared/source_peek.h"
#include "shared/text/label_json.h"
#include "supervisely/format.h"
#include "supervisely/shape.h"

namespace ds::detail {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* kAnnotationFolder = "ann";
constexpr const char* kImageFolder = "img";

// Videos have frames as well, and are no such thing.
bool is_supervisely(const SourcePeek& source, const fs::path& file) {
  if (file.parent_path().filename() != kAnnotationFolder) return false;
  const auto& outline = source.json(file);
  return outline.is_object && outline.has("objects") && outline.has("size") && !outline.has("frames");
}

/// Reads the classes of every meta.json, then the annotation files. There is one for each picture, labelled or
/// not, so a picture without objects and tags was looked at only when the caller says so. Tags are attributes;
/// a tag called train, val or test without a value is the picture's split.
class SuperviselyReader {
 public:
  SuperviselyReader(Reading& reading, const fs::path& path) : reading_(reading), path_(path), source_(path) {}

  /// False when there is no annotation file.
  bool read() {
    for (const auto& file : source_.files(".json"))
      if (file.filename() == "meta.json") read_meta(file);
    bool any = false;
    for (const auto& file : source_.files(".json")) {
      if (file.parent_path().filename() != kAnnotationFolder) continue;
      if (source_.json(file).has("frames")) continue;
      throw_if_stopped();
      any = true;
      read_file(file);
    }
    if (any) add_rest();
    return any;
  }

 private:
  void read_meta(const fs::path& file) {
    reading_.uses(file);
    auto meta = load(file);
    if (!meta) return;
    for (const auto& entry : list_in(*meta, "classes")) {
      auto name = text_in(entry, "title");
      if (name.empty()) continue;
      SuperviselyClass declared{name, text_in(entry, "shape"), {}};
      ClassInfo info{.name = name};
      if (auto color = text_in(entry, "color"); color.size() == 7 && color[0] == '#') info.color = color;
      for (const auto& [id, node] : object_in(object_in(entry, "geometry_config"), "nodes").items()) {
        declared.node_index.emplace(id, info.key_points.size());
        info.key_points.push_back(text_in(node, "label").empty() ? id : text_in(node, "label"));
      }
      if (!reading_.classes().find(name)) reading_.classes().add(std::move(info));
      if (auto id = id_of(member(entry, "id"))) name_of_id_.emplace(*id, name);
      classes_.emplace(name, std::move(declared));
    }
  }

  std::optional<json> load(const fs::path& file) {
    try {
      auto document = load_json(file);
      if (document.is_object()) return document;
      reading_.issue(Severity::error, "BAD_FILE", {.path = file}, "no JSON object; the file is left out");
    } catch (const FormatError& error) {
      reading_.issue(Severity::error, "BAD_FILE", error.location(),
                     message_without_place(error) + "; the file is left out");
    }
    return std::nullopt;
  }

  static std::string text_in(const json& object, const char* key) {
    const auto& value = member(object, key);
    return value.is_string() ? value.get<std::string>() : std::string();
  }

  // ds0/ann/a.jpg.json is of ds0/img/a.jpg; older ones are called a.json.
  FoundImage find_picture(const fs::path& file) {
    auto dataset = file.parent_path().parent_path();
    auto name = file.stem().string();
    return reading_.find_image(
        {.given = name, .stem = name, .folders = {dataset / kImageFolder, dataset}, .labels = file});
  }

  // The datasets of a project, and those inside of them, each with its picture's name behind.
  std::string name_of(const fs::path& dataset, const fs::path& picture) const {
    fs::path name;
    for (const auto& part :
         dataset.lexically_normal().lexically_proximate(reading_.root().lexically_normal()))
      if (part != "." && part != ".." && part != "datasets") name /= part;
    return (name / picture).generic_string();
  }

  void read_file(const fs::path& file) {
    reading_.uses(file);
    auto document = load(file);
    auto found = find_picture(file);
    const auto& picture = found.file;
    auto dataset = file.parent_path().parent_path();
    if (!picture.empty()) used_.insert(picture.lexically_normal());
    if (!document) return add_for_review(picture, dataset, file);
    const auto& size = member(*document, "size");
    std::optional<Reading::Declared> declared;
    auto width = integer_of(member(size, "width"));
    auto height = integer_of(member(size, "height"));
    if (width && height && *width > 0 && *height > 0 && *width < 1000000 && *height < 1000000)
      declared = {static_cast<int>(*width), static_cast<int>(*height)};
    auto name = picture.empty() ? file.stem() : picture.filename();
    if (picture.empty())
      reading_.report_missing(found, name.string(), {.path = file},
                              fmt::format("'{}' is not in {}/", name.string(), kImageFolder));
    auto index = reading_.add_image(picture, name_of(dataset, name), declared, {.path = file});
    if (!index) return reading_.count_without_image(list_in(*document, "objects").size());
    reading_.own_labels(*index, file);
    reading_.image(*index).split = split_of_folder(file, reading_.root()).value_or(Split::none);
    read_image_tags(*document, *index);
    const auto& objects = list_in(*document, "objects");
    for (std::size_t i = 0; i < objects.size(); ++i)
      read_object(objects[i], *index, {.path = file, .pointer = fmt::format("/objects/{}", i)});
    auto& image = reading_.image(*index);
    bool looked_at = !objects.empty() || !image.attributes.empty() || reading_.options().empty_is_negative;
    if (looked_at) image.state = ImageState::done;
  }

  // What is drawn on it is not known: somebody has to look.
  void add_for_review(const fs::path& picture, const fs::path& dataset, const fs::path& file) {
    if (picture.empty()) return;
    auto index =
        reading_.add_image(picture, name_of(dataset, picture.filename()), std::nullopt, {.path = file});
    if (index) reading_.mark_incomplete(*index);
  }

  static std::string tag_value(const json& tag) {
    const auto& value = member(tag, "value");
    return value.is_null() ? "true" : text_of(value);
  }

  void read_image_tags(const json& document, std::size_t index) {
    auto& image = reading_.image(index);
    for (const auto& tag : list_in(document, "tags")) {
      auto name = text_in(tag, "name");
      auto split = member(tag, "value").is_null() ? split_of_word(name) : std::nullopt;
      if (split)
        image.split = *split;
      else if (!name.empty())
        image.attributes[name] = tag_value(tag);
    }
    if (auto text = text_in(document, "description"); !text.empty()) image.attributes["description"] = text;
  }

  std::string class_name(const json& object) const {
    auto name = text_in(object, "classTitle");
    if (!name.empty()) return name;
    auto id = id_of(member(object, "classId"));
    auto known = id ? name_of_id_.find(*id) : name_of_id_.end();
    return known == name_of_id_.end() ? std::string() : known->second;
  }

  void read_object(const json& object, std::size_t index, const Location& place) {
    auto name = class_name(object);
    auto report = [&](const char* code, const std::string& why) {
      reading_.issue(Severity::error, code, place,
                     fmt::format("object ({}) {}; left out", name.empty() ? "no class" : name, why));
    };
    if (name.empty()) return report("BAD_ROW", "has no classTitle");
    auto known = classes_.find(name);
    auto shape =
        supervisely_shape(object, known == classes_.end() ? SuperviselyClass{name, {}, {}} : known->second,
                          reading_.frame_of(index), report);
    if (!shape) return;
    Annotation annotation{.class_idx = reading_.class_of(name), .shape = std::move(*shape)};
    for (const auto& tag : list_in(object, "tags")) read_tag(tag, annotation);
    if (auto text = text_in(object, "description"); !text.empty())
      annotation.attributes["description"] = text;
    reading_.add_annotation(index, std::move(annotation), place, id_of(member(object, "id")).value_or(""));
  }

  // A tag without a value says that it is so.
  static void read_tag(const json& tag, Annotation& annotation) {
    auto name = text_in(tag, "name");
    const auto& value = member(tag, "value");
    if (!name.empty() && !take_mark(annotation, name, value.is_null() ? json(true) : value))
      annotation.attributes[name] = tag_value(tag);
  }

  // Pictures without an annotation file.
  void add_rest() {
    if (!fs::is_directory(path_)) return;
    for (const auto& file : files_below(path_, [](const fs::path& each) { return has_image_suffix(each); })) {
      auto folder = file.parent_path();
      if (folder.filename() != kImageFolder || used_.contains(file.lexically_normal())) continue;
      auto index = reading_.add_image(file, name_of(folder.parent_path(), file.filename()), std::nullopt,
                                      {.path = file});
      if (index) reading_.image(*index).split = split_of_folder(file, reading_.root()).value_or(Split::none);
    }
  }

  Reading& reading_;
  fs::path path_;
  SourcePeek source_;
  std::map<std::string, SuperviselyClass> classes_;  // by name
  std::map<std::string, std::string> name_of_id_;
  std::set<fs::path> used_;
};

std::optional<std::string> detect_supervisely(const SourcePeek& source) {
  int looked_at = 0;
  for (const auto& file : source.files(".json")) {
    if (file.parent_path().filename() != kAnnotationFolder) continue;
    if (is_supervisely(source, file))
      return source.shown(file) + " has the objects and the size of a picture";
    if (++looked_at == 20) break;
  }
  return std::nullopt;
}

ReadResult read_supervisely(const fs::path& path, const ReadOptions& options) {
  Reading reading("supervisely", path, options);
  if (!SuperviselyReader(reading, path).read())
    throw DataError(
        fmt::format("{}: no Supervisely project (meta.json, and folders ann and img)", path.string()));
  return reading.finish();
}

}  // namespace

AnnotationFormat supervisely_format() {
  return {.detect = detect_supervisely,
          .read = read_supervisely,
          .write = nullptr,
          .yields_to = [](const std::string&, const SourcePeek&) { return true; }};
}

}  // namespace ds::detail
