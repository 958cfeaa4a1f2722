#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/text.h"
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
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
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
    Session session(context, flags.target, lock_for(context));
    auto model = session.project().models().get(flags.model).id;
    const auto reason = flags.force ? flags.reason : "";
    if (context.shared.dry_run) {
      session.machine().require_promotable(model, reason);
      return tool::would(context, fmt::format("promote {} on '{}'", model, session.deployment()),
                         {{"deployment", session.deployment()}, {"model", model}});
    }
    return finish(context, session, session.machine().promote(model, reason));
  });
}

void add_rollback(Tool& tool) {
  auto& verb = tool.verb("rollback", "go back to the model before the one in production");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<PromoteFlags>();
  flags.target.bind(verb.options());
  verb.describe("The model that is rolled back is never promoted again. An open cycle ends.")
      .example("ds-retrain rollback --reason 'misses every second cell'");
  verb.options().add("reason", flags.reason, "why, for the audit log");
  verb.run([&flags](Context& context) {
    Session session(context, flags.target, lock_for(context));
    if (context.shared.dry_run) {
      const auto from = session.stages().champion();
      const auto to = session.machine().rollback_model();
      return tool::would(context, fmt::format("take '{}' from {} back to {}", session.deployment(), from, to),
                         {{"deployment", session.deployment()}, {"from", from}, {"to", to}});
    }
    return finish(context, session, session.machine().roll_back(flags.reason));
  });
}

void add_resume(Tool& tool) {
  auto& verb = tool.verb("resume", "close the circuit breaker after repeated cycles without a promotion");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& flags = verb.keep<PromoteFlags>();
  flags.target.bind(verb.options());
  verb.example("ds-retrain resume --reason 'fixed the labels of class bar'");
  verb.options().add("reason", flags.reason, "why, for the audit log");
  verb.run([&flags](Context& context) {
    Session session(context, flags.target, lock_for(context));
    if (context.shared.dry_run) {
      const bool is_open = session.machine().breaker_is_open();
      return tool::would(
          context, is_open ? "close the circuit breaker" : "do nothing: the circuit breaker is not open",
          {{"deployment", session.deployment()}, {"open", is_open}});
    }
    bool was_open = session.machine().reset_breaker(flags.reason);
    if (context.shared.json)
      context.out.json({{"deployment", session.deployment()}, {"was_open", was_open}});
    else
      context.out.line(was_open ? "the circuit breaker is closed again" : "the circuit breaker was not open");
    return 0;
  });
}

}  // namespace ds::retrain_tool
