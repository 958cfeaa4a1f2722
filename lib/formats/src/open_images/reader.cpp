// Open Images (v4 to v7): CSV tables of boxes, image labels and masks, told by their columns.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "ds/base/files.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "open_images/format.h"
#include "open_images/pictures.h"
#include "open_images/tables.h"
#include "open_images/writer.h"
#include "shared/pictures/mask_pixels.h"
#include "shared/pictures/raw_frame.h"
#include "shared/reading.h"
#include "shared/source_peek.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

// The whole vocabulary of some 20,000 words comes with every download; it is no class list.
constexpr std::size_t kVocabulary = 2000;

/// Makes images and objects of the tables' rows, one kind of table after the other, because each leans on those
/// before: class names give LabelNames a class, pictures and image lists give ImageIDs an image, masks look for
/// the box they belong to, and whether an image was looked at shows only at the end. A row that cannot be used
/// costs no other. Memory is for the images and objects; of the tables only boxes that masks ask for are kept.
class OpenImagesReader {
 public:
  OpenImagesReader(Reading& reading, const fs::path& path)
      : reading_(reading), path_(path), tables_(reading, path) {}

  void read() {
    read_classes();
    add_images();
    tables_.each(OpenImagesKind::images, [&](const Row& row) { read_image_row(row); });
    keep_boxes_ = tables_.has(OpenImagesKind::masks);
    tables_.each(OpenImagesKind::boxes, [&](const Row& row) { read_box_row(row); });
    read_masks();
    tables_.each(OpenImagesKind::labels, [&](const Row& row) { read_label_row(row); });
    settle_states();
    keep_used_classes();
    tables_.finish();
  }

 private:
  using Row = OpenImagesRow;

  struct BoxPlace {
    std::array<double, 4> shares;  // XMin, XMax, YMin, YMax
    int class_idx;
    std::size_t annotation;
    bool taken = false;
  };

  void read_classes() {
    std::map<std::string, std::string> label_of;  // by display name
    tables_.each(OpenImagesKind::classes, [&](const Row& row) {
      const auto& label = row.at("LabelName");
      auto name = row.at("DisplayName").empty() ? label : row.at("DisplayName");
      if (label.empty() || classes_.contains(label)) return;
      if (auto other = label_of.find(name); other != label_of.end()) {
        reading_.issue(Severity::warning, "DUPLICATE_CLASS", row.place(),
                       fmt::format("{} and {} are both called '{}'; the second is read as '{} ({})'",
                                   other->second, label, name, name, label));
        name = fmt::format("{} ({})", name, label);
      }
      label_of.emplace(name, label);
      classes_.emplace(label, reading_.class_of(name));
    });
    declared_ = classes_.size();
  }

  int class_of(const std::string& given, const Location& place) {
    auto label = given.empty() ? kNoLabel : given;
    if (given.empty())
      reading_.issue(Severity::warning, "EMPTY_LABEL", place,
                     fmt::format("the label is empty; kept as class {}", kNoLabel));
    auto known = classes_.find(label);
    if (known == classes_.end()) {
      known = classes_.emplace(label, reading_.class_of(label)).first;
      if (declared_ > 0)
        reading_.issue(Severity::warning, "UNKNOWN_CLASS", place,
                       fmt::format("'{}' is in no class description; it keeps this name", label));
    }
    used_.insert(known->second);
    return known->second;
  }

  void add_images() {
    auto folder = reading_.options().images;
    if (folder.empty()) folder = reading_.root();
    auto base = folder.lexically_normal();
    // A table given alone stands in annotations/ beside images/.
    bool beside = !fs::is_directory(path_) && reading_.options().images.empty() &&
                  fs::is_directory(base / ".." / "images");
    if (beside) base = (base / "..").lexically_normal();
    auto is_picture = [&](const fs::path& file) {
      if (!has_image_suffix(file)) return false;
      auto relative = file.lexically_relative(base);
      return std::none_of(relative.begin(), relative.end(),
                          [](const fs::path& part) { return part == "masks"; });
    };
    auto files = files_below(beside ? base / "images" : base, is_picture);
    reading_.prepare(files);
    for (const auto& file : files) {
      throw_if_stopped();
      auto place = OpenImagesPictures::place_of(file.lexically_relative(base));
      auto index = reading_.add_image(file, place.name, std::nullopt, {.path = file});
      if (!index) continue;
      pictures_.add(place, *index);
      auto split = place.split ? place.split : split_of_folder(file, base);
      reading_.image(*index).split = split.value_or(Split::none);
    }
  }

