// Label Studio's JSON export: a list of tasks, each with annotations and predictions.
#include "label_studio/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <pugixml.hpp>
#include <set>

#include "ds/base/text.h"
#include "ds/formats/label_studio/options.h"
#include "ds/media/image_header.h"
#include "label_studio/address.h"
#include "label_studio/annotations.h"
#include "label_studio/format.h"
#include "label_studio/minimal.h"
#include "label_studio/picture.h"
#include "label_studio/video.h"
#include "shared/source_peek.h"
#include "shared/text/label_json.h"
#include "shared/text/xml_file.h"

namespace ds::detail {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

bool is_studio(const JsonOutline& outline) {
  return outline.has("data") &&
         (outline.has("annotations") || outline.has("completions") || outline.has("predictions"));
}

/// Reads tasks file by file: images are added at once, their objects and choices wait until `finish`, because
/// which classes there are shows only when all files are read, and a choice is a tag only where its value is
/// such a class. Of several annotations of a task one counts (see choose_annotation); predictions count where
/// there is none. A task that cannot be used costs no other. Pictures inside a file (base64) are decoded anew
/// when somebody asks for their bytes.
class Tasks {
 public:
  explicit Tasks(Reading& reading) : reading_(reading) {}

  void read(const fs::path& file) {
    file_ = file;
    json document;
    try {
      document = load_json(file);
    } catch (const FormatError& error) {
      reading_.issue(Severity::error, "BAD_FILE", error.location(),
                     message_without_place(error) + "; the file is left out");
      return;
    }
    read_configuration(file.parent_path());
    if (document.is_object()) return read_task(document, "");
    if (!document.is_array()) {
      reading_.issue(Severity::error, "BAD_FILE", {.path = file},
                     "neither a task nor a list of tasks; left out");
      return;
    }
    for (std::size_t i = 0; i < document.size(); ++i) read_task(document[i], fmt::format("/{}", i));
  }

  /// Tasks of one of the smaller exports (see read_minimal_tasks).
  void read_minimal(const fs::path& file) {
    file_ = file;
    reading_.uses(file);
    try {
      read_configuration(file.parent_path());
      for (const auto& task : read_minimal_tasks(file)) {
        minimal_ = &task;
        read_task(task.task, task.pointer);
      }
    } catch (const FormatError& error) {
      reading_.issue(Severity::error, "BAD_FILE", error.location(),
                     message_without_place(error) + "; the file is left out");
    }
    minimal_ = nullptr;
  }

  // Classes in the configuration's order, then by name.
  void finish() {
    std::set<std::string> names;
    for (const auto& object : objects_)
      names.insert(object.object.labels.begin(), object.object.labels.end());
    bool only_choices = names.empty() && reading_.classes().empty();
    for (const auto& choice : choices_)
      if (is_tag(choice, names, only_choices)) names.insert(choice.choice.value);
    for (const auto& name : names) reading_.class_of(name);
    for (auto& choice : choices_) add_choice(choice, names, only_choices);
    for (auto& object : objects_) {
      for (const auto& label : object.object.labels) {
        auto annotation = object.object.annotation;
        annotation.class_idx = *reading_.classes().find(label);
        reading_.add_annotation(object.image, std::move(annotation), object.place, object.object.id);
      }
    }
    notes();
  }

 private:
  struct Pending {
    std::size_t image;
    Location place;
    StudioResults::Object object;
  };
  struct PendingChoice {
    std::size_t image;
    StudioResults::Choice choice;
  };

  Location at(const std::string& pointer) const {
    return minimal_ == nullptr ? Location{.path = file_, .pointer = pointer} : minimal_->place_of(pointer);
  }

  void hold(std::size_t image, StudioResults::Object object) {
    auto place = at(object.pointer);
    objects_.push_back({image, std::move(place), std::move(object)});
  }

  // The labelling configuration is XML; ours is written beside the tasks.
  void read_configuration(const fs::path& folder) {
    for (const auto* name : {"label_config.xml", "config.xml"}) {
      if (!fs::is_regular_file(folder / name)) continue;
      XmlFile configuration(folder / name);
      if (!configuration.error().empty()) continue;
      for (auto label : configuration.root().select_nodes("//Label"))
        if (std::string value = label.node().attribute("value").value(); !value.empty())
          reading_.class_of(value);
      return;
    }
  }

