#include <fmt/format.h>

#include "common.h"
#include "common/project.h"
#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/notify/notify.h"
#include "ds/train/elimination.h"
#include "ds/train/environment.h"
#include "ds/train/session.h"
#include "run_jobs.h"
#include "verbs.h"

namespace ds::train_tool {
namespace {

std::string length_text(const TrainOptions& options) {
  return options.budget_s > 0 ? human_duration(options.budget_s) : fmt::format("{} epochs", options.epochs);
}

}  // namespace

TrainRequest request_of(const RunFlags& flags, const OptionSet& given, const SharedOptions& shared) {
  auto request = flags.request;
  request.seed = shared.seed;
  request.threads = shared.threads;
  request.given = given_options(given);
  request.dry_run = shared.dry_run;
  return request;
}

Table plan_table(const TrainingPlan& plan) {
  Table table;
  table.column("#", Table::Align::right)
      .column("architecture")
      .column("input")
      .column("recipe")
      .column("length");
  table.column("batch", Table::Align::right).column("start");
  for (std::size_t i = 0; i < plan.jobs.size(); ++i) {
    const auto& config = plan.jobs[i].config;
    table.row({std::to_string(i + 1), config.options.arch, config.options.input_size, config.recipe,
               length_text(config.options), std::to_string(config.options.batch),
               config.parent.empty() ? "from scratch" : config.parent});
  }
  return table;
}

nlohmann::ordered_json plan_json(const TrainingPlan& plan) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& job : plan.jobs) {
    const auto& options = job.config.options;
    list.push_back({{"arch", options.arch},
                    {"input_size", options.input_size},
                    {"recipe", job.config.recipe},
                    {"epochs", options.epochs},
                    {"budget_s", options.budget_s},
                    {"batch", options.batch},
                    {"snapshot", job.config.snapshot},
                    {"parent", job.config.parent}});
  }
  return {{"candidates", list}};
}

namespace {

int print_report(Context& context, const TrainReport& report) {
  if (context.shared.json) {
    nlohmann::ordered_json json;
    json["runs"] = nlohmann::ordered_json::array();
    for (const auto& trained : report.runs) {
      auto run = run_json(trained.run);
      run["name"] = trained.model ? trained.model->name : "";
      run["error"] = trained.error;
      json["runs"].push_back(std::move(run));
    }
    json["best"] = report.best ? nlohmann::ordered_json(report.runs[*report.best].model->id) : nullptr;
    context.out.json(json);
    return 0;
  }
  Table table;
  table.column("run").column("model").column("name").column("input");
  for (const char* title : {"epochs", "val AP", "val AP50", "test AP", "test AP50"})
    table.column(title, Table::Align::right);
  for (const auto& trained : report.runs) {
    const auto& metrics = trained.run.metrics;
    auto epochs = metric(metrics, "epochs");
    table.row({trained.run.id, trained.model ? trained.model->id : to_string(trained.run.state),
               trained.model ? trained.model->name : trained.error, run_summary(trained.run).input_size,
               epochs ? fmt::format("{:.0f}", *epochs) : "-", score_text(metric(metrics, "val/AP")),
               score_text(metric(metrics, "val/AP50")), score_text(metric(metrics, "test/AP")),
               score_text(metric(metrics, "test/AP50"))});
  }
  context.out.text(table.to_text());
  if (report.best && report.runs.size() > 1)
    context.out.line(fmt::format("best on val: {}", report.runs[*report.best].model->id));
  return 0;
}

/// What this process does beside rank 0.
int follow(Context& context, Project& project, Ranks& ranks) {
  // Rank 0 talks for all; errors are each rank's own.
  log::configure(log::Level::error,
                 context.shared.color == "always" ? log::Color::always : log::Color::never);
  follow_training(project, ranks);
  return 0;
}

/// Nobody should hear of a broken target only when hours of training are over.
void check_targets(Project& project) {
  check_notifications(project.settings().notifications);
}

int train_new(Context& context, Project& project, const TrainRequest& request, const TrainHooks& hooks) {
  const auto plan = prepare_training(project, request);
  if (context.shared.dry_run) {
    if (context.shared.json)
      context.out.json(plan_json(plan));
    else
      context.out.text(plan_table(plan).to_text());
    return 0;
  }
  if (plan.jobs.size() > 1)
    log::info(fmt::format("{} candidates from {}:\n{}", plan.jobs.size(), plan.jobs.front().config.snapshot,
                          plan_table(plan).to_text()));
  return print_report(context, train(project, plan, hooks));
}

int train_alone_or_first(Context& context, Project& project, const RunFlags& flags,
                         const TrainRequest& request, Ranks& ranks) {
  TrainHooks hooks{&context.progress, [&](const Event& event) { notify(project, event); }, &ranks};
  if (!flags.finish.empty()) {
    const auto run = project.runs().get(flags.finish);
    if (run.state != RunState::done) check_targets(project);
    if (!context.shared.dry_run) return print_report(context, finish_training(project, flags.finish, hooks));
    context.out.line(fmt::format("would finish run {}", run.id));
    return 0;
  }
  check_targets(project);
  if (flags.resume.empty()) return train_new(context, project, request, hooks);
  if (!context.shared.dry_run) return print_report(context, resume_training(project, flags.resume, hooks));
  context.out.line(fmt::format("would continue run {}", project.runs().get(flags.resume).id));
  return 0;
}

int run(Context& context, const RunFlags& flags, OptionSet& given) {
  if (!flags.finish.empty() && !flags.resume.empty())
    throw UsageError("--finish and --resume: name the run once");
  auto place = flags.ranks == "off" || context.shared.dry_run ? RankPlace() : rank_place(rank_variables());
  if (!context.shared.dry_run) use_fast_libraries();
  auto project = tool::open_project(context);
  auto request = request_of(flags, given, context.shared);
  request.place = place;
  const auto facts = request_facts(request, flags.finish.empty() ? flags.resume : flags.finish);
  Ranks ranks(place, flags.timeouts, project.folder() / "cache");
  try {
    ranks.require_same(facts);
    if (!ranks.is_first()) return follow(context, project, ranks);
    if (!ranks.alone())
      log::info(fmt::format("{} ranks train together ({})", ranks.size(), rank_libraries()));
    return train_alone_or_first(context, project, flags, request, ranks);
  } catch (const std::exception& error) {
    ranks.leave(error);
    throw;
  }
}

}  // namespace

