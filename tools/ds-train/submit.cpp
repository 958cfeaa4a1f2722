#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "common.h"
#include "common/project.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/log.h"
#include "ds/base/process.h"
#include "ds/base/text.h"
#include "ds/notify/notify.h"
#include "ds/submit/job_engine.h"
#include "ds/submit/shell.h"
#include "ds/train/session.h"
#include "run_jobs.h"
#include "verbs.h"

namespace ds::train_tool {
namespace {

namespace fs = std::filesystem;

struct SubmitFlags {
  JobSpec job;
  std::string engine;
  std::string job_name;
  fs::path output;
  fs::path executable;
  bool submit = true;
  std::vector<std::string> run_words;
};

/// The options of `ds-train run` that stand behind `--`.
struct RunWords {
  Tool tool{"ds-train", "", ""};
  Verb& verb = tool.verb("run", "").honours(
      {Shared::project, Shared::json, Shared::seed, Shared::threads, Shared::dry_run});
  RunFlags flags;
  SharedOptions shared;
  OptionSet shared_set;

  RunWords(const SubmitFlags& submit, const SharedOptions& before, bool cpus_given) {
    bind_run_options(verb.options(), flags);
    shared.seed = before.seed;
    shared.threads = before.threads;
    shared.bind(shared_set);
    std::vector<std::string> words = {"run"};
    words.insert(words.end(), submit.run_words.begin(), submit.run_words.end());
    tool.read(std::move(words), shared, shared_set);
    for (const auto& option : shared_set.options())
      if (option.source == ValueSource::flag && option.name != "seed" && option.name != "threads" &&
          option.name != "config")
        throw UsageError(fmt::format("--{} belongs in front of --: it is submit's", option.name));
    if (!flags.finish.empty())
      throw UsageError("--finish is what the job itself says", "--resume RUN goes on");
    if (shared.threads > 0 && cpus_given && shared.threads > submit.job.cpus_per_task)
      log::warning(fmt::format("--threads {} compute on --cpus-per-task {}", shared.threads,
                               submit.job.cpus_per_task));
  }