  std::optional<std::size_t> add_image(const json& task, const std::string& pointer, const std::string& key) {
    auto address = task["data"][key].get<std::string>();
    auto place = at(fmt::format("{}/data/{}", pointer, key));
    auto declared = declared_size_in(task);
    if (address.starts_with("data:")) {
      auto id = member(task, "id");
      auto name = fmt::format("task-{}{}", id.is_null() ? pointer.substr(1) : text_of(id),
                              address.starts_with("data:image/png") ? ".png" : ".jpg");
      return reading_.add_embedded_image(
          minimal_ == nullptr ? picture_inside(file_, place.pointer) : picture_of_text(address, place), name,
          declared, place);
    }
    auto path = path_of_address(address);
    auto folder = file_.parent_path();
    std::vector<fs::path> folders = {folder, folder / "images", reading_.root(), reading_.root() / "images",
                                     folder / ".." / "images"};
    auto found = reading_.find_image({.given = path, .folders = folders, .labels = file_});
    const auto& upload = member(task, "file_upload");
    for (const auto& candidate :
         {without_upload_prefix(path), upload.is_string() ? upload.get<std::string>() : std::string(),
          upload.is_string() ? without_upload_prefix(upload.get<std::string>()) : std::string()})
      if (found.file.empty() && found.several.empty() && !candidate.empty())
        found = reading_.find_image({.given = candidate, .folders = folders, .labels = file_});
    if (const auto& file = found.file; !file.empty())
      return reading_.add_image(file, reading_.name_of(file), declared, place);
    reading_.report_missing(
        found, address, place,
        fmt::format("'{}' is not there; say with --images where the pictures are", address));
    auto name = reading_.name_of(folder / with_slashes(path));
    auto index = reading_.add_image({}, name, declared, place);
    if (!index)
      reading_.issue(Severity::error, "BAD_ROW", at(pointer),
                     "without the picture its size is unknown, and percentages mean nothing; left out");
    return index;
  }

  void read_task(const json& task, const std::string& pointer) {
    const auto& data = member(task, "data");
    auto key = picture_key(data);
    if (key.empty() && member(data, "video").is_string()) return read_video(task, pointer);
    if (key.empty()) {
      reading_.issue(Severity::error, "BAD_ROW", at(pointer + "/data"),
                     "a task needs the address of a picture; left out");
      return;
    }
    auto index = add_image(task, pointer, key);
    if (!index) return;
    Reading::About about(reading_, *index);
    for (const auto& [name, value] : data.items())
      if (name != key && !value.is_null()) reading_.image(*index).attributes[name] = text_of(value);
    read_annotations(task, pointer, *index);
    const auto& meta = member(task, "meta");
    if (meta.is_object())
      for (const auto& [name, value] : meta.items())
        if (!take_image_mark(reading_.image(*index), name, value))
          reading_.image(*index).attributes["meta." + name] = text_of(value);
  }

  std::optional<std::size_t> choose(const json& annotations, bool cancelled) const {
    return choose_annotation(annotations, reading_.own<LabelStudioReading>().annotator, cancelled);
  }

  // A video's frames are images when they lie there as pictures, called as ds calls them:
  // clip/frame_000012.jpg, or frame_000012.jpg by itself.
  void read_video(const json& task, const std::string& pointer) {
    const auto* list = annotations_key(task);
    const auto& annotations = list_in(task, list);
    auto chosen = choose(annotations, false);
    if (!chosen) return;
    others_ += annotations.size() - 1;
    auto video = read_studio_video(
        list_in(annotations[*chosen], "result"), fmt::format("{}/{}/{}/result", pointer, list, *chosen),
        [&](Severity severity, const std::string& code, const std::string& where,
            const std::string& message) { reading_.issue(severity, code, at(where), message); });
    fs::path path = path_of_address(task["data"]["video"].get<std::string>());
    auto plain = without_upload_prefix(path.string());
    auto stem = (plain.empty() ? path : fs::path(plain)).stem();
    auto folder = file_.parent_path();
    std::vector<fs::path> folders = {folder, folder / "images", reading_.root()};
    std::int64_t missing = 0;
    for (std::int64_t number = 0; number < video.frames; ++number) {
      auto name = fmt::format("frame_{:06}", number);
      auto file = reading_.find_image({.stem = (stem / name).string(), .folders = folders}).file;
      if (file.empty()) file = reading_.find_image({.stem = name, .folders = folders}).file;
      missing += file.empty();
      if (!file.empty()) add_frame(file, path.generic_string(), video, number, pointer);
    }
    if (missing > 0)
      reading_.issue(
          Severity::error, "VIDEO_REGION", at(pointer + "/data/video"),
          fmt::format("{} of {} frames are not there as pictures called {}/frame_000000.jpg and so on; "
                      "their regions are left out",
                      missing, video.frames, stem.string()));
  }

