// Plain CSV: one box a row; what the numbers are is decided by the headers alone.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "csv/format.h"
#include "ds/base/text.h"
#include "shared/losses.h"
#include "shared/source_peek.h"
#include "shared/tables/box_table.h"
#include "shared/tables/known_tables.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

// Tables of Open Images and VoTT have boxes too.
std::optional<BoxLayout> plain_layout(const std::string& head) {
  if (is_vott_header(head)) return std::nullopt;
  auto layout = box_layout(head);
  if (!layout || layout->headless) return layout;
  auto rows = csv_rows(head.substr(0, head.find('\n')));
  if (!rows.empty() && open_images_kind(rows[0]) != OpenImagesKind::other) return std::nullopt;
  return layout;
}

std::optional<std::string> detect_csv(const SourcePeek& source) {
  for (const auto& file : source.few(".csv"))
    if (auto layout = plain_layout(source.head(file)))
      return fmt::format("{} has {}", source.shown(file), layout->evidence);
  return std::nullopt;
}

// keras-retinanet's list beside its tables: name,id without a header.
void declare_classes(Reading& reading) {
  auto file = reading.root() / "classes.csv";
  if (!fs::is_regular_file(file)) return;
  std::map<std::int64_t, std::string> names;
  bool is_list = true;
  for_each_csv_row(file, [&](const CsvRow& row) {
    auto id = row.cells.size() == 2 ? parse_int(row.cells[1]) : std::nullopt;
    is_list = is_list && id && !row.cells[0].empty() && names.emplace(*id, row.cells[0]).second;
  });
  if (!is_list) {
    reading.note("classes.csv is not read: its rows are not `name,id`");
    return;
  }
  for (const auto& [id, name] : names) reading.class_of(name);
  reading.note("classes in the order of classes.csv");
}

ReadResult read_csv(const fs::path& path, const ReadOptions& options) {
  Reading reading("csv", path, options);
  NamedPictures pictures(reading, path);
  declare_classes(reading);
  bool any = false;
  for (const auto& file : files_below(path, has_csv_suffix)) {
    auto layout = plain_layout(SourcePeek(file).head(file));
    if (!layout) continue;
    any = true;
    reading.note_one_of("tables", fmt::format("{}: {}, {}", file.filename().string(), layout->evidence,
                                              layout->shares ? "shares of the image's sides" : "pixels"));
    reading.uses(file);
    read_box_table(reading, pictures, file, *layout);
  }
  if (!any)
    throw DataError(
        fmt::format("{}: no table of boxes (.csv with columns such as filename, xmin, ymin, xmax, ymax, "
                    "class)",
                    path.string()));
  pictures.add_rest();
  return reading.finish();
}

using Cells = std::vector<std::string>;

const Cells kColumns = {"filename", "width", "height", "class", "xmin", "ymin", "xmax", "ymax", "split"};

// Columns that only some datasets need, in this order.
const std::vector<std::pair<std::string, std::string (*)(const Annotation&)>> kMarks = {
    {"crowd", [](const Annotation& a) { return std::string(a.crowd ? "1" : ""); }},
    {"difficult", [](const Annotation& a) { return std::string(a.difficult ? "1" : ""); }},
    {"ignore", [](const Annotation& a) { return std::string(a.ignore ? "1" : ""); }},
    {"truncated", [](const Annotation& a) { return a.truncated ? shortest(*a.truncated) : std::string(); }},
    {"occluded", [](const Annotation& a) { return a.occluded ? shortest(*a.occluded) : std::string(); }},
    {"score", [](const Annotation& a) { return a.score ? shortest(*a.score) : std::string(); }},
    {"track_id",
     [](const Annotation& a) { return a.track_id ? std::to_string(*a.track_id) : std::string(); }},
    {"group_id",
     [](const Annotation& a) { return a.group_id ? std::to_string(*a.group_id) : std::string(); }},
    {"z", [](const Annotation& a) { return a.z != 0 ? std::to_string(a.z) : std::string(); }}};

