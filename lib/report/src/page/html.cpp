#include "page/html.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds::detail {

namespace {

/// What all error bars of a table are drawn on.
struct BarScale {
  double low = 0;
  double high = 1;
  int decimals = 2;
  double place(double value) const { return kWidth * (value - low) / (high - low); }
  static constexpr double kWidth = 150;
  static constexpr double kHeight = 16;
};

BarScale scale_of(const TableLook& look) {
  std::vector<double> all;
  auto add = [&](const std::optional<double>& value) {
    if (value && std::isfinite(*value)) all.push_back(*value);
  };
  for (const auto& bar : look.bars) {
    add(bar.value);
    add(bar.low);
    add(bar.high);
  }
  add(look.reference);
  if (all.empty()) return {};
  const auto [low, high] = std::minmax_element(all.begin(), all.end());
  const double room = std::max((*high - *low) * 0.06, 1e-4);
  BarScale scale{*low - room, *high + room, 2};
  if (scale.high - scale.low < 0.05) scale.decimals = 3;
  return scale;
}

std::string bar_svg(const ErrorBar& bar, const std::optional<double>& reference, const BarScale& scale) {
  std::string out = fmt::format(
      "<svg class=\"bar\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" aria-hidden=\"true\">",
      BarScale::kWidth, BarScale::kHeight);
  if (reference)
    out +=
        fmt::format("<path class=\"ref\" d=\"M{:.1f} 0V{}\"/>", scale.place(*reference), BarScale::kHeight);
  if (bar.low && bar.high)
    out += fmt::format("<path d=\"M{0:.1f} 8H{1:.1f}M{0:.1f} 4.5V11.5M{1:.1f} 4.5V11.5\"/>",
                       scale.place(*bar.low), scale.place(*bar.high));
  if (bar.value) out += fmt::format("<circle cx=\"{:.1f}\" cy=\"8\" r=\"3.5\"/>", scale.place(*bar.value));
  return out + "</svg>";
}

/// The leftmost column of words stays in sight when the table is scrolled sideways.
std::size_t key_column(const Table& table) {
  const auto at =
      std::find_if(table.columns.begin(), table.columns.end(), [](const auto& c) { return !c.right; });
  return static_cast<std::size_t>(at - table.columns.begin());
}

std::string class_attribute(bool left, bool key, bool tinted) {
  std::vector<std::string> names;
  if (left) names.emplace_back("left");
  if (key) names.emplace_back("key");
  if (tinted) names.emplace_back("tint");
  return names.empty() ? "" : " class=\"" + join(names, " ") + "\"";
}

constexpr std::size_t kTallRows = 25;  // longer tables scroll inside themselves

/// A table that is wider than the page would break the names of models into many lines.
std::string key_width(const Table& table) {
  const auto key = key_column(table);
  if (key == table.columns.size()) return {};
  std::size_t longest = display_width(table.columns[key].title);
  for (const auto& row : table.rows)
    if (key < row.size()) longest = std::max(longest, display_width(row[key].text));
  return fmt::format(" style=\"--key:{}ch\"", longest + 2);
}

std::string head_html(const Table& table, const TableLook& look, const BarScale& scale) {
  std::string bars;
  if (!look.bars.empty())
    bars = fmt::format("<th scope=\"col\" class=\"bars\">{} <span>{:.{}f} to {:.{}f}</span></th>",
                       html_escaped(look.bars_title), scale.low, scale.decimals, scale.high, scale.decimals);
  std::string out = "<thead><tr>";
  const auto key = key_column(table);
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (c == look.bars_before) out += bars;
    out +=
        fmt::format("<th scope=\"col\"{}>{}</th>", class_attribute(!table.columns[c].right, c == key, false),
                    html_escaped(table.columns[c].title));
  }
  if (!look.bars_before) out += bars;
  return out + "</tr></thead>";
}

std::string row_html(const Table& table, std::size_t r, const TableLook& look, const BarScale& scale) {
  const auto& row = table.rows[r];
  std::string bar;
  if (!look.bars.empty())
    bar = fmt::format("<td class=\"bars\"{}>{}</td>",
                      look.bars[r].value ? " data-n=\"" + shortest(*look.bars[r].value) + "\"" : "",
                      bar_svg(look.bars[r], look.reference, scale));
  std::string out = "<tr>";
  const auto key = key_column(table);
  for (std::size_t c = 0; c < row.size(); ++c) {
    if (c == look.bars_before) out += bar;
    const bool tinted =
        row[c].number && std::find(look.shaded.begin(), look.shaded.end(), c) != look.shaded.end();
    out += "<td" + class_attribute(!table.columns[c].right, c == key, tinted);
    if (row[c].number) out += fmt::format(" data-n=\"{}\"", shortest(*row[c].number));
    if (tinted) out += fmt::format(" style=\"--v:{:.2f}\"", 0.5 * std::clamp(*row[c].number, 0.0, 1.0));
    out += '>' + html_escaped(row[c].text) + "</td>";
  }
  if (!look.bars_before) out += bar;
  return out + "</tr>\n";
}