  /// What config.yaml does not hold: how the processes meet.
  std::vector<std::string> own() {
    std::vector<std::string> words;
    for (const char* name : {"ranks", "join-timeout", "rank-timeout"}) {
      const auto& option = verb.options().at(name);
      if (option.source != ValueSource::built_in)
        words.insert(words.end(), {std::string("--") + name, option.values().at(0)});
    }
    return words;
  }
};

/// The runs that the job is for, still unmade in a dry run.
struct Work {
  TrainingPlan plan;  // empty when a run is resumed
  std::vector<RunRecord> runs;
  std::string snapshot;
};

/// The run and the unfinished candidates beside it, oldest first.
std::vector<RunRecord> runs_to_resume(Project& project, const std::string& name) {
  auto named = project.runs().get(name);
  if (named.state == RunState::done)
    throw UsageError(fmt::format("run {} is done; its model is {}", named.id, named.model_id));
  if (named.state == RunState::running)
    throw UsageError(fmt::format("run {} is going on", named.id),
                     fmt::format("follow it: ds-train watch {}", named.id));
  std::vector<RunRecord> runs;
  for (const auto& run : project.runs().list()) {
    bool unfinished = run.state == RunState::queued || run.state == RunState::stopped;
    if (run.id == named.id || (!named.group.empty() && run.group == named.group && unfinished))
      runs.insert(runs.begin(), run);
  }
  return runs;
}

/// The place of rank 0 among the processes of the job.
RankPlace place_in(const JobEngine& engine, const JobSpec& job) {
  RankPlace place;
  place.size = engine.processes(job);
  place.local_size = std::min(place.size, job.tasks_per_node);
  return place;
}

/// Everything that can be wrong is found here, before anything is made.
Work plan_work(Project& project, RunWords& words, const JobEngine& engine, const JobSpec& job, bool dry_run) {
  Work work;
  check_notifications(project.settings().notifications);
  if (!words.flags.resume.empty()) {
    work.runs = runs_to_resume(project, words.flags.resume);
    work.snapshot = work.runs.front().snapshot_id;
    return work;
  }
  auto shared = words.shared;
  shared.dry_run = dry_run;
  if (shared.threads == 0) shared.threads = job.cpus_per_task;
  auto request = request_of(words.flags, words.verb.options(), shared);
  if (job.gpus_per_task > 0) request.auto_device = "cuda";
  request.place = place_in(engine, job);
  work.plan = prepare_training(project, request);
  work.snapshot = work.plan.jobs.front().config.snapshot;
  return work;
}

/// The job mounts the project alone: what it needs must lie there.
void require_inside(const Project& project, const Work& work) {
  auto root = fs::weakly_canonical(project.folder()).string() + "/";
  for (const auto& job : work.plan.jobs) {
    const auto& weights = job.config.options.weights;
    if (!weights.empty() && !fs::weakly_canonical(weights).string().starts_with(root))
      throw UsageError(fmt::format("--weights {}: the pods see the project alone", weights),
                       "put them into the project first: ds-train weights register FILE");
  }
}

/// @param own options of the run that are the process's, not the run's
std::vector<std::string> worker_command(const SubmitFlags& flags, const Context& context,
                                        const Project& project, const std::vector<std::string>& own) {
  auto tool = !flags.executable.empty()      ? flags.executable.string()
              : flags.engine == "kubernetes" ? std::string("ds-train")
                                             : (executable_folder() / "ds-train").string();
  std::vector<std::string> words = {
      tool,           "run",
      "--project",    fs::absolute(project.folder()).lexically_normal().string(),
      "--as",         context.shared.effective_user(),
      "--no-progress"};
  words.insert(words.end(), own.begin(), own.end());
  words.push_back("--finish");
  return words;
}

/// Fills in what only the project and the runs can say.
JobSpec complete(const SubmitFlags& flags, const Context& context, const Project& project, const Work& work,
                 const std::vector<std::string>& own) {
  auto spec = flags.job;
  auto folder = fs::absolute(project.folder()).lexically_normal();
  spec.name = !flags.job_name.empty() ? flags.job_name
              : work.runs.empty()     ? std::string("train")
                                      : work.runs.front().id;
  spec.folder = folder;
  spec.log = folder / "jobs" / (spec.name + ".log");
  spec.command = worker_command(flags, context, project, own);
  spec.about = {fmt::format(
      "Written by `ds-train submit --engine {}`. Every start of it goes on where the last one ended.",
      flags.engine)};
  for (const auto& run : work.runs) {
    spec.items.push_back(run.id);
    auto summary = run_summary(run);
    spec.about.push_back(fmt::format("{}: {} {}, recipe {}, dataset {}, every option in runs/{}/config.yaml",
                                     run.id, run.architecture, summary.input_size, summary.recipe,
                                     run.snapshot_id, run.id));
  }
  return spec;
}

void print_dry_run(Context& context, const SubmitFlags& flags, const JobEngine& engine, const Work& work) {
  if (context.shared.json) {
    auto json = plan_json(work.plan);
    json["engine"] = flags.engine;
    for (const auto& run : work.runs) json["runs"].push_back(run.id);
    context.out.json(json);
    return;
  }
  if (!work.plan.jobs.empty()) context.out.text(plan_table(work.plan).to_text());
  auto count = std::max(work.plan.jobs.size(), work.runs.size());
  auto processes = engine.processes(flags.job);
  context.out.line(fmt::format("would {} a job for {}: {}, {} each", flags.submit ? "submit" : "write",
                               flags.engine, counted(count, "training"), counted(processes, "process")));
}

/// What came of it.
struct Submitted {
  fs::path file;
  std::string id;  // empty: nothing was submitted
};

void print_submitted(Context& context, const SubmitFlags& flags, const JobEngine& engine, const JobSpec& spec,
                     const Work& work, const Submitted& submitted) {
  bool is_in = !submitted.id.empty();
  auto by_hand = shell_words(engine.submit_command(spec, submitted.file));
  auto watch = is_in ? shell_words(engine.watch_command(spec, submitted.id)) : std::string();
  auto cancel = is_in ? shell_words(engine.cancel_command(spec, submitted.id)) : std::string();
  if (context.shared.json) {
    auto text = [](const std::string& value) {
      return value.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(value);
    };
    context.out.json({{"engine", flags.engine},
                      {"job", text(submitted.id)},
                      {"name", spec.name},
                      {"runs", spec.items},
                      {"snapshot", work.snapshot},
                      {"file", submitted.file.string()},
                      {"log", engine.writes_log() ? text(spec.log.string()) : nullptr},
                      {"submit", by_hand},
                      {"watch", text(watch)},
                      {"cancel", text(cancel)}});
    return;
  }
  Table table;
  table.column(is_in ? "job" : "written").column(is_in ? submitted.id : submitted.file.string());
  for (const auto& run : work.runs) table.row({"run", run.id});
  table.row({"snapshot", work.snapshot});
  if (is_in) {
    table.row({"file", submitted.file.string()});
    table.row({"watch", watch}).row({"", fmt::format("ds-train watch {}", work.runs.front().id)});
    table.row({"cancel", cancel});
  } else {
    table.row({"submit", by_hand});
  }
  if (engine.writes_log()) table.row({"log", spec.log.string()});
  context.out.text(table.to_text());
}

int submit(Context& context, const SubmitFlags& flags, OptionSet& given) {
  if (flags.engine.empty())
    throw UsageError(fmt::format("--engine is missing: {}", join(job_engines().names(), ", ")));
  auto engine = job_engines().at(flags.engine).value();
  bool cpus_given = given.at("cpus-per-task").source != ValueSource::built_in;
  RunWords words(flags, context.shared, cpus_given);
  auto project = tool::open_project(context);
  auto settings = flags;
  if (!cpus_given && words.shared.threads > 0) settings.job.cpus_per_task = words.shared.threads;
  {
    auto early = complete(settings, context, project, {}, words.own());
    early.validate();
    engine->check(early);
  }
  auto work = plan_work(project, words, *engine, settings.job, context.shared.dry_run);
  if (flags.engine == "kubernetes") require_inside(project, work);
  if (context.shared.dry_run) return print_dry_run(context, settings, *engine, work), 0;

  const bool is_new = work.runs.empty();
  if (is_new) work.runs = queue_training(project, work.plan);
  auto spec = complete(settings, context, project, work, words.own());
  Submitted submitted;
  submitted.file = fs::absolute(
      flags.output.empty() ? spec.log.parent_path() / (spec.name + engine->extension()) : flags.output);
  auto program = engine->program(spec);
  try {
    spec.validate();
    engine->check(spec);
    make_folders(spec.log.parent_path());
    write_file_atomically(submitted.file, engine->script(spec));
    if (flags.submit && !find_in_path(program).empty())
      submitted.id = submit_job(*engine, spec, submitted.file);
  } catch (...) {
    // Refused: as if it had not been asked for.
    std::error_code ignored;
    fs::remove(submitted.file, ignored);
    if (is_new)
      for (const auto& run : work.runs) project.runs().remove(run.id);
    throw;
  }
  if (flags.submit && submitted.id.empty())
    log::warning(fmt::format("{} is not on this machine: the job is written and not submitted", program));
  print_submitted(context, flags, *engine, spec, work, submitted);
  return 0;
}

}  // namespace

void add_submit(Tool& tool) {
  auto& verb = tool.verb("submit", "train on a cluster: write the job, and hand it in where its engine is");
  verb.honours({Shared::project, Shared::json, Shared::seed, Shared::threads, Shared::dry_run});
  auto& flags = verb.keep<SubmitFlags>();
  std::string engines;
  for (const auto& entry : job_engines().entries())
    engines += fmt::format("{}: {}. ", entry.name, entry.summary);
  verb.describe(R"(
      The runs are made now, with their dataset version and every option, and wait as queued; the job
      names them. It may be started again at any time: it goes on where it ended. A process that ends with
      75 or is killed makes the job start again, up to --max-requeues times.

      Where the engine's program is absent, the file is written with a warning, for you to take to where
      it is.)")
      .describe(engines)
      .example(
          "ds-train submit --engine slurm --nodes 2 --tasks-per-node 4 --time 4h -- --epochs 100 --name big")
      .example("ds-train submit --engine mpi --hosts hosts.txt --nodes 2 -- --priority accuracy --budget 2h")
      .example(
          "ds-train submit --engine kubernetes --image registry/ds:1 --claim ds-project --no-submit -o job.yaml")
      .example("ds-train submit --engine parallel --tasks-per-node 2 -- --candidates 4 --budget 4h")
      .example("ds-train submit --engine slurm -- --resume latest");
  verb.rest("run-options", flags.run_words, "the options of `ds-train run`");
  verb.options()
      .group("What is written")
      .add("engine", flags.engine, "scheduler: " + join(job_engines().names(), ", "), "NAME")
      .add("output", flags.output, "the file; default: jobs/<name> in the project")
      .add("submit", flags.submit, "hand it in when the engine's program is on this machine")
      .add("job-name", flags.job_name, "of the job; default: the run's id", "NAME")
      .add("executable", flags.executable,
           "ds-train on the machines of the job; default: this one (kubernetes: the image's)");
  flags.job.bind(verb.options());
  verb.run([&flags, &verb](Context& context) { return submit(context, flags, verb.options()); });
}

}  // namespace ds::train_tool
