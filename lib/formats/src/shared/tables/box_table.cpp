#include "shared/tables/box_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "ds/base/error.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/media/image_header.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

const Names kFile = {"filename", "file_name", "file", "image", "image_name",     "image_path",
                     "filepath", "file_path", "path", "img",   "image_filename", "image_id"};
const Names kClass = {"class",    "class_name",    "label", "label_name",
                      "category", "category_name", "name",  "object"};
const std::vector<Names> kCorners = {
    {"xmin", "ymin", "xmax", "ymax"},   {"x_min", "y_min", "x_max", "y_max"},
    {"x1", "y1", "x2", "y2"},           {"x0", "y0", "x1", "y1"},
    {"left", "top", "right", "bottom"}, {"bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2"}};
const std::vector<Names> kCenters = {
    {"x_center", "y_center"}, {"xcenter", "ycenter"}, {"center_x", "center_y"}, {"cx", "cy"}};
const std::vector<Names> kLeftTop = {
    {"x", "y"}, {"x1", "y1"}, {"xmin", "ymin"}, {"left", "top"}, {"bbox_x", "bbox_y"}};
const std::vector<Names> kSizes = {
    {"w", "h"}, {"bbox_w", "bbox_h"}, {"bbox_width", "bbox_height"}, {"width", "height"}};
const std::vector<Names> kImageSizes = {
    {"image_width", "image_height"}, {"img_width", "img_height"}, {"img_w", "img_h"}, {"width", "height"}};

std::optional<std::size_t> find_one(const CsvColumns& columns, const Names& names) {
  for (const auto& name : names)
    if (auto found = columns.find(name)) return found;
  return std::nullopt;
}

// The first set of names that all stand there, with the ending.
std::optional<std::vector<std::size_t>> find_all(const CsvColumns& columns, const std::vector<Names>& sets,
                                                 const std::string& ending) {
  for (const auto& names : sets) {
    std::vector<std::size_t> places;
    for (const auto& name : names)
      if (auto found = columns.find(name + ending)) places.push_back(*found);
    if (places.size() == names.size()) return places;
  }
  return std::nullopt;
}

bool find_numbers(const CsvColumns& columns, const std::string& ending, BoxLayout& layout) {
  if (auto corners = find_all(columns, kCorners, ending)) {
    layout.kind = BoxLayout::corners;
    std::copy(corners->begin(), corners->end(), layout.numbers.begin());
    return true;
  }
  auto size = find_all(columns, kSizes, ending);
  if (!size) return false;
  for (auto kind : {BoxLayout::center_and_size, BoxLayout::corner_and_size}) {
    auto place = find_all(columns, kind == BoxLayout::center_and_size ? kCenters : kLeftTop, ending);
    if (!place) continue;
    layout.kind = kind;
    layout.numbers = {(*place)[0], (*place)[1], (*size)[0], (*size)[1]};
    return true;
  }
  return false;
}

std::optional<BoxLayout> layout_of_header(const CsvRow& header) {
  CsvColumns columns(header);
  auto file = find_one(columns, kFile);
  auto class_name = find_one(columns, kClass);
  if (!file || !class_name || *file == *class_name) return std::nullopt;
  BoxLayout layout;
  bool found = find_numbers(columns, "", layout);
  for (const char* ending : {"_norm", "_normalized", "_normalised", "_rel"})
    if (!found && find_numbers(columns, ending, layout)) found = layout.shares = true;
  if (!found) return std::nullopt;
  layout.file = *file;
  layout.class_name = *class_name;
  std::set<std::size_t> used = {*file, *class_name};
  used.insert(layout.numbers.begin(), layout.numbers.end());
  for (const auto& names : kImageSizes) {
    auto places = find_all(columns, {names}, "");
    if (!places || used.contains((*places)[0]) || layout.width) continue;
    layout.width = (*places)[0];
    layout.height = (*places)[1];
    used.insert(places->begin(), places->end());
  }
  layout.split = find_one(columns, {"split", "subset", "set"});
  if (layout.split) used.insert(*layout.split);
  for (const auto& [name, place] : columns.names())
    if (!used.contains(place) && !name.empty()) layout.others.emplace_back(name, place);
  std::vector<std::string> named;
  for (const auto& [name, place] : columns.names())
    if (place == *file || place == *class_name ||
        std::find(layout.numbers.begin(), layout.numbers.end(), place) != layout.numbers.end())
      named.push_back(name);
  layout.evidence = "the columns " + join(named, ", ");
  return layout;
}

