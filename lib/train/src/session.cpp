#include "ds/train/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/lock.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/nn/architectures.h"
#include "ds/nn/state_dict.h"
#include "ds/project/project.h"
#include "ds/train/run_folder.h"
#include "ds/train/train_data.h"
#include "model_registration.h"
#include "run_order.h"
#include "training_loop.h"

namespace ds {
namespace {

namespace fs = std::filesystem;

/// The weight file that --weights means: a file, or a model of the project.
fs::path weight_file(Project& project, const std::string& weights) {
  if (weights.empty() || fs::exists(weights)) return weights;
  if (weights.find('/') != std::string::npos || fs::path(weights).has_extension())
    throw UsageError(fmt::format("--weights: there is no file {}", weights));
  return project.models().get(weights).folder / "weights.safetensors";
}

std::string yaml_of(const RunConfig& config, const std::map<std::string, std::string>& origins) {
  auto copy = config;
  OptionSet set;
  copy.bind(set);
  for (const auto& option : set.options()) {
    auto found = origins.find(option.name);
    if (found == origins.end()) continue;
    auto& bound = set.at(option.name);
    bound.source = ValueSource::file;
    bound.origin = found->second;
  }
  return set.dump_yaml();
}

RunConfig read_config(const fs::path& file) {
  return config_from_yaml(read_file(file), file.string());
}

Ranks& ranks_of(const TrainHooks& hooks) {
  static Ranks alone;
  return hooks.ranks != nullptr ? *hooks.ranks : alone;
}

void tell(Project& project, const TrainHooks& hooks, Event event) {
  if (hooks.announce)
    hooks.announce(event);
  else
    project.events().add(std::move(event));
}

/// Findings as warnings; the first fatal one is thrown.
void require_usable(const TrainData& data, const RunConfig& config) {
  for (const auto& finding : check_data(data, input_of(config.options))) {
    if (finding.fatal) throw DataError(finding.message, finding.advice);
    log::warning(fmt::format("{}; {}", finding.message, finding.advice));
  }
}

/// One run of a session, from its record to its model.
class SingleRun {
 public:
  SingleRun(Project& project, RunRecord record, const TrainData& data, const TrainHooks& hooks)
      : project_(project),
        record_(std::move(record)),
        data_(data),
        hooks_(hooks),
        folder_(record_.folder),
        lock_(folder_.lock(), fmt::format("run {}", record_.id)),
        config_(read_config(folder_.config())) {}

  TrainedRun execute() {
    log::also_to_file(folder_.log());
    record_.state = RunState::running;
    record_.message.clear();
    record_.finished_at.clear();
    project_.runs().update(record_);
    TrainedRun result;
    try {
      result.model = train();
      finish(RunState::done, {});
    } catch (const Interrupted& error) {
      finish(RunState::stopped, error.what());
      log::info(fmt::format("saved; continue with: ds-train run --resume {}", record_.id));
      log::also_to_file({});
      throw;
    } catch (const Busy& error) {
      finish(RunState::failed, error.what());
      log::also_to_file({});
      throw Busy(error.what(),
                 fmt::format("when that has passed, continue with: ds-train run --resume {}", record_.id));
    } catch (const std::exception& error) {
      finish(RunState::failed, error.what());
      log::also_to_file({});
      throw;
    }
    log::also_to_file({});
    result.run = record_;
    return result;
  }

 private:
  ModelRecord train() {
    const auto& options = config_.options;
    TrainingLoop::Inputs inputs{options, input_of(options), record_.id, title_of(options), {}};
    if (!options.weights.empty() && !fs::exists(folder_.last()))
      inputs.initial_weights = read_weights(weight_file(project_, options.weights));
    log::info(fmt::format("{}: {} train, {} val, {} test images, {} classes, seed {}", title_of(options),
                          data_.train.size(), data_.val.size(), data_.test.size(), data_.classes.size(),
                          options.seed));
    auto& ranks = ranks_of(hooks_);
    give_order(ranks, RunOrder{record_.id, data_.snapshot_id, read_file(folder_.config())});
    require_same_data(ranks, [&]() -> const TrainData& { return data_; });
    TrainingLoop loop(std::move(inputs), data_, folder_, hooks_.progress ? *hooks_.progress : no_progress(),
                      ranks);
    auto progression = loop.run([&](const Progression& at, const ValidationResult& result) {
      record_.metrics = {{"ap", at.best_ap}, {"epoch", at.best_epoch}, {"last_ap", result.ap()}};
      project_.runs().update(record_);
      log::info(fmt::format("epoch {}: val AP {:.4f}, AP50 {:.4f} (best {:.4f} at epoch {})", at.epoch + 1,
                            result.ap(), result.ap50(), at.best_ap, at.best_epoch));
    });
    return publish(loop, progression);
  }

