// TFRecord as the TF Object Detection API makes it: one tf.train.Example a picture, its bytes inside.
#include <fmt/format.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "ds/base/files.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "ds/tfrecord/records.h"
#include "shared/pictures/mask_pixels.h"
#include "shared/reading.h"
#include "shared/source_peek.h"
#include "shared/text/json_file.h"
#include "shared/text/label_text.h"
#include "tfrecord/features.h"
#include "tfrecord/format.h"
#include "tfrecord/record_file.h"
#include "tfrecord/writer.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (text.empty()) text = message, place = {line + 1, column + 1};
  }
  std::string text;
  std::pair<int, int> place;
};

/// Reads record by record; pictures stay in the file and are read from it again when somebody asks for their
/// bytes. Label maps are looked for first: a record says an id, a name or both, and the map nearest above its
/// file decides. Without a map the names do, in the order of the ids beside them, which is settled at the end
/// (`order_classes`). The lists of an Example stand beside each other, one entry an object: a list of another
/// length is not used.
class TfRecordReader {
 public:
  TfRecordReader(Reading& reading, const fs::path& path) : reading_(reading), path_(path) {}

  void read() {
    for (const auto& file : files_below(
             reading_.root(), [](const fs::path& f) { return to_lower(f.extension().string()) == ".pbtxt"; }))
      read_label_map(file);
    for (const auto& file : files_below(path_, has_tf_record_suffix)) {
      map_ = map_for(file);
      auto map = map_ == nullptr ? "no label map" : "label map " + map_->name;
      reading_.note_one_of("files with " + map,
                           fmt::format("{}: {}", file.lexically_proximate(reading_.root()).string(), map));
      read_file_of_records(file);
    }
    if (maps_.empty()) order_classes();
    if (with_key_points_ > 0)
      reading_.note(
          fmt::format("{} with key points (image/object/keypoint/*): they are not read, the boxes are",
                      with_key_points_ == 1 ? "1 record" : fmt::format("{} records", with_key_points_)));
  }

 private:
  struct LabelMap {
    std::string name;
    fs::path folder;
    std::map<std::int64_t, int> classes;      // id -> class index
    std::map<std::string, std::int64_t> ids;  // every name -> id
  };

  void read_label_map(const fs::path& file) {
    tf::LabelMap parsed;
    FirstError error;
    google::protobuf::TextFormat::Parser parser;
    parser.AllowUnknownField(true);
    parser.RecordErrorsTo(&error);
    try {
      if (!parser.ParseFromString(read_label_text(file), &parsed))
        throw FormatError({.path = file, .line = error.place.first, .column = error.place.second},
                          error.text);
    } catch (const FormatError& fault) {
      reading_.issue(Severity::error, "BAD_FILE", fault.location(), "not a label map: " + fault.reason());
      return;
    }
    LabelMap map{file.lexically_proximate(reading_.root()).string(), file.parent_path(), {}, {}};
    std::map<std::int64_t, const tf::LabelMapItem*> by_id;
    for (const auto& item : parsed.item()) {
      // 0 is the background.
      if (item.id() <= 0 || !by_id.emplace(item.id(), &item).second)
        reading_.issue(Severity::error, "BAD_ID", {.path = file},
                       fmt::format("id {} of '{}' is {}", item.id(), item.name(),
                                   item.id() <= 0 ? "below 1" : "another item's too"));
    }
    for (const auto& [id, item] : by_id) {
      if (id <= 0) continue;
      auto name = item->display_name().empty() ? item->name() : item->display_name();
      if (name.empty()) name = fmt::format("class_{}", id);
      map.classes[id] = reading_.class_of(name);
      map.ids[name] = id;
      if (!item->name().empty()) map.ids.emplace(item->name(), id);
    }
    if (!map.classes.empty()) maps_.push_back(std::move(map));
  }

  // The one nearest above the file; a single one anywhere will do.
  const LabelMap* map_for(const fs::path& file) const {
    for (auto folder = file.parent_path();; folder = folder.parent_path()) {
      for (const auto& map : maps_)
        if (map.folder == folder) return &map;
      if (folder == reading_.root() || folder == folder.parent_path()) break;
    }
    return maps_.size() == 1 ? &maps_[0] : nullptr;
  }

  void read_file_of_records(const fs::path& file) {
    reading_.uses(file);
    auto split = split_in_name(file.filename().string());
    if (!split) split = split_of_folder(file, reading_.root());
    try {
      RecordFile records(file);
      records.for_each([&](TfRecord& record) {
        throw_if_stopped();
        read_record(records, record, split.value_or(Split::none));
      });
    } catch (const FormatError& error) {
      reading_.issue(Severity::error, "BAD_FILE", error.location(), error.what());
    } catch (const DataError& error) {  // packed, and damaged
      reading_.issue(Severity::error, "BAD_FILE", {.path = file}, error.what());
    }
  }

