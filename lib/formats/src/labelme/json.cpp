#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "labelme/parts.h"
#include "labelme/shape.h"
#include "shared/pictures/mask_pixels.h"
#include "shared/text/label_json.h"
#include "shared/text/label_text.h"

namespace ds::detail {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

struct LabelmeFile {
  fs::path file;
  json document;  // without imageData
  std::optional<ImageHeader> embedded;
  std::string embedded_error;
};

std::string embedded_bytes(const fs::path& file) {
  auto document = load_json(file);
  auto bytes = decode_base64(text_of(member(document, "imageData")));
  if (!bytes) throw FormatError({.path = file, .pointer = "/imageData"}, "not base64");
  return *bytes;
}

/// Reads in two passes, because every file brings its labels and the classes' order must not hang on the
/// order of files: first all are loaded (without their pictures, of which only the header is kept), then,
/// with the classes known, images and shapes are added. The file beside the labels is the picture when its
/// size agrees with that of imageData; else imageData is what was drawn on. A file that is no JSON costs no
/// other, and one without shapes is another tool's.
class JsonFiles {
 public:
  JsonFiles(Reading& reading, std::set<std::string>& used) : reading_(reading), used_(used) {}

  void read(const std::vector<fs::path>& files) {
    for (const auto& file : files) load(file);
    declare_classes();
    for (auto& file : files_) {
      add_file(file);
      file.document = nullptr;
    }
  }

 private:
  void load(const fs::path& file) {
    LabelmeFile found{.file = file};
    try {
      found.document = load_json(file);
    } catch (const FormatError& error) {
      auto message = std::string(error.what()).substr(error.location().to_string().size() + 2);
      reading_.uses(file);
      reading_.issue(Severity::error, "BAD_FILE", error.location(), message + "; the file is left out");
      return;
    }
    if (!member(found.document, "shapes").is_array()) return;  // another tool's file
    const auto& data = member(found.document, "imageData");
    if (data.is_string() && !data.get<std::string>().empty()) {
      if (auto bytes = decode_base64(data.get<std::string>())) {
        try {
          found.embedded = read_image_header(*bytes, "imageData");
        } catch (const DataError& error) {
          found.embedded_error = error.what();
        }
      } else {
        found.embedded_error = "imageData is no base64";
      }
    }
    found.document.erase("imageData");
    files_.push_back(std::move(found));
  }

  // The order of labels.txt, which LabelMe is started with; then what is used without standing there, by
  // name. `__ignore__` and `_background_` stand there for other tools' sake.
  void declare_classes() {
    std::set<std::string> used;
    for (const auto& file : files_) {
      for (const auto& shape : file.document["shapes"])
        if (const auto& label = member(shape, "label"); !label.is_null() && !text_of(label).empty())
          used.insert(text_of(label));
    }
    for (const auto* list : {"labels.txt", "classes.txt"}) {
      if (!fs::is_regular_file(reading_.root() / list)) continue;
      for (const auto& line : read_lines(reading_.root() / list)) {
        auto name = std::string(trim(line));
        bool filler = (name == "__ignore__" || name == "_background_") && !used.contains(name);
        if (!name.empty() && !filler) reading_.class_of(name);
      }
      break;
    }
    for (const auto& name : used) reading_.class_of(name);
  }

  static Reading::Declared declared_size(const json& document) {
    auto side = [&](const char* key) {
      auto number = number_of(member(document, key));
      return number && *number > 0 && *number < 1e6 ? static_cast<int>(*number) : 0;
    };
    return {side("imageWidth"), side("imageHeight")};
  }

  FoundImage find_image(const LabelmeFile& found) {
    auto folder = found.file.parent_path();
    std::vector<fs::path> folders = {folder, folder / "images", (folder / ".." / "images").lexically_normal(),
                                     (folder / "..").lexically_normal()};
    auto given = text_of(member(found.document, "imagePath"));
    auto image = reading_.find_image(
        {.given = given, .stem = found.file.stem().string(), .folders = folders, .labels = found.file});
    if (image.by_stem && !image.file.empty())
      reading_.issue(Severity::warning, "WRONG_FILENAME", {.path = found.file, .pointer = "/imagePath"},
                     fmt::format("'{}' is not there; {} is used", given, image.file.filename().string()));
    return image;
  }

  // The file beside the labels holds the picture's own bytes; the picture inside them was encoded anew, but
  // is what was drawn on should they differ.
  std::optional<std::size_t> add_image(const LabelmeFile& found) {
    auto declared = declared_size(found.document);
    auto image = find_image(found);
    const auto& file = image.file;
    Location place{.path = found.file, .pointer = "/imagePath"};
    bool usable = !file.empty();
    if (usable && found.embedded) {
      try {
        auto header = read_image_header(file);
        usable = header.width() == found.embedded->width() && header.height() == found.embedded->height();
        if (!usable)
          reading_.issue(Severity::warning, "SIZE_MISMATCH", place,
                         fmt::format("{} is {}x{}, the picture in imageData {}x{}; the latter is used",
                                     file.filename().string(), header.width(), header.height(),
                                     found.embedded->width(), found.embedded->height()));
      } catch (const Error&) {
        usable = false;
      }
    }
    if (!file.empty()) {
      used_.insert(file.lexically_normal().string());
      reading_.uses(file);
    }
    if (usable || (!file.empty() && !found.embedded))
      return reading_.add_image(file, reading_.name_of(file), declared, place);
    if (found.embedded) {
      return reading_.add_embedded_image([path = found.file] { return embedded_bytes(path); },
                                         name_without_file(found), declared, place);
    }
    auto given = text_of(member(found.document, "imagePath"));
    if (found.embedded_error.empty())
      reading_.report_missing(image, given, place);
    else
      reading_.issue(
          Severity::error, "BROKEN_IMAGE", {.path = found.file, .pointer = "/imageData"},
          fmt::format("'{}' is not there, and imageData cannot be read: {}", given, found.embedded_error));
    return reading_.add_image({}, name_without_file(found), declared, place);
  }

