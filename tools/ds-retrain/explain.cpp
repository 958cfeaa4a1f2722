#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/text.h"
#include "explain_text.h"
#include "printing.h"
#include "verbs.h"

namespace ds::retrain_tool {

void print_explanation(Context& context, Session& session) {
  auto explanation = session.machine().explain();
  if (context.shared.json) {
    nlohmann::ordered_json json{{"deployment", session.deployment()},
                                {"stage", ds::to_string(explanation.stage)},
                                {"production", explanation.production},
                                {"summary", explanation.summary},
                                {"counted_from", explanation.counted_from},
                                {"waiting_review", explanation.labels.waiting_review},
                                {"cycle", nullptr},
                                {"terms", ds::to_json(explanation.rules)}};
    if (explanation.open) json["cycle"] = ds::to_json(*explanation.open);
    return context.out.json(json);
  }
  auto line = [&](const char* name, const std::string& value) {
    context.out.line(fmt::format("{:<14}{}", name, value));
  };
  line("deployment", session.deployment());
  line("production", explanation.production);
  line("stage", ds::to_string(explanation.stage));
  if (explanation.open) {
    line("cycle", explanation.open->id);
    if (!explanation.open->challenger_id.empty()) line("challenger", explanation.open->challenger_id);
  }
  line("labels since", explanation.counted_from.empty() ? "the beginning" : explanation.counted_from);
  line("under review", counted(explanation.labels.waiting_review, "captured image"));
  line("why", explanation.summary);
  if (!explanation.rules.empty()) context.out.text("\n" + rules_table(explanation.rules));
}

void add_explain(Tool& tool) {
  auto& verb = tool.verb("explain", "say where it is and why: every term with its value and limit");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& target = verb.keep<Target>();
  target.bind(verb.options());
  verb.example("ds-retrain explain --deployment cells").run([&target](Context& context) {
    Session session(context, target, Locked::no);
    print_explanation(context, session);
    return 0;
  });
}

}  // namespace ds::retrain_tool