  void add_frame(const fs::path& file, const std::string& video_path, const StudioVideo& video,
                 std::int64_t number, const std::string& pointer) {
    auto index = reading_.add_image(file, reading_.name_of(file), std::nullopt, at(pointer));
    if (!index) return;
    reading_.image(*index).state = ImageState::done;
    reading_.image(*index).group = "video:" + video_path;
    auto frame = reading_.frame_of(*index);
    for (auto& object : objects_at(video, number, frame.width, frame.height)) hold(*index, std::move(object));
  }

  void read_annotations(const json& task, const std::string& pointer, std::size_t index) {
    const auto* list = annotations_key(task);
    const auto& annotations = list_in(task, list);
    auto& image = reading_.image(index);
    auto chosen = choose(annotations, false);
    if (chosen) {
      image.state = ImageState::done;
    } else if ((chosen = choose(annotations, true))) {
      image.state = ImageState::rejected;  // the annotator skipped it
      ++skipped_;
    }
    if (chosen) {
      auto place = fmt::format("{}/{}/{}/result", pointer, list, *chosen);
      take_results(member(annotations[*chosen], "result"), place, index, nullptr);
      others_ += annotations.size() - 1;
      unused_predictions_ += member(task, "predictions").size();
      return;
    }
    others_ += annotations.size();
    read_prediction(member(task, "predictions"), pointer, index);
  }

  void read_prediction(const json& predictions, const std::string& pointer, std::size_t index) {
    if (!predictions.is_array() || predictions.empty()) return;
    auto chosen = latest_prediction(predictions);
    unused_predictions_ += predictions.size() - 1;
    take_results(member(predictions[chosen], "result"),
                 fmt::format("{}/predictions/{}/result", pointer, chosen), index, &predictions[chosen]);
  }

  void take_results(const json& results, const std::string& pointer, std::size_t index,
                    const json* prediction) {
    if (!results.is_array()) return;
    const auto& image = reading_.image(index);
    auto frame = reading_.frame_of(index);
    for (std::size_t i = 0; i < results.size(); ++i) {
      auto turned = number_of(member(results[i], "image_rotation"));
      if (turned && *turned != 0) {
        reading_.issue(
            Severity::warning, "TURNED_VIEW", at(fmt::format("{}/{}/image_rotation", pointer, i)),
            fmt::format("{} was turned by {} degrees while it was labelled; coordinates are read as of "
                        "the picture not turned",
                        image.name, shortest(*turned)));
        break;
      }
    }
    auto found = read_studio_results(
        results, pointer, frame.width, frame.height,
        [&](Severity severity, const std::string& code, const std::string& where,
            const std::string& message) { reading_.issue(severity, code, at(where), message); });
    relations_ += found.relations;
    for (auto& object : found.objects) {
      several_ += object.labels.size() > 1;
      if (prediction != nullptr) mark_as_proposal(object, results, pointer, *prediction);
      hold(index, std::move(object));
    }
    if (prediction != nullptr) return;
    for (auto& choice : found.choices) choices_.push_back({index, std::move(choice)});
    for (auto& [control, text] : found.texts) reading_.image(index).attributes[control] = text;
  }

  // A region's own score, else that of the whole prediction.
  static void mark_as_proposal(StudioResults::Object& object, const json& results, const std::string& pointer,
                               const json& prediction) {
    object.annotation.proposal = true;
    if (const auto& version = member(prediction, "model_version"); !version.is_null())
      object.annotation.model_id = text_of(version);
    auto position = std::stoul(object.pointer.substr(pointer.size() + 1));
    auto score = number_of(member(results[position], "score"));
    if (!score) score = number_of(member(prediction, "score"));
    if (score) object.annotation.score = score;
  }