  void read_record(const RecordFile& records, const TfRecord& record, Split split) {
    const auto& file = records.path();
    Location place{.path = file, .pointer = fmt::format("record {}", record.number)};
    TfFeatures example;
    if (!record.intact || !example.parse(record.data)) {
      reading_.issue(Severity::error, "BAD_ROW", place,
                     record.intact ? "no tf.train.Example; it is left out"
                                   : "the checksum of its data is wrong; it is left out");
      return;
    }
    auto index = add_image(example, records, record, place);
    if (!index) return;
    reading_.image(*index).split = split;
    Reading::About about(reading_, *index);
    read_objects(example, *index, place);
    if (example.has_any("image/object/keypoint/")) ++with_key_points_;
    read_image_labels(example, *index, place);
    auto& image = reading_.image(*index);
    bool looked_at = example.integer("image/reviewed") == 1 || reading_.options().empty_is_negative;
    if (!image.annotations.empty() || looked_at) image.state = ImageState::done;
    auto more = nlohmann::json::parse(example.text("image/attributes"), nullptr, false);
    if (more.is_object())
      for (const auto& [key, value] : more.items()) image.attributes[key] = text_of(value);
  }

  static std::string name_in(const TfFeatures& example, const fs::path& file, std::size_t number) {
    auto name = with_slashes(example.text("image/filename"));
    if (name.empty()) name = example.text("image/source_id");
    if (name.empty()) name = fmt::format("{}_{:06}", file.stem().string(), number);
    while (name.starts_with('/')) name.erase(0, 1);
    auto format = example.text("image/format");
    if (!has_image_suffix(name)) name += format == "png" ? ".png" : ".jpg";
    return name;
  }

  std::optional<std::size_t> add_image(const TfFeatures& example, const RecordFile& records,
                                       const TfRecord& record, const Location& place) {
    const auto& file = records.path();
    auto name = name_in(example, file, record.number);
    std::optional<Reading::Declared> declared;
    auto width = example.integer("image/width");
    auto height = example.integer("image/height");
    if (width && height) declared = {static_cast<int>(*width), static_cast<int>(*height)};
    std::optional<std::size_t> index;
    if (!example.text("image/encoded").empty()) {
      auto bytes = [records, offset = record.offset] {
        TfFeatures again;
        if (!again.parse(records.at(offset)))
          throw DataError(fmt::format("{}: the record at {} has changed", records.path().string(), offset));
        return again.text("image/encoded");
      };
      index = reading_.add_embedded_image(bytes, name, declared, place);
    } else {
      auto folder = file.parent_path();
      auto found = reading_.find_image(
          {.given = name,
           .folders = {folder, folder / "images", reading_.root(), reading_.root() / "images"},
           .labels = file});
      if (found.file.empty())
        reading_.report_missing(found, name, place,
                                fmt::format("the record holds no picture, and '{}' is not there", name));
      index = reading_.add_image(found.file, name, declared, place);
    }
    if (!index)
      reading_.issue(Severity::error, "BAD_ROW", place,
                     fmt::format("'{}' has neither a picture nor a size; it is left out", name));
    return index;
  }

  // As many as there are objects, or none; another number is an issue.
  template <typename T>
  std::vector<T> matched(std::vector<T> values, std::size_t count, const char* name, const Location& place) {
    if (values.empty() || values.size() == count) return values;
    reading_.issue(
        Severity::warning, "BAD_ROW", place,
        fmt::format("{} has {} values for {} objects; it is not used", name, values.size(), count));
    return {};
  }