bool is_plain_row(const CsvRow& row) {
  const auto& c = row.cells;
  if (c.size() != 6 || !has_image_suffix(fs::path(c[0]))) return false;
  bool empty = std::all_of(c.begin() + 1, c.end(), [](const std::string& text) { return text.empty(); });
  bool numbers = std::all_of(c.begin() + 1, c.begin() + 5,
                             [](const std::string& t) { return parse_double(t).has_value(); });
  return empty || (numbers && !c[5].empty());
}

std::optional<BoxLayout> layout_without_header(std::string_view head) {
  // The last line of a head may be cut.
  if (head.size() >= 4096) head = head.substr(0, head.rfind('\n') + 1);
  auto rows = csv_rows(head);
  if (rows.empty() || !std::all_of(rows.begin(), rows.end(), is_plain_row)) return std::nullopt;
  BoxLayout layout{.file = 0, .class_name = 5, .numbers = {1, 2, 3, 4}, .headless = true};
  layout.evidence = "no header; rows of path, x1, y1, x2, y2, class";
  return layout;
}

/// Reads one table by a layout that is settled already: what the numbers are is decided by headers alone,
/// never by a row. A row names a picture and holds a box, or nothing but the name, which makes the picture a
/// negative. The split is the row's, else the file's. A row that cannot be used costs no other, and a table
/// that breaks off keeps the rows before. Whether all numbers look like shares is only said at the end, when
/// every box was seen.
class BoxTableReader {
 public:
  BoxTableReader(Reading& reading, NamedPictures& pictures, const fs::path& file, const BoxLayout& layout)
      : reading_(reading), pictures_(pictures), file_(file), layout_(layout) {
    split_ = split_in_name(file.stem().string());
    if (!split_) split_ = split_of_folder(file, reading.root());
  }

  void read() {
    reading_.numbers_are(layout_.shares ? Numbers::shares : Numbers::pixels,
                         "shares are read as such when the headers of their columns end in _norm");
    bool header = !layout_.headless;
    try {
      for_each_csv_row(
          file_,
          [&](const CsvRow& row) {
            if (header) {
              width_ = row.cells.size();
              header = false;
              return;
            }
            if (layout_.headless) width_ = 6;
            if (row.line % 4096 == 0) throw_if_stopped();
            read_row(row);
          },
          layout_.separator);
    } catch (const FormatError& error) {
      reading_.table_breaks_off(error.location(), error.what());
    }
  }

 private:
  static const std::string& at(const CsvRow& row, std::size_t place) {
    static const std::string nothing;
    return place < row.cells.size() ? row.cells[place] : nothing;
  }
  Location place(const CsvRow& row) const { return {.path = file_, .line = row.line}; }

  std::optional<Reading::Declared> declared(const CsvRow& row) const {
    if (!layout_.width) return std::nullopt;
    auto width = parse_double(at(row, *layout_.width));
    auto height = parse_double(at(row, *layout_.height));
    if (!width || !height || !(*width >= 1 && *height >= 1 && *width < 1e9 && *height < 1e9))
      return std::nullopt;
    return Reading::Declared{static_cast<int>(*width), static_cast<int>(*height)};
  }

  void read_row(const CsvRow& row) {
    const auto& name = at(row, layout_.file);
    if (name.empty()) {
      reading_.issue(Severity::error, "BAD_ROW", place(row), "no image is named; the row is left out");
      return;
    }
    if (row.cells.size() != width_)
      reading_.issue(Severity::warning, "BAD_ROW", place(row),
                     fmt::format("{} cells under {} headers", row.cells.size(), width_));
    auto index = pictures_.image(name, file_.parent_path(), declared(row), place(row));
    if (!index) return reading_.count_without_image(1);
    Reading::About about(reading_, *index);
    read_split(row, *index);
    bool empty = at(row, layout_.class_name).empty();
    for (auto number : layout_.numbers) empty = empty && at(row, number).empty();
    auto& image = reading_.image(*index);
    if (empty) {
      if (other(row, "state") != "unlabelled") image.state = ImageState::done;
      return;
    }
    read_box(row, *index);
  }

