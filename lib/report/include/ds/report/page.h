#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ds/base/table.h"
#include "ds/report/chart.h"

namespace ds {

struct MarkedPicture;

/// A value with its interval, drawn as a dot on a line. What is absent is not drawn.
struct ErrorBar {
  std::optional<double> value = std::nullopt;
  std::optional<double> low = std::nullopt;
  std::optional<double> high = std::nullopt;
};

/// What is drawn into a table beside its numbers.
struct TableLook {
  /// Columns whose cells are tinted by their number, from 0 (not at all) to 1.
  std::vector<std::size_t> shaded = {};
  /// A further column of drawings, one a row; all rows have one scale, whose ends stand in the title.
  std::string bars_title = {};
  std::vector<ErrorBar> bars = {};                        // empty: no such column
  std::optional<double> reference = std::nullopt;         // a line through all rows
  std::optional<std::size_t> bars_before = std::nullopt;  // the column it stands before; absent: the last
};

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
  /// With its title as caption and its notes below; a click on a column's title sorts. Throws Error when
  /// `look` has not as many bars as the table has rows.
  Page& table(const Table& table, const TableLook& look = {});
  /// Charts, heat maps and pictures that follow each other stand side by side where there is room.
  Page& chart(const Chart& chart);
  Page& heat_map(const HeatMap& map);
  /// A JPEG or PNG, inside the file. @param alt what it shows, for those who do not see it
  Page& picture(std::string_view bytes, const std::string& alt, const std::string& caption = {});
  /// Pictures with their boxes drawn over them as vectors, a legend of the kinds of boxes, and switches that
  /// hide labels, predictions and names. Nothing without pictures.
  /// @param missed what a box of MarkedBox::Role::truth_missed is
  Page& gallery(const std::vector<MarkedPicture>& pictures, const std::string& missed = "labelled, missed");
  /// Several panels of which a menu shows one; `fill(i)` adds to the page what stands in the panel of
  /// names[i]. Menus of the same label move together. Without script, panels stand below each other; a single
  /// one has no menu. Panels do not nest.
  Page& choice(const std::string& label, const std::vector<std::string>& names,
               const std::function<void(std::size_t)>& fill);
  /// A menu under the navigation that shows and hides these series in every chart that has them.
  Page& series_menu(const std::string& label, const std::vector<std::string>& names);
  Page& footer(const std::string& text);

  std::string html() const;

 private:
  void open_figures();
  void close_figures();
  std::string navigation() const;

  std::string title_;
  std::string subtitle_;
  std::string footer_;
  std::string menu_;
  std::string body_;
  std::vector<std::string> sections_;
  int charts_ = 0;
  int galleries_ = 0;
  bool in_figures_ = false;
};

/// Text that stands for itself inside HTML, also inside an attribute in quotes.
std::string html_escaped(std::string_view text);

}  // namespace ds
