#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "ds/runs/train_options.h"

/// How long a run is, when it is validated and where its closing part begins: decisions on plain numbers, so
/// that all ranks, and a run that was continued, come to the same.
namespace ds::detail {

/// Whether an epoch (0-based) belongs to the last `closing_share` of a run. @param epochs 0: not decided yet
bool is_closing(int epoch, int epochs, double closing_share);

/// Epochs between two validations: --eval-every, or what makes them take --eval-share of the time; at least
/// five in a run whose epochs are decided.
int validation_interval(const TrainOptions& options, int epochs, std::size_t val_images, int steps_per_epoch);

/// Where a run with a budget stands at the end of an epoch.
struct BudgetUse {
  int epoch = 0;   // ended
  int epochs = 0;  // planned; 0: not decided yet
  double elapsed_s = 0;
  double last_epoch_s = 0;  // validation included
};

struct BudgetPlan {
  int epochs = 0;
  double epoch_s = 0;  // what one is expected to take
};

/// The epochs that the budget allows: for the first time after 8 % of it, later whenever they turn out to be
/// 5 % fewer, or 5 % more while the rate is still flat. Nothing when the plan stays as it is.
std::optional<BudgetPlan> plan_by_budget(const TrainOptions& options, const BudgetUse& use);

/// Whether AP still rises. Means of three validations are compared, so that one lucky epoch decides nothing.
struct ApTrend {
  std::vector<double> recent = {};  // of the last three validations, oldest first
  double best_mean = -1;
  int since_progress = 0;  // validations since it rose

  void add(double ap);
  double mean() const;
};

/// A run whose AP has stopped rising gains nothing from more epochs at the full rate: its falling part begins
/// at once. The epochs that it has then; nothing when it goes on as planned.
/// @param epoch under way, 0-based
std::optional<int> shortened_epochs(const TrainOptions& options, const ApTrend& trend, int epoch, int epochs);

}  // namespace ds::detail