  void read_split(const CsvRow& row, std::size_t index) {
    auto split = split_;
    if (layout_.split) {
      const auto& text = at(row, *layout_.split);
      if (auto said = split_in_name(text)) split = said;
    }
    if (split) reading_.image(index).split = *split;
  }

  std::string other(const CsvRow& row, const std::string& column) const {
    for (const auto& [name, place] : layout_.others)
      if (to_lower(name) == column) return at(row, place);
    return {};
  }

  void read_box(const CsvRow& row, std::size_t index) {
    std::array<double, 4> n{};
    for (std::size_t i = 0; i < 4; ++i) {
      auto value = parse_double(at(row, layout_.numbers[i]));
      if (!value) {
        reading_.issue(Severity::error, "BAD_NUMBER", place(row),
                       fmt::format("'{}' is no number; the box is left out", at(row, layout_.numbers[i])));
        return;
      }
      n[i] = *value;
    }
    if (layout_.shares) {
      auto frame = reading_.frame_of(index);
      for (std::size_t i = 0; i < 4; ++i) n[i] *= i % 2 == 0 ? frame.width : frame.height;
    }
    auto name = at(row, layout_.class_name);
    if (name.empty()) {
      reading_.issue(Severity::warning, "EMPTY_LABEL", place(row),
                     fmt::format("the box has no class; kept as class {}", kNoLabel));
      name = kNoLabel;
    }
    Annotation annotation{.class_idx = reading_.class_of(name)};
    if (layout_.kind == BoxLayout::corners) annotation.shape = Box{n[0], n[1], n[2], n[3]};
    if (layout_.kind == BoxLayout::corner_and_size) annotation.shape = xywh_to_xyxy(n[0], n[1], n[2], n[3]);
    if (layout_.kind == BoxLayout::center_and_size) annotation.shape = cxcywh_to_xyxy(n[0], n[1], n[2], n[3]);
    read_marks(row, annotation);
    reading_.image(index).state = ImageState::done;
    reading_.add_annotation(index, std::move(annotation), place(row));
  }

  // Columns of these names are marks when their cells are numbers; every other column is an attribute.
  void read_marks(const CsvRow& row, Annotation& a) {
    for (const auto& [name, column] : layout_.others) {
      const auto& text = at(row, column);
      auto lower = to_lower(name);
      if (text.empty() || lower == "state") continue;
      auto number = parse_double(text);
      if (to_lower(text) == "true") number = 1;
      if (to_lower(text) == "false") number = 0;
      if (number && (lower == "crowd" || lower == "iscrowd"))
        a.crowd = *number != 0;
      else if (number && lower == "difficult")
        a.difficult = *number != 0;
      else if (number && lower == "ignore")
        a.ignore = *number != 0;
      else if (number && lower == "truncated")
        a.truncated = *number;
      else if (number && lower == "occluded")
        a.occluded = *number;
      else if (number && (lower == "score" || lower == "confidence"))
        a.score = *number;
      else if (auto id = parse_int(text); id && lower == "track_id")
        a.track_id = *id;
      else if (id && lower == "group_id")
        a.group_id = *id;
      else if (id && lower == "z")
        a.z = static_cast<int>(*id);
      else
        a.attributes[name] = text;
    }
  }

  Reading& reading_;
  NamedPictures& pictures_;
  fs::path file_;
  const BoxLayout& layout_;
  std::optional<Split> split_;
  std::size_t width_ = 0;
};

}  // namespace

std::optional<BoxLayout> box_layout(std::string_view head) {
  for (char separator : {',', ';', '\t'}) {
    auto rows = csv_rows(head.substr(0, head.find('\n')), separator);
    if (rows.empty()) continue;
    if (auto layout = layout_of_header(rows[0])) {
      layout->separator = separator;
      return layout;
    }
  }
  return layout_without_header(head);
}

void read_box_table(Reading& reading, NamedPictures& pictures, const fs::path& file,
                    const BoxLayout& layout) {
  BoxTableReader(reading, pictures, file, layout).read();
}

}  // namespace ds::detail