  void read_image_row(const Row& row) {
    bool trusted = tables_.whole(row);
    auto split = split_in_name(row.at("Subset"));
    auto index = pictures_.find(row.at("ImageID"), split ? split : row.table.split);
    if (!index) return tables_.count_missing(row);
    auto& image = reading_.image(*index);
    if (split || row.table.split) image.split = split ? *split : *row.table.split;
    if (!trusted) return;
    for (const auto& [name, place] : row.columns.names()) {
      const auto& value = row.cells.cells[place];
      auto lower = to_lower(name);
      if (lower == "imageid" || lower == "subset" || value.empty()) continue;
      if (lower == "rotation" && value == "0") continue;
      if (lower == "reviewed") {
        if (value == "1") image.state = ImageState::done;
        continue;
      }
      image.attributes[name] = value;
    }
  }

  // 1 yes, 0 no, nothing: unknown (-1, or no such column).
  std::optional<bool> flag(const Row& row, const char* column) {
    const auto& text = row.at(column);
    auto value = parse_double(text);
    if (value && (*value == 0 || *value == 1)) return *value == 1;
    if (!text.empty() && value != -1)
      reading_.issue(Severity::warning, "BAD_NUMBER", row.place(),
                     fmt::format("{} is '{}', neither 0, 1 nor -1; read as unknown", column, text));
    return std::nullopt;
  }

  std::optional<std::array<double, 4>> shares(const Row& row, const std::array<const char*, 4>& columns) {
    std::array<double, 4> values{};
    for (std::size_t i = 0; i < 4; ++i) {
      auto value = parse_double(row.at(columns[i]));
      if (!value) {
        reading_.issue(Severity::error, "BAD_NUMBER", row.place(),
                       fmt::format("{} is '{}'; the object is left out", columns[i], row.at(columns[i])));
        return std::nullopt;
      }
      values[i] = *value;
    }
    return values;
  }

  bool names_both(const Row& row) {
    if (!row.at("ImageID").empty() && !row.at("LabelName").empty()) return true;
    reading_.issue(Severity::error, "BAD_ROW", row.place(),
                   "no ImageID or no LabelName; the row is left out");
    return false;
  }

  void read_box_row(const Row& row) {
    tables_.whole(row);
    if (!names_both(row)) return;
    auto index = pictures_.find(row.at("ImageID"), row.table.split);
    if (!index) return tables_.count_missing(row);
    Reading::About about(reading_, *index);
    auto values = shares(row, {"XMin", "XMax", "YMin", "YMax"});
    if (!values) return;
    Annotation annotation{.class_idx = class_of(row.at("LabelName"), row.place())};
    auto frame = reading_.frame_of(*index);
    const auto& v = *values;
    annotation.shape = Box{v[0] * frame.width, v[2] * frame.height, v[1] * frame.width, v[3] * frame.height};
    read_marks(row, annotation);
    if (keep_boxes_)
      boxes_[*index].push_back({v, annotation.class_idx, reading_.image(*index).annotations.size()});
    reading_.add_annotation(*index, std::move(annotation), row.place());
  }

  void read_marks(const Row& row, Annotation& annotation) {
    if (auto yes = flag(row, "IsOccluded")) annotation.occluded = *yes ? 1 : 0;
    if (auto yes = flag(row, "IsTruncated")) annotation.truncated = *yes ? 1 : 0;
    if (auto yes = flag(row, "IsDepiction")) annotation.attributes["is_depiction"] = *yes ? "true" : "false";
    if (auto yes = flag(row, "IsInside")) annotation.attributes["is_inside"] = *yes ? "true" : "false";
    auto group = flag(row, "IsGroupOf");
    annotation.crowd = group.value_or(false);
    if (!group && row.columns.has("IsGroupOf")) annotation.attributes["is_group_of"] = "unknown";
    // Boxes of people have the confidence 1.
    if (auto score = parse_double(row.at("Confidence")); score && *score != 1) annotation.score = *score;
    read_more(row, annotation);
  }