  ModelRecord publish(TrainingLoop& loop, const Progression& progression) {
    const auto& options = config_.options;
    auto input = input_of(options);
    loop.load_best();
    auto card = card_for(options.arch, loop.input_spec(), loop.averaged_net(), data_.classes, input.width,
                         input.height);
    auto score = [&](const std::vector<TrainImage>& images, const Dataset& truth, const std::string& split) {
      auto result = loop.score(images, truth);
      card.metrics[split + "/AP"] = result.ap();
      card.metrics[split + "/AP50"] = result.ap50();
      for (std::size_t c = 0; c < data_.classes.size(); ++c)
        card.metrics[fmt::format("{}/AP/{}", split, data_.classes[c])] =
            result.precision.classes[c].numbers.ap();
      return result;
    };
    auto val = score(data_.val, data_.val_truth, "val");
    card.score_threshold = std::clamp(val.best_f1_threshold, 0.01, 0.99);
    if (!data_.test.empty()) score(data_.test, data_.test_truth, "test");
    card.lineage.snapshot_id = data_.snapshot_id;
    card.lineage.run_id = record_.id;
    card.lineage.parent_model = config_.parent;
    card.lineage.seed = options.seed;
    card.lineage.config = read_file(folder_.config());
    ModelRecord model;
    model.name = config_.name.empty() ? fmt::format("{}-{}", options.arch, utc_now_compact()) : config_.name;
    model.run_id = record_.id;
    model.snapshot_id = data_.snapshot_id;
    model.parent_id = config_.parent;
    auto added = add_model(project_, std::move(model), card, loop.averaged_net());
    record_.model_id = added.id;
    record_.metrics = card.metrics;
    record_.metrics["epoch"] = progression.best_epoch;
    record_.metrics["epochs"] = progression.epoch;
    return added;
  }

  /// The row and status.json may be what a full disk refuses: the run's own error must not be hidden by that.
  void finish(RunState state, const std::string& message) {
    record_.state = state;
    record_.message = message;
    record_.finished_at = utc_now();
    try {
      auto status = folder_.read_status().value_or(RunStatus{});
      status.run = record_.id;
      status.title = title_of(config_.options);
      status.state = to_string(state);
      status.message = message;
      status.updated = record_.finished_at;
      if (state == RunState::done) status.eta_s = 0;
      folder_.write_status(status);
      project_.runs().update(record_);
    } catch (const Error& error) {
      if (state == RunState::done) throw;
      log::warning(fmt::format("the run's state could not be written: {}", error.what()));
    }
  }

