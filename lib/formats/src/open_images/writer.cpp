// Writes tables as Open Images v6 has them. What its tables have no column for gets one of its own: readers
// find columns by their header.
#include "open_images/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <ostream>
#include <set>

#include "ds/base/text.h"
#include "open_images/tables.h"
#include "shared/losses.h"
#include "shared/pictures/mask_pixels.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

using Cells = std::vector<std::string>;

const Cells kBoxColumns = {"ImageID",   "Source",      "LabelName", "Confidence", "XMin",
                           "XMax",      "YMin",        "YMax",      "IsOccluded", "IsTruncated",
                           "IsGroupOf", "IsDepiction", "IsInside"};
const Cells kImageColumns = {"ImageID",      "Subset",           "OriginalURL",      "OriginalLandingURL",
                             "License",      "AuthorProfileURL", "Author",           "Title",
                             "OriginalSize", "OriginalMD5",      "Thumbnail300KURL", "Rotation"};

std::string subset_name(Split split) {
  return split == Split::val ? "validation" : to_string(split);
}

/// Writes all tables in one walk over the images. Two things must be known before the first row: the machine
/// ids by which rows name classes (those that came with the objects, else ids of our own), and the columns,
/// since a table has one header for attributes that only some objects have. Tables are split by subset as
/// Open Images has them; masks are pictures, made when they are written out.
class OpenImagesWriter {
 public:
  explicit OpenImagesWriter(const Dataset& dataset) : dataset_(dataset) {}

  WrittenDataset write() {
    choose_labels();
    choose_columns();
    write_classes();
    for (std::size_t i = 0; i < dataset_.images.size(); ++i) write_image(i);
    for (auto& [name, text] : tables_) written_.texts["annotations/" + name] = std::move(text);
    FormatHolds holds{.shapes = {"box", "mask"},
                      .crowd = true,
                      .truncated = FormatHolds::yes_or_no,
                      .occluded = FormatHolds::yes_or_no,
                      .score = true,
                      .attributes = true,
                      .tags = true,
                      .absent_tags = true,
                      .image_attributes = true};
    count_losses(dataset_, holds, written_.losses);
    return std::move(written_);
  }

 private:
  // Machine ids that came with the objects; /ds/n for classes without.
  void choose_labels() {
    labels_.resize(static_cast<std::size_t>(dataset_.classes.size()));
    std::set<std::string> used;
    for (const auto& image : dataset_.images) {
      for (const auto& annotation : image.annotations) {
        auto known = annotation.attributes.find(kLabelNameAttribute);
        auto& label = labels_[static_cast<std::size_t>(annotation.class_idx)];
        if (known == annotation.attributes.end() || !label.empty()) continue;
        const auto& id = known->second;
        bool fits = id.starts_with('/') && !id.starts_with(kOwnLabelPrefix) && trim(id).size() == id.size();
        if (fits && used.insert(id).second) label = id;
      }
    }
    for (std::size_t i = 0; i < labels_.size(); ++i)
      if (labels_[i].empty()) labels_[i] = kOwnLabelPrefix + std::to_string(i);
  }

  const std::string& label_of(int class_idx) const { return labels_[static_cast<std::size_t>(class_idx)]; }

  static bool is_tri_state(const std::string& key, const std::string& value) {
    if (key == "is_group_of") return value == "unknown";
    return (key == "is_depiction" || key == "is_inside") && (value == "true" || value == "false");
  }

  void choose_columns() {
    for (const auto& image : dataset_.images) {
      std::size_t lost = 0;
      for (const auto& [key, value] : image.attributes)
        lost += !image_columns_.add(key, value) && tells_of_image(key, value);
      if (lost > 0) written_.losses.add("image-attributes", "lose them");
      reviewed_ = reviewed_ || (image.annotations.empty() && image.state != ImageState::unlabelled);
      for (const auto& annotation : image.annotations) choose_columns(annotation);
    }
  }

  void choose_columns(const Annotation& annotation) {
    std::size_t lost = 0;
    for (const auto& [key, value] : annotation.attributes) {
      if (key == kLabelNameAttribute) {
        lost += label_of(annotation.class_idx) != value;
      } else if (key == "is_depiction" || key == "is_inside" || key == "is_group_of") {
        lost += !is_tri_state(key, value) || (key == "is_group_of" && annotation.crowd);
      } else {
        bool held = !is_click_column(to_lower(key)) && box_columns_.add(key, value);
        lost += !held && says_something(value);
      }
    }
    if (lost > 0) written_.losses.add("attributes", "lose them");
    if (annotation.score == 1) written_.losses.add("score", "lose it");  // which every box of a person has
  }

  void write_classes() {
    auto& text = tables_["oidv6-class-descriptions.csv"];
    text = csv_line({"LabelName", "DisplayName"});
    for (int i = 0; i < dataset_.classes.size(); ++i)
      text += csv_line({label_of(i), dataset_.classes[i].name});
  }

  std::string& table(const std::string& subset, const std::string& name, const Cells& header) {
    auto file = (subset == "train" ? "oidv6-train-" : subset + "-") + name + ".csv";
    auto& text = tables_[file];
    if (text.empty()) text = csv_line(header);
    return text;
  }

  // The name without its extension; with it where that is taken.
  std::string id_of(const Image& image) {
    auto id = fs::path(image.name).replace_extension().generic_string();
    auto subset = subset_name(image.split) + "/";
    if (!ids_.insert(subset + id).second) {
      id = image.name;
      ids_.insert(subset + id);
    }
    return id;
  }

