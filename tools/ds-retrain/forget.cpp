#include "ds/retrain/forget.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/text.h"
#include "ds/retrain/rule_check.h"
#include "session.h"
#include "verbs.h"

namespace ds::retrain_tool {
namespace {

struct ForgetFlags {
  std::vector<std::string> sha256;
};

int run_forget(Context& context, const ForgetFlags& flags) {
  auto project = tool::open_project(context);
  std::optional<FileLock> lock;
  if (!context.shared.dry_run) lock.emplace(project.lock("retrain"));
  for (const auto& each : flags.sha256) {
    auto report = forget_capture(project, each, context.shared.dry_run);
    if (context.shared.json) {
      context.out.json_line({{"sha256", report.sha256},
                             {"files", report.files},
                             {"captures", report.captures},
                             {"images", report.images},
                             {"snapshots", report.snapshots}});
      continue;
    }
    context.out.line(fmt::format("{}: {}, {}, {} {}", report.sha256.substr(0, 12),
                                 counted(report.files, "file"), counted(report.captures, "capture"),
                                 counted(report.images, "image"),
                                 tool::did(context, "removed", "would be removed")));
    for (const auto& snapshot : report.snapshots)
      context.out.line(
          fmt::format("  snapshot {} still lists it: models trained on it have seen it", snapshot));
  }
  return 0;
}

}  // namespace

void add_forget(Tool& tool) {
  auto& verb = tool.verb("forget", "remove captured pictures for good: files, records, images, blobs");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<ForgetFlags>();
  verb.describe(R"(
      For a person's right to be forgotten. Names the snapshots that list the picture: what was trained
      on them has seen it.)")
      .example("ds-retrain forget 3f2a...")
      .arguments("sha256", flags.sha256, "SHA-256 of the picture (at least 12 digits), or its image name");
  verb.run([&flags](Context& context) { return run_forget(context, flags); });
}

}  // namespace ds::retrain_tool
