// CVAT XML 1.1: images, and the frames of videos (tracks.cpp).
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "cvat/document.h"
#include "cvat/format.h"
#include "cvat/writer.h"
#include "ds/base/text.h"
#include "ds/formats/cvat/options.h"
#include "ds/media/image_header.h"
#include "shared/source_peek.h"

namespace ds::detail {
namespace fs = std::filesystem;

int cvat_class(Reading& reading, CvatDocument& document, const std::string& label, const Location& place) {
  if (label.empty()) {
    reading.issue(Severity::warning, "EMPTY_LABEL", place,
                  fmt::format("the label is empty; kept as class {}", kCvatNoLabel));
    return reading.class_of(kCvatNoLabel);
  }
  const auto& labels = document.meta.labels;
  auto declared = labels.begin() + static_cast<std::ptrdiff_t>(document.meta.declared);
  bool known =
      std::any_of(labels.begin(), declared, [&](const ClassInfo& info) { return info.name == label; });
  if (!known && document.meta.declared > 0 && document.warned.insert(label).second)
    reading.issue(Severity::warning, "UNKNOWN_CLASS", place,
                  fmt::format("<meta> does not declare label '{}'; it becomes a class", label));
  return reading.class_of(label);
}

std::optional<Annotation> read_cvat_object(Reading& reading, const CvatDocument& document,
                                           pugi::xml_node node, int class_idx, const CvatCanvas& canvas) {
  const auto& info = reading.classes()[class_idx];
  auto place = document.xml.place_of(node);
  auto annotation = read_cvat_shape(node, info, canvas, [&](const char* code, const std::string& why) {
    reading.issue(Severity::error, code, place,
                  fmt::format("<{}> ({}) {}; left out", node.name(), info.name, why));
  });
  if (!annotation) return std::nullopt;
  annotation->class_idx = class_idx;
  if (auto group = cvat_id(node, "group_id"); group && *group != 0) annotation->group_id = group;
  std::string source = node.attribute("source").value();
  if (!source.empty() && source != "manual") annotation->attributes["source"] = source;
  // CVAT needs a number; ours says "nobody said" by 0 without an attribute.
  bool unsaid = document.meta.by_ds && annotation->occluded == 0.0 &&
                !node.find_child_by_attribute("attribute", "name", "occluded");
  if (unsaid) annotation->occluded.reset();
  return annotation;
}

CvatCanvas cvat_canvas(const Reading& reading, const Image& image) {
  if (reading.labels_are_raw()) return {image.raw_width, image.raw_height};
  return {image.width, image.height};
}

std::optional<std::int64_t> cvat_id(pugi::xml_node node, const char* name) {
  return parse_int(trim(node.attribute(name).value()));
}

std::optional<Split> cvat_split(const Reading& reading, const CvatDocument& document,
                                const std::string& subset) {
  if (auto split = split_of_word(subset)) return split;
  if (auto split = split_of_word(document.xml.path().stem().string())) return split;
  return split_of_folder(document.xml.path(), reading.root());
}

namespace {

std::vector<fs::path> cvat_files(const SourcePeek& source, bool all) {
  std::vector<fs::path> found;
  for (const auto& file : all ? source.files(".xml") : source.few(".xml", 3)) {
    auto head = source.head(file);
    if (root_element_of(head) != "annotations") continue;
    auto has = [&](const char* text) { return head.find(text) != std::string::npos; };
    if (has("<meta>") || has("<image ") || has("<track ") || has("<version>1.")) found.push_back(file);
  }
  return found;
}

bool climbs(const fs::path& path) {
  return path.is_absolute() || *path.lexically_normal().begin() == "..";
}

/// Reads the <image> elements of one file. Names are unique within a task only, so they are counted first and
/// get their subset or task in front where a project repeats them. An element that is no shape of CVAT, or
/// whose numbers are wrong, is an issue and costs no other. An image with any shape or tag was looked at;
/// without, only when the file or the caller says so.
class CvatImages {
 public:
  CvatImages(Reading& reading, CvatDocument& document)
      : reading_(reading), document_(document), folder_(document.xml.path().parent_path()) {
    for (auto image : document.xml.root().children("image")) ++names_[image.attribute("name").value()];
  }

  void read() {
    for (auto node : document_.xml.root().children()) {
      std::string element = node.name();
      if (element == "image")
        read_image(node);
      else if (element != "version" && element != "meta" && element != "track" && !element.empty())
        reading_.issue(Severity::warning, "BAD_ROW", document_.xml.place_of(node),
                       fmt::format("<{}> is none of image, track, meta; left out", element));
    }
  }

 private:
  // A name that climbs out of the dataset is no more than its last part.
  FoundImage find_file(const std::string& name, const std::string& subset) {
    fs::path given = name;
    if (climbs(given)) given = given.filename();
    ImageQuery query{.given = (subset / given).generic_string(), .labels = document_.xml.path()};
    for (auto* part : {"images", ".", "../images"}) query.folders.push_back(folder_ / part);
    if (!is_plain_name(subset)) query.given = given.generic_string();
    return reading_.find_image(query);
  }

  // Names are unique in a task only: a project's subsets repeat them.
  std::string unique_name(const std::string& name, const std::string& subset, const std::string& task) const {
    auto path = fs::path(name).lexically_normal();
    auto clean = climbs(path) ? path.filename().generic_string() : path.generic_string();
    if (names_.at(name) < 2) return clean;
    auto prefix = is_plain_name(subset) ? subset : task;
    return !is_plain_name(prefix) ? clean : prefix + "/" + clean;
  }