// Names that the reader takes for something else.
std::set<std::string> taken_names() {
  std::set<std::string> taken = {"state", "iscrowd", "confidence", "subset", "set"};
  for (const auto& [name, value] : kMarks) taken.insert(name);
  for (const char* name :
       {"filename",  "file_name",  "file",  "image",      "image_name",     "image_path",
        "filepath",  "file_path",  "path",  "img",        "image_filename", "image_id",
        "class",     "class_name", "label", "label_name", "category",       "category_name",
        "name",      "object",     "width", "height",     "image_width",    "image_height",
        "img_width", "img_height", "img_w", "img_h",      "xmin",           "ymin",
        "xmax",      "ymax",       "split"})
    taken.insert(name);
  return taken;
}

WrittenDataset write_csv(const Dataset& dataset, const WriteOptions&) {
  WrittenDataset written;
  FormatHolds holds{.crowd = true,
                    .difficult = true,
                    .ignore = true,
                    .truncated = FormatHolds::exact,
                    .occluded = FormatHolds::exact,
                    .score = true,
                    .track = true,
                    .group = true,
                    .z = true,
                    .attributes = true};
  count_losses(dataset, holds, written.losses);
  CsvExtraColumns columns(kColumns, taken_names());
  std::set<std::string> marks;
  bool unlabelled = false;
  for (const auto& image : dataset.images) {
    unlabelled = unlabelled || (image.annotations.empty() && image.state == ImageState::unlabelled);
    for (const auto& annotation : image.annotations) {
      std::size_t lost = 0;
      for (const auto& [key, value] : annotation.attributes)
        lost += !columns.add(key, value) && says_something(value);
      if (lost > 0) written.losses.add("attributes", "lose them");
      for (const auto& [name, value] : kMarks)
        if (!value(annotation).empty()) marks.insert(name);
    }
  }
  auto header = columns.header();
  auto attributes = Cells(header.begin() + static_cast<std::ptrdiff_t>(kColumns.size()), header.end());
  header = kColumns;
  for (const auto& [name, value] : kMarks)
    if (marks.contains(name)) header.push_back(name);
  if (unlabelled) header.push_back("state");
  header.insert(header.end(), attributes.begin(), attributes.end());
  auto text = csv_line(header);
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    written.images["images/" + image.name] = i;
    auto row = [&](const Annotation* a) {
      Cells cells = {image.name, std::to_string(image.width), std::to_string(image.height)};
      if (a != nullptr) {
        auto box = a->box();
        cells.insert(cells.end(), {dataset.classes[a->class_idx].name, shortest(box.x0), shortest(box.y0),
                                   shortest(box.x1), shortest(box.y1)});
      } else {
        cells.resize(8);
      }
      cells.push_back(to_string(image.split));
      for (const auto& [name, value] : kMarks)
        if (marks.contains(name)) cells.push_back(a != nullptr ? value(*a) : "");
      if (unlabelled)
        cells.push_back(a == nullptr && image.state == ImageState::unlabelled ? "unlabelled" : "");
      for (const auto& key : attributes) {
        bool has = a != nullptr && a->attributes.contains(key);
        cells.push_back(has ? a->attributes.at(key) : "");
      }
      text += csv_line(cells);
    };
    for (const auto& annotation : image.annotations) row(&annotation);
    if (image.annotations.empty()) row(nullptr);
  }
  written.texts["labels.csv"] = std::move(text);
  std::string classes;
  for (int i = 0; i < dataset.classes.size(); ++i)
    classes += csv_line({dataset.classes[i].name, std::to_string(i)});
  written.texts["classes.csv"] = std::move(classes);
  return written;
}

}  // namespace

AnnotationFormat csv_format() {
  // A plain table beside labels of a format of its own repeats them.
  return {.detect = detect_csv,
          .read = read_csv,
          .write = write_csv,
          .yields_to = [](const std::string&, const SourcePeek&) { return true; },
          .names = {.taken_folder = [](const std::string& folder) { return folder == "images"; },
                    .beginnings = {"file:"}}};
}

}  // namespace ds::detail
