#include "open_images/tables.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "shared/source_peek.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

std::vector<std::size_t> click_columns(const CsvColumns& columns) {
  std::vector<std::size_t> places;
  for (const auto& [name, place] : columns.names())
    if (is_click_column(to_lower(name))) places.push_back(place);
  return places;
}

std::string counted_text(std::size_t count, const std::string& thing) {
  return count == 1 ? "1 " + thing : fmt::format("{} {}s", count, thing);
}

}  // namespace

bool is_click_column(const std::string& lower) {
  return lower == "clicks" || lower.starts_with("xclick");
}

OpenImagesTables::OpenImagesTables(Reading& reading, const fs::path& path) : reading_(reading) {
  bool alone = !fs::is_directory(path);
  for (const auto& file : files_below(reading_.root(), [](const fs::path&) { return true; })) {
    auto name = file.filename().string();
    if (has_csv_suffix(file) || name.ends_with(".json")) reading_.uses(file);
    if (has_csv_suffix(file)) {
      auto kind = open_images_kind(SourcePeek(file).head(file));
      bool wanted =
          !alone || file == path || kind == OpenImagesKind::classes || kind == OpenImagesKind::images;
      if (!wanted) continue;
      auto split = split_in_name(file.stem().string());
      if (!split) split = split_of_folder(file, reading_.root());
      tables_.push_back({file, kind, split});
      if (kind == OpenImagesKind::other)
        reading_.note(
            fmt::format("{} holds neither boxes, labels, masks, images nor classes; it is not read", name));
    } else if (name.ends_with(".json") && name.find("hierarchy") != std::string::npos) {
      reading_.note(fmt::format("{} is not read: classes stand beside each other, none above another", name));
    }
  }
}

bool OpenImagesTables::has(OpenImagesKind kind) const {
  return std::any_of(tables_.begin(), tables_.end(),
                     [&](const OpenImagesTable& table) { return table.kind == kind; });
}

void OpenImagesTables::each(OpenImagesKind kind, const std::function<void(const OpenImagesRow&)>& take) {
  for (const auto& table : tables_)
    if (table.kind == kind) read_table(table, take);
}

void OpenImagesTables::read_table(const OpenImagesTable& table,
                                  const std::function<void(const OpenImagesRow&)>& take) {
  missing_ = unsure_ = {};
  std::optional<CsvColumns> columns;
  std::vector<std::size_t> clicks;
  try {
    for_each_csv_row(table.file, [&](const CsvRow& cells) {
      if (!columns) {
        columns.emplace(cells);
        clicks = click_columns(*columns);
        bool headless = table.kind == OpenImagesKind::classes && !columns->has("LabelName");
        if (!headless) return;
        columns.emplace(CsvRow{0, {"LabelName", "DisplayName"}});
      }
      if (cells.line % 4096 == 0) throw_if_stopped();
      with_clicks_ += std::any_of(clicks.begin(), clicks.end(), [&](std::size_t place) {
        return place < cells.cells.size() && !cells.cells[place].empty();
      });
      take({table, *columns, cells});
    });
  } catch (const FormatError& error) {
    reading_.table_breaks_off(error.location(), error.what());
  }
  if (missing_.count > 0) {
    reading_.issue(Severity::error, "MISSING_IMAGE", {.path = table.file, .line = missing_.line},
                   fmt::format("'{}' is not there; {} of this table belong to images that are not",
                               missing_.first, counted_text(missing_.count, "row")));
  }
  if (unsure_.count > 0) {
    reading_.issue(
        Severity::warning, "UNSURE_TAG", {.path = table.file, .line = unsure_.line},
        fmt::format("confidence {} is neither 0 nor 1: a model's guess that nobody verified; {} left out",
                    unsure_.first,
                    counted_text(unsure_.count, "label") + (unsure_.count == 1 ? " is" : " are")));
  }
}

void OpenImagesTables::count(Counted& counted, const OpenImagesRow& row, const std::string& what) {
  if (counted.count++ > 0) return;
  counted.line = row.cells.line;
  counted.first = what;
}

bool OpenImagesTables::whole(const OpenImagesRow& row) {
  if (row.cells.cells.size() == row.columns.size()) return true;
  reading_.issue(Severity::warning, "BAD_ROW", row.place(),
                 fmt::format("{} cells under {} headers", row.cells.cells.size(), row.columns.size()));
  return false;
}

void OpenImagesTables::finish() {
  if (with_clicks_ > 0)
    reading_.note(fmt::format(
        "{} with the clicks that made a box or a mask (columns XClick1X ..., Clicks): they are not read",
        counted_text(with_clicks_, "row")));
}

}  // namespace ds::detail
