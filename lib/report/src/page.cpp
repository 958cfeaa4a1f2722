#include "ds/report/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "embedded.h"

namespace ds {

namespace {

/// Nothing may be loaded: not by a mistake of ours, not by what a dataset is called.
constexpr const char* kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri "
    "'none'; "
    "form-action 'none'";

constexpr const char* kChartLicence = R"(/*
Chart.js (c) 2014-2022 Chart.js Contributors, with @kurkle/color (c) 2022 Jukka Kurkela: MIT licence.
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions: The above copyright notice and
this permission notice shall be included in all copies or substantial portions of the Software. THE SOFTWARE IS
PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT
HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE,
ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
*/
)";

std::string cell_attributes(const GridColumn& column, const Cell* cell) {
  std::string out = column.right ? "" : " class=\"left\"";
  if (cell && cell->number) out += fmt::format(" data-n=\"{}\"", shortest(*cell->number));
  return out;
}

constexpr std::size_t kTallRows = 25;  // longer tables scroll inside themselves

/// @param kind attributes of the table's tag
std::string table_html(const Grid& grid, const std::string& kind) {
  // A region that scrolls can be reached and scrolled with the keyboard.
  std::string out = fmt::format("<div class=\"scroll{}\" tabindex=\"0\"><table{}>",
                                grid.rows.size() > kTallRows ? " tall" : "", kind);
  if (!grid.title.empty()) out += "<caption>" + html_escaped(grid.title) + "</caption>";
  out += "<thead><tr>";
  for (const auto& column : grid.columns)
    out += fmt::format("<th scope=\"col\"{}>{}</th>", cell_attributes(column, nullptr),
                       html_escaped(column.title));
  out += "</tr></thead><tbody>\n";
  for (const auto& row : grid.rows) {
    if (row.size() != grid.columns.size())
      throw Error(fmt::format("a row of {} cells in a grid of {} columns", row.size(), grid.columns.size()));
    out += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c)
      out +=
          fmt::format("<td{}>{}</td>", cell_attributes(grid.columns[c], &row[c]), html_escaped(row[c].text));
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string list_html(const std::vector<std::string>& items, const char* kind) {
  if (items.empty()) return {};
  std::string out = fmt::format("<ul{}>", kind);
  for (const auto& item : items) out += "<li>" + html_escaped(item) + "</li>";
  return out + "</ul>\n";
}

/// JSON inside a script element: no `<` that could end it.
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

std::string anchor(std::size_t section) {
  return fmt::format("section-{}", section + 1);
}

std::string note_html(const std::string& note) {
  return note.empty() ? "" : "<p class=\"note\">" + html_escaped(note) + "</p>";
}

}  // namespace

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  return out;
}

Page::Page(std::string title) : title_(std::move(title)) {}

void Page::open_figures() {
  if (!in_figures_) body_ += "<div class=\"charts\">\n";
  in_figures_ = true;
}

void Page::close_figures() {
  if (in_figures_) body_ += "</div>\n";
  in_figures_ = false;
}

Page& Page::subtitle(const std::string& text) {
  subtitle_ = text;
  return *this;
}

Page& Page::section(const std::string& title) {
  close_figures();
  body_ += fmt::format("<h2 id=\"{}\">{}</h2>\n", anchor(sections_.size()), html_escaped(title));
  sections_.push_back(title);
  return *this;
}

Page& Page::heading(const std::string& title) {
  close_figures();
  body_ += "<h3>" + html_escaped(title) + "</h3>\n";
  return *this;
}

Page& Page::text(const std::string& paragraph) {
  close_figures();
  body_ += "<p>" + html_escaped(paragraph) + "</p>\n";
  return *this;
}

Page& Page::advice(const std::string& sentence) {
  close_figures();
  body_ += "<p class=\"advice\">" + html_escaped(sentence) + "</p>\n";
  return *this;
}

Page& Page::list(const std::vector<std::string>& items) {
  close_figures();
  body_ += list_html(items, "");
  return *this;
}

Page& Page::facts(const std::vector<std::pair<std::string, std::string>>& items) {
  close_figures();
  body_ += "<dl class=\"facts\">";
  for (const auto& [label, value] : items)
    body_ += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>", html_escaped(label), html_escaped(value));
  body_ += "</dl>\n";
  return *this;
}

Page& Page::table(const Grid& grid) {
  close_figures();
  body_ += table_html(grid, grid.rows.size() > 2 ? " class=\"sortable\"" : "");
  body_ += list_html(grid.notes, " class=\"notes\"");
  return *this;
}

