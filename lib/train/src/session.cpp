#include "ds/train/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "ds/arch/architecture.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/log.h"
#include "ds/project/find_model.h"
#include "ds/project/project.h"
#include "ds/train/data_check.h"
#include "ds/train/run_folder.h"
#include "ds/train/train_data.h"
#include "model_registration.h"
#include "run_config.h"
#include "run_group.h"
#include "run_order.h"
#include "training_loop.h"

namespace ds {
namespace {

namespace fs = std::filesystem;

std::vector<DataFinding> require_usable(Project& project, const TrainData& data, const RunConfig& config,
                                        const std::vector<DataFinding>& said = {}) {
  return require_usable(project, data, input_of(config.options), config.options.strict_data, said);
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

void check_options(const TrainOptions& options) {
  options.validate();
  const auto& architecture = architectures().at(options.arch).value;
  if (!options.input_size.empty()) parse_input_size(options.input_size, architecture.multiple);
  if (options.label_smoothing > 0 && !architecture.label_smoothing)
    throw UsageError(
        fmt::format("--label-smoothing: the loss of {} has no place for it; YOLOX's has", options.arch),
        "leave it out, or train a yolox-*");
}

std::string resolve_snapshot(Project& project, const std::string& snapshot) {
  if (!snapshot.empty()) return project.snapshots().get(snapshot).id;
  return project.snapshots().create({}).id;
}

RunConfig resolve_config(Project& project, RunConfig config, const RankPlace& place) {
  auto& options = config.options;
  check_options(options);
  const auto& architecture = architectures().at(options.arch).value;
  const double aspect = options.fit_aspect ? common_aspect(train_shapes(project, config.snapshot)) : 1;
  auto text = options.input_size.empty()
                  ? std::to_string(std::max(architecture.default_width, architecture.default_height))
                  : options.input_size;
  auto size = parse_input_size(text, architecture.multiple, aspect);
  options.input_size = fmt::format("{}x{}", size.width, size.height);
  if (options.threads <= 0) options.threads = processors_of_rank(place.local_size);
  options.replicas = replica_count(options, place.size);
  if (!options.weights.empty()) {
    auto file = weight_file(project, options.weights);
    const auto found = find_model(&project, options.weights);
    config.parent = found.record ? found.id : fs::absolute(found.path).string();
    if (!fs::exists(file)) throw DataError(fmt::format("the weights {} are gone", file.string()));
    options.weights = fs::absolute(file).string();
  }
  return config;
}

namespace {

/// The data of new runs, and what their check found for each.
struct CheckedData {
  TrainData data;
  std::vector<std::vector<DataFinding>> findings;
};

CheckedData checked_data(Project& project, const std::vector<TrainJob>& jobs) {
  if (jobs.empty()) throw UsageError("there is nothing to train");
  CheckedData checked{load_train_data(project, jobs.front().config.snapshot), {}};
  for (const auto& job : jobs) checked.findings.push_back(require_usable(project, checked.data, job.config));
  return checked;
}

std::vector<RunRecord> make_records(Project& project, const std::vector<TrainJob>& jobs,
                                    const CheckedData& checked) {
  std::vector<RunRecord> records;
  for (const auto& job : jobs) {
    RunRecord record;
    record.group = records.empty() ? std::string() : records.front().group;
    record.architecture = job.config.options.arch;
    record.snapshot_id = checked.data.snapshot_id;
    record = project.runs().create(std::move(record));
    if (record.group.empty()) record.group = record.id;
    write_file_atomically(RunFolder(record.folder).config(), run_config_yaml(job.config, job.origins));
    write_file_atomically(RunFolder(record.folder).findings(),
                          to_json_text(checked.findings[records.size()]));
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
  auto checked = checked_data(project, jobs);
  auto records = make_records(project, jobs, checked);
  tell_started(project, hooks, records);
  return execute_group(project, records, records.size(), checked.data, hooks);
}

std::vector<RunRecord> queue_training(Project& project, const std::vector<TrainJob>& jobs) {
  return make_records(project, jobs, checked_data(project, jobs));
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
  auto config = read_run_config(RunFolder(record.folder).config());
  require_usable(project, data, config);
  replica_count(config.options, ranks_of(hooks).size());  // throws when the ranks cannot share them
  if (record.state == RunState::queued) tell_started(project, hooks, {record});
  return execute_group(project, {record}, 1, data, hooks);
}

TrainReport resume_training(Project& project, const std::string& run_id, const TrainHooks& hooks) {
  auto named = project.runs().get(run_id);
  if (named.state == RunState::running)
    throw UsageError(fmt::format("run {} is going on", named.id), fmt::format("ds-train watch {}", named.id));
  std::vector<RunRecord> records;
  std::size_t candidates = 0;
  for (const auto& run : project.runs().list()) {
    if (run.id != named.id && (named.group.empty() || run.group != named.group)) continue;
    ++candidates;
    if (run.id == named.id || run.state != RunState::failed) records.push_back(run);
  }
  if (std::all_of(records.begin(), records.end(),
                  [](const auto& run) { return run.state == RunState::done; }))
    throw UsageError(fmt::format("run {} is done; its model is {}", named.id, named.model_id),
                     "start a new run with --weights to train on from it");
  std::reverse(records.begin(), records.end());
  auto data = load_train_data(project, named.snapshot_id);
  for (const auto& record : records) {
    if (record.state == RunState::done) continue;
    auto config = read_run_config(RunFolder(record.folder).config());
    require_usable(project, data, config);
    replica_count(config.options, ranks_of(hooks).size());  // throws when the ranks cannot share them
  }
  return execute_group(project, records, candidates, data, hooks);
}

}  // namespace ds
