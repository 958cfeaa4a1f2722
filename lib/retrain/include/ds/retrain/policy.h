#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ds {

class OptionSet;

/// When a deployment is retrained, with what, and what a challenger must show:
/// `retrain/<deployment>/retrain.yaml`. The help text of each field stands in bind_policy.
struct RetrainPolicy {
  // Trigger
  int min_new_images = 50;
  int min_new_labels = 0;
  double cooldown_s = 6 * 3600;
  int max_rejects = 3;

  // Training
  std::string recipe = {};
  std::string arch = {};
  int epochs = 0;
  double budget_s = 2 * 3600;
  int input_size = 0;
  bool warm_start = true;
  std::vector<std::string> train_options = {};
  std::uint64_t train_seed = 0;
  int max_attempts = 2;

  // Gate
  double max_loss = 0.01;
  double max_class_loss = 0.1;
  int min_class_objects = 20;
  int min_test_images = 20;
  double min_holdout_gain = 0;
  int min_holdout_images = 50;
  double max_latency_ratio = 1.25;
  double max_size_ratio = 1.5;
  int resamples = 1000;

  // Bake window
  double bake_window_s = 3600;
  int bake_min_requests = 20;
  double bake_max_error_rate = 0.02;
  double bake_max_latency_ratio = 2;
  double bake_max_empty_increase = 0.25;
  double bake_max_score_drop = 0.2;

  // Capture
  double proposal_min_score = 0.3;

  /// Throws UsageError naming the first value that makes no sense.
  void validate() const;
};

/// Binds every field once: flags of `ds-retrain init`, keys of retrain.yaml, help.
void bind_policy(OptionSet& options, RetrainPolicy& policy);
/// Throws UsageError `file:line:col: ...` for unknown keys and wrong values.
RetrainPolicy read_policy(const std::filesystem::path& file);
/// As read_policy reads it back, with a comment per group.
std::string policy_to_yaml(const RetrainPolicy& policy);

}  // namespace ds
