#include <nlohmann/json.hpp>

#include "common/project.h"
#include "ds/labeling/worker_stats.h"
#include "options.h"
#include "verbs.h"

namespace ds::label_tool {
namespace {

void print_labels_per_class(Project& project, Context& context) {
  Table table;
  table.column("class").column("labels", Table::Align::right).column("images", Table::Align::right);
  table.column("proposals", Table::Align::right);
  for (const auto& each : project.images().counts().classes) {
    if (context.shared.json)
      context.out.json_line({{"class", each.name},
                             {"annotations", each.annotations},
                             {"images", each.images},
                             {"proposals", each.proposals}});
    else
      table.row({each.name, std::to_string(each.annotations), std::to_string(each.images),
                 std::to_string(each.proposals)});
  }
  if (!context.shared.json) context.out.text(table.to_text());
}

void print_activity(Project& project, const std::string& by, Context& context) {
  Table table;
  table.column(by);
  for (const char* title : {"edits", "accepted", "rejected", "other"})
    table.column(title, Table::Align::right);
  table.column("last");
  for (const auto& row : activity(project, by)) {
    if (context.shared.json)
      context.out.json_line({{by, row.key},
                             {"edits", row.edits},
                             {"accepted", row.accepted},
                             {"rejected", row.rejected},
                             {"other", row.other},
                             {"last", row.last}});
    else
      table.row({row.key, std::to_string(row.edits), std::to_string(row.accepted),
                 std::to_string(row.rejected), std::to_string(row.other),
                 row.last.substr(0, 10) + " " + row.last.substr(11, 5)});
  }
  if (!context.shared.json) context.out.text(table.to_text());
}

}  // namespace

void add_stats(Tool& tool) {
  auto& verb = tool.verb("stats", "who did how much, when, and what is labelled how often");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& by = verb.keep<std::string>();
  by = "worker";
  verb.options().choice("by", by, {"worker", "class", "day"}, "one line for each");
  verb.example("ds-label stats --by day");
  verb.run([&by](Context& context) {
    auto project = tool::open_project(context);
    if (by == "class")
      print_labels_per_class(project, context);
    else
      print_activity(project, by, context);
    return 0;
  });
}

}  // namespace ds::label_tool