  // Choices name classes when they are tags of ours, when regions use the name too, or when a dataset has
  // nothing else; any other control asks for something else ("sharp or blurred?").
  bool is_tag(const PendingChoice& choice, const std::set<std::string>& names, bool only_choices) const {
    const auto& [control, value] = choice.choice;
    return control == "tags" || control == "absent_tags" || only_choices || names.contains(value) ||
           (reading_.classes().find(value).has_value());
  }

  void add_choice(PendingChoice& choice, const std::set<std::string>& names, bool only_choices) {
    auto& image = reading_.image(choice.image);
    const auto& [control, value] = choice.choice;
    if (!is_tag(choice, names, only_choices)) {
      auto& text = image.attributes[control];
      text += text.empty() ? value : ", " + value;
      return;
    }
    ImageTag tag{*reading_.classes().find(value), control != "absent_tags"};
    bool known = std::any_of(image.tags.begin(), image.tags.end(),
                             [&](const ImageTag& other) { return other.class_idx == tag.class_idx; });
    if (!known) image.tags.push_back(tag);
    std::sort(image.tags.begin(), image.tags.end(),
              [](const ImageTag& a, const ImageTag& b) { return a.class_idx < b.class_idx; });
  }

  void notes() {
    auto note = [&](std::size_t count, const char* what) {
      if (count > 0) reading_.note(fmt::format("{} {}", count, what));
    };
    note(others_, "annotations are not used: others of the same tasks are (choose with --annotator)");
    note(skipped_, "tasks were skipped by their annotators; their images are rejected");
    note(unused_predictions_, "predictions are not used: their tasks have annotations or later predictions");
    note(several_, "regions have several labels; each becomes an object for every label");
    note(relations_, "relations between regions are left out");
  }

  Reading& reading_;
  fs::path file_;
  const MinimalTask* minimal_ = nullptr;  // the one being read
  std::vector<Pending> objects_;
  std::vector<PendingChoice> choices_;
  std::size_t others_ = 0;
  std::size_t skipped_ = 0;
  std::size_t unused_predictions_ = 0;
  std::size_t several_ = 0;
  std::size_t relations_ = 0;
};

std::optional<fs::path> first_full_export(const SourcePeek& source) {
  for (const auto& file : source.few(".json"))
    if (is_studio(source.json(file))) return file;
  return std::nullopt;
}

std::optional<std::string> detect_label_studio(const SourcePeek& source) {
  if (auto file = first_full_export(source))
    return source.shown(*file) + " has tasks with data and annotations";
  if (auto files = minimal_exports(source); !files.empty())
    return source.shown(files[0]) + " has an annotation_id and results for each task (JSON-MIN, CSV)";
  return std::nullopt;
}

// The full export says more than the others: where there is one, they say it again.
ReadResult read_label_studio(const fs::path& path, const ReadOptions& options) {
  Reading reading("label-studio", path, options);
  reading.numbers_are(Numbers::percent);
  SourcePeek source(path);
  Tasks tasks(reading);
  auto minimal = first_full_export(source) ? std::vector<fs::path>() : minimal_exports(source);
  bool any = !minimal.empty();
  for (const auto& file : minimal) tasks.read_minimal(file);
  for (const auto& file : any ? std::vector<fs::path>() : source.files(".json")) {
    const auto& outline = source.json(file);
    // An empty list, and a file that breaks off in its first task, are of ours too.
    if (!is_studio(outline) && !(outline.is_array && outline.keys.empty()) && source.is_folder()) continue;
    any = true;
    reading.uses(file);
    tasks.read(file);
  }
  if (!any)
    throw DataError(fmt::format("{}: no Label Studio file (a JSON list of tasks with data and annotations)",
                                path.string()));
  tasks.finish();
  return reading.finish();
}

}  // namespace

AnnotationFormat label_studio_format() {
  return {
      .detect = detect_label_studio,
      .read = read_label_studio,
      .write = write_label_studio,
      // The smaller exports lie beside one in another format that was made of the same annotations.
      .yields_to = [](const std::string&, const SourcePeek& source) { return !first_full_export(source); },
      .read_options = {format_option(
          "annotator", &LabelStudioReading::annotator,
          "Label Studio: whose annotation of a task counts (id, name or mail); else the ground truth, else "
          "the latest",
          "WHO")}};
}

}  // namespace ds::detail
