#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/text.h"
#include "ds/formats/annotation_format.h"
#include "ds/formats/probe_dataset.h"
#include "printing.h"
#include "verbs.h"

namespace ds::import_tool {

namespace {

int run(Context& context) {
  const auto& entries = annotation_formats().entries();
  if (context.shared.json) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& entry : entries)
      list.push_back({{"name", entry.name},
                      {"summary", entry.summary},
                      {"reads", true},
                      {"writes", static_cast<bool>(entry.value.write)},
                      {"cannot_hold", cannot_hold(entry.value)}});
    context.out.json(list);
    return 0;
  }
  for (const auto& entry : entries) {
    context.out.line(
        fmt::format("{}: {}{}", entry.name, entry.summary, entry.value.write ? "" : " (read only)"));
    auto kinds = cannot_hold(entry.value);
    if (entry.value.write)
      context.out.line("    cannot hold: " + (kinds.empty() ? "(holds everything)" : join(kinds, ", ")));
  }
  return 0;
}

}  // namespace

void add_formats(Tool& tool) {
  auto& verb = tool.verb("formats", "list the annotation formats and what each cannot hold");
  verb.honours({Shared::json, Shared::dry_run});
  verb.describe(R"(
      The kinds of loss are those that --allow-loss takes, found by writing a dataset that has
      everything. A format holds what is not listed: it is read back the same.)");
  verb.example("ds-import formats --json");
  verb.run([](Context& context) { return run(context); });
}

}  // namespace ds::import_tool