  void write_image(std::size_t index) {
    const auto& image = dataset_.images[index];
    auto subset = subset_name(image.split);
    auto id = id_of(image);
    written_.images["images/" + subset + "/" + image.name] = index;
    auto header = image_columns_.header();
    if (reviewed_) header.push_back("Reviewed");
    auto& list = tables_["image_ids_and_rotation.csv"];
    if (list.empty()) list = csv_line(header);
    Cells cells = {id, subset};
    for (std::size_t i = 2; i < header.size(); ++i) {
      auto value = image.attributes.find(header[i]);
      cells.push_back(value != image.attributes.end() ? value->second : "");
      if (header[i] == "Rotation" && cells.back().empty()) cells.back() = "0";
    }
    if (reviewed_)
      cells.back() = image.annotations.empty() && image.state != ImageState::unlabelled ? "1" : "";
    list += csv_line(cells);
    for (const auto& tag : image.tags)
      table(subset, "annotations-human-imagelabels", {"ImageID", "Source", "LabelName", "Confidence"}) +=
          csv_line({id, "verification", label_of(tag.class_idx), tag.present ? "1" : "0"});
    for (std::size_t k = 0; k < image.annotations.size(); ++k) write_object(index, k, id, subset);
  }

  static std::string flag(const std::optional<double>& value) {
    return !value ? "-1" : *value != 0 ? "1" : "0";
  }
  static std::string flag(const Annotation& annotation, const char* key) {
    auto known = annotation.attributes.find(key);
    if (known == annotation.attributes.end()) return "-1";
    return known->second == "true" ? "1" : known->second == "false" ? "0" : "-1";
  }

  void write_object(std::size_t index, std::size_t k, const std::string& id, const std::string& subset) {
    const auto& image = dataset_.images[index];
    const auto& annotation = image.annotations[k];
    auto box = annotation.box();
    auto share = [](double value, int side) { return shortest(value / side); };
    Cells sides = {share(box.x0, image.width), share(box.x1, image.width), share(box.y0, image.height),
                   share(box.y1, image.height)};
    bool unknown_group = annotation.attributes.contains("is_group_of") && !annotation.crowd;
    std::map<std::string, std::string> own = {{"ImageID", id},
                                              {"LabelName", label_of(annotation.class_idx)},
                                              {"Confidence", shortest(annotation.score.value_or(1))},
                                              {"XMin", sides[0]},
                                              {"XMax", sides[1]},
                                              {"YMin", sides[2]},
                                              {"YMax", sides[3]},
                                              {"IsOccluded", flag(annotation.occluded)},
                                              {"IsTruncated", flag(annotation.truncated)},
                                              {"IsGroupOf", annotation.crowd ? "1"
                                                            : unknown_group  ? "-1"
                                                                             : "0"},
                                              {"IsDepiction", flag(annotation, "is_depiction")},
                                              {"IsInside", flag(annotation, "is_inside")}};
    auto header = box_columns_.header();
    Cells cells;
    for (const auto& column : header) {
      auto value = own.find(column);
      if (value != own.end()) {
        cells.push_back(value->second);
        continue;
      }
      auto attribute = annotation.attributes.find(column);
      cells.push_back(attribute != annotation.attributes.end() ? attribute->second : "");
    }
    table(subset, "annotations-bbox", header) += csv_line(cells);
    const auto* mask = std::get_if<RunLengthMask>(&annotation.shape);
    if (mask != nullptr && mask->area() == 0) written_.losses.add("mask", "become their bounding box");
    if (mask != nullptr && mask->area() > 0)
      write_mask(*mask, fmt::format("{:08}_{:03}", index, k), id, subset, label_of(annotation.class_idx),
                 sides);
  }

  void write_mask(const RunLengthMask& mask, const std::string& box_id, const std::string& id,
                  const std::string& subset, const std::string& label, const Cells& sides) {
    auto name = box_id + ".png";
    table(subset, "annotations-object-segmentation",
          {"MaskPath", "ImageID", "LabelName", "BoxID", "BoxXMin", "BoxXMax", "BoxYMin", "BoxYMax",
           "PredictedIoU", "Clicks"}) +=
        csv_line({name, id, label, box_id, sides[0], sides[1], sides[2], sides[3], "", ""});
    auto shared = std::make_shared<RunLengthMask>(mask);
    written_.streams["masks/" + subset + "/" + name] = [shared](std::ostream& out, const ImageBytes&) {
      auto height = static_cast<double>(shared->height);
      out << picture_of_mask(*shared, Box{0, 0, static_cast<double>(shared->width), height});
    };
  }

  const Dataset& dataset_;
  WrittenDataset written_;
  std::vector<std::string> labels_;
  CsvExtraColumns box_columns_{kBoxColumns,
                               {"imageid", "labelname", "confidence", "xmin", "xmax", "ymin", "ymax",
                                "isoccluded", "istruncated", "isgroupof", "isdepiction", "isinside",
                                "maskpath", "boxid", "boxxmin", "boxxmax", "boxymin", "boxymax", "clicks"}};
  CsvExtraColumns image_columns_{kImageColumns, {"imageid", "subset", "reviewed"}};
  bool reviewed_ = false;
  std::map<std::string, std::string> tables_;
  std::set<std::string> ids_;
};

}  // namespace

// An image's id is its name without the extension.
NameRules open_images_names() {
  return {.taken_folder = [](const std::string& folder) { return folder == "masks"; },
          .walked = true,
          .looked_for =
              [](const Image& image, const std::string& name) {
                auto id = fs::path(name).replace_extension().generic_string();
                return NameRules::Paths{subset_name(image.split) + "/" + id};
              }};
}

WrittenDataset write_open_images(const Dataset& dataset, const WriteOptions&) {
  return OpenImagesWriter(dataset).write();
}

}  // namespace ds::detail
