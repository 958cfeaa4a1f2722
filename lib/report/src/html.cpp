#include "ds/report/html.h"

#include <fmt/format.h>

#include <algorithm>

#include "charts.h"
#include "html_style.h"

namespace ds {

namespace {

std::optional<double> known(double value) {
  return value < 0 ? std::nullopt : std::optional(value);
}

std::string name_of(const LeaderboardEntry& entry) {
  return entry.evaluation.model.name + (entry.settings.empty() ? "" : " " + entry.settings);
}

std::string table(const Grid& grid) {
  std::string out = "<div class=\"scroll\"><table><thead><tr>";
  for (const auto& column : grid.columns)
    out += fmt::format("<th{}>{}</th>", column.right ? "" : " class=\"left\"", html_escaped(column.title));
  out += "</tr></thead><tbody>";
  for (const auto& row : grid.rows) {
    out += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c)
      out += fmt::format("<td{}>{}</td>", grid.columns[c].right ? "" : " class=\"left\"",
                         html_escaped(row[c].text));
    out += "</tr>";
  }
  return out + "</tbody></table></div>\n";
}

std::string notes(const Grid& grid) {
  if (grid.notes.empty()) return {};
  std::string out = "<ul class=\"notes soft\">";
  for (const auto& note : grid.notes) out += "<li>" + html_escaped(note) + "</li>";
  return out + "</ul>\n";
}

std::string figure(const std::string& caption, const std::string& chart, const std::string& legend) {
  return fmt::format("<figure><figcaption>{}</figcaption>{}{}</figure>\n", html_escaped(caption), chart,
                     legend);
}

detail::CurveSeries precision_series(const std::string& name, const PrecisionCurve& curve) {
  detail::CurveSeries series{name, {}, {}};
  for (int r = 0; r < kRecallCount; ++r) {
    series.x.push_back(recall_thresholds()[static_cast<std::size_t>(r)]);
    series.y.push_back(std::max(0.0, curve[static_cast<std::size_t>(r)]));
  }
  return series;
}

constexpr std::size_t kClassesAFigure = 20;

/// AP of the classes that have objects, twenty a figure.
std::string class_figures(const std::vector<LeaderboardEntry>& entries, const std::string& legend) {
  const auto& classes = entries.front().evaluation.precision.classes;
  std::vector<std::size_t> shown;
  for (std::size_t c = 0; c < classes.size(); ++c)
    if (classes[c].numbers.ap() >= 0) shown.push_back(c);
  std::string out;
  for (std::size_t first = 0; first < shown.size(); first += kClassesAFigure) {
    const auto last = std::min(shown.size(), first + kClassesAFigure);
    std::vector<std::string> labels;
    std::vector<detail::BarSeries> series;
    for (const auto& entry : entries) series.push_back({name_of(entry), {}});
    for (auto i = first; i < last; ++i) {
      labels.push_back(entries.front().evaluation.class_names[shown[i]]);
      for (std::size_t e = 0; e < entries.size(); ++e)
        series[e].values.push_back(known(entries[e].evaluation.precision.classes[shown[i]].numbers.ap()));
    }
    out += figure(first == 0 ? "AP per class" : "AP per class, continued", detail::bar_chart(labels, series),
                  legend);
  }
  return out;
}

std::string charts(const std::vector<LeaderboardEntry>& entries) {
  std::vector<std::string> names;
  std::vector<detail::CurveSeries> at50, at_all;
  std::vector<detail::BarSeries> sizes;
  for (const auto& entry : entries) {
    const auto& e = entry.evaluation;
    names.push_back(name_of(entry));
    at50.push_back(precision_series(names.back(), e.precision.precision50));
    at_all.push_back(precision_series(names.back(), e.precision.precision));
    const auto& n = e.precision.numbers.values;
    sizes.push_back({names.back(), {known(n[3]), known(n[4]), known(n[5])}});
  }
  const auto legend = detail::legend(names);
  return "<div class=\"charts\">" +
         figure("Precision over recall, IoU .50, mean of the classes",
                detail::curve_chart("recall", "precision", at50), legend) +
         figure("The same, mean of IoU .50 to .95", detail::curve_chart("recall", "precision", at_all),
                legend) +
         figure("AP per size of object", detail::bar_chart({"small", "medium", "large"}, sizes), legend) +
         class_figures(entries, legend) + "</div>\n";
}

std::string details(const LeaderboardEntry& entry) {
  const auto& e = entry.evaluation;
  std::string out = "<h2>" + html_escaped(name_of(entry)) + "</h2>\n";
  for (const auto& warning : e.warnings) out += "<p class=\"soft\">" + html_escaped(warning) + "</p>\n";
  const auto classes = class_grid(e);
  out += "<h3>Per class</h3>\n" + table(classes) + notes(classes);
  // Beyond this many classes nobody reads the matrix as a table.
  if (!e.confusion.cells.empty() && e.confusion.class_count <= 30)
    out += "<h3>Confusion: true classes down, detected classes across</h3>\n" + table(confusion_grid(e));
  return out;
}

}  // namespace

std::string html_escaped(const std::string& text) {
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
      default:
        out += c;
    }
  return out;
}

std::string to_html(const std::vector<LeaderboardEntry>& entries, const HtmlOptions& options) {
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, "
      "initial-scale=1\">\n<title>{0}</title>\n<style>{1}</style>\n</head>\n<body>\n<h1>{0}"
      "</h1>\n",
      html_escaped(options.title), detail::kHtmlStyle);
  if (entries.empty()) {
    out += "<p>No evaluations.</p>\n";
  } else {
    auto board = leaderboard(entries);
    out += "<p class=\"soft\">" + html_escaped(board.notes.front()) + "</p>\n";
    board.notes.erase(board.notes.begin());
    out += table(board) + notes(board) + "<h2>Charts</h2>\n" + charts(entries);
    for (const auto& entry : entries) out += details(entry);
  }
  out += "<footer>Made by ds-compare";
  if (!options.created_at.empty()) out += ", " + html_escaped(options.created_at);
  return out + "</footer>\n</body>\n</html>\n";
}

}  // namespace ds
