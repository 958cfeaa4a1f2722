#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ds/report/chart.h"
#include "ds/report/grid.h"

namespace ds {

/// One HTML page that is a single file: style, script and charts (Chart.js) inside, nothing loaded, and a
/// content policy that would refuse to. Light and dark by the reader's setting or the page's switch, readable
/// on a phone (wide tables scroll inside themselves), printable; every chart carries its numbers as a table.
/// Text is escaped here: callers give plain text. The same calls give the same bytes.
///
///     Page page("Data");
///     page.section("Classes").table(classes).chart(balance);
///     write_file_atomically("data.html", page.html());
class Page {
 public:
  explicit Page(std::string title);

  /// Under the title.
  Page& subtitle(const std::string& text);
  /// A heading that the navigation at the top leads to.
  Page& section(const std::string& title);
  Page& heading(const std::string& title);
  Page& text(const std::string& paragraph);
  /// A remark that stands out: something to act on.
  Page& advice(const std::string& sentence);
  Page& list(const std::vector<std::string>& items);
  /// Label and value: the numbers to see first.
  Page& facts(const std::vector<std::pair<std::string, std::string>>& items);
  /// With its title as caption and its notes below; a click on a column's title sorts.
  Page& table(const Grid& grid);
  /// Charts, heat maps and pictures that follow each other stand side by side where there is room.
  Page& chart(const Chart& chart);
  Page& heat_map(const HeatMap& map);
  /// A JPEG or PNG, inside the file. @param alt what it shows, for those who do not see it
  Page& picture(std::string_view bytes, const std::string& alt, const std::string& caption = {});
  Page& footer(const std::string& text);

  std::string html() const;

 private:
  void open_figures();
  void close_figures();

  std::string title_;
  std::string subtitle_;
  std::string footer_;
  std::string body_;
  std::vector<std::string> sections_;
  int charts_ = 0;
  bool in_figures_ = false;
};

/// Text that stands for itself inside HTML, also inside an attribute in quotes.
std::string html_escaped(std::string_view text);

}  // namespace ds
