#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "dataset/texts.h"
#include "ds/base/text.h"
#include "ds/report/dataset_report.h"
#include "ds/report/page.h"

namespace ds {

namespace {

using detail::percent;
using detail::plain;
using detail::ratio;

/// More bars than this are no picture any more; the tables hold every class.
constexpr std::size_t kMaxBars = 30;
constexpr std::size_t kMaxMatrix = 12;
constexpr std::size_t kMaxRows = 200;

/// Classes by falling count of objects, those that occur, at most `limit`.
std::vector<std::size_t> frequent_classes(const DatasetDistribution& d, std::size_t limit) {
  std::vector<std::size_t> order(d.classes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return d.classes[a].objects > d.classes[b].objects; });
  std::erase_if(order, [&](auto i) { return d.classes[i].objects == 0; });
  if (order.size() > limit) order.resize(limit);
  return order;
}

std::string limited_note(const DatasetDistribution& d, std::size_t shown) {
  const auto occurring = static_cast<std::size_t>(
      std::count_if(d.classes.begin(), d.classes.end(), [](const auto& part) { return part.objects > 0; }));
  return shown < occurring ? fmt::format("The {} most frequent of {} classes.", shown, occurring) : "";
}

/// "8-16"; shares as per cent; whole numbers by what they hold: [0,5) is "0-4".
enum class Labels { numbers, shares, whole };
std::vector<std::string> range_labels(const Histogram& histogram, Labels kind) {
  const double scale = kind == Labels::shares ? 100 : 1;
  std::vector<std::string> labels;
  for (std::size_t i = 0; i + 1 < histogram.edges.size(); ++i) {
    const double low = histogram.edges[i] * scale;
    const double high = histogram.edges[i + 1] * scale;
    if (kind == Labels::whole)
      labels.push_back(high - low == 1 ? plain(low, 0) : plain(low, 0) + "-" + plain(high - 1, 0));
    else if (std::isinf(high))
      labels.push_back("from " + plain(low, 2));
    else
      labels.push_back(plain(low, 2) + "-" + plain(high, 2));
  }
  return labels;
}

/// One column a range, without the empty ranges at the end and (unless they count from 0) at the beginning.
Chart histogram_chart(const Histogram& histogram, std::vector<std::string> labels, bool from_zero,
                      std::string title, std::string x_title, std::string y_title, std::string note = {}) {
  auto counts = histogram.counts;
  while (counts.size() > 1 && counts.back() == 0) counts.pop_back();
  std::ptrdiff_t first = 0;
  while (!from_zero && first + 1 < std::ssize(counts) && counts[static_cast<std::size_t>(first)] == 0)
    ++first;
  ChartSeries series{.name = y_title};
  series.values.assign(counts.begin() + first, counts.end());
  return {.kind = Chart::Kind::histogram,
          .title = std::move(title),
          .note = std::move(note),
          .x_title = std::move(x_title),
          .y_title = std::move(y_title),
          .labels = {labels.begin() + first, labels.begin() + std::ssize(counts)},
          .series = {std::move(series)}};
}

/// Proper fractions and their inverses are easier to read than 0.67 or 1.78.
std::vector<std::string> aspect_labels(const Histogram& histogram) {
  auto name = [](double value) -> std::string {
    static const std::pair<double, const char*> known[] = {
        {1. / 5, "1:5"}, {1. / 3, "1:3"},   {1. / 2, "1:2"}, {9. / 16, "9:16"}, {2. / 3, "2:3"},
        {3. / 4, "3:4"}, {4. / 5, "4:5"},   {1, "1:1"},      {5. / 4, "5:4"},   {4. / 3, "4:3"},
        {3. / 2, "3:2"}, {16. / 9, "16:9"}, {2, "2:1"},      {3, "3:1"},        {5, "5:1"}};
    for (const auto& [number, text] : known)
      if (std::abs(value - number) < 1e-9) return text;
    return plain(value, 2);
  };
  std::vector<std::string> labels;
  for (std::size_t i = 0; i + 1 < histogram.edges.size(); ++i) {
    if (i == 0)
      labels.push_back("under " + name(histogram.edges[1]));
    else if (std::isinf(histogram.edges[i + 1]))
      labels.push_back("from " + name(histogram.edges[i]));
    else
      labels.push_back(name(histogram.edges[i]) + " to " + name(histogram.edges[i + 1]));
  }
  return labels;
}

Chart aspect_chart(const Histogram& histogram, std::string title, std::string y_title) {
  return histogram_chart(histogram, aspect_labels(histogram), false, std::move(title), "width : height",
                         std::move(y_title));
}

Chart class_chart(std::string title) {
  return {.kind = Chart::Kind::bars,
          .title = std::move(title),
          .x_title = "objects",
          .y_title = "class",
          .stacked = true};
}

Chart balance_chart(const DatasetDistribution& d) {
  const auto shown = frequent_classes(d, kMaxBars);
  auto chart = class_chart("Objects of each class, by split");
  chart.note = limited_note(d, shown.size());
  for (const auto i : shown) chart.labels.push_back(d.class_names[i]);
  for (const auto& split : d.splits) {
    ChartSeries series{.name = split.name == "none" ? "no split" : split.name};
    for (const auto i : shown) series.values.emplace_back(split.of_class[i]);
    chart.series.push_back(std::move(series));
  }
  return chart;
}

Chart size_chart(const DatasetDistribution& d) {
  const auto shown = frequent_classes(d, kMaxBars);
  auto chart = class_chart("Small, medium and large objects of each class");
  chart.note =
      "COCO's sizes: area under 32x32 pixels, under 96x96, and above. " + limited_note(d, shown.size());
  for (const auto i : shown) chart.labels.push_back(d.class_names[i]);
  for (const auto& [size, name] : {std::pair{0U, "small"}, {1U, "medium"}, {2U, "large"}}) {
    ChartSeries series{.name = name};
    for (const auto i : shown) series.values.emplace_back(d.classes[i].of_size[size]);
    chart.series.push_back(std::move(series));
  }
  return chart;
}

/// Split after split, the classes' shares beside each other: a split that differs stands out.
Chart split_share_chart(const DatasetDistribution& d) {
  const auto shown = frequent_classes(d, 15);
  Chart chart{.kind = Chart::Kind::columns,
              .title = "Share of each class inside each split",
              .note = "Alike in every split when the split is stratified. " + limited_note(d, shown.size()),
              .x_title = "class",
              .y_title = "% of the split's objects",
              .decimals = 1};
  for (const auto i : shown) chart.labels.push_back(d.class_names[i]);
  for (const auto& split : d.splits) {
    ChartSeries series{.name = split.name == "none" ? "no split" : split.name};
    for (const auto i : shown) series.values.emplace_back(100 * ratio(split.of_class[i], split.objects));
    chart.series.push_back(std::move(series));
  }
  return chart;
}

/// Classes that lose anything.
Chart tiny_chart(const DatasetDistribution& d) {
  auto shown = frequent_classes(d, d.classes.size());
  std::erase_if(shown, [&](auto i) {
    const auto& tiny = d.classes[i].tiny;
    return std::all_of(tiny.begin(), tiny.end(), [](auto count) { return count == 0; });
  });
  const auto affected = shown.size();
  if (shown.size() > kMaxBars) shown.resize(kMaxBars);
  Chart chart{.kind = Chart::Kind::bars,
              .title = fmt::format("Objects under {} pixels on the shorter side, by input size",
                                   plain(d.options.tiny_side, 1)),
              .note = fmt::format(
                  "The whole image scaled into a square input. {} of {} classes have such objects{}.",
                  affected, d.classes.size(), affected > kMaxBars ? "; the most frequent are shown" : ""),
              .x_title = "% of the class's objects",
              .y_title = "class",
              .x_min = 0,
              .decimals = 1};
  for (const auto i : shown) chart.labels.push_back(d.class_names[i]);
  for (std::size_t s = 0; s < d.options.input_sizes.size(); ++s) {
    ChartSeries series{.name = fmt::format("input {}", d.options.input_sizes[s])};
    for (const auto i : shown)
      series.values.emplace_back(100 * ratio(d.classes[i].tiny[s], d.classes[i].objects));
    chart.series.push_back(std::move(series));
  }
  return chart;
}

HeatMap positions_map(const DatasetDistribution& d) {
  HeatMap map{.title = "Where box centres lie",
              .note = "Share of the centres; the axes are % of the images' width and height.",
              .decimals = 2,
              .numbers = false};
  const auto cells = static_cast<std::size_t>(d.options.position_cells);
  for (std::size_t i = 0; i < cells; ++i)
    map.columns.push_back(plain(100.0 * static_cast<double>(i) / static_cast<double>(cells), 0));
  map.rows = map.columns;
  const auto all = std::accumulate(d.positions.begin(), d.positions.end(), std::size_t{0});
  for (const auto count : d.positions) map.values.push_back(100 * ratio(count, all));
  return map;
}

Chart image_size_chart(const DatasetDistribution& d) {
  Chart chart{.kind = Chart::Kind::scatter,
              .title = "Image sizes",
              .note = counted(d.image_sizes.size(), "size") + "; one point each.",
              .x_title = "width, pixels",
              .y_title = "height, pixels",
              .series = {{.name = "size"}},
              .x_min = 0,
              .y_min = 0};
  for (const auto& size : d.image_sizes)
    chart.series[0].points.push_back({static_cast<double>(size.width), static_cast<double>(size.height)});
  return chart;
}

Table image_size_table(const DatasetDistribution& d) {
  Table table;
  table.columns = {{"image size", "size", false}, {"images", "images"}, {"share", "share"}};
  for (const auto& size : d.image_sizes) {
    if (table.rows.size() == 12) {
      table.notes = {fmt::format("The 12 most frequent of {} sizes.", d.image_sizes.size())};
      break;
    }
    const auto share = ratio(size.images, d.whole.images);
    table.rows.push_back({text_cell(fmt::format("{} x {}", size.width, size.height)),
                          count_cell(static_cast<std::int64_t>(size.images)),
                          {percent(share), share}});
  }
  return table;
}

Table pair_table(const DatasetDistribution& d) {
  Table table;
  table.columns = {
      {"class", "first", false}, {"and", "second", false}, {"images with both", "images"}, {"lift", "lift"}};
  for (const auto& pair : d.pairs)
    table.rows.push_back({text_cell(d.class_names[static_cast<std::size_t>(pair.first)]),
                          text_cell(d.class_names[static_cast<std::size_t>(pair.second)]),
                          count_cell(static_cast<std::int64_t>(pair.images)), number_cell(pair.lift, 2)});
  table.notes = {"Lift: over what chance would give; above 1 the classes attract each other."};
  return table;
}

/// The classes of the most frequent pairs; empty when they are too few for a picture.
HeatMap pair_map(const DatasetDistribution& d) {
  HeatMap map{.title = "Images that hold both classes", .numbers = true};
  std::vector<std::size_t> shown;
  for (const auto i : frequent_classes(d, kMaxMatrix)) shown.push_back(i);
  for (const auto i : shown) map.columns.push_back(d.class_names[i]);
  map.rows = map.columns;
  for (const auto row : shown)
    for (const auto column : shown) {
      std::size_t images = row == column ? d.classes[row].images : 0;
      for (const auto& pair : d.pairs)
        if (static_cast<std::size_t>(pair.first) == std::min(row, column) &&
            static_cast<std::size_t>(pair.second) == std::max(row, column))
          images = pair.images;
      map.values.push_back(static_cast<double>(images));
    }
  map.note = "On the diagonal: images that hold the class.";
  return map;
}

Table tag_table(const DatasetDistribution& d) {
  Table table;
  table.columns = {{"class", "class", false}, {"on the image", "present"}, {"not on it", "absent"}};
  for (std::size_t i = 0; i < d.tags.size(); ++i)
    if (d.tags[i].present + d.tags[i].absent > 0)
      table.rows.push_back({text_cell(d.class_names[i]),
                            count_cell(static_cast<std::int64_t>(d.tags[i].present)),
                            count_cell(static_cast<std::int64_t>(d.tags[i].absent))});
  return table;
}

void add_objects(Page& page, const DatasetDistribution& d) {
  page.section("Classes").chart(balance_chart(d));
  if (d.splits.size() > 1) page.chart(split_share_chart(d));
  page.table(class_balance_table(d));
  page.section("Sizes").chart(size_chart(d));
  if (std::any_of(d.whole.tiny.begin(), d.whole.tiny.end(), [](auto count) { return count > 0; }))
    page.chart(tiny_chart(d));
  page.chart(histogram_chart(d.side_pixels, range_labels(d.side_pixels, Labels::numbers), false,
                             "Sides of boxes in pixels", "square root of the area", "objects"));
  page.chart(histogram_chart(d.side_share, range_labels(d.side_share, Labels::shares), false,
                             "Sides of boxes relative to the image", "% of the image's side", "objects"));
  page.table(spread_table(d));
  page.heading("By class").table(parts_table(d, "class"));
  page.section("Shapes and places").chart(aspect_chart(d.box_aspect, "Aspect of boxes", "objects"));
  page.heat_map(positions_map(d));
}

void add_images(Page& page, const DatasetDistribution& d) {
  page.section("Images").chart(histogram_chart(
      d.objects_per_image, range_labels(d.objects_per_image, Labels::whole), true, "Objects an image",
      "objects", "images", "Images that nobody has looked at are left out."));
  if (d.image_sizes.size() > 3) page.chart(image_size_chart(d));
  if (d.image_sizes.size() > 1) page.chart(aspect_chart(d.image_aspect, "Aspect of images", "images"));
  page.table(image_size_table(d)).heading("Splits").table(split_table(d));
  if (!d.pairs.empty()) {
    page.section("Classes that occur together");
    // Pairs beyond those counted would read as 0.
    if (d.pairs.size() < d.options.max_pairs) page.heat_map(pair_map(d));
    page.table(pair_table(d));
  }
  if (auto table = tag_table(d); !table.rows.empty()) page.section("Tags of images").table(table);
  if (d.groups.empty()) return;
  auto table = parts_table(d, "group");
  if (table.rows.size() > kMaxRows) {
    table.notes = {fmt::format("The {} largest of {} groups.", kMaxRows, table.rows.size())};
    table.rows.resize(kMaxRows);
  }
  page.section("Groups")
      .text("Images of one video, burst or pattern; a group never straddles splits.")
      .table(table);
}

}  // namespace

std::string dataset_page(const DatasetDistribution& d, const DatasetPageOptions& options) {
  Page page(options.title);
  page.subtitle(options.subtitle).footer(options.footer);
  page.facts({{"images", std::to_string(d.whole.images)},
              {"objects", std::to_string(d.whole.objects)},
              {"classes", std::to_string(d.class_names.size())},
              {"objects an image", plain(d.whole.objects_per_image.median, 1)},
              {"negatives", std::to_string(d.whole.negatives)},
              {"imbalance", d.imbalance > 0 ? plain(d.imbalance, 1) : "n/a"},
              {"median side", d.whole.side.count > 0 ? plain(d.whole.side.median, 0) + " px" : "n/a"},
              {"input for 95 %", d.input_for_most > 0 ? std::to_string(d.input_for_most) : "n/a"}});
  for (const auto& sentence : dataset_advice(d)) page.advice(sentence);
  page.list(dataset_facts(d));
  if (d.whole.objects > 0) add_objects(page, d);
  if (d.whole.images > 0) add_images(page, d);
  return page.html();
}

}  // namespace ds