Page& Page::chart(const Chart& chart) {
  open_figures();
  const int id = ++charts_;
  body_ += fmt::format(
      "<figure><figcaption id=\"title-{0}\">{1}</figcaption><div class=\"canvas\" style=\"height:{2}px\">"
      "<canvas data-chart=\"chart-{0}\" role=\"img\" aria-labelledby=\"title-{0}\">The table below has the "
      "same "
      "numbers.</canvas></div>{3}<details><summary>Numbers</summary>{4}</details></figure>\n"
      "<script type=\"application/json\" id=\"chart-{0}\">{5}</script>\n",
      id, html_escaped(chart.title), chart_height(chart), note_html(chart.note),
      table_html(chart_grid(chart), ""), script_json(chart_config(chart)));
  return *this;
}

Page& Page::heat_map(const HeatMap& map) {
  if (map.values.size() != map.columns.size() * map.rows.size())
    throw Error(fmt::format("heat map '{}' has {} values for {} x {} cells", map.title, map.values.size(),
                            map.columns.size(), map.rows.size()));
  open_figures();
  const double most = map.values.empty() ? 0 : *std::max_element(map.values.begin(), map.values.end());
  body_ += "<figure><figcaption>" + html_escaped(map.title) + "</figcaption>";
  body_ += fmt::format("<table class=\"heat{}\" aria-label=\"{}\"><thead><tr><th class=\"head\"></th>",
                       map.numbers ? "" : " plain", html_escaped(map.title));
  for (const auto& column : map.columns)
    body_ += fmt::format("<th scope=\"col\" title=\"{0}\">{0}</th>", html_escaped(column));
  body_ += "</tr></thead><tbody>\n";
  for (std::size_t r = 0; r < map.rows.size(); ++r) {
    body_ +=
        fmt::format("<tr><th scope=\"row\" class=\"head\" title=\"{0}\">{0}</th>", html_escaped(map.rows[r]));
    for (std::size_t c = 0; c < map.columns.size(); ++c) {
      const double value = map.values[r * map.columns.size() + c];
      const double strength = most > 0 ? std::clamp(value / most, 0.0, 1.0) : 0;
      body_ += fmt::format("<td style=\"--v:{:.2f}\"{} title=\"{} / {}: {:.{}f}\">{:.{}f}</td>",
                           0.04 + 0.96 * strength, strength > 0.55 ? " class=\"strong\"" : "",
                           html_escaped(map.rows[r]), html_escaped(map.columns[c]), value, map.decimals,
                           value, map.decimals);
    }
    body_ += "</tr>\n";
  }
  body_ += "</tbody></table>" + note_html(map.note) + "</figure>\n";
  return *this;
}

Page& Page::picture(std::string_view bytes, const std::string& alt, const std::string& caption) {
  open_figures();
  body_ += "<figure>";
  if (!caption.empty()) body_ += "<figcaption>" + html_escaped(caption) + "</figcaption>";
  body_ += fmt::format("<img alt=\"{}\" src=\"data:image/{};base64,{}\"></figure>\n", html_escaped(alt),
                       bytes.starts_with("\x89PNG") ? "png" : "jpeg", base64_encode(bytes));
  return *this;
}

Page& Page::footer(const std::string& text) {
  footer_ = text;
  return *this;
}

std::string Page::html() const {
  const auto title = html_escaped(title_);
  const std::string dark(detail::dark_css());
  std::string css(detail::page_css());
  const std::string mark = "/*dark*/";
  css.replace(css.find(mark), mark.size(),
              "@media (prefers-color-scheme: dark) { :root:not([data-theme=light]) {\n" + dark +
                  "} }\n:root[data-theme=dark] {\n" + dark + "}");
  std::string out =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n" +
      fmt::format("<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n", kPolicy) + "<title>" +
      title + "</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n" + css +
      "</style>\n</head>\n<body>\n" + "<header><div><h1>" + title + "</h1>";
  if (!subtitle_.empty()) out += "<p class=\"soft\">" + html_escaped(subtitle_) + "</p>";
  out += "</div><button type=\"button\" class=\"theme\">Theme: auto</button></header>\n";
  if (sections_.size() > 2) {
    out += "<nav aria-label=\"Sections\">";
    for (std::size_t i = 0; i < sections_.size(); ++i)
      out += fmt::format("<a href=\"#{}\">{}</a>", anchor(i), html_escaped(sections_[i]));
    out += "</nav>\n";
  }
  out += "<main>\n";
  if (charts_ > 0)
    out +=
        "<noscript><p class=\"advice\">Charts need JavaScript. Their numbers stand in the "
        "tables.</p></noscript>\n";
  out += body_;
  if (in_figures_) out += "</div>\n";
  out += "</main>\n";
  if (!footer_.empty()) out += "<footer>" + html_escaped(footer_) + "</footer>\n";
  if (charts_ > 0)
    out += "<script>\n" + std::string(kChartLicence) + std::string(detail::chart_js()) + "\n</script>\n";
  return out + "<script>\n" + std::string(detail::page_js()) + "</script>\n</body>\n</html>\n";
}

}  // namespace ds