  // What else the table says of an object.
  void read_more(const Row& row, Annotation& annotation) {
    static const std::set<std::string> known = {
        "imageid",  "labelname",  "confidence",  "xmin",      "xmax",        "ymin",
        "ymax",     "isoccluded", "istruncated", "isgroupof", "isdepiction", "isinside",
        "maskpath", "boxid",      "boxxmin",     "boxxmax",   "boxymin",     "boxymax"};
    const auto& label = row.at("LabelName");
    if (!label.starts_with(kOwnLabelPrefix) && label.starts_with('/'))
      annotation.attributes[kLabelNameAttribute] = label;
    for (const auto& [name, place] : row.columns.names()) {
      auto lower = to_lower(name);
      if (place >= row.cells.cells.size() || row.cells.cells[place].empty() || known.contains(lower) ||
          is_click_column(lower))
        continue;
      annotation.attributes[name] = row.cells.cells[place];
    }
  }

  void read_masks() {
    if (!keep_boxes_) return;
    std::map<std::string, fs::path> pictures;  // by name
    auto is_mask = [&](const fs::path& file) { return has_image_suffix(file); };
    for (const auto& file : files_below(reading_.root(), is_mask)) {
      auto relative = file.lexically_relative(reading_.root());
      bool below_masks =
          std::any_of(relative.begin(), relative.end(), [](const fs::path& part) { return part == "masks"; });
      if (below_masks) pictures.insert_or_assign(file.filename().string(), file);
    }
    tables_.each(OpenImagesKind::masks, [&](const Row& row) { read_mask_row(row, pictures); });
  }

  void read_mask_row(const Row& row, const std::map<std::string, fs::path>& pictures) {
    if (!names_both(row)) return;
    auto index = pictures_.find(row.at("ImageID"), row.table.split);
    if (!index) return tables_.count_missing(row);
    Reading::About about(reading_, *index);
    auto fail = [&](const std::string& why) {
      reading_.issue(Severity::error, "BAD_SEGMENTATION", row.place(), why + "; the box is used");
    };
    auto name = fs::path(row.at("MaskPath")).filename().string();
    auto file = row.table.file.parent_path() / row.at("MaskPath");
    if (auto found = pictures.find(name); found != pictures.end()) file = found->second;
    if (name.empty() || !fs::is_regular_file(file))
      return fail(fmt::format("mask '{}' is not there", row.at("MaskPath")));
    RunLengthMask mask;
    auto frame = reading_.frame_of(*index);
    try {
      auto picture = mask_of_picture(read_file(file), file.string());
      mask = scaled(picture, frame.width, frame.height);
    } catch (const DataError& error) {
      return fail(error.what());
    }
    if (mask.area() == 0) return fail(fmt::format("mask '{}' is empty", row.at("MaskPath")));
    attach(row, *index, mask);
  }

  // To the box of the same class and numbers; else it is an object of its own.
  void attach(const Row& row, std::size_t index, const RunLengthMask& mask) {
    int class_idx = class_of(row.at("LabelName"), row.place());
    auto* box = box_of(row, index, class_idx);
    if (box == nullptr) {
      if (!boxes_.empty())
        reading_.issue(
            Severity::warning, "UNMATCHED_MASK", row.place(),
            "no box of this image has the mask's class and numbers; it becomes an object of its own");
      Annotation annotation{.class_idx = class_idx, .shape = mask};
      read_more(row, annotation);
      return reading_.add_annotation(index, std::move(annotation), row.place());
    }
    box->taken = true;
    auto& image = reading_.image(index);
    auto& annotation = image.annotations[box->annotation];
    auto before = annotation.box();
    annotation.shape = reading_.labels_are_raw() && image.orientation != 1
                           ? raw_to_displayed(mask, image.raw_width, image.raw_height, image.orientation)
                           : Shape(mask);
    auto after = annotation.box();
    double apart = std::max({std::abs(before.x0 - after.x0), std::abs(before.y0 - after.y0),
                             std::abs(before.x1 - after.x1), std::abs(before.y1 - after.y1)});
    if (apart > 1)
      reading_.issue(
          Severity::warning, "BOX_MASK_MISMATCH", row.place(),
          fmt::format("the box and its mask are {} pixels apart; the mask is used", shortest(apart)));
    read_more(row, annotation);
  }

  BoxPlace* box_of(const Row& row, std::size_t index, int class_idx) {
    std::array<double, 4> wanted{};
    const std::array<const char*, 4> columns = {"BoxXMin", "BoxXMax", "BoxYMin", "BoxYMax"};
    for (std::size_t i = 0; i < 4; ++i) {
      auto value = parse_double(row.at(columns[i]));
      if (!value) return nullptr;
      wanted[i] = *value;
    }
    constexpr double kSame = 1e-4;  // of the image's side: tables round differently
    BoxPlace* best = nullptr;
    double least = kSame;
    auto known = boxes_.find(index);
    if (known == boxes_.end()) return nullptr;
    for (auto& box : known->second) {
      double apart = 0;
      for (std::size_t i = 0; i < 4; ++i) apart = std::max(apart, std::abs(box.shares[i] - wanted[i]));
      if (box.taken || box.class_idx != class_idx || apart > least || (best != nullptr && apart == least))
        continue;
      best = &box;
      least = apart;
    }
    return best;
  }