  void read_image(pugi::xml_node node) {
    auto place = document_.xml.place_of(node);
    std::string raw_name = node.attribute("name").value();
    if (trim(raw_name).empty()) {
      reading_.issue(Severity::error, "BAD_ROW", place, "<image> has no name; left out");
      return;
    }
    auto name = raw_name;
    std::replace(name.begin(), name.end(), '\\', '/');
    std::string task_id = node.attribute("task_id").value();
    std::string subset = node.attribute("subset").value();
    const auto* task = document_.meta.task(task_id);
    if (subset.empty() && task) subset = task->subset;
    Reading::Declared declared{node.attribute("width").as_int(), node.attribute("height").as_int()};
    auto found = find_file(name, subset);
    const auto& file = found.file;
    if (file.empty()) reading_.report_missing(found, name, place);
    names_.emplace(name, names_[raw_name]);
    auto index = reading_.add_image(file, unique_name(name, subset, task_id), declared, place);
    if (!index) {
      reading_.issue(Severity::error, "BAD_ROW", place,
                     fmt::format("<image> '{}' has no width and height; left out", name));
      return;
    }
    auto& image = reading_.image(*index);
    image.split = cvat_split(reading_, document_, subset).value_or(Split::none);
    if (!subset.empty() && !split_of_word(subset)) image.attributes["subset"] = subset;
    if (!task_id.empty()) image.attributes["task_id"] = task_id;
    if (task && task->is_video) image.group = task->group();
    bool reviewed = std::string(node.attribute("reviewed").value()) == "1";
    if (reviewed || reading_.options().empty_is_negative) image.state = ImageState::done;
    Reading::About about(reading_, *index);
    for (auto child : node.children()) read_child(child, *index);
  }

  void read_child(pugi::xml_node node, std::size_t index) {
    std::string element = node.name();
    if (element.empty()) return;  // a comment
    auto place = document_.xml.place_of(node);
    bool is_tag = element == "tag";
    if (!is_tag && !is_cvat_shape(element)) {
      reading_.issue(Severity::error, "BAD_ROW", place,
                     fmt::format("<{}> is no shape of CVAT; left out", element));
      return;
    }
    reading_.image(index).state = ImageState::done;
    auto class_idx = cvat_class(reading_, document_, node.attribute("label").value(), place);
    if (is_tag) return read_tag(node, index, class_idx);
    auto canvas = cvat_canvas(reading_, reading_.image(index));
    if (auto annotation = read_cvat_object(reading_, document_, node, class_idx, canvas))
      reading_.add_annotation(index, std::move(*annotation), place, node.attribute("id").value());
  }

  void read_tag(pugi::xml_node node, std::size_t index, int class_idx) {
    auto& image = reading_.image(index);
    bool known = std::any_of(image.tags.begin(), image.tags.end(),
                             [&](const ImageTag& tag) { return tag.class_idx == class_idx; });
    if (!known) image.tags.push_back({.class_idx = class_idx});
    const auto& name = reading_.classes()[class_idx].name;
    for (auto attribute : node.children("attribute"))
      image.attributes[name + "." + attribute.attribute("name").value()] = attribute.child_value();
  }

  Reading& reading_;
  CvatDocument& document_;
  fs::path folder_;
  std::map<std::string, int> names_;  // how often each occurs
};

// A file that breaks off gives what stands before the break, but for the entry that it breaks.
void drop_broken_end(Reading& reading, const XmlFile& xml) {
  auto last = xml.root().last_child();
  reading.issue(Severity::error, "BAD_FILE", xml.error_place(),
                fmt::format("not valid XML: {}; what stands before is read", xml.error()));
  if (last) xml.root().remove_child(last);
}

std::optional<std::string> detect_cvat(const SourcePeek& source) {
  auto files = cvat_files(source, false);
  if (files.empty()) return std::nullopt;
  return fmt::format("{} is an <annotations> with images or tracks", source.shown(files.front()));
}

ReadResult read_cvat(const fs::path& path, const ReadOptions& options) {
  Reading reading("cvat", path, options);
  auto files = cvat_files(SourcePeek(path), true);
  if (files.empty())
    throw DataError(fmt::format("{}: no CVAT file (.xml with <annotations>)", path.string()));
  std::vector<std::unique_ptr<CvatDocument>> documents;
  for (const auto& file : files) {
    reading.note_one_of("files read", "read " + file.string());
    reading.uses(file);
    documents.push_back(std::make_unique<CvatDocument>(CvatDocument{.xml = XmlFile(file), .meta = {}}));
    auto& document = *documents.back();
    if (!document.xml.error().empty()) drop_broken_end(reading, document.xml);
    document.meta = read_cvat_meta(document.xml.root());
    for (const auto& label : document.meta.labels)
      if (!reading.classes().find(label.name)) reading.classes().add(label);
  }
  for (auto& document : documents) {
    CvatImages(reading, *document).read();
    read_cvat_tracks(reading, *document);
  }
  return reading.finish();
}

}  // namespace

AnnotationFormat cvat_format() {
  return {.detect = detect_cvat,
          .read = read_cvat,
          .write = write_cvat,
          .names = cvat_names(),
          .write_options = {
              format_choice("cvat-kind", &CvatWriting::kind, kCvatKinds,
                            "CVAT: images, or a video's tracks; auto: tracks when nothing is lost by it")}};
}

}  // namespace ds::detail