void bind_run_options(OptionSet& options, RunFlags& flags) {
  options.group("What to train")
      .choice("priority", flags.request.priority, {"speed", "balanced", "accuracy"},
              "which grid the candidates come from")
      .add("candidates", flags.request.candidates, "how many models to train; a budget is divided among them")
      .add("candidate", flags.request.custom, "one of your own candidates instead of the grid's; repeat it",
           "ARCH[:SIZE[:RECIPE]]")
      .choice(
          "eliminate", flags.request.eliminate, elimination_rules(),
          "candidates that drop out between stages: the worse half by AP, those that another beats clearly at no higher cost, or none")
      .add("recipe", flags.request.recipe,
           "recipe for all of them: a name or a YAML file; default: by the grid", "NAME|FILE")
      .add("snapshot", flags.request.snapshot, "dataset version; default: a new one of everything done", "ID")
      .add("name", flags.request.name, "name of the model; default: architecture and time", "NAME")
      .add("resume", flags.resume, "continue this run (and the unfinished candidates beside it)", "RUN")
      .add("finish", flags.finish,
           "start or continue this run alone, as the scripts of `ds-train submit` do; done already is exit 0",
           "RUN");
  options.group("Ranks")
      .choice(
          "ranks", flags.ranks, {"auto", "off"},
          "auto: share each batch with the processes that torchrun, mpirun or srun started beside this one")
      .duration("join-timeout", flags.timeouts.join_s, "how long to wait until all ranks are there")
      .duration("rank-timeout", flags.timeouts.wait_s, "how long to wait for a rank that says nothing");
  flags.train.bind(options);
}

void add_run(Tool& tool) {
  auto& verb = tool.verb("run", "train one model, or several candidates, or continue a run");
  verb.honours({Shared::project, Shared::json, Shared::seed, Shared::threads, Shared::dry_run});
  auto& flags = verb.keep<RunFlags>();
  verb.describe(R"(
      Everything that is done (`ds-label status`) becomes a snapshot, unless --snapshot names one.

      Values come from the recipe, then --config, then flags; the run's config.yaml says where each came
      from. The best epoch on val becomes a model of the project, scored on test when there is one.

      Ctrl-C and SIGTERM save and stop; --resume continues a stopped or killed run to the same result.

      Started by torchrun, mpirun or srun, the processes train one model together (docs/TRAINING.md).)")
      .example("ds-train run --budget 15m")
      .example("ds-train run --priority accuracy --candidates 3 --budget 2h")
      .example(
          "ds-train run --candidate yolox-nano:320 --candidate yolox-tiny:416:accuracy --eliminate halving")
      .example("ds-train run --weights champion --recipe speed --epochs 30")
      .example("ds-train run --weights yolox_nano_coco.safetensors --arch yolox-nano --input-size 416")
      .example("ds-train run --resume latest");
  bind_run_options(verb.options(), flags);
  verb.run([&flags, &verb](Context& context) { return run(context, flags, verb.options()); });
}

}  // namespace ds::train_tool
