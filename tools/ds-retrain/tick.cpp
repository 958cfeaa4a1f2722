#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/stop.h"
#include "explain_text.h"
#include "printing.h"
#include "session.h"
#include "verbs.h"

namespace ds::retrain_tool {
namespace {

struct TickFlags {
  Target target;
  bool detailed = false;
};

TickReport tick_once(Context& context, Session& session) {
  auto report = session.machine().tick();
  session.announce(report);
  print_tick(context, report);
  return report;
}

void bind(Verb& verb, TickFlags& flags) {
  flags.target.bind(verb.options());
  verb.options().add(
      "detailed-exitcode", flags.detailed,
      "exit 10 when the trigger is not met, 11 when captures wait for labels, 12 when the challenger was rejected, 13 after a rollback");
}

}  // namespace

void add_tick(Tool& tool) {
  auto& verb = tool.verb("tick", "take one step: collect, train, measure, decide, promote or watch");
  auto& flags = verb.keep<TickFlags>();
  verb.describe(R"(
      One idempotent, crash-safe step; killed at any point and run again it comes to the same end.

      Prints nothing when nothing changed. Exit code 4: the gate says no (or it rolled back); 5: not
      enough data to tell; 75: another ds-retrain is at work.)")
      .example("ds-retrain tick --deployment cells --detailed-exitcode");
  bind(verb, flags);
  verb.run([&flags](Context& context) {
    Session session(context, flags.target, context.shared.dry_run ? Locked::no : Locked::yes);
    if (context.shared.dry_run) return print_explanation(context, session), 0;
    return exit_code_of(tick_once(context, session).kind, flags.detailed);
  });
}

void add_run(Tool& tool) {
  auto& verb = tool.verb("run", "tick until nothing more can be done now");
  auto& flags = verb.keep<TickFlags>();
  verb.describe(R"(
      What cron calls: goes on from stage to stage until a label, a clock or a person is needed.

      Prints nothing when nothing changed. Exit codes as for `tick`.)")
      .example("ds-retrain run -p cells");
  bind(verb, flags);
  verb.run([&flags](Context& context) {
    Session session(context, flags.target, context.shared.dry_run ? Locked::no : Locked::yes);
    if (context.shared.dry_run) return print_explanation(context, session), 0;
    for (;;) {
      auto report = tick_once(context, session);
      if (!report.again()) return exit_code_of(report.kind, flags.detailed);
      throw_if_stopped();
    }
  });
}

}  // namespace ds::retrain_tool
