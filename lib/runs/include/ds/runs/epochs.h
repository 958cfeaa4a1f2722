#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ds {

/// One line of metrics.jsonl: an epoch.
struct EpochMetrics {
  int epoch = 0;  // from 1
  std::int64_t step = 0;
  double loss = 0;
  std::vector<std::pair<std::string, double>> parts;
  double gradient_norm = 0;  // mean over the steps
  double foreground = 0;     // anchors that learn an object, mean over the steps
  double learning_rate = 0;
  bool closing = false;
  double images_per_s = 0;
  double elapsed_s = 0;
  std::optional<double> ap = std::nullopt;
  std::optional<double> ap50 = std::nullopt;
  std::vector<std::pair<std::string, double>> class_ap;
};

}  // namespace ds
