#include "ds/train/schedule.h"

#include <cmath>

#include <catch2/catch.hpp>

TEST_CASE("warm-up is quadratic, the flat part is flat, the cosine ends at the final factor") {
  ds::ScheduleOptions options;
  options.kind = "flat-cosine";
  options.total_steps = 100;
  options.warmup_steps = 10;
  options.flat_share = 0.5;
  options.final_factor = 0.1;
  // ((0 + 1) / 10)^2, ((4 + 1) / 10)^2, ((9 + 1) / 10)^2
  REQUIRE(ds::learning_rate_factor(options, 0) == Approx(0.01));
  REQUIRE(ds::learning_rate_factor(options, 4) == Approx(0.25));
  REQUIRE(ds::learning_rate_factor(options, 9) == Approx(1.0));
  REQUIRE(ds::learning_rate_factor(options, 49) == 1.0);
  // Half of the way from 50 to 100: 0.1 + 0.9 * (1 + cos(pi / 2)) / 2 = 0.55
  REQUIRE(ds::learning_rate_factor(options, 75) == Approx(0.55));
  REQUIRE(ds::learning_rate_factor(options, 100) == 0.1);
  REQUIRE(ds::learning_rate_factor(options, 1000) == 0.1);
}

TEST_CASE("plain cosine falls right after warm-up and closing steps stay at the end") {
  ds::ScheduleOptions options;
  options.kind = "cosine";
  options.total_steps = 120;
  options.warmup_steps = 20;
  options.closing_steps = 20;
  options.final_factor = 0.05;
  // From 20 to 100; half way at 60: 0.05 + 0.95 / 2 = 0.525
  REQUIRE(ds::learning_rate_factor(options, 20) == Approx(1.0));
  REQUIRE(ds::learning_rate_factor(options, 60) == Approx(0.525));
  REQUIRE(ds::learning_rate_factor(options, 100) == 0.05);
  REQUIRE(ds::learning_rate_factor(options, 119) == 0.05);
}

TEST_CASE("the averaging window keeps its width relative to the steps done") {
  // The weight of step i in the average after n steps is (1 - d_i) * d_{i+1} ... d_n; its standard deviation
  // over n is the width asked for (up to the discretisation).
  const double width = 0.1;
  for (int n : {200, 2000}) {
    double mean = 0;
    double square = 0;
    double sum = 0;
    double tail = 1;
    for (int i = n; i >= 1; --i) {
      double decay = ds::ema_decay(width, i);
      double weight = (1 - decay) * tail;
      tail *= decay;
      sum += weight;
      mean += weight * i;
      square += weight * i * i;
    }
    mean /= sum;
    double deviation = std::sqrt(square / sum - mean * mean);
    REQUIRE(sum == Approx(1.0));
    REQUIRE(deviation / n == Approx(width).epsilon(0.03));
  }
}

TEST_CASE("the average begins with the first step and can be off") {
  REQUIRE(ds::ema_decay(0.05, 1) == 0);
  REQUIRE(ds::ema_decay(0, 1000) == 0);
  REQUIRE(ds::ema_decay(0.05, 1000) > ds::ema_decay(0.05, 100));
}
