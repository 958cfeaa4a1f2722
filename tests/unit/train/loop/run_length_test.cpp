#include "loop/run_length.h"

#include <catch2/catch.hpp>

using namespace ds::detail;

TEST_CASE("the closing part is the last share of the epochs, and unknown before they are decided") {
  REQUIRE_FALSE(is_closing(74, 100, 0.25));
  REQUIRE(is_closing(75, 100, 0.25));
  REQUIRE_FALSE(is_closing(9, 10, 0));
  REQUIRE_FALSE(is_closing(1000, 0, 0.25));
}

TEST_CASE("validations take about their share of the time, at least five times in a run") {
  ds::TrainOptions options;
  options.batch = 8;
  options.eval_share = 0.05;
  // 120 images cost as much as 40 in training: of 10 steps of 8 a half, so every 10th epoch.
  REQUIRE(validation_interval(options, 0, 120, 10) == 10);
  REQUIRE(validation_interval(options, 100, 120, 10) == 10);
  REQUIRE(validation_interval(options, 20, 120, 10) == 4);
  REQUIRE(validation_interval(options, 3, 120, 10) == 1);
  REQUIRE(validation_interval(options, 100, 0, 10) == 1);
  options.eval_every = 7;
  REQUIRE(validation_interval(options, 20, 120, 10) == 7);
}

TEST_CASE("a budget decides the epochs after 8 % of it and keeps 4 % for the end") {
  ds::TrainOptions options;
  options.budget_s = 1000;
  REQUIRE_FALSE(plan_by_budget(options, {.epoch = 7, .elapsed_s = 79, .last_epoch_s = 10}));
  auto plan = plan_by_budget(options, {.epoch = 8, .elapsed_s = 80, .last_epoch_s = 10});
  REQUIRE(plan);
  REQUIRE(plan->epochs == 96);
  REQUIRE(plan->epoch_s == Approx(10));
  // One epoch that is longer than all of it: there is one more.
  REQUIRE(plan_by_budget(options, {.epoch = 1, .elapsed_s = 2000, .last_epoch_s = 2000})->epochs == 2);
}

TEST_CASE("a plan follows the pace: fewer epochs at any time, more while the rate is flat") {
  ds::TrainOptions options;
  options.budget_s = 1000;
  auto use = [](int epoch, double elapsed_s, double last_s) {
    return BudgetUse{.epoch = epoch, .epochs = 96, .elapsed_s = elapsed_s, .last_epoch_s = last_s};
  };
  REQUIRE_FALSE(plan_by_budget(options, use(20, 200, 10)));
  // 760 s are left, 20 s an epoch
  REQUIRE(plan_by_budget(options, use(10, 200, 20))->epochs == 48);
  // 860 s, 5 s an epoch
  REQUIRE(plan_by_budget(options, use(20, 100, 5))->epochs == 192);
  REQUIRE_FALSE(plan_by_budget(options, use(60, 300, 5)));
  options.schedule = "cosine";
  REQUIRE_FALSE(plan_by_budget(options, use(20, 100, 5)));
  REQUIRE(plan_by_budget(options, use(10, 200, 20))->epochs == 48);
}

TEST_CASE("AP rises when the mean of three validations does") {
  ApTrend trend;
  trend.add(0.3);
  trend.add(0.1);
  REQUIRE(trend.since_progress == 0);  // before the third no mean is held against them
  trend.add(0.2);                      // mean 0.2, the best is still the first one's 0.3
  REQUIRE(trend.since_progress == 1);
  trend.add(0.301);  // 0.2003
  trend.add(0.2);    // 0.2337
  REQUIRE(trend.since_progress == 3);
  trend.add(0.1);
  trend.add(0.9);  // 0.4
  REQUIRE(trend.since_progress == 0);
  REQUIRE(trend.mean() == Approx(0.4));
}

TEST_CASE("a run whose AP has stopped rising is as long as its flat part has been") {
  ds::TrainOptions options;
  options.patience = 3;
  options.flat_share = 0.5;
  ApTrend trend{.since_progress = 3};
  REQUIRE(shortened_epochs(options, trend, 9, 100) == 20);
  REQUIRE_FALSE(shortened_epochs(options, {.since_progress = 2}, 9, 100));
  REQUIRE_FALSE(shortened_epochs(options, trend, 9, 0));
  REQUIRE_FALSE(shortened_epochs(options, trend, 9, 20));    // it is no shorter
  REQUIRE_FALSE(shortened_epochs(options, trend, 80, 100));  // the closing part
  options.schedule = "cosine";
  REQUIRE_FALSE(shortened_epochs(options, trend, 9, 100));
  options = {};
  REQUIRE_FALSE(shortened_epochs(options, trend, 9, 100));  // patience 0: never
}
