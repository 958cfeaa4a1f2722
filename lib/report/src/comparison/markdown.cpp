#include <fmt/format.h>

#include <algorithm>

#include "comparison/parts.h"
#include "ds/base/text.h"
#include "ds/report/comparison_page.h"

namespace ds {

namespace {

/// Names of models and classes stand for themselves: no tags, no emphasis, no links, no mentions.
std::string markdown_text(const std::string& text) {
  // At its beginning, "# x" is a heading.
  std::string out = text.size() > 1 && text[0] == '#' ? "\\" : "";
  for (const char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else if (c == '@')
      out += "&#64;";
    else if (c == '\n' || c == '\r')
      out += ' ';
    else if (std::string_view("\\`*_[]~").find(c) != std::string_view::npos)
      out += std::string("\\") + c;
    else
      out += c;
  }
  return out;
}

/// Cells without a number and titles are text of somebody else.
Table escaped(Table table) {
  table.title = markdown_text(table.title);
  for (auto& column : table.columns) column.title = markdown_text(column.title);
  for (auto& row : table.rows)
    for (auto& cell : row)
      if (!cell.number) cell.text = markdown_text(cell.text);
  std::vector<std::string> notes;
  for (const auto& note : table.notes) notes.push_back(markdown_text(note));
  table.notes = std::move(notes);
  return table;
}

/// AP of a model minus the best AP, with its interval: from the pairs, else from the entry.
Cell behind_cell(const ComparisonReport& report, std::size_t model, std::size_t best) {
  const auto ap = detail::ap_of(report.models[model]), highest = detail::ap_of(report.models[best]);
  if (model == best || !ap || !highest) return {"n/a"};
  auto interval = report.models[model].entry.behind_best;
  if (const auto* pair = report.pairwise.find(best, model); pair != nullptr && pair->interval)
    interval = pair->b == model ? *pair->interval : Interval{-pair->interval->high, -pair->interval->low};
  const double difference = *ap - *highest;
  if (!interval) return {fmt::format("{:+.3f}", difference), difference};
  return {fmt::format("{:+.3f} [{:+.3f} {:+.3f}]", difference, interval->low, interval->high), difference};
}

/// The columns of the leaderboard that a reviewer reads first, and the distance to the best.
Table compact_board(const ComparisonReport& report, const Table& whole) {
  static const std::vector<std::string> keys = {"rank",     "model",          "ap",     "ap50",
                                                "accuracy", "latency_p50_ms", "size_mb"};
  Table table;
  std::vector<std::size_t> kept;
  for (const auto& key : keys)
    for (std::size_t c = 0; c < whole.columns.size(); ++c)
      if (whole.columns[c].key == key) kept.push_back(c);
  const auto best = detail::best_model(report);
  const bool several = report.models.size() > 1;
  for (const auto c : kept) {
    table.columns.push_back(whole.columns[c]);
    if (several && whole.columns[c].key == "ap") table.columns.push_back({"behind the best", "behind_best"});
  }
  for (std::size_t i = 0; i < whole.rows.size(); ++i) {
    std::vector<Cell> row;
    for (const auto c : kept) {
      row.push_back(whole.rows[i][c]);
      if (several && whole.columns[c].key == "ap")
        row.push_back(i == best ? text_cell("best") : behind_cell(report, i, best));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string folded(const std::string& summary, const std::string& content) {
  return fmt::format("\n<details><summary>{}</summary>\n\n{}\n</details>\n", summary, content);
}

std::string bullets(const std::vector<std::string>& sentences) {
  std::string out;
  for (const auto& sentence : sentences) out += "- " + markdown_text(sentence) + "\n";
  return out;
}

std::string details(const ComparisonReport& report, Table board) {
  std::string out = folded("Whole leaderboard", escaped(std::move(board)).to_markdown());
  if (!report.pairwise.pairs.empty())
    out += folded("Pairs of models", escaped(detail::pair_table(report).table).to_markdown());
  out += folded("AP per class", escaped(detail::class_ap_table(report).table).to_markdown());
  out += folded("Error types", escaped(detail::error_table(report)).to_markdown());
  if (!report.slices.empty())
    out += folded("Slices", escaped(detail::slice_overview(report).table).to_markdown());
  if (!report.agreement.pairs.empty())
    out += folded("Agreement of the models", escaped(detail::agreement_table(report)).to_markdown());
  auto all = definitions();
  for (auto& text : detail::report_definitions(report)) all.push_back(std::move(text));
  return out + folded("Definitions", bullets(all));
}

}  // namespace

std::string comparison_markdown(const ComparisonReport& report) {
  std::string out = "## " + markdown_text(report.title) + "\n\n";
  if (report.models.empty()) return out + "No evaluations.\n";
  auto board = detail::report_leaderboard(report).table;
  out += escaped(compact_board(report, board)).to_markdown();
  if (!board.notes.empty()) {
    out += "\n" + markdown_text(board.notes.front()) + "\n";
    board.notes.erase(board.notes.begin());
  }
  out += "\n" + bullets(detail::verdicts(report));
  if (report.suspect_count > 0)
    out += fmt::format("- {} in question: the models contradict them in the same way.\n",
                       counted(report.suspect_count, "label is", "labels are"));
  for (const auto& warning : report.warnings) out += "- **Warning:** " + markdown_text(warning) + "\n";
  out += details(report, std::move(board));
  if (!report.created_at.empty()) out += "\nMade by ds-compare, " + markdown_text(report.created_at) + "\n";
  return out;
}

}  // namespace ds
