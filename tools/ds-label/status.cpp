#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/text.h"
#include "ds/labeling/dashboard.h"
#include "options.h"
#include "verbs.h"

namespace ds::label_tool {
namespace {

struct StatusOptions {
  std::filesystem::path html;
  int events = 8;
};

std::string bar(double share) {
  constexpr int kCells = 40;
  auto filled = static_cast<int>(std::floor(share * kCells));
  return "[" + std::string(static_cast<std::size_t>(filled), '#') +
         std::string(static_cast<std::size_t>(kCells - filled), '-') + "]";
}

std::string states_text(const Dashboard& board) {
  Table table;
  table.column("state").column("images", Table::Align::right);
  for (const auto& state : image_state_names()) {
    auto found = board.counts.by_state.find(state);
    table.row({state, std::to_string(found == board.counts.by_state.end() ? 0 : found->second)});
  }
  return table.to_text();
}

std::string classes_text(const Dashboard& board) {
  Table table;
  table.column("class").column("labels", Table::Align::right).column("images", Table::Align::right);
  table.column("proposals", Table::Align::right);
  for (const auto& each : board.counts.classes)
    table.row({each.name, std::to_string(each.annotations), std::to_string(each.images),
               std::to_string(each.proposals)});
  return table.to_text();
}

std::string workers_text(const Dashboard& board) {
  Table table;
  table.column("worker");
  for (const char* title : {"assigned", "open", "done", "edits", "accepted", "rejected"})
    table.column(title, Table::Align::right);
  for (const auto& each : board.workers)
    table.row({each.name, std::to_string(each.assigned), std::to_string(each.open), std::to_string(each.done),
               std::to_string(each.edits), std::to_string(each.accepted), std::to_string(each.rejected)});
  return table.to_text();
}

void print(const Dashboard& board, Output& out) {
  out.line(board.project);
  out.line(fmt::format("{} {:.0f} %  {} of {} finished", bar(board.progress()),
                       std::floor(100 * board.progress()), board.finished,
                       counted(board.counts.images, "image")));
  out.line("");
  out.text(states_text(board));
  out.line(fmt::format("{} without objects (negatives)", counted(board.counts.negatives, "image")));
  out.line("");
  out.text(classes_text(board));
  if (!board.workers.empty()) out.text("\n" + workers_text(board));
  if (!board.events.empty()) out.line("\nrecent");
  for (const auto& event : board.events)
    out.line(fmt::format("  {} {}  {}", event.time.substr(0, 10), event.time.substr(11, 5), event.message));
}

}  // namespace

void add_status(Tool& tool) {
  auto& verb = tool.verb("status", "dashboard: image states, labels per class and worker, progress, news");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<StatusOptions>();
  verb.example("ds-label status").example("ds-label status --html status.html");
  verb.options()
      .add("html", o.html, "write the dashboard as one self-contained page")
      .add("events", o.events, "how many recent events to show")
      .at_least(0);
  verb.run([&o](Context& context) {
    auto project = tool::open_project(context);
    auto board = read_dashboard(project, static_cast<std::size_t>(std::max(o.events, 0)));
    if (!o.html.empty()) tool::write_beside(context, o.html, dashboard_html(board));
    if (context.shared.json)
      context.out.json(dashboard_json(board));
    else if (o.html.empty())
      print(board, context.out);
    return 0;
  });
}

}  // namespace ds::label_tool
