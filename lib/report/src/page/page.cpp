#include "ds/report/page.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/hash.h"
#include "page/embedded.h"
#include "page/html.h"

namespace ds {

using detail::list_html;
using detail::note_html;
using detail::table_html;

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

std::string anchor(std::size_t section) {
  return fmt::format("section-{}", section + 1);
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

Page& Page::table(const Table& table, const TableLook& look) {
  close_figures();
  body_ += table_html(table, table.rows.size() > 2 && detail::has_titles(table) ? "sortable" : "", look);
  body_ += list_html(table.notes, "notes");
  return *this;
}

Page& Page::chart(const Chart& chart) {
  open_figures();
  const int id = ++charts_;
  body_ += fmt::format(
      "<figure{6}><figcaption id=\"title-{0}\">{1}</figcaption><div class=\"canvas\" style=\"height:{2}px\">"
      "<canvas data-chart=\"chart-{0}\" role=\"img\" aria-labelledby=\"title-{0}\">The table below has the "
      "same "
      "numbers.</canvas></div>{3}<details><summary>Numbers</summary>{4}</details></figure>\n"
      "<script type=\"application/json\" id=\"chart-{0}\">{5}</script>\n",
      id, html_escaped(chart.title), chart_height(chart), note_html(chart.note),
      table_html(chart_table(chart), ""), detail::script_json(chart_config(chart)),
      // Shares over shares are read on a figure that is not stretched.
      chart.kind == Chart::Kind::curve && chart.x_max && chart.y_max ? " class=\"square\"" : "");
  return *this;
}

Page& Page::heat_map(const HeatMap& map) {
  open_figures();
  body_ += detail::heat_map_html(map);
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

Page& Page::gallery(const std::vector<MarkedPicture>& pictures, const std::string& missed) {
  if (pictures.empty()) return *this;
  close_figures();
  body_ += "<div class=\"layers\">" + detail::legend_html(pictures, ++galleries_, missed) +
           "<div class=\"gallery\">\n";
  for (const auto& picture : pictures) body_ += detail::marked_picture_html(picture);
  body_ += "</div></div>\n";
  return *this;
}

Page& Page::choice(const std::string& label, const std::vector<std::string>& names,
                   const std::function<void(std::size_t)>& fill) {
  close_figures();
  if (names.size() < 2) {
    if (!names.empty()) fill(0);
    close_figures();
    return *this;
  }
  body_ +=
      fmt::format("<div class=\"choice\" data-key=\"{0}\"><div class=\"menu\" hidden><label>{0} <select>",
                  html_escaped(label));
  for (const auto& name : names) body_ += "<option>" + html_escaped(name) + "</option>";
  body_ += "</select></label></div>\n";
  for (std::size_t i = 0; i < names.size(); ++i) {
    body_ +=
        fmt::format("<div class=\"panel\" role=\"group\" aria-label=\"{0}\"><h3 class=\"name\">{0}</h3>\n",
                    html_escaped(names[i]));
    fill(i);
    close_figures();
    body_ += "</div>\n";
  }
  body_ += "</div>\n";
  return *this;
}

Page& Page::series_menu(const std::string& label, const std::vector<std::string>& names) {
  menu_ = fmt::format("<details class=\"series\" hidden><summary>{}</summary><div>", html_escaped(label));
  for (std::size_t i = 0; i < names.size(); ++i)
    menu_ += fmt::format(
        "<label><input type=\"checkbox\" checked data-series=\"{0}\"><i "
        "style=\"background:var(--s{1})\"></i>{0}"
        "</label>",
        html_escaped(names[i]), i % 8);
  menu_ += "</div></details>\n";
  return *this;
}

std::string Page::navigation() const {
  if (sections_.size() < 3) return {};
  std::string out = "<nav aria-label=\"Sections\">";
  for (std::size_t i = 0; i < sections_.size(); ++i)
    out += fmt::format("<a href=\"#{}\">{}</a>", anchor(i), html_escaped(sections_[i]));
  return out + "</nav>\n";
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
  out += navigation();
  out += "<main>\n";
  if (charts_ > 0)
    out +=
        "<noscript><p class=\"advice\">Charts need JavaScript. Their numbers stand in the "
        "tables.</p></noscript>\n";
  out += menu_ + body_;
  if (in_figures_) out += "</div>\n";
  out += "</main>\n";
  if (!footer_.empty()) out += "<footer>" + html_escaped(footer_) + "</footer>\n";
  if (charts_ > 0)
    out += "<script>\n" + std::string(kChartLicence) + std::string(detail::chart_js()) + "\n</script>\n";
  return out + "<script>\n" + std::string(detail::page_js()) + "</script>\n</body>\n</html>\n";
}

}  // namespace ds