  std::string name_without_file(const LabelmeFile& found) {
    fs::path given = with_slashes(text_of(member(found.document, "imagePath")));
    auto name = given.filename();
    if (!has_image_suffix(name)) {
      name = found.file.stem();
      name += found.embedded ? extension_of(found.embedded->format) : ".jpg";
    }
    return reading_.name_of(found.file.parent_path() / name);
  }

  void add_file(const LabelmeFile& found) {
    reading_.uses(found.file);
    auto index = add_image(found);
    if (!index) return reading_.count_without_image(found.document["shapes"].size());
    auto& image = reading_.image(*index);
    image.state = ImageState::done;
    reading_.own_labels(*index, found.file);
    image.split = split_of_folder(found.file, reading_.root()).value_or(Split::none);
    read_image_extras(found.document, image);
    add_shapes(found, *index);
  }

  void read_image_extras(const json& document, Image& image) {
    static const std::set<std::string> kKnown = {"version",    "shapes",      "flags",     "imagePath",
                                                 "imageWidth", "imageHeight", "lineColor", "fillColor"};
    for (const auto& [key, value] : document.items()) {
      if (kKnown.contains(key) || value.is_null() || take_image_mark(image, key, value)) continue;
      if (value.is_string() && value.get<std::string>().empty()) continue;
      if ((value.is_array() || value.is_object()) && value.empty()) continue;
      image.attributes[key] = text_of(value);
    }
    for (const auto& [name, value] : object_in(document, "flags").items()) {
      auto class_idx = reading_.classes().find(name);
      if (class_idx && is_true(value))
        image.tags.push_back({*class_idx, true});
      else
        image.attributes["flags." + name] = text_of(value);
    }
    std::sort(image.tags.begin(), image.tags.end(),
              [](const ImageTag& a, const ImageTag& b) { return a.class_idx < b.class_idx; });
  }

  // Polygons of one label and one group are the parts of one object. Our own files number the objects: two
  // objects of a class may well be one group.
  static std::string instance_of(const json& entry, const Annotation& annotation) {
    if (!std::holds_alternative<Polygon>(annotation.shape)) return {};
    const auto& instance = member(entry, "instance");
    if (!instance.is_null()) return "#" + text_of(instance);
    if (!annotation.group_id) return {};
    return fmt::format("{}@{}", *annotation.group_id, text_of(entry["label"]));
  }

  void add_shapes(const LabelmeFile& found, std::size_t index) {
    struct Parsed {
      Annotation annotation;
      std::string pointer;
    };
    std::vector<Parsed> parsed;
    std::map<std::string, std::size_t> instances;
    const auto& shapes = found.document["shapes"];
    auto frame = reading_.frame_of(index);
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      auto pointer = fmt::format("/shapes/{}", i);
      auto report = [&](Severity severity, const std::string& code, const std::string& part,
                        const std::string& message) {
        reading_.issue(severity, code,
                       {.path = found.file, .pointer = part.empty() ? pointer : pointer + "/" + part},
                       message);
      };
      const auto& label = member(shapes[i], "label");
      if (label.is_null() || text_of(label).empty()) {
        report(Severity::error, "BAD_ROW", "label", "a shape needs a label; left out");
        continue;
      }
      auto annotation = read_labelme_shape(shapes[i], frame.width, frame.height, report);
      if (!annotation) continue;
      annotation->class_idx = *reading_.classes().find(text_of(label));
      auto key = instance_of(shapes[i], *annotation);
      auto [known, is_new] =
          key.empty() ? std::pair{instances.end(), true} : instances.emplace(key, parsed.size());
      if (!is_new) {
        auto& rings = std::get<Polygon>(parsed[known->second].annotation.shape).rings;
        rings.push_back(std::get<Polygon>(annotation->shape).rings[0]);
        continue;
      }
      const auto& grouped = member(shapes[i], "grouped");
      if (grouped.is_boolean() && !grouped.get<bool>()) annotation->group_id.reset();
      parsed.push_back({std::move(*annotation), pointer});
    }
    for (auto& one : parsed)
      reading_.add_annotation(index, std::move(one.annotation), {.path = found.file, .pointer = one.pointer});
  }

  Reading& reading_;
  std::set<std::string>& used_;
  std::vector<LabelmeFile> files_;
};

}  // namespace

void read_labelme_json(Reading& reading, const std::vector<fs::path>& files, std::set<std::string>& used) {
  JsonFiles(reading, used).read(files);
}

}  // namespace ds::detail
