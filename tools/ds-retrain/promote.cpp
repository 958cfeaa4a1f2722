#include <fmt/format.h>

#include "ds/base/error.h"
#include "printing.h"
#include "session.h"
#include "verbs.h"

namespace ds::retrain_tool {
namespace {

struct PromoteFlags {
  Target target;
  std::string model;
  bool force = false;
  std::string reason;
};

int finish(Context& context, Session& session, const TickReport& report) {
  session.announce(report);
  print_tick(context, report);
  if (!report.changed() && !context.shared.json) context.out.line(report.message);
  return report.kind == TickReport::Kind::rolled_back ? 0 : exit_code_of(report.kind, false);
}

}  // namespace

void add_promote(Tool& tool) {
  auto& verb = tool.verb("promote", "put a model into production by hand");
  auto& flags = verb.keep<PromoteFlags>();
  flags.target.bind(verb.options());
  verb.describe(R"(
      Needs a verdict that passed this model against the one in production now, or --force with a
      --reason, which the audit log keeps. The bake window watches it like any other. A model that was
      rolled back is never promoted again.)")
      .example("ds-retrain promote m-1a2b3c4d --force --reason 'the champion is blind at night'")
      .argument("model", flags.model, "id, name or alias of the model");
  verb.options()
      .add("force", flags.force, "without a verdict; needs --reason")
      .add("reason", flags.reason, "why, for the audit log");
  verb.run([&flags](Context& context) {
    if (flags.force && flags.reason.empty())
      throw UsageError("--force needs --reason TEXT, for the audit log");
    Session session(context, flags.target, Locked::yes);
    auto model = session.project().models().get(flags.model).id;
    if (context.shared.dry_run) {
      context.out.line(fmt::format("would promote {} on '{}'", model, session.deployment()));
      return 0;
    }
    return finish(context, session, session.machine().promote(model, flags.force ? flags.reason : ""));
  });
}

void add_rollback(Tool& tool) {
  auto& verb = tool.verb("rollback", "go back to the model before the one in production");
  auto& flags = verb.keep<PromoteFlags>();
  flags.target.bind(verb.options());
  verb.describe("The model that is rolled back is never promoted again. An open cycle ends.")
      .example("ds-retrain rollback --reason 'misses every second cell'");
  verb.options().add("reason", flags.reason, "why, for the audit log");
  verb.run([&flags](Context& context) {
    Session session(context, flags.target, Locked::yes);
    if (context.shared.dry_run) {
      context.out.line(
          fmt::format("would roll back {} on '{}'", session.stages().champion(), session.deployment()));
      return 0;
    }
    return finish(context, session, session.machine().roll_back(flags.reason));
  });
}

void add_resume(Tool& tool) {
  auto& verb = tool.verb("resume", "close the circuit breaker after repeated cycles without a promotion");
  auto& flags = verb.keep<PromoteFlags>();
  flags.target.bind(verb.options());
  verb.example("ds-retrain resume --reason 'fixed the labels of class bar'");
  verb.options().add("reason", flags.reason, "why, for the audit log");
  verb.run([&flags](Context& context) {
    Session session(context, flags.target, Locked::yes);
    bool was_open = session.machine().reset_breaker(flags.reason);
    context.out.line(was_open ? "the circuit breaker is closed again" : "the circuit breaker was not open");
    return 0;
  });
}

}  // namespace ds::retrain_tool
