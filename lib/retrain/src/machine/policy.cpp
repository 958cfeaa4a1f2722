#include "ds/retrain/policy.h"

#include <fmt/format.h>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/config/option_set.h"

namespace ds {
namespace {

void require(bool holds, const char* key, const std::string& value, const char* expected) {
  if (!holds) throw UsageError(fmt::format("{} is {}, expected {}", key, value, expected));
}

void require_at_least(double value, double low, const char* key, const char* expected) {
  require(value >= low, key, fmt::format("{}", value), expected);
}

void require_share(double value, const char* key) {
  require(value >= 0 && value <= 1, key, fmt::format("{}", value), "a number between 0 and 1");
}

}  // namespace

void RetrainPolicy::validate() const {
  const char* count = "0 or more";
  require_at_least(min_new_images, 0, "min_new_images", count);
  require_at_least(min_new_labels, 0, "min_new_labels", count);
  require(min_new_images + min_new_labels > 0, "min_new_images and min_new_labels", "0",
          "at least one above 0: without new labels the same data would be trained again");
  require_at_least(max_rejects, 1, "max_rejects", "1 or more");
  require_at_least(max_attempts, 1, "max_attempts", "1 or more");
  require_at_least(epochs, 0, "epochs", count);
  require_at_least(budget_s, 0, "budget", count);
  require(input_size >= 0 && input_size % 32 == 0, "input_size", fmt::format("{}", input_size),
          "0 or a multiple of 32");
  require_share(max_loss, "max_loss");
  require_share(max_class_loss, "max_class_loss");
  require_at_least(min_class_objects, 1, "min_class_objects", "1 or more");
  require_at_least(min_test_images, 1, "min_test_images", "1 or more");
  require_at_least(min_holdout_images, 1, "min_holdout_images", "1 or more");
  require(max_latency_ratio > 0, "max_latency_ratio", fmt::format("{}", max_latency_ratio), "above 0");
  require(max_size_ratio > 0, "max_size_ratio", fmt::format("{}", max_size_ratio), "above 0");
  require_at_least(resamples, 100, "resamples", "100 or more");
  require_at_least(bake_min_requests, 0, "bake_min_requests", count);
  require_share(bake_max_error_rate, "bake_max_error_rate");
  require(bake_max_latency_ratio > 0, "bake_max_latency_ratio", fmt::format("{}", bake_max_latency_ratio),
          "above 0");
  require_share(bake_max_empty_increase, "bake_max_empty_increase");
  require_share(bake_max_score_drop, "bake_max_score_drop");
  require_share(proposal_min_score, "proposal_min_score");
}

void bind_policy(OptionSet& options, RetrainPolicy& policy) {
  options.group("Trigger: all terms must be met")
      .add("min-new-images", policy.min_new_images,
           "images reviewed (or changed) since the last training, in train or val")
      .add("min-new-labels", policy.min_new_labels, "objects on those images")
      .duration("cooldown", policy.cooldown_s, "rest between the end of one cycle and the next training")
      .add("max-rejects", policy.max_rejects,
           "circuit breaker: after this many cycles in a row without a promotion, stop until a person says "
           "`ds-retrain resume`");
  options.group("Training")
      .add("recipe", policy.recipe, "recipe of ds-train: a name or a file; empty: its default", "NAME|FILE")
      .add("arch", policy.arch, "architecture of the challenger; empty: the champion's", "NAME")
      .add("epochs", policy.epochs, "epochs; 0: by the budget")
      .duration("budget", policy.budget_s, "training time when no epochs are given; 0: the recipe's epochs")
      .add("input-size", policy.input_size, "input side in pixels; 0: the champion's")
      .add("warm-start", policy.warm_start,
           "start from the champion's weights where the architecture is the same")
      .add("train-options", policy.train_options, "more options of ds-train run, as key=value", "KEY=VALUE")
      .add("train-seed", policy.train_seed, "seed of the training")
      .add("max-attempts", policy.max_attempts, "failed trainings of one cycle before it is given up");
  options.group("Gate: what a challenger must show against the champion")
      .add("max-loss", policy.max_loss, "AP it may lose on the frozen test set (lower end of the interval)")
      .add("max-class-loss", policy.max_class_loss, "AP it may lose in any one class")
      .add("min-class-objects", policy.min_class_objects, "classes with fewer test objects have no floor")
      .add("min-test-images", policy.min_test_images, "fewer test images than this: not enough data to tell")
      .add("min-holdout-gain", policy.min_holdout_gain, "AP it must gain on the production holdout")
      .add("min-holdout-images", policy.min_holdout_images,
           "the holdout counts once it has this many reviewed images")
      .add("max-latency-ratio", policy.max_latency_ratio, "median time per image over the champion's")
      .add("max-size-ratio", policy.max_size_ratio, "size of the weights over the champion's")
      .add("resamples", policy.resamples, "bootstrap resamples behind each interval");
  options.group("Bake window: what production must look like after a promotion")
      .duration("bake-window", policy.bake_window_s, "how long a promoted model is watched; 0: not at all")
      .add("bake-min-requests", policy.bake_min_requests,
           "fewer requests than this prove nothing, good or bad")
      .add("bake-max-error-rate", policy.bake_max_error_rate, "share of requests that failed")
      .add("bake-max-latency-ratio", policy.bake_max_latency_ratio, "median latency over the time before")
      .add("bake-max-empty-increase", policy.bake_max_empty_increase,
           "rise of the share of images without any detection")
      .add("bake-max-score-drop", policy.bake_max_score_drop, "fall of the mean of each image's best score");
  options.group("Captured requests")
      .add("proposal-min-score", policy.proposal_min_score,
           "detections above this score become proposals for the reviewer");
}

RetrainPolicy read_policy(const std::filesystem::path& file) {
  RetrainPolicy policy;
  OptionSet options;
  bind_policy(options, policy);
  options.read_yaml(file);
  try {
    policy.validate();
  } catch (const UsageError& error) {
    throw UsageError(file.string() + ": " + error.what(), error.advice());
  }
  return policy;
}

std::string policy_to_yaml(const RetrainPolicy& policy) {
  RetrainPolicy copy = policy;
  OptionSet options;
  bind_policy(options, copy);
  std::string text =
      "# When this deployment is retrained, and what a challenger must show. See docs/RETRAINING.md.\n";
  // dump_yaml writes one line per option, in order: the groups and their help go between.
  auto lines = options.dump_yaml();
  std::size_t begin = 0;
  std::string group;
  for (const auto& option : options.options()) {
    if (option.group != group) text += fmt::format("\n# {}\n", group = option.group);
    auto end = lines.find('\n', begin);
    text += fmt::format("{}  # {}\n", lines.substr(begin, end - begin), option.help);
    begin = end + 1;
  }
  return text;
}

}  // namespace ds