  Project& project_;
  RunRecord record_;
  const TrainData& data_;
  const TrainHooks& hooks_;
  RunFolder folder_;
  FileLock lock_;
  RunConfig config_;
};

Event run_event(const std::string& kind, const std::string& message, const TrainedRun& trained) {
  Event event;
  event.kind = kind;
  event.message = message;
  event.fields["run"] = trained.run.id;
  if (trained.model) {
    event.fields["model"] = trained.model->id;
    event.fields["ap"] = fmt::format("{:.4f}", trained.model->metrics.at("val/AP"));
  }
  return event;
}

void tell_model(Project& project, const TrainHooks& hooks, const TrainedRun& trained, bool first,
                std::size_t total) {
  const auto& model = *trained.model;
  auto message = fmt::format("{} is ready: val AP {:.3f}", model.name, model.metrics.at("val/AP"));
  if (first && total > 1)
    tell(project, hooks,
         run_event("first-model-done", fmt::format("The first of {} models: {}.", total, message), trained));
  tell(project, hooks, run_event("run-done", message + ".", trained));
}

std::optional<std::size_t> best_of(const std::vector<TrainedRun>& runs) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (runs[i].model &&
        (!best || runs[i].model->metrics.at("val/AP") > runs[*best].model->metrics.at("val/AP")))
      best = i;
  return best;
}

void tell_all_done(Project& project, const TrainHooks& hooks, const TrainReport& report) {
  Event event;
  event.kind = "all-runs-done";
  auto failed =
      std::count_if(report.runs.begin(), report.runs.end(), [](const auto& run) { return !run.model; });
  event.message = fmt::format("{} of {} trainings ended with a model",
                              report.runs.size() - static_cast<std::size_t>(failed), report.runs.size());
  if (report.best) {
    const auto& model = *report.runs[*report.best].model;
    event.message += fmt::format("; the best is {} (val AP {:.3f})", model.name, model.metrics.at("val/AP"));
    event.fields["model"] = model.id;
  }
  event.message += ".";
  tell(project, hooks, std::move(event));
}

TrainReport execute_all(Project& project, const std::vector<RunRecord>& records, const TrainData& data,
                        const TrainHooks& hooks) {
  TrainReport report;
  bool first = true;
  std::exception_ptr failure;
  for (const auto& record : records) {
    TrainedRun trained;
    try {
      trained = SingleRun(project, record, data, hooks).execute();
      tell_model(project, hooks, trained, first, records.size());
      first = false;
    } catch (const Interrupted&) {
      throw;
    } catch (const std::exception& error) {
      failure = std::current_exception();
      trained.run = project.runs().get(record.id);
      trained.error = error.what();
      tell(project, hooks,
           run_event("run-failed", fmt::format("Run {} failed: {}", record.id, error.what()), trained));
      if (records.size() == 1 || ranks_of(hooks).broken()) throw;
      log::error(fmt::format("run {} failed: {}", record.id, error.what()));
    }
    report.runs.push_back(std::move(trained));
  }
  report.best = best_of(report.runs);
  tell_all_done(project, hooks, report);
  if (!report.best && failure) std::rethrow_exception(failure);
  give_order(ranks_of(hooks), std::nullopt);
  return report;
}

/// The train images' sizes; without a snapshot, of what a new one would hold.
std::vector<TrainImage> train_shapes(Project& project, const std::string& snapshot) {
  auto images = snapshot.empty() ? project.images().list(Filter::parse("status=done and split=train"))
                                 : project.snapshots().load(snapshot, Split::train).images;
  std::vector<TrainImage> shapes(images.size());
  for (std::size_t i = 0; i < images.size(); ++i) {
    shapes[i].width = images[i].width;
    shapes[i].height = images[i].height;
  }
  return shapes;
}

}  // namespace

void RunConfig::bind(OptionSet& set) {
  options.bind(set);
  set.group("Run")
      .add("seed", options.seed, "seed of weights, order and augmentation")
      .add("threads", options.threads, "threads that compute")
      .add("snapshot", snapshot, "dataset version")
      .add("recipe", recipe, "recipe the values began with")
      .add("name", name, "of the model")
      .add("parent", parent, "model or file of the weights it started from");
}

void check_options(const TrainOptions& options) {
  options.validate();
  const auto& input = architectures().at(options.arch).make.input;
  if (!options.input_size.empty()) parse_input_size(options.input_size, input.multiple);
}

std::string resolve_snapshot(Project& project, const std::string& snapshot) {
  if (!snapshot.empty()) return project.snapshots().get(snapshot).id;
  return project.snapshots().create({}).id;
}

RunConfig resolve_config(Project& project, RunConfig config, const RankPlace& place) {
  auto& options = config.options;
  check_options(options);
  const auto& input = architectures().at(options.arch).make.input;
  const double aspect = options.fit_aspect ? common_aspect(train_shapes(project, config.snapshot)) : 1;
  auto text = options.input_size.empty() ? std::to_string(std::max(input.default_width, input.default_height))
                                         : options.input_size;
  auto size = parse_input_size(text, input.multiple, aspect);
  options.input_size = fmt::format("{}x{}", size.width, size.height);
  if (options.threads <= 0) options.threads = processors_of_rank(place.local_size);
  options.replicas = replica_count(options, place.size);
  if (!options.weights.empty()) {
    auto file = weight_file(project, options.weights);
    config.parent = fs::exists(options.weights) ? fs::absolute(options.weights).string()
                                                : project.models().get(options.weights).id;
    if (!fs::exists(file)) throw DataError(fmt::format("the weights {} are gone", file.string()));
    options.weights = fs::absolute(file).string();
  }
  return config;
}

