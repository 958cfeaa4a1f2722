#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/text.h"
#include "printing.h"
#include "verbs.h"

namespace ds::import_tool {

namespace {

struct GcFlags {
  double min_age_s = 3600;
};

int run(Context& context, const GcFlags& o) {
  auto project = tool::open_project(context);
  auto found = nlohmann::ordered_json::array();
  auto garbage = project.collect_garbage(
      [&](const std::string& line) {
        if (context.shared.json)
          found.push_back(line);
        else if (context.shared.verbose || context.shared.dry_run)
          context.out.line(line);
      },
      o.min_age_s, context.shared.dry_run);
  if (context.shared.json)
    context.out.json({{"files", garbage.files}, {"bytes", garbage.bytes}, {"found", found}});
  else
    context.out.line(fmt::format("{} {}, {:.1f} MB", tool::did(context, "removed", "would remove"),
                                 counted(garbage.files, "file"), static_cast<double>(garbage.bytes) / 1e6));
  return 0;
}

}  // namespace

void add_gc(Tool& tool) {
  auto& verb = tool.verb("gc", "remove what interrupted commands left behind");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<GcFlags>();
  verb.describe(R"(
      Removes temporary files, stored bytes that no image has, caches and folders that the index does
      not know. What is young is kept: a command at work stores bytes before the rows that name them.)");
  verb.example("ds-import gc --dry-run");
  verb.options().duration("min-age", o.min_age_s, "keep what is younger");
  verb.run([&o](Context& context) { return run(context, o); });
}

}  // namespace ds::import_tool
