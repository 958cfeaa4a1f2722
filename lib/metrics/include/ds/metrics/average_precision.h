#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "ds/metrics/matching.h"

namespace ds {

/// COCO's twelve numbers. -1 where there is no object to find.
inline constexpr int kCocoNumberCount = 12;
/// AP, AP50, AP75, APs, APm, APl, AR1, AR10, AR100, ARs, ARm, ARl.
const std::array<std::string, kCocoNumberCount>& coco_number_names();

struct CocoNumbers {
  std::array<double, kCocoNumberCount> values;
  CocoNumbers() { values.fill(-1); }
  double ap() const { return values[0]; }
  double ap50() const { return values[1]; }
  double ap75() const { return values[2]; }
  /// Throws UsageError on an unknown name, with the known ones.
  double at(const std::string& name) const;
};

/// Precision at the 101 recall thresholds, all areas, the largest detection limit.
using PrecisionCurve = std::array<double, kRecallCount>;

struct ClassAveragePrecision {
  CocoNumbers numbers;
  PrecisionCurve precision50{};  // at IoU .50; all -1 without objects
  std::int64_t objects = 0;      // that count
};

struct AveragePrecision {
  CocoNumbers numbers;
  std::vector<ClassAveragePrecision> classes;  // as TruthTable::classes
  PrecisionCurve precision50{};                // mean over the classes that have objects
  PrecisionCurve precision{};                  // the same, mean over the ten IoU thresholds too
};

/// @param weights how often each image counts (a bootstrap resample); empty: once. Repeating an image is the
/// same
///                as having that many copies of it, except that equal scores of its copies stay together.
AveragePrecision average_precision(const Matching& matching, std::span<const std::int32_t> weights = {});

}  // namespace ds
