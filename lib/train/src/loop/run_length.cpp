#include "loop/run_length.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ds::detail {
namespace {

constexpr double kDecideAfter = 0.08;    // share of a budget after which its epochs are counted
constexpr double kBudgetReserve = 0.04;  // share kept for the last validation and the test

constexpr std::size_t kMean = 3;     // validations
constexpr double kProgress = 0.002;  // of AP

}  // namespace

bool is_closing(int epoch, int epochs, double closing_share) {
  if (epochs == 0) return false;
  return epoch >= epochs - static_cast<int>(std::lround(closing_share * epochs));
}

int validation_interval(const TrainOptions& options, int epochs, std::size_t val_images,
                        int steps_per_epoch) {
  if (options.eval_every != 0) return options.eval_every;
  // One image forward costs about a third of one forward and backward. Counted, not timed: the choice of
  // the best epoch must not depend on the machine's mood.
  const double validation_cost = static_cast<double>(val_images) / 3;
  const double epoch_cost = static_cast<double>(steps_per_epoch) * options.batch;
  const int every =
      std::max(1, static_cast<int>(std::ceil(validation_cost / (options.eval_share * epoch_cost))));
  return epochs > 0 ? std::clamp(every, 1, std::max(1, epochs / 5)) : every;
}

std::optional<BudgetPlan> plan_by_budget(const TrainOptions& options, const BudgetUse& use) {
  const double usable = options.budget_s * (1 - kBudgetReserve);
  // Half the run so far, half the last epoch: neighbours come and go.
  const double average_s = use.elapsed_s / std::max(1, use.epoch);
  const double epoch_s = (average_s + std::max(use.last_epoch_s, 0.25 * average_s)) / 2;
  if (use.epochs == 0) {
    if (use.elapsed_s < kDecideAfter * options.budget_s) return std::nullopt;
    return BudgetPlan{std::max(use.epoch + 1, static_cast<int>(usable / epoch_s)), epoch_s};
  }
  // A slower machine than at the start shortens the run; a faster one lengthens it while the rate is still
  // flat.
  const double flat_end = options.schedule == "flat-cosine" ? options.flat_share : 0;
  const int possible = use.epoch + static_cast<int>((usable - use.elapsed_s) / epoch_s);
  const bool longer = possible > use.epochs * 1.05 && use.epoch < flat_end * use.epochs;
  const bool shorter = possible < use.epochs * 0.95;
  if ((!longer && !shorter) || use.epoch >= use.epochs) return std::nullopt;
  return BudgetPlan{std::max(use.epoch + 1, possible), epoch_s};
}

double ApTrend::mean() const {
  return std::accumulate(recent.begin(), recent.end(), 0.0) / static_cast<double>(recent.size());
}

void ApTrend::add(double ap) {
  recent.push_back(ap);
  if (recent.size() > kMean) recent.erase(recent.begin());
  if (recent.size() < kMean || mean() > best_mean + kProgress) {
    best_mean = std::max(best_mean, mean());
    since_progress = 0;
  } else {
    ++since_progress;
  }
}

std::optional<int> shortened_epochs(const TrainOptions& options, const ApTrend& trend, int epoch,
                                    int epochs) {
  if (options.patience == 0 || trend.since_progress < options.patience || epochs == 0 ||
      options.schedule != "flat-cosine" || is_closing(epoch, epochs, options.closing_share))
    return std::nullopt;
  const int done = epoch + 1;
  const int shorter =
      std::max(done + 1, static_cast<int>(std::ceil(done / std::max(options.flat_share, 0.1))));
  if (shorter >= epochs) return std::nullopt;
  return shorter;
}

}  // namespace ds::detail
