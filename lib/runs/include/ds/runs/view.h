#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ds/project/run_store.h"
#include "ds/runs/folder.h"

namespace ds {

class Project;

/// A run as one sees it from outside, whoever trains it: its row in the project and the files of its folder.
struct RunView {
  RunRecord record;
  RunConfig config;
  std::vector<OptionLine> options;                 // of config.yaml; empty when there is none
  std::optional<RunStatus> status = std::nullopt;  // nothing before it began
  std::vector<EpochMetrics> epochs = {};
  std::vector<DataFinding> findings = {};  // of the check of its data

  /// "yolox-nano 416x320".
  std::string title() const;
  const EpochMetrics* best() const;  // the validated epoch of the largest AP; nullptr: none yet
  bool is_live() const { return record.state == RunState::running || record.state == RunState::queued; }
};

/// Throws FormatError or UsageError naming a file that is broken.
RunView look_at(const RunRecord& run);
/// The run and the candidates beside it, in the order they are trained.
std::vector<RunView> look_at_group(Project& project, const std::string& run_id);

/// Names that tell the runs apart, as short as that allows: their titles, with "#2" in front where two have
/// the same one.
std::vector<std::string> short_names(const std::vector<RunView>& runs);

/// Expected seconds of training that lie before a run: what it says itself, also when it waits for its next
/// turn (an upper bound, then: it may be eliminated); for one that has not begun its budget, or its epochs at
/// the mean pace of the others per epoch and input pixel. Nothing when that cannot be told, 0
/// when the run has ended.
std::optional<double> seconds_left(const RunView& run, const std::vector<RunView>& beside);
/// The sum over all; nothing when it is not known of one.
std::optional<double> seconds_left(const std::vector<RunView>& runs);

/// Whether somebody is at work on them. A queued run whose program has ended waits for nobody.
bool is_somebody_at_work(const std::vector<RunView>& runs);

/// What a person can do about a run that stopped or failed; empty for the others.
std::string continuation(const RunView& run);

}  // namespace ds
