#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "dataset/texts.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/report/dataset_report.h"

namespace ds {

namespace detail {

std::string percent(double share) {
  return fmt::format("{:.1f} %", 100 * share);
}

std::string plain(double value, int decimals) {
  auto text = fmt::format("{:.{}f}", value, decimals);
  if (text.find('.') == text.npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

double ratio(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace detail

namespace {

using detail::percent;
using detail::plain;
using detail::ratio;

Cell size_cell(std::size_t count) {
  return count_cell(static_cast<std::int64_t>(count));
}

Cell share_cell(double share) {
  return {percent(share), share};
}

/// Nothing was measured: no number.
Cell measured(const Quantiles& quantiles, double value, int decimals) {
  if (quantiles.count == 0) return text_cell("");
  return {plain(value, decimals), value};
}

std::string most_frequent(const DatasetDistribution& d, const DatasetPart& part) {
  if (part.objects == 0) return "";
  const auto most = std::max_element(part.of_class.begin(), part.of_class.end());
  return fmt::format("{} {:.0f} %", d.class_names[static_cast<std::size_t>(most - part.of_class.begin())],
                     100 * ratio(*most, part.objects));
}

}  // namespace

std::vector<std::string> dataset_part_kinds() {
  return {"class", "split", "group"};
}

const std::vector<DatasetPart>& parts_of(const DatasetDistribution& d, const std::string& kind) {
  if (kind == "class") return d.classes;
  if (kind == "split") return d.splits;
  if (kind == "group") return d.groups;
  throw_unknown_name("part of a dataset", kind, dataset_part_kinds());
}

Table class_balance_table(const DatasetDistribution& d) {
  Table table;
  table.columns = {{"class", "class", false}, {"objects", "objects"}, {"share", "share"},
                   {"images", "images"},      {"train", "train"},     {"val", "val"},
                   {"test", "test"},          {"small", "small"},     {"medium", "medium"},
                   {"large", "large"},        {"side", "median_side"}};
  for (const auto& part : d.classes) {
    auto in = [&](Split split) { return size_cell(part.of_split[static_cast<std::size_t>(split)]); };
    table.rows.push_back({text_cell(part.name), size_cell(part.objects), share_cell(part.share),
                          size_cell(part.images), in(Split::train), in(Split::val), in(Split::test),
                          size_cell(part.of_size[0]), size_cell(part.of_size[1]), size_cell(part.of_size[2]),
                          measured(part.side, part.side.median, 0)});
  }
  return table;
}

Table split_table(const DatasetDistribution& d) {
  Table table;
  table.columns = {{"split", "split", false},  {"images", "images"},   {"labelled", "labelled"},
                   {"negatives", "negatives"}, {"objects", "objects"}, {"share", "share"}};
  for (const auto& part : d.splits)
    table.rows.push_back({text_cell(part.name), size_cell(part.images), size_cell(part.labelled),
                          size_cell(part.negatives), size_cell(part.objects), share_cell(part.share)});
  return table;
}

Table spread_table(const DatasetDistribution& d) {
  Table table;
  table.columns = {{"", "what", false},  {"min", "min"},  {"5 %", "p5"},   {"25 %", "p25"},
                   {"median", "median"}, {"75 %", "p75"}, {"95 %", "p95"}, {"max", "max"}};
  auto row = [&](const std::string& name, const Quantiles& q, int decimals, double scale = 1) {
    if (q.count == 0) return;
    std::vector<Cell> cells = {text_cell(name)};
    for (const double value : {q.min, q.p5, q.p25, q.median, q.p75, q.p95, q.max})
      cells.push_back({plain(scale * value, decimals), scale * value});
    table.rows.push_back(std::move(cells));
  };
  row("objects an image", d.whole.objects_per_image, 1);
  row("side of boxes, pixels", d.whole.side, 1);
  row("side, % of the image", d.side_share_quantiles, 1, 100);
  row("width / height of boxes", d.whole.aspect, 2);
  row("image width", d.image_width, 0);
  row("image height", d.image_height, 0);
  return table;
}

Table parts_table(const DatasetDistribution& d, const std::string& kind) {
  const auto& parts = parts_of(d, kind);
  const bool by_class = kind == "class";
  Table table;
  table.columns = {{kind, kind, false}, {"images", "images"}};
  if (!by_class) table.columns.push_back({"negatives", "negatives"});
  for (auto column : std::vector<TableColumn>{{"objects", "objects"},
                                              {"share", "share"},
                                              {"an image", "objects_per_image"},
                                              {"side 5 %", "side_p5"},
                                              {"median", "side_median"},
                                              {"95 %", "side_p95"},
                                              {"w/h", "aspect_median"}})
    table.columns.push_back(column);
  for (const auto size : d.options.input_sizes)
    table.columns.push_back(
        {fmt::format("<{} at {}", plain(d.options.tiny_side, 1), size), fmt::format("tiny_{}", size)});
  if (!by_class) table.columns.push_back({"most", "most_frequent", false});
  for (const auto& part : parts) {
    std::vector<Cell> row = {text_cell(part.name), size_cell(part.images)};
    if (!by_class) row.push_back(size_cell(part.negatives));
    for (auto cell : {size_cell(part.objects), share_cell(part.share),
                      measured(part.objects_per_image, part.objects_per_image.median, 1),
                      measured(part.side, part.side.p5, 0), measured(part.side, part.side.median, 0),
                      measured(part.side, part.side.p95, 0), measured(part.aspect, part.aspect.median, 2)})
      row.push_back(cell);
    for (const auto tiny : part.tiny) row.push_back(share_cell(ratio(tiny, part.objects)));
    if (!by_class) row.push_back(text_cell(most_frequent(d, part)));
    table.rows.push_back(std::move(row));
  }
  if (table.rows.empty())
    table.notes = {kind == "group" ? "No two images share a group." : "There is nothing to count."};
  return table;
}

}  // namespace ds