namespace {

TrainData usable_data(Project& project, const std::vector<TrainJob>& jobs) {
  if (jobs.empty()) throw UsageError("there is nothing to train");
  auto data = load_train_data(project, jobs.front().config.snapshot);
  for (const auto& job : jobs) require_usable(data, job.config);
  return data;
}

std::vector<RunRecord> make_records(Project& project, const std::vector<TrainJob>& jobs,
                                    const std::string& snapshot_id) {
  std::vector<RunRecord> records;
  for (const auto& job : jobs) {
    RunRecord record;
    record.group = records.empty() ? std::string() : records.front().group;
    record.architecture = job.config.options.arch;
    record.snapshot_id = snapshot_id;
    record = project.runs().create(std::move(record));
    if (record.group.empty()) record.group = record.id;
    write_file_atomically(RunFolder(record.folder).config(), yaml_of(job.config, job.origins));
    project.runs().update(record);
    records.push_back(std::move(record));
  }
  return records;
}

void tell_started(Project& project, const TrainHooks& hooks, const std::vector<RunRecord>& records) {
  Event event;
  event.kind = "run-started";
  event.message =
      fmt::format("Training of {} model{} began.", records.size(), records.size() == 1 ? "" : "s");
  event.fields["run"] = records.front().id;
  tell(project, hooks, std::move(event));
}

}  // namespace

TrainReport train(Project& project, const std::vector<TrainJob>& jobs, const TrainHooks& hooks) {
  auto data = usable_data(project, jobs);
  auto records = make_records(project, jobs, data.snapshot_id);
  tell_started(project, hooks, records);
  return execute_all(project, records, data, hooks);
}

std::vector<RunRecord> queue_training(Project& project, const std::vector<TrainJob>& jobs) {
  auto data = usable_data(project, jobs);
  return make_records(project, jobs, data.snapshot_id);
}

TrainReport finish_training(Project& project, const std::string& run_id, const TrainHooks& hooks) {
  auto record = project.runs().get(run_id);
  if (record.state == RunState::done) {
    TrainReport report;
    report.runs.push_back({record, project.models().get(record.model_id), {}});
    report.best = 0;
    give_order(ranks_of(hooks), std::nullopt);
    return report;
  }
  if (record.state == RunState::running)
    throw Busy(fmt::format("run {} is going on in another process", record.id),
               fmt::format("ds-train watch {}", record.id));
  auto data = load_train_data(project, record.snapshot_id);
  auto config = read_config(RunFolder(record.folder).config());
  require_usable(data, config);
  replica_count(config.options, ranks_of(hooks).size());  // throws when the ranks cannot share them
  if (record.state == RunState::queued) tell_started(project, hooks, {record});
  return execute_all(project, {record}, data, hooks);
}

TrainReport resume_training(Project& project, const std::string& run_id, const TrainHooks& hooks) {
  auto named = project.runs().get(run_id);
  if (named.state == RunState::done)
    throw UsageError(fmt::format("run {} is done; its model is {}", named.id, named.model_id),
                     "start a new run with --weights to train on from it");
  if (named.state == RunState::running)
    throw UsageError(fmt::format("run {} is going on", named.id), fmt::format("ds-train watch {}", named.id));
  std::vector<RunRecord> records;
  for (const auto& run : project.runs().list()) {
    bool unfinished = run.state == RunState::queued || run.state == RunState::stopped;
    if (run.id == named.id || (!named.group.empty() && run.group == named.group && unfinished))
      records.push_back(run);
  }
  std::reverse(records.begin(), records.end());
  auto data = load_train_data(project, named.snapshot_id);
  for (const auto& record : records) {
    auto config = read_config(RunFolder(record.folder).config());
    require_usable(data, config);
    replica_count(config.options, ranks_of(hooks).size());  // throws when the ranks cannot share them
  }
  return execute_all(project, records, data, hooks);
}

}  // namespace ds
