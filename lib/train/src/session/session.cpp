#include "ds/train/session.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/project/project.h"
#include "ds/runs/folder.h"
#include "ds/train/data_check.h"
#include "ds/train/train_data.h"
#include "loop/setup.h"
#include "session/run_group.h"
#include "session/run_order.h"

namespace ds {
namespace {

using detail::execute_group;
using detail::give_order;
using detail::input_of;
using detail::ranks_of;
using detail::replica_count;
using detail::tell;

std::vector<DataFinding> require_usable(Project& project, const TrainData& data, const RunConfig& config) {
  return require_usable(project, data, input_of(config.options), config.options.strict_data);
}

/// The data of new runs, and what their check found for each.
struct CheckedData {
  TrainData data;
  std::vector<std::vector<DataFinding>> findings;
};

CheckedData checked_data(Project& project, const TrainingPlan& plan) {
  if (plan.jobs.empty()) throw UsageError("there is nothing to train");
  CheckedData checked{load_train_data(project, plan.jobs.front().config.snapshot), {}};
  for (const auto& job : plan.jobs)
    checked.findings.push_back(require_usable(project, checked.data, job.config));
  return checked;
}

std::vector<RunRecord> make_records(Project& project, const TrainingPlan& plan, const CheckedData& checked) {
  std::vector<RunRecord> records;
  for (const auto& job : plan.jobs) {
    RunRecord record;
    record.group = records.empty() ? std::string() : records.front().group;
    record.architecture = job.config.options.arch;
    record.snapshot_id = checked.data.snapshot_id;
    record = project.runs().create(std::move(record));
    if (record.group.empty()) record.group = record.id;
    RunFolder(record.folder).write_config(job.config, job.origins);
    RunFolder(record.folder).write_findings(checked.findings[records.size()]);
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

TrainReport train(Project& project, const TrainingPlan& plan, const TrainHooks& hooks) {
  auto checked = checked_data(project, plan);
  auto records = make_records(project, plan, checked);
  tell_started(project, hooks, records);
  return execute_group(project, records, records.size(), checked.data, hooks);
}

std::vector<RunRecord> queue_training(Project& project, const TrainingPlan& plan) {
  return make_records(project, plan, checked_data(project, plan));
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
  auto config = detail::config_of(record);
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
    auto config = detail::config_of(record);
    require_usable(project, data, config);
    replica_count(config.options, ranks_of(hooks).size());  // throws when the ranks cannot share them
  }
  return execute_group(project, records, candidates, data, hooks);
}

}  // namespace ds
