#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "ds/base/log.h"
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

/// A call by a clock while another one trains has nothing to do and nothing to say, but to a person who watches.
int pass_by(Context& context, const AtWork& error) {
  if (isatty(STDERR_FILENO) != 0)
    log::info(fmt::format("nothing to do now: {}", error.what()));
  else
    log::debug(error.what());
  print_tick(context, {.kind = TickReport::Kind::waiting, .message = error.what()});
  return 0;
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
  verb.honours({Shared::project, Shared::json, Shared::threads, Shared::dry_run});
  auto& flags = verb.keep<TickFlags>();
  verb.describe(R"(
      One idempotent, crash-safe step; killed at any point and run again it comes to the same end.

      Prints nothing when nothing changed. Exit code 4: the gate says no (or it rolled back); 5: not
      enough data to tell; 75: another ds-retrain is at work.)")
      .example("ds-retrain tick --deployment cells --detailed-exitcode");
  bind(verb, flags);
  verb.run([&flags](Context& context) {
    Session session(context, flags.target, lock_for(context));
    if (context.shared.dry_run) return print_explanation(context, session), 0;
    return exit_code_of(tick_once(context, session).kind, flags.detailed);
  });
}

void add_run(Tool& tool) {
  auto& verb = tool.verb("run", "tick until nothing more can be done now");
  verb.honours({Shared::project, Shared::json, Shared::threads, Shared::dry_run});
  auto& flags = verb.keep<TickFlags>();
  verb.describe(R"(
      What cron calls: goes on from stage to stage until a label, a clock or a person is needed.

      Prints nothing when nothing changed, and while another ds-retrain is at work, be it for hours of
      training: exit code 0. The other exit codes are those of `tick`.)")
      .example("ds-retrain run -p cells");
  bind(verb, flags);
  verb.run([&flags](Context& context) {
    std::optional<Session> session;
    try {
      session.emplace(context, flags.target, lock_for(context));
    } catch (const AtWork& error) {
      return pass_by(context, error);
    }
    if (context.shared.dry_run) return print_explanation(context, *session), 0;
    for (;;) {
      auto report = tick_once(context, *session);
      if (!report.again()) return exit_code_of(report.kind, flags.detailed);
      throw_if_stopped();
    }
  });
}

}  // namespace ds::retrain_tool
