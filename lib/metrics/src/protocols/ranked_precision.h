#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "ds/metrics/eval_input.h"
#include "ds/metrics/protocol_result.h"

/// What the protocols that rank all detections of a class in one list share.
namespace ds::detail {

/// left_out: neither right nor wrong.
enum class Outcome : char { hit, miss, left_out };

/// Detections of each class by falling score; equal ones by image id, then file order.
std::vector<std::vector<std::int32_t>> ranked_by_class(const TruthTable& truth,
                                                       const DetectionTable& detections);
/// Objects of each class on each image: [class] -> image -> indices, in file order.
class ObjectsByClass {
 public:
  explicit ObjectsByClass(const TruthTable& truth);
  std::span<const std::int32_t> of(std::int32_t class_idx, std::int32_t image_idx) const;

 private:
  std::vector<std::int32_t> order_;
  std::vector<std::pair<std::int32_t, std::int32_t>> keys_;  // class, image; as order_
};

/// Mean of the best precision at recall 0, .1 ... 1 and beyond. `positives` > 0.
double eleven_point_ap(const std::vector<Outcome>& ranked, std::int64_t positives);
/// Area under the precision-recall curve made falling. `positives` > 0.
double all_point_ap(const std::vector<Outcome>& ranked, std::int64_t positives);

/// Mean over the classes that have one.
std::optional<double> mean_ap(const std::vector<ProtocolClass>& classes);

}  // namespace ds::detail
