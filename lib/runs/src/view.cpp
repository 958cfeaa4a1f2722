#include "ds/runs/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "ds/base/process.h"
#include "ds/base/text.h"
#include "ds/project/project.h"

namespace ds {
namespace {

/// Input pixels of a run whose size is settled ("416x320"); 1 where it is not.
double pixels_of(const RunView& run) {
  const auto& size = run.config.options.input_size;
  if (size.empty()) return 1;
  auto input = parse_input_size(size, 1);
  return static_cast<double>(input.width) * input.height;
}

/// Seconds an epoch and a pixel, over the whole of a run that is known that far.
std::optional<double> pace_of(const RunView& run) {
  if (!run.status || run.status->step <= 0 || run.status->epoch <= 0) return std::nullopt;
  const auto& status = *run.status;
  if (run.record.state == RunState::done) return status.elapsed_s / status.epoch / pixels_of(run);
  if (status.epochs <= 0 || !status.eta_s) return std::nullopt;
  return (status.elapsed_s + *status.eta_s) / status.epochs / pixels_of(run);
}

}  // namespace

std::string RunView::title() const {
  if (status && !status->title.empty()) return status->title;
  return config.options.input_size.empty() ? record.architecture
                                           : record.architecture + " " + config.options.input_size;
}

const EpochMetrics* RunView::best() const {
  const EpochMetrics* found = nullptr;
  for (const auto& epoch : epochs)
    if (epoch.ap && *epoch.ap >= 0 && (found == nullptr || *epoch.ap > *found->ap)) found = &epoch;
  return found;
}

RunView look_at(const RunRecord& run) {
  RunFolder folder(run.folder);
  auto options = folder.read_options();
  return {.record = run,
          .config = options.empty() ? RunConfig{} : folder.read_config(),
          .options = std::move(options),
          .status = folder.read_status(),
          .epochs = folder.read_metrics(),
          .findings = folder.read_findings()};
}

std::vector<RunView> look_at_group(Project& project, const std::string& run_id) {
  auto named = project.runs().get(run_id);
  std::vector<RunView> group;
  for (const auto& run : project.runs().list())
    if (run.id == named.id || (!named.group.empty() && run.group == named.group))
      group.push_back(look_at(run));
  std::reverse(group.begin(), group.end());
  return group;
}

std::vector<std::string> short_names(const std::vector<RunView>& runs) {
  std::map<std::string, int> count;
  for (const auto& run : runs) ++count[run.title()];
  std::vector<std::string> names;
  for (std::size_t i = 0; i < runs.size(); ++i)
    names.push_back(count[runs[i].title()] > 1 ? fmt::format("#{} {}", i + 1, runs[i].title())
                                               : runs[i].title());
  return names;
}

std::optional<double> seconds_left(const RunView& run, const std::vector<RunView>& beside) {
  if (!run.is_live()) return 0.0;
  if (run.record.state == RunState::running) return run.status ? run.status->eta_s : std::nullopt;
  // One that has begun and waits for its next turn.
  const bool begun = run.status && run.status->step > 0;
  if (begun && run.status->eta_s) return run.status->eta_s;
  const auto& options = run.config.options;
  if (options.budget_s > 0) return std::max(0.0, options.budget_s - (begun ? run.status->elapsed_s : 0));
  double sum = 0;
  int count = 0;
  for (const auto& other : beside)
    if (auto pace = pace_of(other)) sum += *pace, ++count;
  if (count == 0) return std::nullopt;
  return sum / count * options.epochs * pixels_of(run);
}

std::optional<double> seconds_left(const std::vector<RunView>& runs) {
  double sum = 0;
  for (const auto& run : runs) {
    auto left = seconds_left(run, runs);
    if (!left) return std::nullopt;
    sum += *left;
  }
  return sum;
}

bool is_somebody_at_work(const std::vector<RunView>& runs) {
  return std::any_of(runs.begin(), runs.end(), [](const auto& run) {
    return run.record.state == RunState::running ||
           (run.status && run.status->pid > 1 && process_alive(run.status->pid));
  });
}

std::string continuation(const RunView& run) {
  if (run.record.state == RunState::stopped)
    return fmt::format("continue it with: ds-train run --resume {}", run.record.id);
  if (run.record.state == RunState::failed)
    return fmt::format("its log is {}; try again with: ds-train run --resume {}",
                       RunFolder(run.record.folder).log().string(), run.record.id);
  return {};
}

}  // namespace ds
