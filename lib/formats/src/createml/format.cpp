// CreateML JSON: one list of pictures a folder, boxes in pixels about their centre unless the dataset
// says or shows otherwise.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "createml/format.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/formats/createml/options.h"
#include "shared/losses.h"
#include "shared/pictures/named_pictures.h"
#include "shared/source_peek.h"
#include "shared/text/json_file.h"
#include "shared/text/label_json.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

const std::vector<std::string> kAnchors = {"auto", "center", "topleft"};

bool looks_like_createml(const JsonOutline& outline, const std::string& head) {
  if (!outline.is_array) return false;
  bool image = outline.has("image") || outline.has("imagefilename");
  bool list = outline.has("annotations") || outline.has("annotation");
  if (!image || !list || outline.has("data") || outline.has("id")) return false;
  if (head.find("\"coordinates\"") != std::string::npos) return true;
  // Pictures without objects come first.
  return head.find("\"label\"") == std::string::npos;
}

// A box as it is written: what x and y are is decided when all are known.
struct FoundBox {
  std::size_t image;
  std::string label;
  double x, y, width, height;
  Location place;
};

struct Anchor {
  bool center = true;
  Severity severity = Severity::note;
  std::string evidence;
};

/// Reads all files before any box is added: whether x and y are the centre or a corner is one decision for
/// the whole dataset, made by what leaves the boxes inside their pictures. So boxes wait as they are written,
/// and their places with them. A picture that is listed with an empty list was looked at; one that no file
/// names was not.
class CreatemlReader {
 public:
  CreatemlReader(Reading& reading, const fs::path& path)
      : reading_(reading), path_(path), pictures_(reading, path) {}

  void read() {
    declare_meta_classes(reading_);
    SourcePeek source(path_);
    bool any = false;
    for (const auto& file : source.files(".json")) {
      if (!looks_like_createml(source.json(file), source.head(file))) continue;
      any = true;
      reading_.uses(file);
      read_file(file);
    }
    if (!any)
      throw DataError(fmt::format("{}: no CreateML annotations (.json, a list with image and annotations)",
                                  path_.string()));
    auto anchor = choose_anchor();
    reading_.issue(anchor.severity, "CREATEML_ANCHOR", {.path = path_},
                   fmt::format("x and y read as the box's {}: {}",
                               anchor.center ? "centre" : "top-left corner", anchor.evidence));
    for (const auto& box : boxes_) add_box(box, anchor.center);
    pictures_.add_rest();
  }

 private:
  void read_file(const fs::path& file) {
    json document;
    try {
      document = load_json(file);
    } catch (const FormatError& error) {
      reading_.issue(Severity::error, "BAD_FILE", error.location(), error.what());
      return;
    }
    auto split = split_of_folder(file, reading_.root());
    if (!split) split = split_in_name(file.stem().string());
    for (std::size_t i = 0; i < document.size(); ++i) {
      throw_if_stopped();
      read_entry(document.at(i), {.path = file, .pointer = fmt::format("/{}", i)}, split);
    }
  }

  static const json& either(const json& object, const char* one, const char* other) {
    return member(object, object.is_object() && object.contains(one) ? one : other);
  }

  void read_entry(const json& entry, const Location& place, std::optional<Split> split) {
    const auto& name = either(entry, "image", "imagefilename");
    if (!name.is_string() || name.get<std::string>().empty()) {
      reading_.issue(Severity::error, "BAD_ROW", place, "no image is named; the entry is left out");
      return;
    }
    auto index = pictures_.image(name.get<std::string>(), place.path.parent_path(), std::nullopt, place);
    const auto& list = either(entry, "annotations", "annotation");
    if (!index) return reading_.count_without_image(list.is_array() ? list.size() : 0);
    auto& image = reading_.image(*index);
    if (split) image.split = *split;
    if (!list.is_array()) return;
    // Listed with an empty list: somebody looked.
    image.state = ImageState::done;
    Reading::About about(reading_, *index);
    for (std::size_t i = 0; i < list.size(); ++i) {
      auto at = place;
      at.pointer += fmt::format("/{}/{}", entry.contains("annotations") ? "annotations" : "annotation", i);
      read_box(list.at(i), *index, at);
    }
  }

  void read_box(const json& annotation, std::size_t image, const Location& place) {
    const auto& coordinates = member(annotation, "coordinates");
    std::array<double, 4> n{};
    static constexpr const char* kKeys[] = {"x", "y", "width", "height"};
    for (std::size_t i = 0; i < 4; ++i) {
      auto number = number_of(member(coordinates, kKeys[i]));
      if (!number) {
        reading_.issue(Severity::error, "BAD_NUMBER", place,
                       fmt::format("coordinates has no finite {}; the object is left out", kKeys[i]));
        return;
      }
      n[i] = *number;
    }
    const auto& label = member(annotation, "label");
    auto name = label.is_null() ? std::string() : text_of(label);
    if (name.empty()) {
      reading_.issue(Severity::warning, "EMPTY_LABEL", place,
                     fmt::format("the object has no label; kept as class {}", kNoLabel));
      name = kNoLabel;
    }
    reading_.class_of(name);
    boxes_.push_back({image, name, n[0], n[1], n[2], n[3], place});
  }

