#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "ds/labeling/history_text.h"
#include "options.h"
#include "verbs.h"

namespace ds::label_tool {
namespace {

using Json = nlohmann::ordered_json;

Json entry_json(const JournalEntry& entry) {
  auto state = [](const std::string& text) {
    return text.empty() ? Json() : Json::parse(text, nullptr, false);
  };
  Json json = {{"id", entry.id},
               {"time", entry.time},
               {"user", entry.user},
               {"tool", entry.tool},
               {"action", entry.action},
               {"image_id", entry.image_id},
               {"revision", entry.revision},
               {"comment", entry.comment},
               {"change", describe_change(entry)},
               {"before", state(entry.before)},
               {"after", state(entry.after)}};
  if (entry.undoes) json["undoes"] = *entry.undoes;
  return json;
}

struct HistoryFlags {
  std::string image;
  int limit = 20;
};

struct UndoFlags {
  std::string image;
  int steps = 1;
};

}  // namespace

void add_history(Tool& tool) {
  auto& verb = tool.verb("history", "who changed what and when, newest first");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<HistoryFlags>();
  verb.argument("image", o.image, "of this image; default: of all", false);
  verb.options().add("limit", o.limit, "how many entries; 0: all").at_least(0);
  verb.example("ds-label history a.jpg");
  verb.run([&o](Context& context) {
    auto project = tool::open_project(context);
    auto image_id = o.image.empty() ? 0 : project.images().find(o.image).id;
    Table table;
    table.column("id", Table::Align::right).column("time").column("user").column("action");
    table.column("image", Table::Align::right)
        .column("rev", Table::Align::right)
        .column("change")
        .column("comment");
    for (const auto& entry :
         project.images().history(image_id, static_cast<std::size_t>(std::max(o.limit, 0)))) {
      if (context.shared.json) {
        context.out.json_line(entry_json(entry));
        continue;
      }
      table.row({std::to_string(entry.id), entry.time.substr(0, 10) + " " + entry.time.substr(11, 8),
                 entry.user, entry.action, entry.image_id == 0 ? "" : fmt::format("#{}", entry.image_id),
                 entry.image_id == 0 ? "" : std::to_string(entry.revision), describe_change(entry),
                 entry.comment});
    }
    if (!context.shared.json) context.out.text(table.to_text());
    return 0;
  });
}

void add_undo(Tool& tool) {
  auto& verb = tool.verb("undo", "take back the newest changes of an image");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<UndoFlags>();
  bind_image(verb, o.image);
  verb.options().add("steps", o.steps, "how many changes").at_least(1);
  verb.describe("What is taken back stays in the history, as does the taking back.");
  verb.example("ds-label undo a.jpg");
  verb.run([&o](Context& context) {
    if (o.steps < 1) throw UsageError(fmt::format("--steps {}: at least one", o.steps));
    auto project = tool::open_project(context);
    auto image = project.images().find(o.image);
    std::vector<JournalEntry> undone;
    change_project(project, context.shared.dry_run, [&] {
      for (int step = 0; step < o.steps; ++step) undone.push_back(project.images().undo(image.id));
    });
    for (const auto& entry : undone) {
      if (context.shared.json)
        context.out.json_line(entry_json(entry));
      else
        context.out.line(
            fmt::format("{}: {} (revision {})", image.name, describe_change(entry), entry.revision));
    }
    tool::note_dry_run(context);
    return 0;
  });
}

}  // namespace ds::label_tool