  void read_objects(const TfFeatures& example, std::size_t index, const Location& place) {
    static constexpr const char* kSides[] = {"image/object/bbox/xmin", "image/object/bbox/ymin",
                                             "image/object/bbox/xmax", "image/object/bbox/ymax"};
    std::array<std::vector<double>, 4> sides;
    for (std::size_t i = 0; i < 4; ++i) sides[i] = example.numbers(kSides[i]);
    auto count = sides[0].size();
    if (sides[1].size() != count || sides[2].size() != count || sides[3].size() != count) {
      reading_.issue(Severity::error, "BAD_ROW", place,
                     fmt::format("{} xmin, {} ymin, {} xmax and {} ymax; its objects are left out",
                                 sides[0].size(), sides[1].size(), sides[2].size(), sides[3].size()));
      return;
    }
    if (count == 0) return;
    auto numbers = [&](const char* name) { return matched(example.numbers(name), count, name, place); };
    auto texts = [&](const char* name) { return matched(example.texts(name), count, name, place); };
    Lists lists{.label = numbers("image/object/class/label"),
                .text = texts("image/object/class/text"),
                .difficult = numbers("image/object/difficult"),
                .truncated = numbers("image/object/truncated"),
                .occluded = numbers("image/object/occluded"),
                .crowd = numbers("image/object/is_crowd"),
                .group_of = numbers("image/object/group_of"),
                .depiction = numbers("image/object/depiction"),
                .confidence = numbers("image/object/class/confidence"),
                .track = numbers("image/object/track/label"),
                .view = texts("image/object/view"),
                .attributes = texts("image/object/attributes"),
                .mask = texts("image/object/mask")};
    if (example.has("image/object/mask") && lists.mask.empty())
      reading_.issue(Severity::warning, "BAD_SEGMENTATION", place,
                     "its masks are not one PNG for each object; the boxes are used");
    auto frame = reading_.frame_of(index);
    for (std::size_t i = 0; i < count; ++i) {
      auto at = place;
      at.pointer += fmt::format(", object {}", i + 1);
      std::array<double, 4> n = {sides[0][i], sides[1][i], sides[2][i], sides[3][i]};
      if (!std::all_of(n.begin(), n.end(), [](double value) { return std::isfinite(value); })) {
        reading_.issue(Severity::error, "BAD_NUMBER", at,
                       "a side of its box is no finite number; it is left out");
        continue;
      }
      Annotation annotation{.class_idx = class_of(lists, i, at)};
      annotation.shape =
          Box{n[0] * frame.width, n[1] * frame.height, n[2] * frame.width, n[3] * frame.height};
      read_marks(lists, i, annotation);
      if (!lists.mask.empty()) read_mask(lists.mask[i], frame, annotation, at);
      reading_.add_annotation(index, std::move(annotation), at);
    }
  }

  struct Lists {
    std::vector<double> label;
    std::vector<std::string> text;
    std::vector<double> difficult, truncated, occluded, crowd, group_of, depiction, confidence, track;
    std::vector<std::string> view, attributes, mask;
  };

  int class_of(const Lists& lists, std::size_t i, const Location& place) {
    auto id = lists.label.empty() ? 0 : static_cast<std::int64_t>(lists.label[i]);
    auto text = lists.text.empty() ? std::string() : lists.text[i];
    return class_of(id, text, place);
  }

  int class_of(std::int64_t id, const std::string& text, const Location& place) {
    if (id == 0 && text.empty()) {
      reading_.issue(Severity::warning, "EMPTY_LABEL", place,
                     fmt::format("neither a class id nor a name; kept as class {}", kNoLabel));
      return reading_.class_of(kNoLabel);
    }
    if (map_ != nullptr && id != 0) {
      if (auto known = map_->classes.find(id); known != map_->classes.end()) {
        auto other = map_->ids.find(text);
        if (!text.empty() && (other == map_->ids.end() || other->second != id))
          reading_.issue(Severity::warning, "LABEL_CONFLICT", place,
                         fmt::format("class id {} is '{}' in {}, the name beside it is '{}'; the id counts",
                                     id, reading_.classes()[known->second].name, map_->name, text));
        return known->second;
      }
      reading_.issue(Severity::warning, "UNKNOWN_CLASS", place,
                     fmt::format("class id {} is not in {}; {} becomes a class", id, map_->name,
                                 text.empty() ? "it" : "'" + text + "'"));
    }
    if (map_ != nullptr && id == 0)
      if (auto known = map_->ids.find(text); known != map_->ids.end()) return map_->classes.at(known->second);
    int class_idx = reading_.class_of(text.empty() ? fmt::format("class_{}", id) : text);
    auto [first, is_new] = id_of_class_.emplace(class_idx, id);
    if (!is_new && first->second != id) first->second = std::min(first->second, id);
    return class_idx;
  }