  void read_label_row(const Row& row) {
    tables_.whole(row);
    if (!names_both(row)) return;
    auto index = pictures_.find(row.at("ImageID"), row.table.split);
    if (!index) return tables_.count_missing(row);
    Reading::About about(reading_, *index);
    auto confidence = parse_double(row.at("Confidence"));
    if (!confidence) {
      reading_.issue(Severity::error, "BAD_NUMBER", row.place(),
                     fmt::format("Confidence is '{}'; the label is left out", row.at("Confidence")));
      return;
    }
    if (*confidence != 0 && *confidence != 1) return tables_.count_unsure(row);
    ImageTag tag{class_of(row.at("LabelName"), row.place()), *confidence == 1};
    auto& tags = reading_.image(*index).tags;
    auto same = std::find_if(tags.begin(), tags.end(),
                             [&](const ImageTag& t) { return t.class_idx == tag.class_idx; });
    if (same == tags.end()) {
      tags.push_back(tag);
    } else if (same->present != tag.present) {
      reading_.issue(Severity::warning, "TAG_CONFLICT", row.place(),
                     fmt::format("{} is said to be {} on {}, and not to be; the first counts",
                                 reading_.classes()[tag.class_idx].name, same->present ? "present" : "absent",
                                 reading_.image(*index).name));
    }
  }

  void settle_states() {
    for (std::size_t i = 0; i < reading_.image_count(); ++i) {
      auto& image = reading_.image(i);
      if (!image.annotations.empty() || reading_.options().empty_is_negative) image.state = ImageState::done;
    }
  }

  void keep_used_classes() {
    if (declared_ <= kVocabulary) return;
    ClassList kept;
    std::map<int, int> moved;
    for (int i = 0; i < reading_.classes().size(); ++i)
      if (used_.contains(i)) moved[i] = kept.add(reading_.classes()[i]);
    for (std::size_t i = 0; i < reading_.image_count(); ++i) {
      auto& image = reading_.image(i);
      for (auto& annotation : image.annotations) annotation.class_idx = moved.at(annotation.class_idx);
      for (auto& tag : image.tags) tag.class_idx = moved.at(tag.class_idx);
    }
    reading_.note(
        fmt::format("{} of the {} words described are used; they are the classes", kept.size(), declared_));
    reading_.classes() = std::move(kept);
  }

  Reading& reading_;
  fs::path path_;
  OpenImagesTables tables_;
  std::map<std::string, int> classes_;  // by LabelName
  std::size_t declared_ = 0;
  std::set<int> used_;
  OpenImagesPictures pictures_;
  bool keep_boxes_ = false;  // there are masks to find their boxes
  std::map<std::size_t, std::vector<BoxPlace>> boxes_;
};

std::optional<std::string> detect_open_images(const SourcePeek& source) {
  for (const auto& file : source.few(".csv")) {
    switch (open_images_kind(source.head(file))) {
      case OpenImagesKind::boxes:
        return fmt::format("{} has the columns ImageID, LabelName, XMin, XMax, YMin, YMax",
                           source.shown(file));
      case OpenImagesKind::labels:
        return fmt::format("{} has the columns ImageID, LabelName, Confidence", source.shown(file));
      case OpenImagesKind::masks:
        return fmt::format("{} has the columns MaskPath, ImageID, LabelName", source.shown(file));
      case OpenImagesKind::images:
        return fmt::format("{} has the column ImageID of an image list", source.shown(file));
      default:
        break;
    }
  }
  return std::nullopt;
}

ReadResult read_open_images(const fs::path& path, const ReadOptions& options) {
  Reading reading("open-images", path, options);
  reading.numbers_are(Numbers::shares);
  if (!detect_open_images(SourcePeek(path)))
    throw DataError(
        fmt::format("{}: no table of Open Images (.csv with ImageID and LabelName)", path.string()));
  OpenImagesReader(reading, path).read();
  return reading.finish();
}

}  // namespace

AnnotationFormat open_images_format() {
  return {.detect = detect_open_images,
          .read = read_open_images,
          .write = write_open_images,
          .names = open_images_names()};
}

}  // namespace ds::detail