/// Of 81 x 81 cells most are empty: they cost nine bytes each, and the page's script says where one is.
std::string large_cell(double value, double strength, int decimals) {
  if (value == 0) return "<td></td>";
  return fmt::format("<td style=\"--v:{:.2f}\"{}>{:.{}f}</td>", 0.06 + 0.94 * strength,
                     strength > 0.55 ? " class=\"strong\"" : "", value, decimals);
}

}  // namespace

std::string table_html(const Table& table, const std::string& kind, const TableLook& look) {
  if (!look.bars.empty() && look.bars.size() != table.rows.size())
    throw Error(fmt::format("{} error bars for {} rows", look.bars.size(), table.rows.size()));
  table.check();
  const auto scale = scale_of(look);
  auto names = kind;
  if (!look.shaded.empty()) names += names.empty() ? "shaded" : " shaded";
  // A region that scrolls can be reached and scrolled with the keyboard.
  std::string out = fmt::format("<div class=\"scroll{}\" tabindex=\"0\"><table{}>",
                                table.rows.size() > kTallRows ? " tall" : "",
                                (names.empty() ? "" : " class=\"" + names + "\"") + key_width(table));
  if (!table.title.empty()) out += "<caption>" + html_escaped(table.title) + "</caption>";
  if (has_titles(table)) out += head_html(table, look, scale);
  out += "<tbody>\n";
  for (std::size_t r = 0; r < table.rows.size(); ++r) out += row_html(table, r, look, scale);
  return out + "</tbody></table></div>\n";
}

bool has_titles(const Table& table) {
  return std::any_of(table.columns.begin(), table.columns.end(),
                     [](const auto& c) { return !c.title.empty(); });
}

std::string list_html(const std::vector<std::string>& items, const std::string& kind) {
  if (items.empty()) return {};
  std::string out = kind.empty() ? "<ul>" : "<ul class=\"" + kind + "\">";
  for (const auto& item : items) out += "<li>" + html_escaped(item) + "</li>";
  return out + "</ul>\n";
}

std::string note_html(const std::string& note) {
  return note.empty() ? "" : "<p class=\"note\">" + html_escaped(note) + "</p>";
}

std::string script_json(const nlohmann::ordered_json& json) {
  auto text = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  }
  return out;
}

std::string heat_map_html(const HeatMap& map) {
  const auto cells = map.columns.size() * map.rows.size();
  if (map.values.size() != cells || (!map.strengths.empty() && map.strengths.size() != cells))
    throw Error(fmt::format("heat map '{}' has {} values for {} x {} cells", map.title,
                            map.values.size() != cells ? map.values.size() : map.strengths.size(),
                            map.columns.size(), map.rows.size()));
  const double most = map.values.empty() ? 0 : *std::max_element(map.values.begin(), map.values.end());
  std::string out = fmt::format("<figure{}><figcaption>{}</figcaption>", map.large ? " class=\"whole\"" : "",
                                html_escaped(map.title));
  if (map.large) out += "<div class=\"scroll matrix\" tabindex=\"0\">";
  out += fmt::format("<table class=\"heat{}\" aria-label=\"{}\"><thead><tr><th class=\"head\"></th>",
                     map.large     ? " large"
                     : map.numbers ? ""
                                   : " plain",
                     html_escaped(map.title));
  for (const auto& column : map.columns)
    out += fmt::format("<th scope=\"col\" title=\"{0}\"><span>{0}</span></th>", html_escaped(column));
  out += "</tr></thead><tbody>\n";
  for (std::size_t r = 0; r < map.rows.size(); ++r) {
    out +=
        fmt::format("<tr><th scope=\"row\" class=\"head\" title=\"{0}\">{0}</th>", html_escaped(map.rows[r]));
    for (std::size_t c = 0; c < map.columns.size(); ++c) {
      const auto at = r * map.columns.size() + c;
      const double value = map.values[at];
      const double share = !map.strengths.empty() ? map.strengths[at] : most > 0 ? value / most : 0;
      const double strength = std::clamp(share, 0.0, 1.0);
      if (map.large)
        out += large_cell(value, strength, map.decimals);
      else
        out += fmt::format("<td style=\"--v:{:.2f}\"{} title=\"{} / {}: {:.{}f}\">{:.{}f}</td>",
                           0.04 + 0.96 * strength, strength > 0.55 ? " class=\"strong\"" : "",
                           html_escaped(map.rows[r]), html_escaped(map.columns[c]), value, map.decimals,
                           value, map.decimals);
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table>" + (map.large ? "</div>" : "") + note_html(map.note) + "</figure>\n";
}

}  // namespace ds::detail