  static void read_marks(const Lists& lists, std::size_t i, Annotation& annotation) {
    auto is_set = [&](const std::vector<double>& list) { return !list.empty() && list[i] > 0; };
    auto known = [&](const std::vector<double>& list) -> std::optional<double> {
      return list.empty() || !(list[i] >= 0) ? std::nullopt : std::optional(list[i]);
    };
    annotation.difficult = is_set(lists.difficult);
    annotation.crowd = is_set(lists.crowd) || is_set(lists.group_of);
    annotation.truncated = known(lists.truncated);
    annotation.occluded = known(lists.occluded);
    annotation.score = known(lists.confidence);
    if (auto track = known(lists.track)) annotation.track_id = static_cast<std::int64_t>(*track);
    if (!lists.depiction.empty())
      annotation.attributes["is_depiction"] = is_set(lists.depiction) ? "true" : "false";
    if (!lists.view.empty() && !lists.view[i].empty() && lists.view[i] != "Unspecified")
      annotation.attributes["pose"] = lists.view[i];
    if (lists.attributes.empty()) return;
    auto more = nlohmann::json::parse(lists.attributes[i], nullptr, false);
    if (more.is_object())
      for (const auto& [key, value] : more.items()) annotation.attributes[key] = text_of(value);
  }

  void read_mask(const std::string& png, const Reading::Declared& frame, Annotation& annotation,
                 const Location& place) {
    if (png.empty()) return;
    try {
      auto mask = scaled(mask_of_picture(png, "mask"), frame.width, frame.height);
      if (mask.area() > 0) {
        annotation.shape = std::move(mask);
        return;
      }
      reading_.issue(Severity::error, "BAD_SEGMENTATION", place, "its mask is empty; the box is used");
    } catch (const DataError& error) {
      reading_.issue(Severity::error, "BAD_SEGMENTATION", place,
                     std::string(error.what()) + "; the box is used");
    }
  }

  void read_image_labels(const TfFeatures& example, std::size_t index, const Location& place) {
    auto texts = example.texts("image/class/text");
    auto ids = example.numbers("image/class/label");
    auto confidences = example.numbers("image/class/confidence");
    auto& tags = reading_.image(index).tags;
    for (std::size_t i = 0; i < std::max(texts.size(), ids.size()); ++i) {
      auto id = i < ids.size() ? static_cast<std::int64_t>(ids[i]) : 0;
      auto text = i < texts.size() ? texts[i] : "";
      if (id == 0 && text.empty()) continue;
      ImageTag tag{class_of(id, text, place), i >= confidences.size() || confidences[i] > 0};
      bool known = std::any_of(tags.begin(), tags.end(),
                               [&](const ImageTag& t) { return t.class_idx == tag.class_idx; });
      if (!known) tags.push_back(tag);
    }
  }

  // Without a label map the ids beside the names say the order.
  void order_classes() {
    auto count = reading_.classes().size();
    std::vector<int> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    auto id = [&](int class_idx) {
      auto known = id_of_class_.find(class_idx);
      return known == id_of_class_.end() || known->second == 0 ? INT64_MAX : known->second;
    };
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return id(a) < id(b); });
    ClassList sorted;
    std::vector<int> moved(order.size());
    for (int old : order) moved[static_cast<std::size_t>(old)] = sorted.add(reading_.classes()[old]);
    reading_.classes() = std::move(sorted);
    for (std::size_t i = 0; i < reading_.image_count(); ++i) {
      auto& image = reading_.image(i);
      for (auto& a : image.annotations) a.class_idx = moved[static_cast<std::size_t>(a.class_idx)];
      for (auto& tag : image.tags) tag.class_idx = moved[static_cast<std::size_t>(tag.class_idx)];
    }
  }

  Reading& reading_;
  fs::path path_;
  std::vector<LabelMap> maps_;
  const LabelMap* map_ = nullptr;  // of the file being read
  std::map<int, std::int64_t> id_of_class_;
  std::size_t with_key_points_ = 0;
};

std::optional<std::string> detect_tfrecord(const SourcePeek& source) {
  for (const auto& suffix : source.suffixes()) {
    for (const auto& file : source.few(suffix)) {
      if (!has_tf_record_suffix(file)) continue;
      auto head = source.head(file);
      bool packed = begins_packed_tf_record(head);
      if (packed || begins_tf_record(head))
        return fmt::format("{} {}begins as a TFRecord, its length with the right checksum",
                           source.shown(file), packed ? "is packed and " : "");
    }
  }
  return std::nullopt;
}

ReadResult read_tfrecord(const fs::path& path, const ReadOptions& options) {
  Reading reading("tfrecord", path, options);
  reading.numbers_are(Numbers::shares);
  if (files_below(path, has_tf_record_suffix).empty())
    throw DataError(fmt::format("{}: no TFRecord file (.tfrecord, .record)", path.string()));
  TfRecordReader(reading, path).read();
  return reading.finish();
}

}  // namespace

AnnotationFormat tfrecord_format() {
  return {detect_tfrecord, read_tfrecord, write_tfrecord};
}

}  // namespace ds::detail
