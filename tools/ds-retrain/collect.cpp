#include "ds/retrain/collect.h"

#include <nlohmann/json.hpp>

#include "ds/base/text.h"
#include "printing.h"
#include "session.h"
#include "verbs.h"

namespace ds::retrain_tool {

void add_collect(Tool& tool) {
  auto& verb = tool.verb("collect", "make captured requests images of the project, under review");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& target = verb.keep<Target>();
  target.bind(verb.options());
  verb.describe(R"(
      The model's detections become proposals for the reviewer. Holdout captures come without proposals,
      in split test, to be labelled blind; they never train. `tick` and `run` do this too.)")
      .example("ds-retrain collect --deployment cells")
      .run([&target](Context& context) {
        Session session(context, target, lock_for(context));
        auto report =
            context.shared.dry_run ? session.stages().look_at_captures() : session.stages().collect();
        if (context.shared.json)
          context.out.json(to_json(report));
        else if (context.shared.dry_run)
          context.out.line("would collect " + counted(report.captures, "captured image"));
        else if (auto text = collected_text(report); !text.empty())
          context.out.line(text);
        return 0;
      });
}

}  // namespace ds::retrain_tool