  static Box box_of(const FoundBox& box, bool center) {
    return center ? cxcywh_to_xyxy(box.x, box.y, box.width, box.height)
                  : xywh_to_xyxy(box.x, box.y, box.width, box.height);
  }

  // Recorded by ds, else what leaves the boxes inside their pictures: for the whole dataset,
  // never for a file.
  Anchor choose_anchor() {
    auto wanted = reading_.own<CreatemlReading>().anchor;
    if (std::find(kAnchors.begin(), kAnchors.end(), wanted) == kAnchors.end())
      throw_unknown_name("--createml-anchor", wanted, kAnchors);
    if (wanted != "auto") return {wanted == "center", Severity::note, "as asked for"};
    if (recorded_center()) return {true, Severity::note, "recorded by ds in dataset_meta.json"};
    std::size_t outside_as_center = 0;
    std::size_t outside_as_corner = 0;
    Location first;
    for (const auto& box : boxes_) {
      if (outside(box, true) && outside_as_center++ == 0) first = box.place;
      outside_as_corner += outside(box, false);
    }
    if (outside_as_center > 0 && outside_as_corner == 0) {
      first.path = first.path.lexically_proximate(reading_.root());
      return {false, Severity::note,
              fmt::format(
                  "{} of {} boxes would reach outside their images as centres (first: {}), none as corners",
                  outside_as_center, boxes_.size(), first.to_string())};
    }
    if (outside_as_center > outside_as_corner)
      return {
          true, Severity::warning,
          fmt::format(
              "CreateML's default, although {} of {} boxes reach outside their images so, and {} as corners: "
              "--createml-anchor topleft reads them as corners",
              outside_as_center, boxes_.size(), outside_as_corner)};
    if (outside_as_corner > 0)
      return {true, Severity::note,
              fmt::format("CreateML's default; {} of {} boxes would reach outside their images as corners",
                          outside_as_corner, boxes_.size())};
    return {true, Severity::note, "CreateML's default; all boxes lie inside their images either way"};
  }

  bool recorded_center() const {
    auto file = reading_.root() / "dataset_meta.json";
    if (!fs::is_regular_file(file)) return false;
    try {
      auto meta = load_json(file);
      return member(meta, "createml_anchor") == "center";
    } catch (const FormatError&) {
      return false;  // reported with the classes
    }
  }

  // By more than rounding to whole pixels explains.
  bool outside(const FoundBox& found, bool center) const {
    auto frame = reading_.frame_of(found.image);
    auto box = box_of(found, center);
    return box.x0 < -1 || box.y0 < -1 || box.x1 > frame.width + 1 || box.y1 > frame.height + 1;
  }

  void add_box(const FoundBox& found, bool center) {
    reading_.add_annotation(found.image,
                            {.class_idx = reading_.class_of(found.label), .shape = box_of(found, center)},
                            found.place);
  }

  Reading& reading_;
  fs::path path_;
  NamedPictures pictures_;
  std::vector<FoundBox> boxes_;
};

std::optional<std::string> detect_createml(const SourcePeek& source) {
  for (const auto& file : source.few(".json"))
    if (looks_like_createml(source.json(file), source.head(file)))
      return fmt::format("{} is a list of images with annotations and coordinates", source.shown(file));
  return std::nullopt;
}

ReadResult read_createml(const fs::path& path, const ReadOptions& options) {
  Reading reading("createml", path, options);
  CreatemlReader(reading, path).read();
  return reading.finish();
}

WrittenDataset write_createml(const Dataset& dataset, const WriteOptions&) {
  WrittenDataset written;
  count_losses(dataset, FormatHolds{}, written.losses);
  std::map<Split, ordered_json> lists;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    written.images[to_string(image.split) + "/" + image.name] = i;
    // An image that is not listed is one nobody looked at.
    if (image.annotations.empty() && image.state == ImageState::unlabelled) continue;
    ordered_json entry = {{"image", image.name}, {"annotations", ordered_json::array()}};
    for (const auto& annotation : image.annotations) {
      auto box = annotation.box();
      entry["annotations"].push_back({{"label", dataset.classes[annotation.class_idx].name},
                                      {"coordinates",
                                       {{"x", json_number(box.center_x())},
                                        {"y", json_number(box.center_y())},
                                        {"width", json_number(box.width())},
                                        {"height", json_number(box.height())}}}});
    }
    lists[image.split].push_back(std::move(entry));
  }
  for (const auto& [split, list] : lists)
    written.texts[to_string(split) + "/_annotations.createml.json"] = list.dump(1) + "\n";
  ordered_json meta = {{"labels", dataset.classes.names()}, {"createml_anchor", "center"}};
  written.texts["dataset_meta.json"] = meta.dump(1) + "\n";
  return written;
}

}  // namespace

AnnotationFormat createml_format() {
  return {.detect = detect_createml,
          .read = read_createml,
          .write = write_createml,
          .names = {.taken_folder = [](const std::string& f) { return f == "images" || f == "JPEGImages"; },
                    .walked = true,
                    .beginnings = {"file:"}},
          .needs_labels = true,
          .read_options = {format_choice("createml-anchor", &CreatemlReading::anchor, kAnchors,
                                         "what x and y of CreateML boxes are; auto decides and says why")}};
}

}  // namespace ds::detail
