#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "ds/base/text.h"
#include "ds/importing/fix_project.h"
#include "options.h"
#include "printing.h"
#include "verbs.h"

namespace ds::import_tool {

namespace {

struct FixFlags {
  FixOptions options;
};

int run(Context& context, FixFlags& o) {
  auto project = tool::open_project(context);
  if (context.shared.dry_run) o.options.apply = false;
  auto report = fix_project(project, o.options);
  if (context.shared.json) {
    nlohmann::ordered_json json = {
        {"applied", o.options.apply}, {"images", report.images}, {"by_code", report.by_code}};
    json["fixes"] = nlohmann::ordered_json::array();
    for (const auto& fix : report.fixes) json["fixes"].push_back(issue_json(fix));
    context.out.json(json);
    return 0;
  }
  for (const auto& fix : report.fixes)
    context.out.line(fmt::format("{} {}: {}", fix.code, fix.location.to_string(), fix.message));
  if (report.fixes.empty()) {
    context.out.line("nothing to mend");
    return 0;
  }
  std::vector<std::string> parts;
  for (const auto& [code, count] : report.by_code) parts.push_back(fmt::format("{} {}", count, code));
  context.out.line(fmt::format("{} {} in {}: {}", o.options.apply ? "mended" : "would mend",
                               counted(report.fixes.size(), "fault"), counted(report.images, "image"),
                               join(parts, ", ")));
  if (!o.options.apply) context.out.line("do it with --apply; each image can be undone");
  return 0;
}

}  // namespace

void add_fix(Tool& tool) {
  auto& verb = tool.verb("fix", "mend what `check` finds and no person need decide");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<FixFlags>();
  std::string text =
      "Lists what it would mend; --apply does it, one journal entry an image, which `ds-label undo` takes back.\n\n";
  for (const auto& [code, how] : fix_codes()) text += fmt::format("  {}: {}\n", code, how);
  verb.describe(text);
  verb.example("ds-import fix --only ZERO_SIZE_BOX,DUPLICATE_OBJECT --apply");
  verb.options()
      .add("apply", o.options.apply, "mend it; else it is only listed")
      .add("only", o.options.only, "only faults of these codes", "CODES")
      .add("where", o.options.where, kWhereHelp, "FILTER");
  verb.run([&o](Context& context) { return run(context, o); });
}

}  // namespace ds::import_tool
