#include <fmt/format.h>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/compare/project_evaluations.h"
#include "ds/report/html.h"
#include "printing.h"
#include "project_access.h"
#include "verbs.h"

namespace ds::compare {

namespace {

struct ReportFlags {
  std::filesystem::path output = "report.html";
  SelectionFlags selection;
  BootstrapFlags bootstrap;
};

int run_report(Context& context, const ReportFlags& o) {
  auto project = open_project(context);
  auto comparison =
      compare_stored(project, o.selection.selection, bootstrap_options(o.bootstrap, context.shared));
  sort_entries(comparison.entries, "AP");
  write_file_atomically(o.output,
                        to_html(comparison.entries, {project.settings().name + ": models", utc_now()}));
  context.out.line(fmt::format("wrote {}: {} models", o.output.string(), comparison.entries.size()));
  return 0;
}

}  // namespace

void add_report(Tool& tool) {
  auto& verb = tool.verb("report",
                         "Write one self-contained HTML page about every model evaluated on the same images");
  auto& o = verb.keep<ReportFlags>();
  verb.describe(
          "Leaderboard with definitions, precision over recall, AP per class and size, counts and confusion.")
      .example("ds-compare report -o report.html");
  verb.options().add("output", o.output, "the page");
  o.selection.bind(verb.options());
  o.bootstrap.bind(verb.options(), "; 0: no intervals");
  verb.run([&o](Context& context) { return run_report(context, o); });
}

}  // namespace ds::compare
